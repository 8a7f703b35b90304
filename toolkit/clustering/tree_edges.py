"""Edges between points, the shortest first."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from toolkit.kernels import Indices, Vectors


@dataclass(frozen=True)
class Edges:
    """
    Edges and how long they are.

    Attributes
    ----------
    i, j : ndarray of shape (n_edges,)
        The points that each edge joins.
    lengths : ndarray of shape (n_edges,), float64
    """

    i: Indices
    j: Indices
    lengths: Vectors

    def __len__(self) -> int:
        return len(self.i)

    def taken(self, chosen: np.ndarray | slice) -> Self:
        """Keep what is chosen by a mask or by numbers."""
        return type(self)(self.i[chosen], self.j[chosen], self.lengths[chosen])

    def joined(self, *others: Self) -> Self:
        """Put the edges of all in order."""
        everything = (self, *others)

        return type(self)(
            np.concatenate([edges.i for edges in everything]),
            np.concatenate([edges.j for edges in everything]),
            np.concatenate([edges.lengths for edges in everything]),
        ).in_order()

    def in_order(self) -> Self:
        """
        Sort by length; what is equally long stays in the order that it has.

        >>> Edges(np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0.5, 0.4, 0.4])).in_order().i
        array([0, 1, 0])
        """
        return self.taken(np.argsort(self.lengths, kind="stable"))
