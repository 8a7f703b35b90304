"""Whether clusters come back: on other rows of the same table, and on rows without clusters."""

from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from toolkit.evaluation.silhouettes import cosine_silhouettes
from toolkit.kernels import Indices, Vectors, unit_rows

SHARE_KEPT = 0.8
"""Of the rows, in each sample."""

Floats = npt.NDArray[np.float64]


class Clusterer(Protocol):
    """What finds clusters again: an estimator with `labels_`."""

    labels_: Indices

    def fit(self, X: Vectors) -> Self:
        """Find the clusters of these rows."""
        ...


def cluster_stabilities(
    clusterer: Clusterer,
    vectors: Vectors,
    labels: Indices,
    *,
    n_resamples: int = 10,
    random_state: int = 0,
) -> Floats:
    """
    Tell how surely each cluster is found again among four fifths of the rows.

    The rows of a cluster that are in a sample are compared with the cluster of the sample's own
    clustering that is most like them. C. Hennig, "Cluster-wise assessment of cluster stability",
    Computational Statistics & Data Analysis 52, 2007.

    Parameters
    ----------
    clusterer : estimator
        Made anew for each sample.
    vectors : ndarray of shape (n_rows, n_dimensions)
    labels : ndarray of shape (n_rows,)
        The cluster of each row, from 0; -1 for none.
    n_resamples : int, default=10
        Samples, >= 1.
    random_state : int, default=0

    Returns
    -------
    ndarray of shape (n_clusters,)
        Mean Jaccard similarity, in [0, 1], in the order of the clusters' numbers; from 0.75 on a
        cluster is held for stable, below 0.5 for an accident.
    """
    random = np.random.default_rng(random_state)
    numbers = np.unique(labels[labels >= 0])
    found, seen = np.zeros((2, len(numbers)))
    for _ in range(n_resamples):
        rows = np.sort(random.choice(len(vectors), round(SHARE_KEPT * len(vectors)), replace=False))
        again: Clusterer = clone(clusterer)
        likeness, is_there = _likeness(labels[rows], again.fit(vectors[rows]).labels_, numbers)
        found += likeness
        seen += is_there

    return found / np.maximum(seen, 1)


def _likeness(
    labels: Indices, again: Indices, numbers: Indices
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Give the best Jaccard similarity of each cluster, and whether it has a row here at all."""
    table = np.zeros((len(numbers), again.max(initial=-1) + 1))
    both = (labels >= 0) & (again >= 0)
    np.add.at(table, (np.searchsorted(numbers, labels[both]), again[both]), 1)
    sizes = np.array([(labels == number).sum() for number in numbers])
    either = sizes[:, None] + np.bincount(again[again >= 0], minlength=table.shape[1]) - table

    return (table / np.maximum(either, 1)).max(axis=1, initial=0), sizes > 0


def shuffled(vectors: Vectors, random: np.random.Generator) -> Vectors:
    """
    Return rows whose columns hold the same values, each in another order: nothing goes together.

    >>> rows = np.array([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> np.sort(shuffled(rows, np.random.default_rng(0)), axis=0).tolist()
    [[0.0, 0.0], [1.0, 1.0], [3.0, 2.0]]
    """
    return random.permuted(vectors, axis=0)


def shuffled_silhouettes(
    clusterer: Clusterer, vectors: Vectors, *, n_draws: int = 3, random_state: int = 0
) -> Floats:
    """
    Return the mean silhouettes that the clusterer reaches where there is nothing to be found.

    Parameters
    ----------
    clusterer : estimator
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of any length; their columns are shuffled.
    n_draws : int, default=3
    random_state : int, default=0

    Returns
    -------
    ndarray of shape (n_draws,)
    """
    random, units = np.random.default_rng(random_state), unit_rows(vectors)
    silhouettes = np.zeros(n_draws)
    for draw in range(n_draws):
        rows = shuffled(units, random)
        again: Clusterer = clone(clusterer)
        widths = cosine_silhouettes(rows, again.fit(rows).labels_).widths
        silhouettes[draw] = np.nanmean(widths) if np.isfinite(widths).any() else 0.0

    return silhouettes
