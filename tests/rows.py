"""Rows with copies, ties and zeros, and what is promised about them in plain words."""

import numpy as np

from toolkit.kernels import unit_rows

BLOCKS = [1, 500, 20_000, 2**24]


def make_rows(seed, n_rows, n_dimensions=7, dtype=np.float32):
    """Unit rows of a coarse grid with many copies, many equal similarities and some zeros."""
    random = np.random.default_rng(seed)
    rows = random.integers(-1, 2, (n_rows, n_dimensions)).astype(dtype)
    rows[random.random(n_rows) < 0.1] = 0

    return unit_rows(rows)


def random_rows(seed, n_rows, n_dimensions=16, dtype=np.float32):
    """Rows of any length, without ties."""
    random = np.random.default_rng(seed)
    rows = random.standard_normal((n_rows, n_dimensions)) * random.uniform(0.1, 10, (n_rows, 1))

    return rows.astype(dtype)


def slow_cosines(a, b):
    """Cosines in float64, one pair at a time, rounded to the type of the input."""
    cosines = np.zeros((len(a), len(b)), dtype=np.result_type(a, b))
    a, b = a.astype(np.float64), b.astype(np.float64)
    for i, row in enumerate(a):
        for j, other in enumerate(b):
            squares = np.vecdot(row, row) * np.vecdot(other, other)
            cosines[i, j] = np.vecdot(row, other) / np.sqrt(squares) if squares else 0

    return np.clip(cosines, -1, 1)


def slow_top_k(queries, corpus, k, *, leave_out_self=False):
    """Compare all, sort, ties by row number."""
    numbers, similarities = [], []
    for i, row in enumerate(slow_cosines(queries, corpus)):
        order = [j for j in np.argsort(-row, kind="stable") if not (leave_out_self and i == j)][:k]
        numbers.append(order)
        similarities.append(row[order])

    return np.array(numbers), np.array(similarities)
