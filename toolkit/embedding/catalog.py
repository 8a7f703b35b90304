"""Names to providers and back: ``provider:model[@dimensions][?key=value&...]``."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from toolkit.embedding.base import Provider
from toolkit.embedding.cache import CachedProvider
from toolkit.embedding.hashing import HashingProvider
from toolkit.embedding.local import SentenceTransformerProvider
from toolkit.embedding.static import StaticProvider
from toolkit.errors import InputError, UnknownProvider

DEFAULT_PROVIDER = "local:all-MiniLM-L6-v2"
SECRET_ENDINGS = ("key", "token", "secret", "password", "authorization", "credential")


@dataclass(frozen=True)
class ProviderName:
    """The parts of a provider's name."""

    kind: str
    model: str
    dimensions: int | None
    settings: Mapping[str, str]


def provider_from_name(name: str) -> Provider:
    """
    Return the provider that goes by this name; nothing is loaded yet.

    Parameters
    ----------
    name : str
        ``provider:model[@dimensions][?key=value&...]``, such as ``local:all-MiniLM-L6-v2``,
        ``local:./my-model``, ``static:minishlab/potion-base-8M@64`` or ``hashing:256``.

    Raises
    ------
    UnknownProvider
        If no provider goes by this name or a setting is not known.

    Examples
    --------
    >>> from toolkit.embedding import provider_from_name
    >>> provider_from_name("hashing:64")
    HashingProvider(n_dimensions=64)
    """
    parts = parse_name(name)
    if parts.kind not in _MAKERS:
        raise UnknownProvider(_unknown_kind(parts.kind))

    return _MAKERS[parts.kind](parts)


def provider_name(provider: Provider) -> str | None:
    """
    Return the name that gives this provider again, or None if it has none; caches have no part.

    >>> provider_name(HashingProvider(64))
    'hashing:64'
    """
    name = getattr(provider, "name", None)
    inner = provider.provider if isinstance(provider, CachedProvider) else provider
    try:
        return name if isinstance(name, str) and provider_from_name(name) == inner else None
    except InputError:
        return None


def parse_name(name: str) -> ProviderName:
    """
    Split a name at its first ``:``, its last ``@digits`` and its ``?``.

    >>> parse_name("openai:minilm@512?base_url=http://127.0.0.1:8080/v1").model
    'minilm'
    """
    before, _, query = name.partition("?")
    settings = _settings(query)
    kind, colon, rest = before.partition(":")
    if not colon or not rest:
        raise UnknownProvider(
            f"a provider is named provider:model, such as {DEFAULT_PROVIDER}; got {before!r}"
        )
    cut = re.fullmatch(r"(.+)@(\d+)", rest, flags=re.DOTALL)
    model, dimensions = (cut[1], int(cut[2])) if cut else (rest, None)

    return ProviderName(kind, model, dimensions, settings)


def _settings(query: str) -> dict[str, str]:
    """A name is shown, logged and kept in model files: a key in it is refused, and not repeated."""
    settings = dict(parse_qsl(query, keep_blank_values=True))
    for key in settings:
        if key.lower().endswith(SECRET_ENDINGS):
            raise UnknownProvider(
                f"a key never stands in a provider's name, got {key}=...: "
                "put it in the environment, where the provider looks for it"
            )

    return settings


def _local(parts: ProviderName) -> Provider:
    known = {"device", "precision", "revision"}
    _check_settings(parts, known)

    return SentenceTransformerProvider(
        parts.model,
        dimensions=parts.dimensions,
        **parts.settings,  # type: ignore[arg-type]  # the provider checks their values
    )


def _static(parts: ProviderName) -> Provider:
    _check_settings(parts, set())

    return StaticProvider(parts.model, dimensions=parts.dimensions)


def _hashing(parts: ProviderName) -> Provider:
    _check_settings(parts, set())
    if not parts.model.isdecimal() or parts.dimensions is not None:
        raise InputError(
            f"hashing: takes a number of dimensions, such as hashing:256; got {parts.model!r}"
        )

    return HashingProvider(int(parts.model))


_MAKERS: dict[str, Callable[[ProviderName], Provider]] = {
    "local": _local,
    "static": _static,
    "hashing": _hashing,
}


def _check_settings(parts: ProviderName, known: set[str]) -> None:
    for key, value in parts.settings.items():
        if key in known and not value:
            raise UnknownProvider(f"{parts.kind}: the setting {key} needs a value, as {key}=...")
        if key not in known:
            allowed = f"known settings: {', '.join(sorted(known))}" if known else "it has none"
            raise UnknownProvider(f"{parts.kind}: has no setting {key!r} ({allowed})")


def _unknown_kind(kind: str) -> str:
    near = difflib.get_close_matches(kind, _MAKERS, n=1)
    hint = f"did you mean {near[0]}:? " if near else ""

    return f"no provider is called {kind!r}: {hint}known are {', '.join(_MAKERS)}"
