"""The embedder inside a model: its provider is kept by name, and checked when it comes back."""

import re
from dataclasses import replace
from typing import Any

from toolkit.embedding import CachedProvider, Provider
from toolkit.embedding.verified import Canary, VerifiedProvider
from toolkit.errors import InputError, ModelFileError, UnknownProvider
from toolkit.persistence.origin import Origin
from toolkit.persistence.rebuilding import rebuild, twin
from toolkit.text_embedder import TextEmbedder


def fitted_embedder(model: Any) -> TextEmbedder | None:
    """Return the one fitted embedder in a model, or None if it takes vectors."""
    found: dict[tuple[str, str], TextEmbedder] = {}

    def note(part: Any) -> Any:
        if isinstance(part, TextEmbedder) and hasattr(part, "provider_fingerprint_"):
            found[part.provider_fingerprint_, part.task] = part
        return part

    rebuild(model, note)
    if len(found) > 1:
        raise InputError(
            "a model file holds one provider and task, and this model has "
            f"{len(found)}: {', '.join(' for '.join(key) for key in found)}"
        )

    return next(iter(found.values()), None)


def named_embedder(embedder: TextEmbedder) -> TextEmbedder:
    """
    Return a copy with the provider's name in place of the provider, for any machine.

    The name tells the dimensions, and a cache at a path of this machine becomes the usual one.
    """
    provider = _bare(embedder.resolved_provider())

    return twin(
        embedder,
        provider=_name(provider),
        dimensions=None,
        cache=embedder.cache is not False,
    )


def origin_of(embedder: TextEmbedder) -> Origin:
    """Return where the vectors of a fitted embedder come from; a loaded one keeps its canary."""
    provider = _bare(embedder.resolved_provider())
    fitted_with = embedder.provider_fingerprint_
    if isinstance(provider, VerifiedProvider):
        canary = provider.canary
    elif _without_precision(provider.fingerprint) == _without_precision(fitted_with):
        canary = Canary.of(embedder.caching_provider(), embedder.task)
    else:
        raise InputError(
            f"the embedder was fitted with {fitted_with} and now has {provider.fingerprint}: "
            "fit again, then save"
        )

    return Origin(_name(provider), fitted_with, canary)


def with_provider(model: Any, origin: Origin, given: str | Provider | None) -> Any:
    """
    Return a loaded model that embeds with the given provider, or with the one it was fitted with.

    A provider with another fingerprint is verified at once, as its vectors may come from a cache.
    An embedder that is not fitted gets the bare provider: it learns anew.
    """
    provider = _found(origin.name, given)
    verified = VerifiedProvider(_bare(provider), origin.canary)
    if _without_precision(provider.fingerprint) != _without_precision(origin.fingerprint):
        verified.verify()

    def provided(part: Any) -> Any:
        if not isinstance(part, TextEmbedder):
            return part
        if hasattr(part, "provider_fingerprint_"):
            return twin(part, provider=_in_its_cache(provider, verified))
        return part if given is None else twin(part, provider=given)

    return rebuild(model, provided)


def _found(name: str, given: str | Provider | None) -> Provider:
    try:
        provider = TextEmbedder(name if given is None else given).resolved_provider()
        if given is None:
            _check_is_usual(provider, name)
        return provider
    except UnknownProvider as error:
        if given is not None:
            raise
        raise ModelFileError(
            f"the model was fitted with the provider {name!r}, which is not known here: load it "
            "with provider=..., the provider itself"
        ) from error


def _check_is_usual(provider: Provider, name: str) -> None:
    """No file chooses where its reader's texts and keys go."""
    if not getattr(provider, "is_usual", True):
        raise ModelFileError(
            "the file would send texts, and a key from the environment, to an address or by a key "
            f"of its own: if you trust {name}, load the model with it as provider=... "
            "(--provider on the command line)"
        )


def _in_its_cache(provider: Provider, verified: VerifiedProvider) -> Provider:
    """The check stands between the cache and the provider."""
    return (
        replace(provider, provider=verified) if isinstance(provider, CachedProvider) else verified
    )


def _bare(provider: Provider) -> Provider:
    return _bare(provider.provider) if isinstance(provider, CachedProvider) else provider


def _name(provider: Provider) -> str:
    name = getattr(provider, "name", None)
    if not isinstance(name, str):
        raise InputError(
            f"a model file keeps the provider by its name, and {type(provider).__name__} has none: "
            "give it an attribute `name`, or fit with a named one such as local:all-MiniLM-L6-v2"
        )

    return name


def _without_precision(fingerprint: str) -> str:
    return re.sub(r"/(bf16|fp32)$", "", fingerprint)
