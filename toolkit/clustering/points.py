"""Rows that repeat each other made one point each, in an order that the rows have no part in."""

from dataclasses import dataclass

import numpy as np

from toolkit.kernels import Indices, Vectors, unit_rows

_SAME_WITHIN = 1e-4  # distance: a model's answer to one text moves by less from batch to batch
_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Points:
    """
    The different directions among some rows, each with the weight of the rows that share it.

    Attributes
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Rows of length 1.
    weights : ndarray of shape (n_points,), float64
        The sum of the weights of each point's rows: how many they are, if rows have no weights.
    members : ndarray of shape (n_rows,)
        The point of each row; -1 for rows of zeros, which have no direction.
    """

    vectors: Vectors
    weights: Vectors
    members: Indices

    def __len__(self) -> int:
        return len(self.vectors)

    def spread(self, values: np.ndarray, *, nowhere: float = -1) -> np.ndarray:
        """
        Give each row the value of its point.

        Parameters
        ----------
        values : ndarray of shape (n_points, ...)
        nowhere : float
            What rows of zeros get.

        Returns
        -------
        ndarray of shape (n_rows, ...), of the type of `values`

        Examples
        --------
        >>> points = distinct_points(np.array([[2.0, 0.0], [0.0, 0.0], [3.0, 0.0]]))
        >>> points.spread(np.array([7]))
        array([ 7, -1,  7])
        """
        padded = np.append(values, np.full((1, *values.shape[1:]), nowhere, values.dtype), axis=0)
        spread: np.ndarray = padded[self.members]

        return spread


def distinct_points(vectors: Vectors, sample_weight: Vectors | None = None) -> Points:
    """
    Find the different directions among rows.

    Rows of equal direction are one point, whatever their lengths, and so are rows that differ by
    no more than a model's answers to one text do. The order of the points depends on their values
    alone: shuffled rows give the same points in the same order.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64
        Rows of any length, all finite.
    sample_weight : ndarray of shape (n_rows,), optional
        How much each row counts, >= 0; 1 by default.

    Returns
    -------
    Points

    Examples
    --------
    >>> points = distinct_points(np.array([[0.0, 2.0], [3.0, 0.0], [0.0, 0.0], [0.0, 1.0]]))
    >>> points.vectors[points.members[[0, 1, 3]]]
    array([[0., 1.],
           [1., 0.],
           [0., 1.]], dtype=float32)
    >>> points.weights[points.members[[0, 1]]]
    array([2., 1.])
    """
    units = unit_rows(vectors).astype(np.float32, copy=False)
    units += 0.0  # makes -0.0 the same as 0.0
    used = np.flatnonzero(units.any(axis=1))
    order = used[_by_content(units, used)]

    is_new = _differs_from_previous(units, order)
    members = np.full(len(units), -1, dtype=np.intp)
    members[order] = np.cumsum(is_new) - 1
    n_points = int(is_new.sum())
    counts = np.ones(len(units)) if sample_weight is None else sample_weight
    weights = np.bincount(members[used], counts[used], minlength=n_points)

    return Points(units[order[is_new]], weights.astype(np.float64), members)


def repeated_points(
    units: Vectors, vectors: Vectors, indices: Indices, similarities: Vectors
) -> Indices:
    """
    Name the point that each row repeats; -1 where it is a row of its own.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions), float32
        Rows of length 1.
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Points.
    indices, similarities : ndarray of shape (n_rows, n_neighbors)
        The points most similar to each row, see `top_k`.

    Returns
    -------
    ndarray of shape (n_rows,)

    Examples
    --------
    >>> points = np.eye(2, dtype=np.float32)
    >>> units = np.array([[0.0, 1.0], [0.6, 0.8]], dtype=np.float32)
    >>> repeated_points(units, points, np.array([[1, 0], [1, 0]]), np.array([[1, 0], [0.8, 0.6]]))
    array([ 1, -1])
    """
    rows, ranks = np.nonzero(similarities > 1 - _SAME_WITHIN)
    candidates = indices[rows, ranks]
    squares = _squared_gaps(units, rows, vectors, candidates)
    same = squares <= _SAME_WITHIN**2
    rows, candidates, squares = rows[same], candidates[same], squares[same]

    repeated = np.full(len(units), -1, dtype=np.intp)
    order = np.lexsort((candidates, squares))[::-1]
    repeated[rows[order]] = candidates[order]  # of repeated places the last, the nearest, stays

    return repeated


def _by_content(units: Vectors, used: Indices) -> Indices:
    """Sort rows along one random direction, and by all their values where they tie there."""
    keys = _keys(units)[used]
    order = np.argsort(keys, kind="stable")
    ties = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
    rows = used[order]
    differ = ties[~_equal(units, rows[ties], rows[ties + 1])]
    if len(differ) == 0:
        return order

    tied = np.flatnonzero(np.isin(keys[order], keys[order[differ]]))
    by_value = np.lexsort((*units[rows[tied]].T[::-1], keys[order[tied]]))
    order[tied] = order[tied[by_value]]

    return order


def _keys(units: Vectors) -> Vectors:
    direction = np.random.default_rng(0).standard_normal(units.shape[1])
    keys = np.empty(len(units))
    for start in range(0, len(units), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        np.vecdot(units[rows].astype(np.float64), direction, out=keys[rows])

    return keys


def _equal(units: Vectors, a: Indices, b: Indices) -> np.ndarray:
    equal: np.ndarray = _squared_gaps(units, a, units, b) == 0

    return equal


def _differs_from_previous(units: Vectors, order: Indices) -> np.ndarray:
    """Tell which rows, taken in `order`, are not what the row before is; the first is new."""
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = _squared_gaps(units, order[1:], units, order[:-1]) > _SAME_WITHIN**2

    # Where rows drift away step by step, a new point begins once they have left the first.
    while True:
        repeats = np.flatnonzero(~is_new)
        first = order[np.flatnonzero(is_new)[np.cumsum(is_new)[repeats] - 1]]
        gone = _squared_gaps(units, order[repeats], units, first) > _SAME_WITHIN**2
        if not gone.any():
            return is_new
        _, at = np.unique(first[gone], return_index=True)
        is_new[repeats[gone][at]] = True


def _squared_gaps(a: Vectors, i: Indices, b: Vectors, j: Indices) -> Vectors:
    squares = np.empty(len(i))
    for start in range(0, len(i), _ROWS_AT_ONCE):
        pairs = slice(start, start + _ROWS_AT_ONCE)
        gaps = a[i[pairs]] - b[j[pairs]]
        np.vecdot(gaps, gaps, out=squares[pairs])

    return squares
