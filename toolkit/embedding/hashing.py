"""Vectors without a model: hashed words and character n-grams, for tests, demos and baselines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from toolkit.embedding.base import Embeddings, Task, check_task
from toolkit.errors import InputError
from toolkit.kernels import unit_rows


@dataclass(frozen=True)
class HashingProvider:
    """
    Embed texts by hashing their words and the character trigrams of each word.

    It needs no model and no network, it is the same on every machine, and it knows nothing of
    meaning: texts are near when they share words or spellings.

    Parameters
    ----------
    n_dimensions : int, default=256
        Length of the vectors, > 0.

    References
    ----------
    Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009.

    Examples
    --------
    >>> from toolkit.embedding import HashingProvider
    >>> provider = HashingProvider(64)
    >>> provider.embed(["late parcel", "the parcel is late"], task="none").shape
    (2, 64)
    """

    n_dimensions: int = 256
    is_cheap: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not (isinstance(self.n_dimensions, int) and self.n_dimensions > 0):
            raise InputError(f"n_dimensions must be an integer > 0, got {self.n_dimensions!r}")

    def __sklearn_clone__(self) -> "HashingProvider":
        return self

    @property
    def name(self) -> str:
        return f"hashing:{self.n_dimensions}"

    @property
    def fingerprint(self) -> str:
        return self.name

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return unit rows, shape (n_texts, n_dimensions); white space alone gives zeros."""
        # scikit-learn takes a second to import; naming a provider should not.
        from sklearn.feature_extraction.text import HashingVectorizer

        check_task(task)
        hasher = HashingVectorizer(
            n_features=self.n_dimensions, analyzer="char_wb", ngram_range=(3, 3), norm="l2"
        )
        words = HashingVectorizer(
            n_features=self.n_dimensions, token_pattern=r"(?u)\b\w+\b", norm="l2"
        )
        if not len(texts):
            return np.zeros((0, self.n_dimensions), dtype=np.float32)
        mixed = hasher.transform(texts).toarray() + words.transform(texts).toarray()

        return unit_rows(mixed.astype(np.float32))
