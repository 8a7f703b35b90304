"""The vectors of rows, kept once: most of them are points that a clusterer keeps as well."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from toolkit.clustering.points import distinct_points
from toolkit.kernels import Indices, Vectors, unit_rows


@dataclass(frozen=True)
class RowVectors:
    """
    Rows told by the points that they repeat, and those that are no point.

    Attributes
    ----------
    points : ndarray of shape (n_points, n_dimensions), float32
    members : ndarray of shape (n_rows,)
        The point of each row; -1 for odd rows and rows of zeros.
    odd : ndarray of shape (n_odd,)
        The numbers of the rows that are no point, to the last bit.
    odd_vectors : ndarray of shape (n_odd, n_dimensions), float32
    """

    points: Vectors
    members: Indices
    odd: Indices
    odd_vectors: Vectors

    @classmethod
    def of(cls, vectors: Vectors, points: Vectors | None) -> Self:
        """
        Tell rows by points that somebody else keeps, if those are theirs.

        Parameters
        ----------
        vectors : ndarray of shape (n_rows, n_dimensions), float32
        points : ndarray of shape (n_points, n_dimensions) or None

        Examples
        --------
        >>> vectors = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
        >>> RowVectors.of(vectors, distinct_points(vectors).vectors).odd
        array([], dtype=int64)
        >>> RowVectors.of(vectors, None).odd
        array([0, 1, 2])
        """
        units = unit_rows(vectors)
        found = None if points is None else distinct_points(vectors)
        if points is None or found is None or not np.array_equal(found.vectors, points):
            nobody = np.full(len(units), -1, dtype=np.intp)
            return cls(units[:0], nobody, np.arange(len(units)), units)

        members = found.members.copy()
        there = np.flatnonzero(members >= 0)
        odd = there[(units[there] != points[members[there]]).any(axis=1)]
        members[odd] = -1

        return cls(points, members, odd, units[odd])

    def whole(self) -> Vectors:
        """
        Return all rows, shape (n_rows, n_dimensions).

        >>> vectors = np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 1.0]], dtype=np.float32)
        >>> RowVectors.of(vectors, distinct_points(vectors).vectors).whole()
        array([[0., 1.],
               [0., 0.],
               [0., 1.]], dtype=float32)
        """
        rows = np.zeros((len(self.members), self.odd_vectors.shape[1]), dtype=np.float32)
        there = self.members >= 0
        rows[there] = self.points[self.members[there]]
        rows[self.odd] = self.odd_vectors

        return rows

    def different(self, labels: Indices) -> tuple[Vectors, Indices]:
        """
        Return the rows without repeats and without those of zeros, and the label of each.

        >>> vectors = np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 1.0]], dtype=np.float32)
        >>> rows = RowVectors.of(vectors, distinct_points(vectors).vectors)
        >>> rows.different(np.array([3, -1, 3]))
        (array([[0., 1.]], dtype=float32), array([3]))
        """
        used, first = np.unique(self.members, return_index=True)
        first, used = first[used >= 0], used[used >= 0]

        return (
            np.concatenate([self.points[used], self.odd_vectors]),
            labels[np.concatenate([first, self.odd])],
        )
