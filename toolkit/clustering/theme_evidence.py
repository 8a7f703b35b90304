"""Texts that show what a cluster is: its middle, its breadth, its border."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.kernels import Indices, Vectors, group_means, unit_rows

N_EXEMPLARS, N_BOUNDARY = 3, 2

_MOST_CENTRAL = 256
"""So many of the texts in the inner half of a cluster may stand for it."""

_MOST_COMPARED = 512
_ROWS_AT_ONCE = 4_096


@dataclass(frozen=True)
class Evidence:
    """
    Numbers of the texts that show what one cluster is.

    Attributes
    ----------
    exemplars : list of int
        Central and unlike each other, the most central first.
    boundary : list of int
        Of the others, those nearest to another cluster; with one cluster, the least central.
    cohesion : float
        Mean cosine to the middle, of all rows.
    """

    exemplars: list[int]
    boundary: list[int]
    cohesion: float


def evidence_of(vectors: Vectors, cluster: Indices, n_rows: Indices) -> list[Evidence]:
    """
    Find the texts that show what each cluster is.

    `vectors` are rows of length 1, one a text, and `n_rows` says how often each text is there.

    >>> vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    >>> evidence_of(vectors, np.array([0, 0, 1]), np.array([3, 1, 1]))[0]
    Evidence(exemplars=[0, 1], boundary=[], cohesion=0.96...)
    """
    if len(cluster) == 0:
        return []

    n_clusters = int(cluster.max()) + 1
    weights = n_rows.astype(np.float64)
    centres = unit_rows(group_means(vectors, cluster, n_clusters, weights=weights))
    own, margin = _own_and_margin(vectors, cluster, centres)
    order = np.argsort(cluster, kind="stable")
    ends = np.searchsorted(cluster[order], np.arange(n_clusters + 1))

    found = []
    for start, end in pairwise(ends.tolist()):
        texts = order[start:end]
        exemplars = _exemplars(vectors, texts, own, weights)
        others = texts[~np.isin(texts, exemplars)]
        boundary = others[np.argsort(margin[others], kind="stable")[:N_BOUNDARY]]
        cohesion = np.average(own[texts], weights=weights[texts])
        found.append(Evidence(exemplars, boundary.tolist(), float(cohesion)))

    return found


def _own_and_margin(
    vectors: Vectors, cluster: Indices, centres: Vectors
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return each text's cosine to its own centre, and by how much that is above all others."""
    own, other = np.empty(len(vectors)), np.zeros(len(vectors))
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        near = vectors[rows] @ centres.T
        at = np.arange(len(near)), cluster[rows]
        own[rows] = near[at]
        near[at] = -np.inf
        if len(centres) > 1:
            other[rows] = near.max(axis=1)

    return own, own - other


def _exemplars(
    vectors: Vectors,
    texts: Indices,
    own: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
) -> list[int]:
    """
    Take the most central text, then those that the texts without a near exemplar lie nearest to.

    What is compared is a part of a large cluster, evenly from its middle to its border.
    """
    by_centrality = texts[np.argsort(-own[texts], kind="stable")]
    central = by_centrality[: max(N_EXEMPLARS, min(_MOST_CENTRAL, len(texts) // 2))]
    compared = by_centrality[:: 1 + len(texts) // _MOST_COMPARED]
    near = vectors[compared] @ vectors[central].T
    weight = weights[compared]

    best, taken = near[:, 0], [0]
    while len(taken) < min(N_EXEMPLARS, len(central)):
        gain = weight @ np.maximum(near - best[:, None], 0)
        gain[taken] = -1
        taken.append(int(np.argmax(gain)))
        best = np.maximum(best, near[:, taken[-1]])

    return [int(text) for text in central[taken]]
