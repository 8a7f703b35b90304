"""The most similar rows of a matrix: exact, blocked, and the same however the work is cut."""

import numpy as np

from toolkit.errors import InputError
from toolkit.kernels.arrays import Indices, Vectors
from toolkit.kernels.candidates import Candidates
from toolkit.kernels.copies import first_copies
from toolkit.kernels.threads import for_each, n_threads

BLOCK_BYTES = 20 * 2**20

# With 1024, rows of products would lie a power of two apart and crowd each other out of the cache.
_QUERIES_PER_BLOCK = 1000
_QUERIES_WORTH_A_LOOK_AT_COPIES = 256


def top_k(
    queries: Vectors, corpus: Vectors, k: int, *, block_bytes: int = BLOCK_BYTES
) -> tuple[Indices, Vectors]:
    """
    Find the `k` corpus rows most similar to each query, the most similar first.

    Similarities are those of float64 arithmetic, rounded to the type of the input; where they
    tie, the row that stands higher comes first. So the answer is the same for any `block_bytes`
    and any number of threads, and identical rows always tie.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_dimensions), float32 or float64
        Rows of length 1 or 0, as `unit_rows` gives them.
    corpus : ndarray of shape (n_corpus, n_dimensions), float32 or float64
        Rows of length 1 or 0; may be memory-mapped.
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
    >>> indices, similarities = top_k(np.array([[1.0, 0.0]]), corpus, 2)
    >>> indices
    array([[0, 2]])
    >>> similarities
    array([[1. , 0.6]])
    """
    k = _checked_k(k, queries, corpus)
    indices = np.zeros((len(queries), k), dtype=np.intp)
    similarities = np.zeros((len(queries), k), dtype=np.result_type(queries, corpus))
    if k == 0 or len(queries) == 0:
        return indices, similarities

    numbers = np.arange(len(corpus))
    if len(queries) >= _QUERIES_WORTH_A_LOOK_AT_COPIES:
        numbers = first_copies(corpus, k)

    def search(rows: slice) -> None:
        indices[rows], similarities[rows] = _search(queries[rows], corpus, numbers, k, block_bytes)

    for_each(search, _query_blocks(len(queries), k, block_bytes))

    return indices, similarities


def neighbors(
    vectors: Vectors, k: int, *, block_bytes: int = BLOCK_BYTES
) -> tuple[Indices, Vectors]:
    """
    Find for each row the `k` most similar of the other rows, as `top_k` would without the row.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64
        Rows of length 1 or 0, as `unit_rows` gives them.
    k : int
        How many, >= 1; all others where there are fewer.
    block_bytes : int
        Bytes of similarities that each thread holds at a time.

    Returns
    -------
    indices : ndarray of shape (n_rows, k)
    similarities : ndarray of shape (n_rows, k), in [-1, 1]

    Examples
    --------
    >>> indices, _ = neighbors(np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]), 1)
    >>> indices
    array([[2],
           [2],
           [1]])
    """
    indices, similarities = top_k(vectors, vectors, k + 1, block_bytes=block_bytes)
    others = indices != np.arange(len(vectors))[:, None]
    # Where k + 1 copies of a row stand above it, it is not there to be left out.
    others[others.all(axis=1), -1:] = False
    shape = (len(vectors), max(indices.shape[1] - 1, 0))

    return indices[others].reshape(shape), similarities[others].reshape(shape)


def _checked_k(k: int, queries: Vectors, corpus: Vectors) -> int:
    if k < 1:
        raise InputError(f"k must be at least 1, got {k!r}")
    if queries.shape[1] != corpus.shape[1]:
        raise InputError(
            f"queries have {queries.shape[1]} dimensions and the corpus has {corpus.shape[1]}: "
            "both must come from the same model"
        )

    return min(k, len(corpus))


def _query_blocks(n_queries: int, k: int, block_bytes: int) -> list[slice]:
    """Cut the queries so that every thread has work and candidates fit in memory as well."""
    n_rows = min(
        _QUERIES_PER_BLOCK,
        -(-n_queries // n_threads()),
        block_bytes // (64 * k),
    )
    n_rows = max(n_rows, 1)

    return [slice(start, start + n_rows) for start in range(0, n_queries, n_rows)]


def _search(
    queries: Vectors, corpus: Vectors, numbers: Indices, k: int, block_bytes: int
) -> tuple[Indices, Vectors]:
    """Run a few queries against the corpus rows `numbers`, block by block."""
    candidates = Candidates(queries, corpus, k)
    queries = queries.astype(np.float32, copy=False)
    n_columns = max(block_bytes // (4 * max(queries.shape)), 1)
    products = np.empty(len(queries) * n_columns, dtype=np.float32)

    for start in range(0, len(numbers), n_columns):
        some = numbers[start : start + n_columns]
        block = _rows(corpus, some).astype(np.float32, copy=False)
        out = products[: len(queries) * len(some)].reshape(len(queries), len(some))
        candidates.add(np.matmul(queries, block.T, out=out), some)

    return candidates.nearest()


def _rows(corpus: Vectors, numbers: Indices) -> Vectors:
    """Take rows without a copy where they stand side by side."""
    first, last = numbers[0], numbers[-1]
    if last - first + 1 == len(numbers):
        return corpus[first : last + 1]

    return corpus[numbers]
