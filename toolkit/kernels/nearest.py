"""The most similar rows of a matrix: exact, blocked, and the same however the work is cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from toolkit.errors import InputError
from toolkit.kernels.arrays import Indices, Vectors
from toolkit.kernels.blocks import (
    BLOCK_BYTES,
    Products,
    block_columns,
    entries,
    slices,
    stripe_rows,
    strips,
)
from toolkit.kernels.candidates import Candidates, kth_best_at_least
from toolkit.kernels.copies import first_copies
from toolkit.kernels.directions import Directions, exact_cosines, rounding_margin
from toolkit.kernels.graph import neighbor_graph
from toolkit.kernels.threads import for_each

_QUERIES_WORTH_A_LOOK_AT_COPIES = 256
_QUERIES_WORTH_A_THREAD = 512

_ForEach: TypeAlias = Callable[[Callable[[slice], None], Sequence[slice]], None]


def top_k(
    queries: Vectors, corpus: Vectors, k: int, *, block_bytes: int = BLOCK_BYTES
) -> tuple[Indices, Vectors]:
    """
    Find the `k` corpus rows most similar to each query, the most similar first.

    Similarities are cosines in float64 arithmetic, rounded to the type of the input; where they
    tie, the row that stands higher comes first. So the answer is the same for any `block_bytes`
    and any number of threads, identical rows always tie, and shuffling the corpus changes no
    similarity, only which of the rows that tie with the last one are named. Where `queries` is
    `corpus` each pair is multiplied once for both.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_dimensions), float32 or float64
        Rows of any length. A row of zeros is similar to nothing: it gets the first `k` rows and
        similarities of 0.
    corpus : ndarray of shape (n_corpus, n_dimensions), float32 or float64
        Rows of any length; may be memory-mapped.
    k : int
        How many, >= 1; all of them where the corpus has fewer rows.
    block_bytes : int
        Bytes of similarities that each thread holds at a time.

    Returns
    -------
    indices : ndarray of shape (n_queries, k)
    similarities : ndarray of shape (n_queries, k), in [-1, 1]

    Examples
    --------
    >>> corpus = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> indices, similarities = top_k(np.array([[2.0, 0.0]]), corpus, 2)
    >>> indices
    array([[0, 2]])
    >>> similarities
    array([[1. , 0.6]])
    """
    if k < 1:
        raise InputError(f"k must be at least 1, got {k!r}")
    if queries is corpus and len(corpus) > max(k, _QUERIES_WORTH_A_THREAD):
        return _among_themselves(corpus, k, block_bytes)

    asking, known = _asking_and_known(queries, corpus, k)
    search = _Search(asking, known, min(k, len(corpus)), block_bytes)
    shape = len(queries), search.k
    indices = np.zeros(shape, dtype=np.intp)
    similarities = np.zeros(shape, dtype=np.result_type(asking.vectors, known.vectors))
    if indices.size == 0:
        return indices, similarities

    if len(queries) < _QUERIES_WORTH_A_THREAD:
        return search.nearest(slice(0, len(queries)), for_each)

    def run(part: slice) -> None:
        indices[part], similarities[part] = search.nearest(part, _one_by_one)

    for_each(run, search.parts())

    return indices, similarities


def _among_themselves(vectors: Vectors, k: int, block_bytes: int) -> tuple[Indices, Vectors]:
    """Put each row among its nearest others."""
    others, similarities = neighbor_graph(vectors, k, block_bytes=block_bytes)
    own, rows = np.arange(len(vectors)), Directions(vectors)
    indices = np.column_stack([others, own])
    similarities = np.column_stack([similarities, exact_cosines(rows, rows, own, own)])
    order = np.lexsort((indices, -similarities))[:, :k]

    return np.take_along_axis(indices, order, 1), np.take_along_axis(similarities, order, 1)


def _one_by_one(job: Callable[[slice], None], items: Sequence[slice]) -> None:
    for item in items:
        job(item)


def _asking_and_known(queries: Vectors, corpus: Vectors, k: int) -> tuple[Directions, Directions]:
    asking, known = Directions(queries).remember_lengths(), Directions(corpus)
    asking.check_same_dimensions(known)
    if len(asking) >= _QUERIES_WORTH_A_LOOK_AT_COPIES:
        known = Directions(corpus, first_copies(known.vectors, k))
    if len(asking) * k > len(known):
        known.remember_lengths()

    return asking, known


@dataclass(frozen=True)
class _Search:
    """One call of `top_k`, cut into parts."""

    queries: Directions
    corpus: Directions
    k: int
    block_bytes: int
    products: Products = field(default_factory=Products)

    def parts(self) -> list[slice]:
        """Cut the queries so that every thread has work and candidates fit in memory as well."""
        n_rows = min(
            stripe_rows(len(self.queries), self.block_bytes), self.block_bytes // (64 * self.k)
        )

        return slices(0, len(self.queries), max(n_rows, 1))

    def nearest(self, part: slice, each: _ForEach) -> tuple[Indices, Vectors]:
        """Run a few queries against the corpus, block by block as `each` goes through them."""
        queries = self.queries.units(part)
        candidates = self._candidates(part, queries)

        def look(columns: slice) -> None:
            products = self.products.of(queries, self.corpus.units(columns))
            for rows, strip in strips(products):
                if columns.start == 0:
                    candidates.expect(rows, kth_best_at_least(strip, self.k))
                i, j, hits = entries(strip, strip >= candidates.thresholds[rows, None])
                candidates.add(i + rows.start, j + columns.start, hits)

        n_columns = block_columns(len(queries), self.queries.n_dimensions, self.block_bytes)
        first, *others = slices(0, len(self.corpus), n_columns)
        look(first)
        each(look, others)
        first_rows = np.tile(np.arange(self.k), (len(queries), 1))
        positions, similarities = candidates.nearest(first_rows)

        return self.corpus.numbered(positions), similarities

    def _candidates(self, part: slice, queries: Vectors) -> Candidates:
        def exact(rows: Indices, numbers: Indices) -> Vectors:
            return exact_cosines(self.queries, self.corpus, rows + part.start, numbers)

        return Candidates(
            np.where(queries.any(axis=1), -np.inf, np.inf).astype(np.float32),
            self.k,
            margin=rounding_margin(self.queries.n_dimensions),
            exact=exact,
        )
