"""Where the vectors of a model or an index came from, and how they come again."""

import base64
import re
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from toolkit.embedding.base import TASKS, Provider, Task
from toolkit.embedding.cache import CachedProvider
from toolkit.embedding.catalog import provider_from_name
from toolkit.embedding.verified import Canary, VerifiedProvider
from toolkit.errors import InputError, ModelFileError, UnknownProvider


@dataclass(frozen=True)
class Origin:
    """
    The provider that a model was fitted with, and what it gave for a few texts.

    Examples
    --------
    >>> origin = Origin("hashing:2", "hashing:2", Canary(("a",), "none", ((1.0, 0.5),)))
    >>> Origin.from_json(origin.to_json()) == origin
    True
    """

    name: str
    fingerprint: str
    canary: Canary

    @classmethod
    def of(cls, provider: Provider, task: Task, *, fitted_with: str, through: Provider) -> Self:
        """
        Describe a provider; one that was loaded keeps its canary.

        `fitted_with` is its fingerprint at fit, and `through` the provider with its cache.
        """
        bare = bare_provider(provider)
        if isinstance(bare, VerifiedProvider):
            canary = bare.canary
        elif is_same_model(bare.fingerprint, fitted_with):
            canary = Canary.of(through, task)
        else:
            raise InputError(
                f"the embedder was fitted with {fitted_with} and now has {bare.fingerprint}: "
                "fit again, then save"
            )

        return cls(kept_name(bare), fitted_with, canary)

    def named_provider(self) -> Provider:
        """Return the provider of this name, if it sends nothing to where its reader would not."""
        try:
            provider = provider_from_name(self.name)
        except UnknownProvider as error:
            raise ModelFileError(
                f"the model was fitted with the provider {self.name!r}, which is not known here: "
                "load it with provider=..., the provider itself"
            ) from error
        # No file chooses where its reader's texts and keys go.
        if not getattr(provider, "is_usual", True):
            raise ModelFileError(
                "the file would send texts, and a key from the environment, to an address or by a "
                f"key of its own: if you trust {self.name}, load the model with it as "
                "provider=... (--provider on the command line)"
            )

        return provider

    def verified(self, provider: Provider) -> Provider:
        """
        Return the provider so that it is checked before it embeds the first text.

        One with another fingerprint is checked at once, as its vectors may come from a cache.
        """
        verified = VerifiedProvider(bare_provider(provider), self.canary)
        if not is_same_model(provider.fingerprint, self.fingerprint):
            verified.verify()
        # The check stands between the cache and the provider.
        if isinstance(provider, CachedProvider):
            return replace(provider, provider=verified)

        return verified

    def to_json(self) -> dict[str, Any]:
        """Return plain values; the vectors are base64 of little-endian float32."""
        vectors = np.array(self.canary.vectors, dtype="<f4")

        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "task": self.canary.task,
            "canary": {
                "texts": list(self.canary.texts),
                "shape": list(vectors.shape),
                "float32": base64.b64encode(vectors.tobytes()).decode(),
            },
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Return what ``to_json`` was called on."""
        name, fingerprint, task, canary = (
            told[key] for key in ("name", "fingerprint", "task", "canary")
        )
        if not (isinstance(name, str) and isinstance(fingerprint, str) and task in TASKS):
            raise ModelFileError("is damaged: it tells no provider, fingerprint or task")
        content = base64.b64decode(canary["float32"], validate=True)
        vectors = np.frombuffer(content, dtype="<f4").reshape(canary["shape"])
        texts = tuple(map(str, canary["texts"]))
        if vectors.ndim != 2 or len(vectors) != len(texts) or not len(texts):
            raise ModelFileError("is damaged: its canary has not one vector for each text")
        if not np.isfinite(vectors).all():
            raise ModelFileError("is damaged: its canary holds what is no number")

        return cls(name, fingerprint, Canary(texts, task, tuple(map(tuple, vectors.tolist()))))


def bare_provider(provider: Provider) -> Provider:
    """
    Return the provider without its cache.

    >>> from toolkit.embedding import HashingProvider
    >>> bare_provider(CachedProvider(HashingProvider(8)))
    HashingProvider(n_dimensions=8)
    """
    return bare_provider(provider.provider) if isinstance(provider, CachedProvider) else provider


def kept_name(provider: Provider) -> str:
    """
    Return the name that a file keeps in place of the provider.

    >>> from toolkit.embedding import HashingProvider
    >>> kept_name(HashingProvider(8))
    'hashing:8'
    """
    name = getattr(provider, "name", None)
    if not isinstance(name, str):
        raise InputError(
            f"a file keeps the provider by its name, and {type(provider).__name__} has none: "
            "give it an attribute `name`, or fit with a named one such as local:all-MiniLM-L6-v2"
        )

    return name


def is_same_model(fingerprint: str, other: str) -> bool:
    """
    Return whether two fingerprints differ in precision at most.

    >>> is_same_model("local:minilm/bf16", "local:minilm/fp32")
    True
    """
    return _without_precision(fingerprint) == _without_precision(other)


def _without_precision(fingerprint: str) -> str:
    return re.sub(r"/(bf16|fp32)$", "", fingerprint)
