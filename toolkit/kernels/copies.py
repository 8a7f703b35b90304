"""Which rows of a matrix are one copy too many."""

import numpy as np

from toolkit.kernels.arrays import Indices, Vectors

_ROWS_AT_ONCE = 4096


def first_copies(vectors: Vectors, k: int) -> Indices:
    """
    Number the rows that have fewer than `k` identical rows above them, in ascending order.

    Ties go to the row that stands higher, so no other row can be among the `k` nearest of anything.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
    k : int
        How many copies of a row may stay, >= 1.

    Returns
    -------
    ndarray of shape (n_kept,)

    Examples
    --------
    >>> first_copies(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]), 2)
    array([0, 1, 2])
    """
    keys = _row_keys(vectors)
    order = np.argsort(keys, kind="stable")
    position = np.arange(len(order))
    starts = np.where(_repeats_previous(vectors, keys, order), 0, position)
    n_copies_above = position - np.maximum.accumulate(starts)

    return np.sort(order[n_copies_above < k])


def _row_keys(vectors: Vectors) -> Vectors:
    """Project rows on one random direction, so that identical rows share a number."""
    n_rows, n_dimensions = vectors.shape
    direction = np.random.default_rng(0).standard_normal(n_dimensions)
    keys = np.empty(n_rows)
    for start in range(0, n_rows, _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        np.vecdot(vectors[rows].astype(np.float64), direction, out=keys[rows])

    return keys


def _repeats_previous(vectors: Vectors, keys: Vectors, order: Indices) -> np.ndarray:
    """Tell which rows, taken in `order`, equal the one before; equal keys alone prove nothing."""
    repeats = np.zeros(len(order), dtype=bool)
    suspects = np.flatnonzero(keys[order[1:]] == keys[order[:-1]]) + 1
    for start in range(0, len(suspects), _ROWS_AT_ONCE):
        rows = suspects[start : start + _ROWS_AT_ONCE]
        repeats[rows] = (vectors[order[rows]] == vectors[order[rows - 1]]).all(axis=1)

    return repeats
