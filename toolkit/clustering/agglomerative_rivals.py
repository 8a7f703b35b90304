"""How near rows are to their own cluster and to the next one, where clusters have many centers."""

import numpy as np

from toolkit.clustering.kmeans_nearest import Nearest
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.blocks import BLOCK_BYTES, Products, slices
from toolkit.kernels.threads import for_each

_ROWS_AT_ONCE = 512


def rivals(units: Vectors, labels: Indices, centers: Vectors, clusters: Indices) -> Nearest:
    """
    Compare the nearest center of each row's cluster with the nearest one of any other.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions), float32
        Rows of length 1 or 0.
    labels : ndarray of shape (n_rows,)
        The cluster of each row; -1 for rows of zeros.
    centers : ndarray of shape (n_centers, n_dimensions), float32
    clusters : ndarray of shape (n_centers,)
        The cluster of each center, from 0 on without gaps.

    Returns
    -------
    Nearest
        With clusters in place of centers.

    Examples
    --------
    >>> centers = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype=np.float32)
    >>> found = rivals(centers[:1], np.array([0]), centers, np.array([0, 0, 1]))
    >>> found.seconds, found.margins
    (array([1]), array([1.], dtype=float32))
    """
    if clusters.max(initial=-1) >= len(centers):
        raise InputError("expected no more clusters than centers, got more: fit the model again")
    order = np.argsort(clusters, kind="stable")
    starts = np.searchsorted(clusters[order], np.arange(clusters.max(initial=-1) + 1))
    sorted_centers = centers[order]
    found = Nearest(
        labels,
        np.full(len(units), -1, dtype=np.intp),
        np.zeros(len(units), dtype=np.float32),
        np.zeros(len(units), dtype=np.float32),
    )
    products = Products()

    def look(part: slice) -> None:
        similarities = products.of(units[part], sorted_centers)
        _compare(np.maximum.reduceat(similarities, starts, axis=1), found, part)

    if len(starts):
        at_once = max(min(_ROWS_AT_ONCE, BLOCK_BYTES // (4 * len(centers))), 1)
        for_each(look, slices(0, len(units), at_once))

    return found


def _compare(similarities: Vectors, found: Nearest, part: slice) -> None:
    """Write down the similarity to the own cluster and to the next; spoils the similarities."""
    somewhere = np.flatnonzero(found.labels[part] >= 0)
    rows, own = somewhere + part.start, found.labels[part][somewhere]
    found.similarities[rows] = np.clip(similarities[somewhere, own], -1, 1)
    if similarities.shape[1] == 1:
        return

    similarities[somewhere, own] = -np.inf
    found.seconds[rows] = similarities[somewhere].argmax(axis=1)
    next_best = similarities[somewhere, found.seconds[rows]]
    found.margins[rows] = np.maximum(found.similarities[rows] - next_best, 0)
