"""Sums of the rows nearest to each center: parts of a table, added up, give those of the whole."""

import numpy as np
from scipy.sparse import csr_array

from toolkit.clustering.kmeans_nearest import nearest_centers
from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.kernels.blocks import slices

_ROWS_AT_ONCE = 4096


def sums(
    vectors: Vectors, centers: Vectors, sample_weight: Vectors | None = None
) -> tuple[Vectors, Vectors]:
    """
    Add up the directions of the rows that are nearest to each center.

    However rows are split into parts, the sums of the parts add up to those of the whole, but for
    the rounding of float64: so workers can each have a part, and `moved` makes the next centers.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64
        Rows of any length; rows of zeros are left out.
    centers : ndarray of shape (n_centers, n_dimensions), float32
        Rows of length 1.
    sample_weight : ndarray of shape (n_rows,), optional
        How much each row counts, >= 0; 1 by default.

    Returns
    -------
    sums : ndarray of shape (n_centers, n_dimensions), float64
    weights : ndarray of shape (n_centers,), float64
        How many rows, or what weight of rows, each sum is of.

    Examples
    --------
    >>> centers = np.eye(2, dtype=np.float32)
    >>> sums(np.array([[0.0, 2.0], [3.0, 0.0], [0.0, 1.0]]), centers)
    (array([[1., 0.], [0., 2.]]), array([1., 2.]))
    """
    units = unit_rows(vectors).astype(np.float32, copy=False)
    weights = np.ones(len(units)) if sample_weight is None else sample_weight
    labels = nearest_centers(units, centers).labels
    used = np.flatnonzero(labels >= 0)
    if len(used) < len(units):
        units, weights, labels = units[used], weights[used], labels[used]

    return (
        group_sums(units, weights, labels, len(centers)),
        np.bincount(labels, weights, minlength=len(centers)).astype(np.float64),
    )


def group_sums(vectors: Vectors, weights: Vectors, group: Indices, n_groups: int) -> Vectors:
    """
    Add up the rows of each group in float64, each times its weight.

    >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> group_sums(vectors, np.array([1.0, 1.0, 2.0]), np.array([2, 0, 2]), 3)
    array([[0., 1.],
           [0., 0.],
           [3., 2.]])
    """
    totals = np.zeros((n_groups, vectors.shape[1]))
    for part in slices(0, len(vectors), _ROWS_AT_ONCE):
        rows = np.arange(len(group[part]))
        chosen = csr_array((weights[part], (group[part], rows)), shape=(n_groups, len(rows)))
        totals += chosen @ vectors[part].astype(np.float64)

    return totals


def moved(centers: Vectors, totals: Vectors) -> Vectors:
    """
    Turn centers to where the sums of their rows point; those with nothing to follow stay.

    >>> moved(np.eye(2, dtype=np.float32), np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 1. ]], dtype=float32)
    """
    points_somewhere = np.linalg.norm(totals, axis=1, keepdims=True) > 0

    return np.where(points_somewhere, unit_rows(totals), centers).astype(np.float32)
