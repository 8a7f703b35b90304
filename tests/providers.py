"""Providers that tests watch."""

from collections import Counter
from dataclasses import dataclass, field

from toolkit.embedding import HashingProvider


@dataclass(frozen=True)
class CountingProvider:
    """A hashing provider that remembers how often it embedded each text."""

    n_dimensions: int = 64
    seen: Counter = field(default_factory=Counter, compare=False, repr=False)

    def __sklearn_clone__(self):
        return self

    @property
    def fingerprint(self):
        return f"counting:{self.n_dimensions}"

    def embed(self, texts, *, task="none"):
        self.seen.update(texts)

        return HashingProvider(self.n_dimensions).embed(texts, task=task)
