"""Rows ranked for queries: by meaning, by words, or by both."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from toolkit.errors import InputError
from toolkit.kernels import Vectors
from toolkit.search.approximate import ApproximateSearch
from toolkit.search.fusion import fused_by_rank
from toolkit.search.hits import Hits
from toolkit.search.keyword import KeywordSearch
from toolkit.search.stored_vectors import Mask, StoredVectors

Mode = Literal["semantic", "keyword", "hybrid"]

FUSION_WEIGHTS = (1.0, 1.0)
"""What the ranking by meaning and the one by words count in a hybrid search."""

FUSION_DEPTH = 100
"""Each ranking is looked at so far down, or 10 times `k` if that is more."""


@dataclass(frozen=True)
class Asked:
    """
    Queries, and what may be found.

    Attributes
    ----------
    texts : sequence of str or None
        For a search by words.
    vectors : ndarray of shape (n_queries, n_dimensions)
        For a search by meaning; of no dimension where there is none.
    k : int
        How many rows a query.
    threshold : float or None
        The least cosine.
    mask : ndarray of bool or None
        The rows that may be found.
    """

    texts: Sequence[str] | None
    vectors: Vectors
    k: int
    threshold: float | None = None
    mask: Mask | None = None


@dataclass
class Rankings:
    """What is searched, and what is made for it when it is first needed."""

    stored: StoredVectors
    texts: Sequence[str] | None
    nearby: ApproximateSearch | None = None

    def hits(self, asked: Asked, mode: Mode) -> tuple[Hits, dict[str, Vectors]]:
        """Return what is found, and the score and the cosine of each hit where there are such."""
        if mode == "semantic":
            hits = self.semantic(asked)
            return hits, {"similarity": hits.values}
        if mode == "keyword":
            hits = self.keyword(asked)
            return hits, {"score": hits.values}
        hits = self.hybrid(asked)

        return hits, {"score": hits.values, "similarity": self.cosines(asked, hits)}

    def semantic(self, asked: Asked, k: int | None = None) -> Hits:
        """Return the nearest rows and their cosines."""
        searched = self.nearby or self.stored
        hits = Hits.of_matrix(*searched.nearest(asked.vectors, k or asked.k, asked.mask))
        is_real = (hits.rows >= 0) & np.any(asked.vectors, axis=1)[hits.queries]
        if asked.threshold is not None:
            is_real &= hits.values >= asked.threshold

        return hits.where(is_real)

    def keyword(self, asked: Asked, k: int | None = None) -> Hits:
        """Return the rows that share words with the queries and their BM25 scores."""
        if asked.texts is None:
            raise InputError("vectors have no words: give the queries as texts, or mode='semantic'")

        return self.keywords.best(asked.texts, k or asked.k, asked.mask)

    def hybrid(self, asked: Asked) -> Hits:
        """Return the rows that stand high in either ranking, fused by reciprocal rank."""
        depth = max(10 * asked.k, FUSION_DEPTH)
        by_words = self.keyword(asked, depth)
        if asked.threshold is not None:
            by_words = by_words.where(self.cosines(asked, by_words) >= asked.threshold)

        return fused_by_rank([self.semantic(asked, depth), by_words], FUSION_WEIGHTS, asked.k)

    def cosines(self, asked: Asked, hits: Hits) -> Vectors:
        """Return the cosine of each hit, shape (n_hits,)."""
        return self.stored.cosines(asked.vectors, hits.queries, hits.rows)

    @cached_property
    def keywords(self) -> KeywordSearch:
        """The words of all rows."""
        if self.texts is None:
            raise InputError(
                "this index knows no texts to search for words: fit it on texts, or with "
                "columns={'text': [...]}"
            )

        return KeywordSearch(self.texts)


def check_request(k: int, threshold: float | None, mode: str) -> None:
    """
    Raise InputError unless a search can be done like this.

    >>> check_request(5, 0.4, "hybrid")
    """
    if not isinstance(k, (int, np.integer)) or k < 1:
        raise InputError(f"k must be a whole number of at least 1, got {k!r}")
    if threshold is not None and not -1 <= threshold <= 1:
        raise InputError(f"threshold must be a cosine in [-1, 1], got {threshold!r}")
    if mode not in get_args(Mode):
        raise InputError(f"mode must be one of {', '.join(get_args(Mode))}; got {mode!r}")
    if mode == "keyword" and threshold is not None:
        raise InputError(
            "threshold is a cosine, and mode='keyword' has none: use 'semantic' or 'hybrid'"
        )
