"""What may still be among the nearest of a few queries, while products arrive block by block."""

import numpy as np

from toolkit.errors import InputError
from toolkit.kernels.arrays import Indices, Vectors

_QUERIES_AT_ONCE = 128
_PAIRS_AT_ONCE = 512


class Candidates:
    """
    The corpus rows that may be among the `k` nearest of each query.

    The last bits of a float32 product depend on where its rows stand in their blocks, so a row
    stays a candidate until the k-th best leads it by more than any rounding. Those that are left
    at the end, hardly more than `k`, are compared in float64, pair by pair: the answer depends
    on the rows alone.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_dimensions), unit rows
    corpus : ndarray of shape (n_corpus, n_dimensions), unit rows
    k : int
    """

    def __init__(self, queries: Vectors, corpus: Vectors, k: int) -> None:
        self.queries = queries
        self.corpus = corpus
        self.k = k
        self._margin = _rounding_margin(queries.shape[1])
        self._threshold = np.where(queries.any(axis=1), -np.inf, np.inf).astype(np.float32)
        self._found: list[tuple[Indices, Indices, Vectors]] = []
        self._n_found = 0

    def add(self, products: Vectors, numbers: Indices) -> None:
        """Take note of the products, float32, of all queries with the corpus rows `numbers`."""
        for start in range(0, len(products), _QUERIES_AT_ONCE):
            some = products[start : start + _QUERIES_AT_ONCE]
            threshold = self._threshold[start : start + _QUERIES_AT_ONCE]
            if numbers[0] == 0:
                np.maximum(threshold, _lower_bounds(some, self.k) - self._margin, out=threshold)

            hits = np.flatnonzero(some >= threshold[:, None])
            rows, columns = np.divmod(hits, some.shape[1])
            self._found.append((rows + start, numbers[columns], some[rows, columns]))
            self._n_found += len(hits)
            self._drop_if_many()

    def nearest(self) -> tuple[Indices, Vectors]:
        """
        Name the nearest rows of each query and their similarities, (n_queries, k) both.

        A query of zeros is similar to nothing: its row holds the first `k` rows and zeros.
        """
        rows, numbers, similarities, ranks = self._ranked()
        nearest = np.tile(np.arange(self.k), (len(self.queries), 1))
        nearest[rows, ranks] = numbers
        nearest_similarities = np.zeros(nearest.shape, dtype=similarities.dtype)
        nearest_similarities[rows, ranks] = similarities

        return nearest, nearest_similarities

    def _drop_if_many(self) -> None:
        """Keep the memory bounded, even where nearly everything ties."""
        limit = 5 * self.k * len(self.queries)
        if self._n_found <= limit:
            return

        self._drop_hopeless()
        if self._n_found > limit // 2:
            rows, numbers, similarities, _ = self._ranked()
            self._keep(rows, numbers, similarities.astype(np.float32))

    def _drop_hopeless(self) -> None:
        """Raise each query's threshold to its k-th best product and drop what lies below."""
        rows, numbers, products = (
            np.concatenate(parts) for parts in zip(*self._found, strict=True)
        )
        self._raise_threshold(rows, products)
        keep = products >= self._threshold[rows]
        self._keep(rows[keep], numbers[keep], products[keep])

    def _keep(self, rows: Indices, numbers: Indices, products: Vectors) -> None:
        self._found = [(rows, numbers, products)]
        self._n_found = len(rows)

    def _raise_threshold(self, rows: Indices, products: Vectors) -> None:
        if np.abs(products).max(initial=0) > 1.5:
            raise InputError("rows of length 1 or 0 were expected: scale them with unit_rows first")

        in_order = np.sort(4.0 * rows - products)
        counts, starts = _runs(rows, len(self.queries))
        enough = np.flatnonzero(counts >= self.k)
        kth_best = 4.0 * enough - in_order[starts[enough] + self.k - 1]
        bounds = kth_best.astype(np.float32) - self._margin
        self._threshold[enough] = np.maximum(self._threshold[enough], bounds)

    def _ranked(self) -> tuple[Indices, Indices, Vectors, Indices]:
        """Score what is left in float64; give rows, numbers, similarities and ranks below k."""
        self._drop_hopeless()
        [(rows, numbers, _)] = self._found
        similarities = _exact_similarities(self.queries, self.corpus, rows, numbers)

        order = np.lexsort((numbers, -similarities, rows))
        rows, numbers, similarities = rows[order], numbers[order], similarities[order]
        _, starts = _runs(rows, len(self.queries))
        ranks = np.arange(len(rows)) - starts[rows]
        best = ranks < self.k

        return rows[best], numbers[best], similarities[best], ranks[best]


def _rounding_margin(n_dimensions: int) -> np.float32:
    """
    Bound how far two float32 products of unit rows can be out of order.

    Each is off by at most n * 2**-24 of the sum of the absolute terms, which is at most 1.
    The few more cover the rounding of float64 input, of the rows' lengths and of the answer.
    """
    return np.float32(2 * (n_dimensions + 8) * 2.0**-24)


def _lower_bounds(products: Vectors, k: int) -> Vectors:
    """
    Find for each row a number that at least `k` of its entries reach.

    The maxima of disjoint groups are entries; the k-th largest of them is such a number, and
    taking maxima is far cheaper than partitioning the row.
    """
    n_rows, n_columns = products.shape
    if n_columns < k:
        return np.full(n_rows, -np.inf, dtype=products.dtype)

    n_groups = min(n_columns, max(8 * k, 128))
    whole = n_columns - n_columns % n_groups
    maxima = products[:, :whole].reshape(n_rows, -1, n_groups).max(axis=1)

    return np.partition(maxima, n_groups - k, axis=1)[:, n_groups - k]


def _exact_similarities(
    queries: Vectors, corpus: Vectors, rows: Indices, numbers: Indices
) -> Vectors:
    """Compute the cosine of each pair in float64, then round to the type of the input."""
    similarities = np.empty(len(rows), dtype=np.result_type(queries, corpus))
    queries = queries.astype(np.float64)
    for start in range(0, len(rows), _PAIRS_AT_ONCE):
        pairs = slice(start, start + _PAIRS_AT_ONCE)
        found = corpus[numbers[pairs]].astype(np.float64)
        similarities[pairs] = np.vecdot(queries[rows[pairs]], found)

    return np.clip(similarities, -1, 1, out=similarities)


def _runs(rows: Indices, n_rows: int) -> tuple[Indices, Indices]:
    """Count how often each row number occurs, and where its run starts once they are sorted."""
    counts = np.bincount(rows, minlength=n_rows)

    return counts, np.cumsum(counts) - counts
