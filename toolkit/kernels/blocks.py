"""Blocks of products: how they are cut, where they are kept, and what stands out in them."""

from collections.abc import Iterator
from threading import local

import numpy as np

from toolkit.kernels.arrays import Indices, Vectors

BLOCK_BYTES = 20 * 2**20

_ROWS_AT_ONCE = 128


class Products(local):
    """Memory for products, which each thread keeps from one block to the next."""

    def __init__(self) -> None:
        self._memory = np.empty(0, dtype=np.float32)

    def of(self, rows: Vectors, columns: Vectors) -> Vectors:
        """Multiply each row with each column; the products last until the thread's next block."""
        size = len(rows) * len(columns)
        if self._memory.size < size:
            self._memory = np.empty(size, dtype=np.float32)

        return np.matmul(rows, columns.T, out=self._memory[:size].reshape(len(rows), len(columns)))


def slices(start: int, stop: int, size: int) -> list[slice]:
    """Cut a range into slices of at most `size`, all but the last of that size."""
    return [slice(at, min(at + size, stop)) for at in range(start, stop, size)]


def strips(products: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Go through a block a few rows at a time, so that what is looked at stays in the cache."""
    for rows in slices(0, len(products), _ROWS_AT_ONCE):
        yield rows, products[rows]


def places(mask: np.ndarray) -> tuple[Indices, Indices]:
    """Give the rows and columns that are true, row by row; fit for masks with few of them."""
    hits = np.flatnonzero(mask)
    rows = hits // mask.shape[1]

    return rows, hits - rows * mask.shape[1]
