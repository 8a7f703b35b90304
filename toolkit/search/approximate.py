"""Search among the rows near a query only, for sets too large to be looked at whole."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from toolkit.kernels import Indices, Vectors
from toolkit.search.neighbourhoods import Neighbourhoods, faiss_module, index_of, new_index
from toolkit.search.stored_vectors import Mask, StoredVectors

EXACT_ROWS = 20_000
"""So few rows are searched exactly: it takes a few milliseconds."""

N_PROBES = 32
"""Neighbourhoods that are looked through for a query."""

SPARE = 4
"""Compressed vectors pick so many times `k` rows, and their exact cosines decide."""

TRAINING_ROWS = 64
"""Rows a neighbourhood that its centre is learned from."""

SAMPLE_ROWS, SAMPLE_K = 200, 10


@dataclass
class ApproximateSearch:
    """
    Rows in neighbourhoods, one byte a dimension; the nearest are compared again exactly.

    An inverted file of faiss with 8-bit vectors. Rows that come later join the neighbourhoods
    that are there, until the set has doubled.

    Parameters
    ----------
    stored : StoredVectors
        More than 20,000 rows; fewer are searched exactly.
    index : faiss.IndexIVFScalarQuantizer
        The rows by their places.
    n_trained : int
        Rows there were when the neighbourhoods were learned.
    """

    stored: StoredVectors
    index: Any = field(repr=False)
    n_trained: int
    n_compactions: int

    @classmethod
    def of(cls, stored: StoredVectors, earlier: Self | None = None) -> Self | None:
        """Return what there was, brought up to date, or a new one; None for few rows."""
        if stored.n_places <= EXACT_ROWS:
            return None
        if earlier is not None and earlier.can_grow():
            return earlier.grown()
        n_centers = round(stored.n_places**0.5)
        sample = _sample(stored, n_centers * TRAINING_ROWS)
        index = new_index(sample, n_centers, rows_a_center=TRAINING_ROWS)

        return cls(stored, index, stored.n_places, stored.n_compactions).grown()

    @classmethod
    def again(cls, stored: StoredVectors, neighbourhoods: Neighbourhoods) -> Self:
        """Return the search whose neighbourhoods these were."""
        return cls(stored, index_of(neighbourhoods), stored.n_places, stored.n_compactions)

    @cached_property
    def recall(self) -> float:
        """Share of the 10 true neighbours of 200 rows that are found."""
        queries = _sample(self.stored, SAMPLE_ROWS)
        _, true = self.stored.nearest(queries, SAMPLE_K + 1)
        _, found = self.nearest(queries, SAMPLE_K + 1)
        n_found = (found >= true[:, -1:]).sum(axis=1).clip(1)  # one of them is the row itself

        return float((n_found - 1).mean() / SAMPLE_K)

    def neighbourhoods(self) -> Neighbourhoods:
        """Return what can be kept in a file, for the rows as they are numbered now."""
        return Neighbourhoods.of(self.index).renumbered(self.stored.kept)

    def nearest(
        self, queries: Vectors, k: int, mask: Mask | None = None
    ) -> tuple[Indices, Vectors]:
        """Return rows and cosines, the nearest first; where fewer are found, the row is -1."""
        findable = self.stored.findable(mask)
        n_findable = int(findable.sum())
        if n_findable <= EXACT_ROWS:
            return self.stored.nearest(queries, k, mask)
        places = self._candidates(queries, min(SPARE * k, n_findable), findable)
        is_real = places >= 0
        numbers = np.where(is_real, self.stored.numbered(np.maximum(places, 0)), -1)
        similarities = np.full(places.shape, -np.inf, dtype=np.float32)
        of_query, _ = np.nonzero(is_real)
        similarities[is_real] = self.stored.cosines(queries, of_query, numbers[is_real])
        best = np.lexsort((numbers, -similarities), axis=1)[:, :k]

        return (
            np.take_along_axis(numbers, best, axis=1),
            np.take_along_axis(similarities, best, axis=1),
        )

    def can_grow(self) -> bool:
        """Return whether the rows still stand where they were, and are not twice as many."""
        is_in_place = self.n_compactions == self.stored.n_compactions

        return is_in_place and self.stored.n_places <= 2 * self.n_trained

    def grown(self) -> Self:
        """Let the rows join that have come since."""
        for start, block in self.stored.all_blocks():
            new = block[max(self.index.ntotal - start, 0) :]
            if len(new):
                self.index.add(np.ascontiguousarray(new))
        self.__dict__.pop("recall", None)

        return self

    def _candidates(self, queries: Vectors, n: int, findable: Mask) -> Indices:
        """The fewer rows may be found, the wider around the query they are looked for."""
        faiss = faiss_module()
        parameters = faiss.SearchParametersIVF(
            nprobe=min(int(N_PROBES / findable.mean()), self.index.nlist),
            sel=faiss.IDSelectorBitmap(np.packbits(findable, bitorder="little")),
        )
        _, places = self.index.search(queries, n, params=parameters)

        return np.asarray(places, dtype=np.intp)


def _sample(stored: StoredVectors, n_rows: int) -> Vectors:
    rows = np.random.default_rng(0).permutation(len(stored))[:n_rows]

    return stored.rows(np.sort(rows))
