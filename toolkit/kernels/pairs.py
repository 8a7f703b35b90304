"""All pairs of rows that are similar enough, block by block."""

from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

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
from toolkit.kernels.directions import Directions, exact_cosines, rounding_margin
from toolkit.kernels.threads import for_each

MAX_PAIRS = 50_000_000

_PAIRS_AT_ONCE = 100_000

_Pairs: TypeAlias = tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]


def pairs_above(
    vectors: Vectors,
    threshold: float,
    *,
    other: Vectors | None = None,
    max_pairs: int = MAX_PAIRS,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[Indices, Indices, Vectors]:
    """
    Find all pairs of rows whose similarity is at least `threshold`, each pair once.

    Similarities are cosines in float64 arithmetic, rounded to the type of the input before they are
    compared, so the answer is the same for any `block_bytes` and any number of threads, and
    shuffled rows give the same pairs. A row and its copy have similarity 1, a row of zeros has 0
    with everything. Memory holds some blocks and the answer, about 30 bytes a pair.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64
        Rows of any length; may be memory-mapped.
    threshold : float
        Least similarity, from -1 to 1.
    other : ndarray of shape (n_other_rows, n_dimensions), optional
        Rows to pair with those of `vectors`; by default the rows are paired among themselves.
    max_pairs : int
        Give up where there are more.
    block_bytes : int
        Bytes of similarities that each thread holds at a time.

    Returns
    -------
    i : ndarray of shape (n_pairs,)
        Row of `vectors`, ascending.
    j : ndarray of shape (n_pairs,)
        Row of `other`, or a later row of `vectors`; ascending where `i` is the same.
    similarities : ndarray of shape (n_pairs,), in [threshold, 1]

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> i, j, similarities = pairs_above(vectors, 0.5)
    >>> i, j
    (array([0, 1]), array([2, 2]))
    >>> similarities
    array([0.6, 0.8])
    >>> i, j, _ = pairs_above(vectors, 0.7, other=np.array([[0.0, 5.0]]))
    >>> i, j
    (array([1, 2]), array([0, 0]))
    """
    search = _search(vectors, threshold, other, max_pairs, block_bytes)
    i, j = search.pairs()

    return i, j, search.similarities(i, j)


def pair_indices_above(
    vectors: Vectors,
    threshold: float,
    *,
    other: Vectors | None = None,
    max_pairs: int = MAX_PAIRS,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[Indices, Indices]:
    """
    Find the pairs of `pairs_above` without their similarities: much faster where pairs are many.

    >>> i, j = pair_indices_above(np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]), 0.5)
    >>> i, j
    (array([0, 1]), array([2, 2]))
    """
    return _search(vectors, threshold, other, max_pairs, block_bytes).pairs()


def _search(
    vectors: Vectors, threshold: float, other: Vectors | None, max_pairs: int, block_bytes: int
) -> "_Search":
    if not -1 <= threshold <= 1:
        raise InputError(f"threshold must be a cosine, from -1 to 1, got {threshold!r}")
    rows = Directions(vectors).remember_lengths()
    columns = rows if other is None else Directions(other).remember_lengths()
    rows.check_same_dimensions(columns)
    threshold = float(threshold)  # so that float32 is compared in float32

    return _Search(rows, columns, threshold, block_bytes, _Guard(max_pairs, threshold))


class _Guard:
    """Counts pairs from all threads and stops before they fill the memory."""

    def __init__(self, max_pairs: int, threshold: float) -> None:
        self._max_pairs = max_pairs
        self._threshold = threshold
        self._n_pairs = 0
        self._share_seen = 0.0
        self._lock = Lock()

    def count(self, n_pairs: int, share: float) -> None:
        """Take note of pairs found in a share of all the work."""
        with self._lock:
            self._n_pairs += n_pairs
            self._share_seen += share
        if self._n_pairs > self._max_pairs:
            n_in_all = float(f"{self._n_pairs / min(self._share_seen, 1):.1e}")
            raise InputError(
                f"more than {self._max_pairs:,} pairs have a similarity of {self._threshold} or "
                f"more, about {n_in_all:,.0f} in all by those seen so far: raise the threshold, or "
                "max_pairs if there is memory for them, 30 bytes a pair"
            )


@dataclass(frozen=True)
class _Search:
    """One call of `pairs_above`, cut into stripes of rows."""

    rows: Directions
    columns: Directions
    threshold: float
    block_bytes: int
    guard: _Guard
    products: Products = field(default_factory=Products)

    def pairs(self) -> tuple[Indices, Indices]:
        """Find all pairs, in order."""
        stripes = slices(0, len(self.rows), stripe_rows(len(self.rows), self.block_bytes))
        found: list[_Pairs] = [self._none()] * len(stripes)

        def find(number: int) -> None:
            found[number] = self._in_stripe(stripes[number])

        for_each(find, range(len(stripes)))
        i, j = (np.concatenate(parts) for parts in zip(self._none(), *found, strict=True))

        return i.astype(np.intp), j.astype(np.intp)

    def similarities(self, i: Indices, j: Indices) -> Vectors:
        """Compute the similarity of each pair."""
        similarities = np.empty(len(i), np.result_type(self.rows.vectors, self.columns.vectors))

        def measure(part: slice) -> None:
            similarities[part] = exact_cosines(self.rows, self.columns, i[part], j[part])

        for_each(measure, slices(0, len(i), _PAIRS_AT_ONCE))

        return similarities

    def _none(self) -> _Pairs:
        """Give no pairs, in the types in which pairs are kept."""
        return np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint32)

    def _in_stripe(self, stripe: slice) -> _Pairs:
        """Find the pairs of a few rows, in order."""
        units = self.rows.units(stripe)
        n_columns = block_columns(len(units), self.rows.n_dimensions, self.block_bytes)
        found = [self._none()]
        for columns in slices(self._first_column(stripe), len(self.columns), n_columns):
            products = self.products.of(units, self.columns.units(columns))
            for rows, strip in strips(products):
                found.append(self._in_strip(strip, stripe.start + rows.start, columns.start))
                self.guard.count(len(found[-1][0]), strip.size / self._n_products())

        i, j = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.argsort(i.astype(np.int64) * len(self.columns) + j)

        return i[order], j[order]

    def _in_strip(self, strip: Vectors, first_row: int, first_column: int) -> _Pairs:
        """Find pairs; float64 decides where a product is too near the threshold to be sure."""
        margin = rounding_margin(self.rows.n_dimensions)
        i, j, products = entries(strip, strip >= self.threshold - margin)
        i, j = i + first_row, j + first_column
        near_enough = products >= self.threshold + margin
        unsure = np.flatnonzero(~near_enough)
        cosines = exact_cosines(self.rows, self.columns, i[unsure], j[unsure])
        near_enough[unsure] = cosines >= self.threshold
        if self._one_set():
            near_enough &= j > i

        return i[near_enough].astype(np.uint32), j[near_enough].astype(np.uint32)

    def _one_set(self) -> bool:
        return self.rows is self.columns

    def _first_column(self, stripe: slice) -> int:
        return stripe.start if self._one_set() else 0

    def _n_products(self) -> int:
        n_products = len(self.rows) * len(self.columns)

        return max(n_products // 2, 1) if self._one_set() else n_products
