"""Blocks of products: how they are cut, where they are kept, and what stands out in them."""

import math
from collections.abc import Iterator
from threading import local

import numpy as np

from toolkit.kernels.arrays import Indices, Vectors
from toolkit.kernels.threads import n_threads

BLOCK_BYTES = 32 * 2**20

# With 1024, rows of products would lie a power of two apart and crowd each other out of the cache.
ROWS_PER_STRIPE = 1500

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


def stripe_rows(n_rows: int, block_bytes: int) -> int:
    """Tell how many rows to multiply at a time, at least one: as many stripes for each thread."""
    most = max(min(ROWS_PER_STRIPE, math.isqrt(block_bytes // 4)), 1)
    n_stripes = max(n_threads() * math.ceil(n_rows / (most * n_threads())), 1)

    return max(math.ceil(n_rows / n_stripes), 1)


def block_columns(n_rows: int, n_dimensions: int, block_bytes: int) -> int:
    """Tell how many columns to multiply with so many rows: a quarter of the bytes is for them."""
    return max(min(block_bytes // (4 * n_rows), block_bytes // (16 * max(n_dimensions, 1))), 1)


def strips(products: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Go through a block a few rows at a time, so that what is looked at stays in the cache."""
    for rows in slices(0, len(products), _ROWS_AT_ONCE):
        yield rows, products[rows]


def entries(products: Vectors, chosen: np.ndarray) -> tuple[Indices, Indices, Vectors]:
    """Give row, column and value of the entries that are chosen: fast where they are few."""
    hits = np.flatnonzero(chosen)
    rows = hits // products.shape[1]

    return rows, hits - rows * products.shape[1], products.reshape(-1)[hits]
