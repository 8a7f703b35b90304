"""Names to providers and back: ``provider:model[@dimensions][?key=value&...]``."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from toolkit.embedding.base import Provider
from toolkit.embedding.cache import CachedProvider
from toolkit.embedding.hashing import HashingProvider
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.local import SentenceTransformerProvider
from toolkit.embedding.services.azure import AzureOpenAIProvider
from toolkit.embedding.services.cohere import CohereProvider
from toolkit.embedding.services.gemini import GeminiProvider
from toolkit.embedding.services.jina import JinaProvider
from toolkit.embedding.services.mistral import MistralProvider
from toolkit.embedding.services.ollama import OllamaProvider
from toolkit.embedding.services.openai import OpenAIProvider
from toolkit.embedding.services.tei import TEIProvider
from toolkit.embedding.services.voyage import VoyageProvider
from toolkit.embedding.static import StaticProvider
from toolkit.errors import InputError, UnknownProvider

DEFAULT_PROVIDER = "local:all-MiniLM-L6-v2"
SECRET_ENDINGS = ("key", "token", "secret", "password", "authorization", "credential")

SERVICES: tuple[type[HTTPProvider], ...] = (
    OpenAIProvider,
    AzureOpenAIProvider,
    CohereProvider,
    VoyageProvider,
    JinaProvider,
    GeminiProvider,
    MistralProvider,
    OllamaProvider,
    TEIProvider,
)
SPEAK_OPENAI = (
    *("openai-compatible", "vllm", "llama.cpp", "llamacpp", "lmstudio", "infinity", "litellm"),
    *("openrouter", "together", "fireworks", "deepinfra", "dashscope", "nebius"),
)
"""What people may try as a kind: servers and vendors with OpenAI's form."""


@dataclass(frozen=True)
class ProviderName:
    """The parts of a provider's name."""

    kind: str
    model: str
    dimensions: int | None
    settings: Mapping[str, str]


def provider_from_name(name: str) -> Provider:
    """
    Return the provider that goes by this name; nothing is loaded or sent yet.

    Parameters
    ----------
    name : str
        ``provider:model[@dimensions][?key=value&...]``, such as ``local:all-MiniLM-L6-v2``,
        ``local:./my-model``, ``static:minishlab/potion-base-8M@64``, ``hashing:256``,
        ``openai:text-embedding-3-small@512`` or ``tei:http://127.0.0.1:8080``.

    Raises
    ------
    UnknownProvider
        If no provider goes by this name or a setting is not known.
    InputError
        If a setting has a value that it cannot have.

    Examples
    --------
    >>> from toolkit.embedding import provider_from_name
    >>> provider_from_name("hashing:64")
    HashingProvider(n_dimensions=64)
    >>> provider_from_name("openai:minilm?base_url=http://127.0.0.1:8080/v1&timeout=30").timeout
    30.0
    """
    parts = parse_name(name)
    if parts.kind == "hashing":
        return _hashing(parts)
    if parts.kind not in _CLASSES:
        raise UnknownProvider(_unknown_kind(parts.kind))
    cls = _CLASSES[parts.kind]

    return cls(parts.model, dimensions=parts.dimensions, **_values(parts, cls))


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


_CLASSES: Mapping[str, Callable[..., Provider]] = {
    "local": SentenceTransformerProvider,
    "static": StaticProvider,
    **{service.kind: service for service in SERVICES},
}
_KINDS = ("local", "static", "hashing", *(service.kind for service in SERVICES))


def _hashing(parts: ProviderName) -> Provider:
    _check_settings(parts, {})
    if not parts.model.isdecimal() or parts.dimensions is not None:
        raise InputError(
            f"hashing: takes a number of dimensions, such as hashing:256; got {parts.model!r}"
        )

    return HashingProvider(int(parts.model))


def _values(parts: ProviderName, cls: Callable[..., Provider]) -> dict[str, object]:
    """Return the settings of a name as values of the class's fields."""
    types = get_type_hints(cls)
    told_as: Mapping[str, str] = getattr(cls, "setting_names", {})
    field_of = {
        told_as.get(field.name, field.name): field.name
        for field in fields(cls)  # type: ignore[arg-type]  # all of them are dataclasses
        if field.name not in ("model", "dimensions")
    }
    _check_refused(parts, getattr(cls, "refused_settings", {}))
    _check_settings(parts, field_of)

    return {
        field_of[key]: _value(f"{parts.kind}: {key}", text, types[field_of[key]])
        for key, text in parts.settings.items()
    }


def _value(who: str, text: str, type_: object) -> object:
    """Return what a text means as a value of a type; the class itself checks the rest."""
    if get_origin(type_) in (Union, UnionType):
        type_ = next(each for each in get_args(type_) if each is not NoneType)
    if type_ is bool:
        if text not in ("true", "false"):
            raise InputError(f"{who} must be true or false, got {text!r}")
        return text == "true"
    if type_ in (int, float):
        try:
            return int(text) if type_ is int else float(text)
        except ValueError:
            what = "an integer" if type_ is int else "a number"
            raise InputError(f"{who} must be {what}, got {text!r}") from None

    return text


def _check_refused(parts: ProviderName, refused: Mapping[str, str]) -> None:
    for key in parts.settings:
        if key in refused:
            raise UnknownProvider(f"{parts.kind}: {key} is not offered, as {refused[key]}")


def _check_settings(parts: ProviderName, known: Mapping[str, str]) -> None:
    for key, value in parts.settings.items():
        if key in known and not value:
            raise UnknownProvider(f"{parts.kind}: the setting {key} needs a value, as {key}=...")
        if key not in known:
            allowed = f"known settings: {', '.join(sorted(known))}" if known else "it has none"
            raise UnknownProvider(f"{parts.kind}: has no setting {key!r} ({allowed})")


def _unknown_kind(kind: str) -> str:
    if kind.lower() in SPEAK_OPENAI:
        return (
            f"no provider is called {kind!r}: what speaks OpenAI's form is named by its address, "
            "openai:MODEL?base_url=https://..."
        )
    near = difflib.get_close_matches(kind, _KINDS, n=1)
    hint = f"did you mean {near[0]}:? " if near else ""

    return f"no provider is called {kind!r}: {hint}known are {', '.join(_KINDS)}"
