"""The services that are tried: how each is set up to talk to a server of ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.servers.forms import Form
from tests.servers.own_forms import FORMS
from tests.servers.words import WORDS, Words
from toolkit.embedding import (
    AzureOpenAIProvider,
    CohereProvider,
    GeminiProvider,
    HTTPProvider,
    JinaProvider,
    MistralProvider,
    OllamaProvider,
    OpenAIProvider,
    TEIProvider,
    VoyageProvider,
)


@dataclass(frozen=True)
class Service:
    """
    One service.

    Attributes
    ----------
    name : str
    provider : callable
        From the address of a server to the provider.
    key_env : str
        The environment variable with the key.
    form_name : str
        The form that the server speaks, if it is not called like the service.
    """

    name: str
    provider: Callable[[str], HTTPProvider]
    key_env: str
    form_name: str = ""

    @property
    def form(self) -> Form:
        return FORMS[self.form_name or self.name]

    @property
    def words(self) -> Words:
        return WORDS[self.name]

    @property
    def tells_of_itself(self) -> bool:
        """Whether the server is asked something before it gets the first text."""
        return self.name in ("ollama", "tei")

    @property
    def has_indexes(self) -> bool:
        """Whether the vectors in a reply have numbers."""
        return self.name in ("openai", "compatible", "azure", "voyage", "jina", "mistral")


def _azure(url: str) -> HTTPProvider:
    return AzureOpenAIProvider("tickets", base_url=url, known_as="text-embedding-3-small")


SERVICES: Mapping[str, Service] = {
    service.name: service
    for service in (
        Service(
            "openai",
            lambda url: OpenAIProvider("text-embedding-3-small", base_url=url),
            "OPENAI_API_KEY",
        ),
        Service(
            "compatible",
            lambda url: OpenAIProvider("my-model", base_url=url),
            "OPENAI_API_KEY",
            form_name="openai",
        ),
        Service("azure", _azure, "AZURE_OPENAI_API_KEY"),
        Service("cohere", lambda url: CohereProvider("embed-v4.0", base_url=url), "COHERE_API_KEY"),
        Service("voyage", lambda url: VoyageProvider("voyage-4", base_url=url), "VOYAGE_API_KEY"),
        Service(
            "jina", lambda url: JinaProvider("jina-embeddings-v3", base_url=url), "JINA_API_KEY"
        ),
        Service(
            "gemini",
            lambda url: GeminiProvider("gemini-embedding-001", base_url=url),
            "GEMINI_API_KEY",
        ),
        Service(
            "mistral",
            lambda url: MistralProvider("codestral-embed", base_url=url),
            "MISTRAL_API_KEY",
        ),
        Service(
            "ollama",
            lambda url: OllamaProvider("nomic-embed-text", base_url=url),
            "OLLAMA_API_KEY",
        ),
        Service("tei", TEIProvider, "TEI_API_KEY"),
    )
}
