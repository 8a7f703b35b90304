"""What searches return before it is a table: pairs of a query and a row, best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from toolkit.kernels import Indices, Vectors


@dataclass(frozen=True)
class Hits:
    """
    Pairs of a query and a row with a value: the higher, the better.

    Attributes
    ----------
    queries, rows : ndarray of shape (n_hits,)
        Numbers from 0; queries ascend.
    values : ndarray of shape (n_hits,)
    """

    queries: Indices
    rows: Indices
    values: Vectors

    @classmethod
    def of_matrix(cls, rows: Indices, values: Vectors) -> Self:
        """Return the hits that matrices of shape (n_queries, k) hold."""
        n_queries, k = rows.shape

        return cls(np.repeat(np.arange(n_queries), k), rows.ravel(), values.ravel())

    @classmethod
    def joined(cls, hits: Sequence["Hits"]) -> Self:
        """Return all hits, one after the other."""
        return cls(
            np.concatenate([np.empty(0, dtype=np.intp), *(each.queries for each in hits)]),
            np.concatenate([np.empty(0, dtype=np.intp), *(each.rows for each in hits)]),
            np.concatenate([np.empty(0, dtype=np.float32), *(each.values for each in hits)]),
        )

    def where(self, is_kept: np.ndarray) -> "Hits":
        """Return the hits that are kept, in their order."""
        return Hits(self.queries[is_kept], self.rows[is_kept], self.values[is_kept])

    def ranks(self) -> Indices:
        """
        Return the place of each hit among those of its query, from 1.

        >>> Hits(np.array([0, 0, 3]), np.array([5, 2, 5]), np.ones(3)).ranks()
        array([1, 2, 1])
        """
        return np.arange(len(self.queries)) - np.searchsorted(self.queries, self.queries) + 1

    def shared_ranks(self) -> Indices:
        """
        Return the ranks of hits that come best first, the same for those of the same value.

        >>> values = np.array([0.9, 0.7, 0.7, 0.1])
        >>> Hits(np.zeros(4, dtype=int), np.arange(4), values).shared_ranks()
        array([1, 2, 2, 4])
        """
        same = (self.queries[1:] == self.queries[:-1]) & (self.values[1:] == self.values[:-1])
        first = np.arange(len(self.queries))
        first[1:][same] = 0

        return self.ranks()[np.maximum.accumulate(first)]


def best_hits(hits: Hits, k: int) -> Hits:
    """
    Return the `k` best hits of each query, best first; the row that stands higher wins a tie.

    >>> best_hits(Hits(np.array([0, 0, 0]), np.array([2, 1, 0]), np.array([3.0, 5.0, 3.0])), 2)
    Hits(queries=array([0, 0]), rows=array([1, 0]), values=array([5., 3.]))
    """
    ordered = hits.where(np.lexsort((hits.rows, -hits.values, hits.queries)))

    return ordered.where(ordered.ranks() <= k)
