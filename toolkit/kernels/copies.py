"""Which rows of a matrix are copies of which."""

import numpy as np

from toolkit.kernels.arrays import Indices, Vectors

_ROWS_AT_ONCE = 512


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
    _, n_above = copies_above(vectors)

    return np.flatnonzero(n_above < k)


def copies_above(vectors: Vectors) -> tuple[Indices, Indices]:
    """
    Find for each row the first that is identical to it, and count those that stand above it.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)

    Returns
    -------
    first : ndarray of shape (n_rows,)
    n_above : ndarray of shape (n_rows,)

    Examples
    --------
    >>> first, n_above = copies_above(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]))
    >>> first
    array([0, 1, 0, 0])
    >>> n_above
    array([0, 0, 1, 2])
    """
    keys = _row_keys(vectors)
    order = np.argsort(keys, kind="stable")
    position = np.arange(len(order))
    starts = np.where(_repeats_previous(vectors, keys, order), 0, position)
    starts = np.maximum.accumulate(starts)

    first, n_above = np.empty_like(order), np.empty_like(order)
    first[order] = order[starts]
    n_above[order] = position - starts

    return first, n_above


def _row_keys(vectors: Vectors) -> Vectors:
    """Project rows on one random direction, so that identical rows share a number."""
    n_rows, n_dimensions = vectors.shape
    direction = np.random.default_rng(0).standard_normal(n_dimensions)
    keys = np.empty(n_rows)
    for start in range(0, n_rows, _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        with np.errstate(over="ignore", invalid="ignore"):
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
