"""A provider that must still give the vectors that it gave when a model was fitted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from toolkit.embedding.base import Embeddings, Provider, Task, check_embeddings
from toolkit.embedding.blocks import parts_of
from toolkit.embedding.cache import task_as_sent
from toolkit.embedding.parts import Failure, Part
from toolkit.errors import ModelFileError
from toolkit.kernels import unit_rows

CANARY_TEXTS = (
    "The parcel arrived late.",
    "Ich möchte mein Geld zurück.",
    "Где мой заказ?",
    "配送が遅れています。",
)

LEAST_COSINE = 0.999
"""The same model in bf16 and in fp32 stands at 0.9999; another revision falls far below."""


@dataclass(frozen=True)
class Canary:
    """
    A few texts, the task they were embedded for, and the vectors that they got.

    Examples
    --------
    >>> from toolkit.embedding import HashingProvider
    >>> canary = Canary.of(HashingProvider(64), "none")
    >>> canary.check(HashingProvider(64))
    >>> canary.check(HashingProvider(32))
    Traceback (most recent call last):
    toolkit.errors.ModelFileError: hashing:32 gives vectors of 32 dimensions, and 64 were given...
    """

    texts: tuple[str, ...]
    task: Task
    vectors: tuple[tuple[float, ...], ...] = field(repr=False)

    @classmethod
    def of(cls, provider: Provider, task: Task) -> Self:
        """Embed the fixed texts."""
        vectors = provider.embed(list(CANARY_TEXTS), task=task)
        vectors = check_embeddings(vectors, len(CANARY_TEXTS), provider.fingerprint)

        return cls(CANARY_TEXTS, task, tuple(map(tuple, vectors.tolist())))

    def check(self, provider: Provider) -> None:
        """Raise ModelFileError unless the provider gives these texts the same directions."""
        vectors = provider.embed(list(self.texts), task=self.task)
        now = check_embeddings(vectors, len(self.texts), provider.fingerprint)
        then = np.array(self.vectors, dtype=np.float32)
        cure = "fit again, or load the model with the provider of its fit (provider=...)"
        if now.shape != then.shape:
            raise ModelFileError(
                f"{provider.fingerprint} gives vectors of {now.shape[1]} dimensions, and "
                f"{then.shape[1]} were given when the model was fitted: {cure}"
            )
        cosine = _least_cosine(now, then)
        if not cosine >= LEAST_COSINE:  # nor may it be NaN
            raise ModelFileError(
                f"{provider.fingerprint} gives other vectors than when the model was fitted "
                f"(cosine {cosine:.2f} on a fixed text): {cure}"
            )


_verified: set[tuple[str, Canary]] = set()


@dataclass(frozen=True)
class VerifiedProvider:
    """
    Compare a canary before the first text is embedded, once in a process; then pass texts on.

    It stands between a cache and the provider: texts that the cache knows need no check.

    Parameters
    ----------
    provider : Provider
        Who embeds the texts.
    canary : Canary
        What it must give.

    Examples
    --------
    >>> from toolkit.embedding import HashingProvider
    >>> canary = Canary.of(HashingProvider(64), "none")
    >>> VerifiedProvider(HashingProvider(64), canary).embed(["late parcel"]).shape
    (1, 64)
    """

    provider: Provider
    canary: Canary

    def __sklearn_clone__(self) -> "VerifiedProvider":
        return self

    @property
    def fingerprint(self) -> str:
        return self.provider.fingerprint

    @property
    def name(self) -> str | None:
        return getattr(self.provider, "name", None)

    @property
    def is_cheap(self) -> bool:
        return bool(getattr(self.provider, "is_cheap", False))

    def task_as_sent(self, task: Task) -> str:
        """Return what the provider makes of the task."""
        return task_as_sent(self.provider, task)

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return the provider's vectors, shape (n_texts, n_dimensions)."""
        if len(texts):
            self.verify()

        return self.provider.embed(texts, task=task)

    def stream(self, texts: Sequence[str], *, task: Task = "none") -> Iterator[Part | Failure]:
        """Yield vectors as they come, and the texts that cannot be embedded."""
        if len(texts):
            self.verify()

        return parts_of(self.provider, texts, task, may_fail=True)

    def verify(self) -> None:
        """Raise ModelFileError unless the provider gives the vectors of the canary."""
        key = (self.fingerprint, self.canary)
        if key not in _verified:
            self.canary.check(self.provider)
            _verified.add(key)


def _least_cosine(a: Embeddings, b: Embeddings) -> float:
    cosines = np.einsum("ij,ij->i", unit_rows(a), unit_rows(b))
    is_zero = ~(a.any(axis=1) | b.any(axis=1))

    return float(np.where(is_zero, 1.0, cosines).min())
