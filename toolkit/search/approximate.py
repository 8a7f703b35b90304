"""Search among the rows near a query only, for sets too large to be looked at whole."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from toolkit.errors import MissingDependency
from toolkit.kernels import Indices, Vectors
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


@dataclass(frozen=True)
class Neighbourhoods:
    """
    Where rows lie: enough to build the search again.

    Attributes
    ----------
    centers : ndarray of shape (n_neighbourhoods, n_dimensions), float32
    of_row : ndarray of shape (n_rows,), int32
        The neighbourhood of each stored row.
    """

    centers: Vectors
    of_row: np.ndarray


@dataclass
class ApproximateSearch:
    """
    Rows in neighbourhoods, one byte a dimension; the nearest are compared again exactly.

    An inverted file of faiss with 8-bit vectors. Rows that come later join the neighbourhoods
    that are there, until the set has doubled.

    Parameters
    ----------
    stored : StoredVectors
        The rows; more than 20,000, or they are searched exactly.
    places : Neighbourhoods
    """

    stored: StoredVectors
    places: Neighbourhoods
    n_compactions: int = 0
    _index: Any = field(init=False, repr=False)

    @classmethod
    def of(cls, stored: StoredVectors, earlier: Self | None = None) -> Self | None:
        """Return what there was, brought up to date, or a new one; None for few rows."""
        if stored.n_places <= EXACT_ROWS:
            return None
        if earlier is not None and earlier.can_grow():
            return earlier.grown()
        centers = _learned_centers(stored)

        return cls(stored, _assigned(stored, centers), stored.n_compactions)

    def __post_init__(self) -> None:
        self._index = _filled(self.stored, self.places)

    @cached_property
    def recall(self) -> float:
        """Share of the 10 true neighbours of 200 rows that are found."""
        rows = np.random.default_rng(0).permutation(len(self.stored))[:SAMPLE_ROWS]
        queries = self.stored.rows(np.sort(rows))
        _, true = self.stored.nearest(queries, SAMPLE_K + 1)
        _, found = self.nearest(queries, SAMPLE_K + 1)
        n_found = (found >= true[:, -1:]).sum(axis=1).clip(1, SAMPLE_K + 1)  # one is the row itself

        return float((n_found - 1).mean() / SAMPLE_K)

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
        return (
            self.n_compactions == self.stored.n_compactions
            and self.stored.n_places <= 2 * self._n_trained
        )

    def grown(self) -> Self:
        """Let the rows join that have come since."""
        n_known = len(self.places.of_row)
        for start, block in self.stored.all_blocks():
            new = block[max(n_known - start, 0) :]
            if len(new):
                joined = _nearest_centers(self.places.centers, new)
                self._index.add(np.ascontiguousarray(new))
                self.places = Neighbourhoods(
                    self.places.centers, np.append(self.places.of_row, joined)
                )
        self.__dict__.pop("recall", None)

        return self

    @property
    def _n_trained(self) -> int:
        return len(self.places.centers) ** 2

    def _candidates(self, queries: Vectors, n: int, findable: Mask) -> Indices:
        faiss = _faiss()
        share = findable.mean()
        parameters = faiss.SearchParametersIVF(
            nprobe=min(int(N_PROBES / share), len(self.places.centers)),
            sel=faiss.IDSelectorBitmap(np.packbits(findable, bitorder="little")),
        )
        _, places = self._index.search(queries, n, params=parameters)

        return np.asarray(places, dtype=np.intp)


def _learned_centers(stored: StoredVectors) -> Vectors:
    faiss = _faiss()
    n_centers = round(stored.n_places**0.5)
    clustering = faiss.Kmeans(
        stored.n_dimensions,
        n_centers,
        niter=10,
        seed=0,
        spherical=True,
        max_points_per_centroid=TRAINING_ROWS,
    )
    clustering.train(_sample(stored, n_centers * TRAINING_ROWS))

    return np.asarray(clustering.centroids, dtype=np.float32)


def _sample(stored: StoredVectors, n_rows: int) -> Vectors:
    rows = np.random.default_rng(0).permutation(len(stored))[:n_rows]

    return stored.rows(np.sort(rows))


def _assigned(stored: StoredVectors, centers: Vectors) -> Neighbourhoods:
    of_row = [_nearest_centers(centers, block) for _, block in stored.all_blocks()]

    return Neighbourhoods(centers, np.concatenate(of_row))


def _nearest_centers(centers: Vectors, rows: Vectors) -> np.ndarray:
    return np.asarray((rows @ centers.T).argmax(axis=1), dtype=np.int32)


def _filled(stored: StoredVectors, places: Neighbourhoods) -> Any:
    """Return an index of faiss; which row is where need not be found out again."""
    faiss = _faiss()
    n_centers, n_dimensions = places.centers.shape
    centers = faiss.IndexFlatIP(n_dimensions)
    centers.add(places.centers)
    index = faiss.IndexIVFScalarQuantizer(
        centers,
        n_dimensions,
        n_centers,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.train(_sample(stored, n_centers * TRAINING_ROWS))
    for start, block in stored.all_blocks():
        rows = np.ascontiguousarray(block)
        number = places.of_row[start : start + len(rows)].astype(np.int64)
        index.add_core(len(rows), faiss.swig_ptr(rows), None, faiss.swig_ptr(number), None)

    return index


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingDependency("faiss-cpu", "search", "approximate search") from error

    return faiss
