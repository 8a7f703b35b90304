"""Means of groups of rows."""

import numpy as np

from toolkit.kernels.arrays import Indices, Vectors


def group_means(
    vectors: Vectors, group: Indices, n_groups: int, *, weights: Vectors | None = None
) -> Vectors:
    """
    Mean row of each group, summed in float64; a group without weight gets a row of zeros.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64
    group : ndarray of shape (n_rows,)
        Group of each row, from 0 to ``n_groups - 1``.
    n_groups : int
    weights : ndarray of shape (n_rows,), optional
        How much each row counts, >= 0; all the same by default.

    Returns
    -------
    ndarray of shape (n_groups, n_dimensions), of the type of `vectors`

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0]])
    >>> group_means(vectors, np.array([0, 0, 2]), 3)
    array([[2., 0.],
           [0., 0.],
           [0., 1.]])
    """
    weights = np.ones(len(vectors)) if weights is None else weights.astype(np.float64)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=n_groups))

    means = np.zeros((n_groups, vectors.shape[1]), dtype=vectors.dtype)
    for mean, rows in zip(means, np.split(order, ends[:-1]), strict=True):
        total = weights[rows].sum()
        if total > 0:
            mean[:] = weights[rows] / total @ vectors[rows].astype(np.float64)

    return means
