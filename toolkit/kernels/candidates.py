"""What may still be among the nearest of a few rows, while products arrive block by block."""

from collections.abc import Callable
from threading import Lock

import numpy as np

from toolkit.kernels.arrays import Indices, Vectors

_MORE_THAN_TWICE_K = 50


class Candidates:
    """
    The rows that may be among the `k` nearest of each of a few rows; threads may share it.

    The last bits of a float32 product depend on where its rows stand in their blocks, so a row
    stays a candidate until the k-th best leads it by more than any rounding. Those that are left
    at the end, hardly more than `k`, are compared in float64, pair by pair: the answer depends
    on the rows alone.

    Parameters
    ----------
    thresholds : ndarray of shape (n_rows,), float32, of at most 65,536 rows
        What a product must reach for its row, raised in place as better ones are found;
        -inf to begin with, inf for a row that wants no candidates.
    k : int
    margin : float32
        How far two products can be out of order, see `rounding_margin`.
    exact : callable
        From row numbers and candidates to their similarities.
    """

    def __init__(
        self,
        thresholds: Vectors,
        k: int,
        *,
        margin: np.float32,
        exact: Callable[[Indices, Indices], Vectors],
    ) -> None:
        self.thresholds = thresholds
        self.k = k
        self._n_per_row = 2 * k + _MORE_THAN_TWICE_K
        self._margin = margin
        self._exact = exact
        self._found: list[tuple[Indices, Indices, Vectors]] = []
        self._n_found = 0
        self._lock = Lock()

    def expect(self, rows: slice, kth_best: Vectors) -> None:
        """Let only in what can compete with products of which each row has `k` at least."""
        thresholds = self.thresholds[rows]
        np.maximum(thresholds, kth_best - self._margin, out=thresholds)

    def add(self, rows: Indices, numbers: Indices, products: Vectors) -> None:
        """Take note that `rows`, counted from the first here, have these products with others."""
        with self._lock:
            self._found.append((rows.astype(np.uint16), numbers.astype(np.uint32), products))
            self._n_found += len(rows)
            self._drop_if_many()

    def nearest(self, fallback: Indices) -> tuple[Indices, Vectors]:
        """
        Name the nearest of each row and their similarities, (n_rows, k) both.

        A row that wanted no candidates gets its row of `fallback` and similarities of 0.
        """
        rows, numbers, similarities, ranks = self._ranked()
        nearest = fallback.copy()
        nearest[rows, ranks] = numbers
        nearest_similarities = np.zeros(nearest.shape, dtype=similarities.dtype)
        nearest_similarities[rows, ranks] = similarities

        return nearest, nearest_similarities

    def _drop_if_many(self) -> None:
        """Keep the memory bounded, even where nearly everything ties."""
        limit = self._n_per_row * len(self.thresholds)
        if self._n_found <= limit:
            return

        self._drop_hopeless()
        if self._n_found > limit // 2:
            rows, numbers, similarities, _ = self._ranked()
            self._keep(rows, numbers, similarities.astype(np.float32))

    def _drop_hopeless(self) -> None:
        """Raise each row's threshold to its k-th best product and drop what lies below."""
        rows, numbers, products = (
            np.concatenate(parts) for parts in zip(*self._found, strict=True)
        )
        order = np.argsort(rows, kind="stable")
        rows, numbers, products = rows[order], numbers[order], products[order]

        self._raise_thresholds(rows, products)
        keep = np.flatnonzero(products >= self.thresholds[rows])
        self._keep(rows[keep], numbers[keep], products[keep])

    def _keep(self, rows: Indices, numbers: Indices, products: Vectors) -> None:
        self._found = [(rows, numbers, products)]
        self._n_found = len(rows)

    def _raise_thresholds(self, rows: Indices, products: Vectors) -> None:
        """Look for the k-th best among the first candidates of each row, however many it has."""
        places = _places_in_runs(rows, len(self.thresholds))
        width = min(places.max(initial=-1) + 1, 2 * self._n_per_row)
        if width < self.k:
            return

        first = places < width
        table = np.full((len(self.thresholds), width), -np.inf, dtype=np.float32)
        table[rows[first], places[first]] = products[first]
        table.partition(width - self.k, axis=1)
        self.expect(slice(None), table[:, width - self.k])

    def _ranked(self) -> tuple[Indices, Indices, Vectors, Indices]:
        """Score what is left in float64; give rows, numbers, similarities and ranks below k."""
        self._drop_hopeless()
        [(rows, numbers, _)] = self._found
        rows, numbers = rows.astype(np.intp), numbers.astype(np.intp)
        similarities = self._exact(rows, numbers)

        order = np.lexsort((numbers, -similarities, rows))
        rows, numbers, similarities = rows[order], numbers[order], similarities[order]
        ranks = _places_in_runs(rows, len(self.thresholds))
        best = ranks < self.k

        return rows[best], numbers[best], similarities[best], ranks[best]


def kth_best_at_least(products: Vectors, k: int) -> Vectors:
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


def _places_in_runs(rows: Indices, n_rows: int) -> Indices:
    """Count within each run of equal row numbers, given in order: 0, 1, 2, 0, 1, ..."""
    counts = np.bincount(rows, minlength=n_rows)
    starts = np.cumsum(counts) - counts

    return np.arange(len(rows)) - starts[rows]
