"""The vectors of an index: they grow, shrink, may lie in a file, and are searched exactly."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from toolkit.kernels import Indices, Vectors, top_k
from toolkit.kernels.directions import Directions, exact_cosines

Mask = npt.NDArray[np.bool_]
"""One bool a row."""

BLOCK_ROWS = 1 << 16
"""Rows that are copied at a time where only some of them may be found."""

_PAIRS_AT_ONCE = 20_000
"""Of a query and a row: as many rows are copied at most."""


class StoredVectors:
    """
    Rows of length 1 or 0 in float32, numbered from 0 in the order in which they came.

    New rows stand in parts of their own and removed rows are only passed over, so that a file
    that is memory-mapped stays one. Rows of zeros are similar to nothing and never found.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32, rows of length 1 or 0
    is_zero : ndarray of bool, shape (n_rows,), optional
        Which rows are zero, where that is known.

    Examples
    --------
    >>> stored = StoredVectors(np.eye(3, dtype=np.float32))
    >>> stored.remove(np.array([True, False, False]))
    >>> stored.nearest(np.eye(3, dtype=np.float32)[2:], 1)
    (array([[1]]), array([[1.]], dtype=float32))
    """

    def __init__(self, vectors: Vectors, is_zero: Mask | None = None) -> None:
        self.parts = [vectors]
        self.n_compactions = 0
        self._kept = np.ones(len(vectors), dtype=bool)
        self._is_zero = _zeros(vectors) if is_zero is None else is_zero

    def __len__(self) -> int:
        return int(self._kept.sum())

    @property
    def n_dimensions(self) -> int:
        return int(self.parts[0].shape[1])

    @property
    def n_places(self) -> int:
        """How many rows are stored, those that were removed among them."""
        return len(self._kept)

    @property
    def kept(self) -> Mask:
        """Which of the stored rows were not removed."""
        return self._kept

    @property
    def zero_rows(self) -> Indices:
        """The numbers of the rows that are zero."""
        return np.flatnonzero(self._is_zero[self._kept])

    def append(self, vectors: Vectors) -> None:
        """Put rows behind the others; small parts are joined, so that there are few."""
        self._kept = np.append(self._kept, np.ones(len(vectors), dtype=bool))
        self._is_zero = np.append(self._is_zero, _zeros(vectors))
        self.parts.append(vectors)
        while len(self.parts) > 2 and len(self.parts[-2]) <= 2 * len(self.parts[-1]):
            last = self.parts.pop()
            self.parts[-1] = np.concatenate([self.parts[-1], last])

    def remove(self, is_removed: Mask) -> None:
        """Forget rows; the numbers of those behind them become smaller."""
        self._kept[np.flatnonzero(self._kept)[is_removed]] = False
        if 2 * len(self) < len(self._kept):
            self.parts = [np.concatenate(list(self.blocks()))]
            self._is_zero = self._is_zero[self._kept]
            self._kept = np.ones(len(self._is_zero), dtype=bool)
            self.n_compactions += 1

    def blocks(self) -> Iterator[Vectors]:
        """Yield all rows, a part or a block at a time; at least one block."""
        yield np.empty((0, self.n_dimensions), dtype=np.float32)
        for _, vectors in self._blocks(self._kept):
            yield vectors

    def all_blocks(self) -> Iterator[tuple[int, Vectors]]:
        """Yield all stored rows, removed ones as well, each block with the place of its first."""
        start = 0
        for part in self.parts:
            for begin in range(0, len(part), BLOCK_ROWS):
                yield start + begin, part[begin : begin + BLOCK_ROWS]
            start += len(part)

    def nearest(
        self, queries: Vectors, k: int, mask: Mask | None = None
    ) -> tuple[Indices, Vectors]:
        """Return the `k` nearest rows (of those that the mask has) and their cosines, exactly."""
        numbers, similarities = [_none(len(queries))], [_none(len(queries), np.float32)]
        for places, vectors in self._blocks(self.findable(mask)):
            found, cosines = top_k(queries, vectors, k)
            numbers.append(places[found])
            similarities.append(cosines)
        all_numbers, all_similarities = np.hstack(numbers), np.hstack(similarities)
        # Parts come in the order of their rows: a stable sort keeps the row that stands higher.
        best = np.argsort(-all_similarities, axis=1, kind="stable")[:, :k]

        return (
            self.numbered(np.take_along_axis(all_numbers, best, axis=1)),
            np.take_along_axis(all_similarities, best, axis=1),
        )

    def cosines(self, queries: Vectors, of_query: Indices, numbers: Indices) -> Vectors:
        """Return the cosine of each pair of a query and a row, shape (n_pairs,)."""
        asking = Directions(queries)
        cosines = [np.empty(0, dtype=queries.dtype)]
        for start in range(0, len(numbers), _PAIRS_AT_ONCE):
            pairs = slice(start, start + _PAIRS_AT_ONCE)
            rows, at = np.unique(numbers[pairs], return_inverse=True)
            cosines.append(exact_cosines(asking, Directions(self.rows(rows)), of_query[pairs], at))

        return np.concatenate(cosines)

    def rows(self, numbers: Indices) -> Vectors:
        """Return the rows of these numbers, which ascend."""
        places = np.flatnonzero(self._kept)[numbers]
        starts = np.cumsum([0, *map(len, self.parts)])
        cuts = np.searchsorted(places, starts)

        return np.concatenate(
            [
                part[places[begin:end] - start]
                for part, start, begin, end in zip(self.parts, starts, cuts, cuts[1:], strict=False)
            ]
        )

    def findable(self, mask: Mask | None = None) -> Mask:
        """Return which stored rows may be found: not removed, not zero, and in the mask."""
        found = self._kept & ~self._is_zero
        if mask is not None:
            found[self._kept] &= mask

        return found

    def numbered(self, places: Indices) -> Indices:
        """Return the numbers of rows by their places among all that were ever stored."""
        return (np.cumsum(self._kept) - 1)[places] if places.size else places

    def _blocks(self, is_wanted: Mask) -> Iterator[tuple[Indices, Vectors]]:
        """Yield places and vectors; nothing is copied where a part or a block is wanted whole."""
        start = 0
        for part in self.parts:
            wanted = is_wanted[start : start + len(part)]
            size = max(len(part), 1) if wanted.all() else BLOCK_ROWS
            for begin in range(0, len(part), size):
                places = np.flatnonzero(wanted[begin : begin + size]) + begin
                if len(places):
                    whole = len(places) == min(size, len(part) - begin)
                    yield places + start, part[begin : begin + size] if whole else part[places]
            start += len(part)


def _none(n_rows: int, dtype: type = np.intp) -> np.ndarray:
    return np.empty((n_rows, 0), dtype=dtype)


def _zeros(vectors: Vectors) -> Mask:
    return np.concatenate(
        [
            np.empty(0, dtype=bool),
            *(
                ~vectors[start : start + BLOCK_ROWS].any(axis=1)
                for start in range(0, len(vectors), BLOCK_ROWS)
            ),
        ]
    )
