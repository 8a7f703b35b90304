"""Rows of any length seen as directions: float32 blocks to multiply, float64 pairs to be exact."""

from typing import Self

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError
from toolkit.kernels.arrays import Indices, Vectors
from toolkit.kernels.rows import unit_rows

_NUMBERS_AT_ONCE = 50_000  # of float64, so that the rows of some pairs fit in the cache
_SQUARED_LENGTH_TOLERANCE = 1e-5


class Directions:
    """
    Some rows of a matrix, of which only the directions count; nothing is copied whole.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64
        Rows of any length; may be memory-mapped.
    numbers : ndarray of shape (n_used,), optional
        The rows that are used, in ascending order; all of them by default.
    """

    def __init__(self, vectors: Vectors, numbers: Indices | None = None) -> None:
        vectors = np.asarray(vectors)
        if vectors.ndim != 2:
            raise InputError(
                f"vectors of shape {vectors.shape} came where a table of rows was expected: "
                "one vector is a table of one row, vectors[None]"
            )
        if vectors.dtype not in (np.float32, np.float64):
            raise InputError(
                f"vectors of type {vectors.dtype} came where float32 or float64 was expected: "
                "vectors.astype(np.float32) converts them"
            )
        self.vectors = vectors
        self.n_dimensions: int = vectors.shape[1]
        self.numbers = None if numbers is None or len(numbers) == len(vectors) else numbers
        self._squares: Vectors | None = None

    def __len__(self) -> int:
        return len(self.vectors if self.numbers is None else self.numbers)

    @property
    def rows_at_once(self) -> int:
        """Tell how many rows in float64 stay in the cache."""
        return max(_NUMBERS_AT_ONCE // max(self.n_dimensions, 1), 1)

    def check_same_dimensions(self, other: Self) -> None:
        """Refuse vectors of two models."""
        if self.n_dimensions != other.n_dimensions:
            raise InputError(
                f"vectors with {self.n_dimensions} dimensions came with others that have "
                f"{other.n_dimensions}: both must come from the same model"
            )

    def numbered(self, positions: Indices) -> Indices:
        """Name the rows of the matrix that stand at these positions among those used."""
        return positions if self.numbers is None else self.numbers[positions]

    def units(self, part: slice) -> Vectors:
        """Give rows of length 1 or 0 in float32: without a copy where they are that already."""
        rows = self._rows(part)
        squares = _squares(rows) if self._squares is None else self._squares[part]
        ordinary = (squares > 1e-20) & (squares < 1e20)
        unit = np.abs(squares - 1) <= _SQUARED_LENGTH_TOLERANCE
        odd = np.flatnonzero(~ordinary)
        if odd.size:
            self._check_finite(rows[odd], odd + part.start)
        if (unit | ~ordinary).all() and not rows[odd].any():
            return rows.astype(np.float32, copy=False)

        lengths = np.sqrt(squares, out=np.ones_like(squares), where=ordinary)
        units = rows / lengths[:, None].astype(rows.dtype)
        if odd.size:
            units[odd] = unit_rows(rows[odd])

        return units.astype(np.float32, copy=False)

    def exactly(self, positions: Indices) -> tuple[Vectors, Vectors]:
        """Give rows in float64 and their squared lengths, neither of which can overflow."""
        rows = self.vectors[self.numbered(positions)].astype(np.float64)
        if self._squares is not None:
            return rows, self._squares[positions]

        squares = _squares(rows)
        odd = np.flatnonzero(~((squares > 1e-140) & (squares < 1e140)))
        if odd.size:
            self._check_finite(rows[odd], positions[odd])
            rows[odd] = unit_rows(rows[odd])
            squares[odd] = _squares(rows[odd])

        return rows, squares

    def remember_lengths(self) -> Self:
        """Measure every row once: worth it where most rows will be asked for exactly."""
        if self.vectors.dtype != np.float64:  # only the squares of float64 can be out of range
            squares = np.empty(len(self))
            positions = np.arange(len(self))
            for start in range(0, len(self), self.rows_at_once):
                some = slice(start, start + self.rows_at_once)
                _, squares[some] = self.exactly(positions[some])
            self._squares = squares

        return self

    def _rows(self, part: slice) -> Vectors:
        """Take rows without a copy where they stand side by side."""
        if self.numbers is None:
            return self.vectors[part]

        numbers = self.numbers[part]
        if len(numbers) and numbers[-1] - numbers[0] + 1 == len(numbers):
            return self.vectors[numbers[0] : numbers[-1] + 1]

        return self.vectors[numbers]

    def _check_finite(self, rows: Vectors, positions: Indices) -> None:
        """Refuse what is no direction."""
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            number = self.numbered(positions[~finite][:1])[0]
            raise InputError(
                f"row {number} of the vectors has a NaN or an infinite entry, where finite numbers "
                "were expected: leave the row out, or fill it with zeros, which are near nothing"
            )


def _squares(rows: Vectors) -> Vectors:
    """Square lengths, inf or 0 where they are out of range and NaN where rows are no numbers."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares: Vectors = np.vecdot(rows, rows)

    return squares


def exact_cosines(
    a: Directions, b: Directions, i: Indices, j: Indices, *, dtype: npt.DTypeLike | None = None
) -> Vectors:
    """
    Compute the cosine of each pair of rows in float64, then round to the type that is asked for.

    The cosine of a row with its copy is 1 to the last bit, that of a row of zeros 0.

    Parameters
    ----------
    a, b : Directions
    i, j : ndarray of shape (n_pairs,)
        Positions in `a` and in `b`.
    dtype : float32 or float64, optional
        Type of the answer; that of the input by default.

    Returns
    -------
    ndarray of shape (n_pairs,), in [-1, 1]

    Examples
    --------
    >>> rows = Directions(np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 0.0]]))
    >>> exact_cosines(rows, rows, np.array([0, 1, 2]), np.array([1, 1, 1]))
    array([0.6, 1. , 0. ])
    """
    cosines = np.empty(len(i), dtype=dtype or np.result_type(a.vectors, b.vectors))
    n_pairs = a.rows_at_once
    for start in range(0, len(i), n_pairs):
        pairs = slice(start, start + n_pairs)
        rows, squares = a.exactly(i[pairs])
        other_rows, other_squares = b.exactly(j[pairs])
        lengths = np.sqrt(squares * other_squares)
        cosines[pairs] = np.vecdot(rows, other_rows) / np.where(lengths > 0, lengths, 1)

    return np.clip(cosines, -1, 1, out=cosines)


def rounding_margin(n_dimensions: int) -> np.float32:
    """
    Bound how far two float32 products of unit rows can be out of order.

    Each is off by at most n * 2**-24 of the sum of the absolute terms, which is at most 1. The few
    more cover the rounding of the rows and of the answer, and the tolerance what passes for 1.
    """
    return np.float32(2 * ((n_dimensions + 8) * 2.0**-24 + _SQUARED_LENGTH_TOLERANCE))
