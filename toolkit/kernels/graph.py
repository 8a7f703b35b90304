"""The nearest other rows of each row of a matrix, each pair multiplied once for both."""

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
from toolkit.kernels.candidates import Candidates, kth_best_at_least
from toolkit.kernels.copies import copies_above
from toolkit.kernels.directions import Directions, exact_cosines, rounding_margin
from toolkit.kernels.threads import for_each


def neighbor_graph(
    vectors: Vectors,
    k: int,
    *,
    dtype: npt.DTypeLike | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[Indices, Vectors]:
    """
    Find for each row the `k` most similar of the other rows, the most similar first.

    The same as `top_k` of a matrix against itself without the row, in half the time. A row's copies
    are its neighbours, itself never is. Similarities are cosines in float64 arithmetic, rounded to
    `dtype`; where they tie, the row that stands higher comes first. So the answer is
    the same for any `block_bytes` and any number of threads, and shuffling the rows changes no
    similarity, only which of the rows that tie with the last one are named.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64
        Rows of any length; may be memory-mapped. A row of zeros is similar to nothing: it gets the
        first `k` other rows and similarities of 0.
    k : int
        How many, >= 1; all others where there are fewer.
    dtype : float32 or float64, optional
        Type of the similarities; that of the vectors by default. With float64 those of float32 rows
        are told apart further, at the same cost.
    block_bytes : int
        Bytes of similarities that each thread holds at a time.

    Returns
    -------
    indices : ndarray of shape (n_rows, k)
    similarities : ndarray of shape (n_rows, k), in [-1, 1]

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> indices, similarities = neighbor_graph(vectors, 1)
    >>> indices
    array([[2],
           [2],
           [1]])
    >>> similarities
    array([[0.6],
           [0.8],
           [0.8]])
    """
    if k < 1:
        raise InputError(f"k must be at least 1, got {k!r}")
    directions = Directions(vectors)
    k = max(min(k, len(directions) - 1), 0)
    indices = np.zeros((len(directions), k), dtype=np.intp)
    similarities = np.zeros(indices.shape, dtype=dtype or directions.vectors.dtype)
    if indices.size == 0:
        return indices, similarities

    first, n_above = copies_above(directions.vectors)
    kept = np.flatnonzero(n_above <= k)
    rows = Directions(vectors, kept).remember_lengths()
    graph = _Graph(rows, k, similarities.dtype, block_bytes)
    graph.multiply()

    def rank(stripe: slice) -> None:
        indices[kept[stripe]], similarities[kept[stripe]] = graph.nearest(stripe)

    for_each(rank, graph.stripes)

    left_out = np.flatnonzero(n_above > k)
    sources = _last_kept_copies(first, n_above, k)[left_out]
    indices[left_out], similarities[left_out] = indices[sources], similarities[sources]

    return indices, similarities


def _last_kept_copies(first: Indices, n_above: Indices, k: int) -> Indices:
    """
    Name for each row the copy that has exactly `k` copies above it.

    What stands below that one has the same neighbours, for neither is among them.
    """
    last = np.flatnonzero(n_above == k)
    by_first = np.zeros_like(first)
    by_first[first[last]] = last

    return by_first[first]


class _Graph:
    """One call of `neighbor_graph`, on rows of which none has more than k copies above it."""

    def __init__(self, vectors: Directions, k: int, dtype: npt.DTypeLike, block_bytes: int) -> None:
        self._n_rows = stripe_rows(len(vectors), block_bytes)
        self.stripes = slices(0, len(vectors), self._n_rows)
        self._vectors = vectors
        self._k = k
        self._dtype = dtype
        self._block_bytes = block_bytes
        self._thresholds = np.full(len(vectors), -np.inf, dtype=np.float32)
        self._candidates = [self._candidates_of(stripe) for stripe in self.stripes]
        self._products = Products()

    def multiply(self) -> None:
        """
        Note what may be near, from the products of the upper triangle.

        The squares on the diagonal come first and give every row a threshold, then what lies right
        of them, from the nearest outwards, so that rows in some order find their like early.
        """
        for_each(self._multiply_square, self.stripes)
        for_each(lambda block: self._multiply_block(*block), self._blocks())

    def nearest(self, stripe: slice) -> tuple[Indices, Vectors]:
        """Name the nearest of the rows of a stripe; for a row of zeros the first of the others."""
        own = np.arange(stripe.start, stripe.stop)[:, None]
        others = np.arange(self._k)
        first_others = others + (others >= own)
        positions, similarities = self._candidates_at(stripe.start).nearest(first_others)

        return self._vectors.numbered(positions), similarities

    def _blocks(self) -> list[tuple[slice, slice]]:
        """Pair each stripe with some columns on its right, the nearest to the diagonal first."""
        n_columns = block_columns(self._n_rows, self._vectors.n_dimensions, self._block_bytes)
        blocks = [
            (stripe, columns)
            for stripe in self.stripes
            for columns in slices(stripe.stop, len(self._vectors), n_columns)
        ]

        return sorted(blocks, key=lambda block: block[1].start - block[0].stop)

    def _multiply_square(self, stripe: slice) -> None:
        units = self._vectors.units(stripe)
        products = self._products.of(units, units)
        np.fill_diagonal(products, -np.inf)
        candidates = self._candidates_at(stripe.start)
        candidates.thresholds[~units.any(axis=1)] = np.inf

        for rows, strip in strips(products):
            candidates.expect(rows, kth_best_at_least(strip, self._k))
            i, j, hits = entries(strip, strip >= candidates.thresholds[rows, None])
            candidates.add(i + rows.start, j + stripe.start, hits)

    def _multiply_block(self, stripe: slice, columns: slice) -> None:
        """Let each product count for its row and for its column."""
        products = self._products.of(self._vectors.units(stripe), self._vectors.units(columns))
        row_candidates = self._candidates_at(stripe.start)
        row_thresholds, column_thresholds = row_candidates.thresholds, self._thresholds[columns]
        found_across = []

        for rows, strip in strips(products):
            near_row = strip >= row_thresholds[rows, None]
            near = np.logical_or(near_row, strip >= column_thresholds, out=near_row)
            i, j, hits = entries(strip, near)
            i += rows.start
            along = hits >= row_thresholds[i]
            row_candidates.add(i[along], j[along] + columns.start, hits[along])
            across = hits >= column_thresholds[j]
            found_across.append((j[across] + columns.start, i[across] + stripe.start, hits[across]))

        self._add_across(*(np.concatenate(parts) for parts in zip(*found_across, strict=True)))

    def _add_across(self, positions: Indices, numbers: Indices, products: Vectors) -> None:
        """Hand candidates to the stripes in which the rows stand that they are candidates of."""
        stripes = positions // self._n_rows
        for stripe in np.flatnonzero(np.bincount(stripes)):
            mine = stripes == stripe
            start = self.stripes[stripe].start
            self._candidates[stripe].add(positions[mine] - start, numbers[mine], products[mine])

    def _candidates_at(self, position: int) -> Candidates:
        return self._candidates[position // self._n_rows]

    def _candidates_of(self, stripe: slice) -> Candidates:
        def exact(rows: Indices, numbers: Indices) -> Vectors:
            at = rows + stripe.start
            return exact_cosines(self._vectors, self._vectors, at, numbers, dtype=self._dtype)

        return Candidates(
            self._thresholds[stripe],
            self._k,
            margin=rounding_margin(self._vectors.n_dimensions),
            exact=exact,
        )
