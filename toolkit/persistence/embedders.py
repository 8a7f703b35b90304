"""The embedder inside a model: its provider is kept by name, and checked when it comes back."""

from typing import Any

from toolkit.embedding import Provider
from toolkit.embedding.origin import Origin, bare_provider, kept_name
from toolkit.errors import InputError
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
    provider = bare_provider(embedder.resolved_provider())

    return twin(
        embedder,
        provider=kept_name(provider),
        dimensions=None,
        cache=embedder.cache is not False,
    )


def origin_of(embedder: TextEmbedder) -> Origin:
    """Return where the vectors of a fitted embedder come from; a loaded one keeps its canary."""
    return Origin.of(
        embedder.resolved_provider(),
        embedder.task,
        fitted_with=embedder.provider_fingerprint_,
        through=embedder.caching_provider(),
    )


def with_provider(model: Any, origin: Origin, given: str | Provider | None) -> Any:
    """
    Return a loaded model that embeds with the given provider, or with the one it was fitted with.

    An embedder that is not fitted gets the bare provider: it learns anew.
    """
    found = origin.named_provider() if given is None else TextEmbedder(given).resolved_provider()
    verified = origin.verified(found)

    def provided(part: Any) -> Any:
        if not isinstance(part, TextEmbedder):
            return part
        if hasattr(part, "provider_fingerprint_"):
            return twin(part, provider=verified)
        return part if given is None else twin(part, provider=given)

    return rebuild(model, provided)
