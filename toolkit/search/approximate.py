"""Search among the rows near a query only, for sets too large to look at whole."""

from dataclasses import dataclass
from typing import Self

from toolkit.kernels import Indices, Vectors
from toolkit.search.stored_vectors import Mask, StoredVectors


@dataclass
class ApproximateSearch:
    stored: StoredVectors
    recall: float | None = None

    @classmethod
    def of(cls, stored: StoredVectors) -> Self:
        raise NotImplementedError

    def nearest(
        self, queries: Vectors, k: int, mask: Mask | None = None
    ) -> tuple[Indices, Vectors]:
        raise NotImplementedError
