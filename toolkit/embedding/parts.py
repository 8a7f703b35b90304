"""Vectors as they come: parts of a run in any order, and the texts that cannot be embedded."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from toolkit.embedding.base import Embeddings
from toolkit.errors import InvalidResponse, TextsFailed
from toolkit.kernels.arrays import Indices


@dataclass(frozen=True)
class Part:
    """Some rows of a run and their vectors, shape (n_rows, n_dimensions)."""

    rows: Indices
    vectors: Embeddings


@dataclass(frozen=True)
class Failure:
    """A row that has no vector, and why."""

    row: int
    reason: str


def whole(parts: Iterable[Part | Failure], n_texts: int, n_dimensions: int = 0) -> Embeddings:
    """
    Return one row a text, shape (n_texts, n_dimensions), or raise TextsFailed if any has none.

    >>> part = Part(np.array([1, 0]), np.array([[3.0], [4.0]], dtype=np.float32))
    >>> whole([part], 2)
    array([[4.],
           [3.]], dtype=float32)
    """
    vectors, reasons = gathered(parts, n_texts, n_dimensions)
    if reasons:
        raise TextsFailed(reasons, n_texts)

    return vectors


def gathered(
    parts: Iterable[Part | Failure], n_texts: int, n_dimensions: int = 0
) -> tuple[Embeddings, dict[int, str]]:
    """
    Return one row a text, NaN where there is no vector, and the reasons by row.

    `n_dimensions` is for a run without texts. A run in which no text has a vector raises: a table
    of NaN helps nobody.
    """
    vectors: Embeddings | None = None
    reasons: dict[int, str] = {}
    for part in parts:
        if isinstance(part, Failure):
            reasons[part.row] = part.reason
            continue
        if vectors is None:
            vectors = np.full((n_texts, part.vectors.shape[1]), np.nan, dtype=np.float32)
        check_same_length(vectors.shape[1], part.vectors.shape[1])
        vectors[part.rows] = part.vectors
    reasons = dict(sorted(reasons.items()))
    if vectors is None and reasons:
        raise TextsFailed(reasons, n_texts)

    return (np.zeros((0, n_dimensions), np.float32) if vectors is None else vectors), reasons


def check_same_length(first: int, now: int, who: str = "the provider") -> None:
    """
    Raise InvalidResponse unless all vectors of a run have one length.

    >>> check_same_length(384, 384)
    """
    if first != now:
        raise InvalidResponse(f"{who}: vectors of {first} and of {now} dimensions came in one run")
