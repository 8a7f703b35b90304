"""Models by name, as the providers that run them call them."""

from collections.abc import Iterator
from functools import cache

from toolkit.embedding.models.known_model import KnownModel
from toolkit.embedding.models.reading import all_models

ORGANISATIONS = {"local": "sentence-transformers", "static": "minishlab"}
"""Whose a model is whose name has no organisation."""

RUN_OPEN_MODELS = ("local", "static", "openai", "tei")
"""Providers, and servers that speak their form, that run models from the hub by full name."""


def known_model(name: str, provider: str = "local") -> KnownModel | None:
    """
    Return what is known of a provider's model, or None; upper and lower case are alike.

    A provider's own models come first. Servers that run models from the hub, such as vLLM or TEI,
    are asked for them by organisation and name: then what is known of the local model holds, its
    prompts above all. An Ollama name may come with a tag.

    Parameters
    ----------
    name : str
        As the provider calls it.
    provider : str, default="local"
        Its kind: "local", "static", "openai", "ollama", ...

    Returns
    -------
    KnownModel or None

    Examples
    --------
    >>> known_model("all-MiniLM-L6-v2").n_dimensions
    384
    >>> known_model("intfloat/multilingual-e5-small", "openai").prompts["document"]
    'passage: '
    >>> known_model("nomic-embed-text:v1.5", "ollama").name
    'nomic-embed-text'
    """
    by_name = _by_name()
    for kind in (provider, *(RUN_OPEN_MODELS[:2] if provider in RUN_OPEN_MODELS else ())):
        for each in _names(name.lower(), provider):
            if (found := by_name.get((kind, each))) is not None:
                return found

    return None


def _names(name: str, provider: str) -> Iterator[str]:
    """Yield the name and what else it may stand under, the most exact first."""
    yield name
    if provider in ORGANISATIONS and "/" not in name:
        yield f"{ORGANISATIONS[provider]}/{name}"
    if provider == "ollama":
        base, _, tag = name.partition(":")
        yield f"{base}:{tag.partition('-')[0]}"
        yield base


@cache
def _by_name() -> dict[tuple[str, str], KnownModel]:
    return {(model.provider, model.name.lower()): model for model in all_models()}
