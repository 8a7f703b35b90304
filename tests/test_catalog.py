import pickle
import subprocess
import sys
from dataclasses import fields

import pytest
from sklearn.base import clone

from toolkit.embedding import (
    AzureOpenAIProvider,
    CachedProvider,
    CohereProvider,
    GeminiProvider,
    HashingProvider,
    JinaProvider,
    MistralProvider,
    OllamaProvider,
    OpenAIProvider,
    SentenceTransformerProvider,
    StaticProvider,
    TEIProvider,
    VoyageProvider,
    provider_from_name,
    provider_name,
)
from toolkit.embedding.catalog import SERVICES
from toolkit.errors import InputError, UnknownProvider

PROVIDERS = [
    HashingProvider(64),
    SentenceTransformerProvider(),
    SentenceTransformerProvider("./my model"),
    SentenceTransformerProvider("BAAI/bge-base-en-v1.5", device="cpu", precision="fp32"),
    SentenceTransformerProvider("google/embeddinggemma-300m", dimensions=256),
    SentenceTransformerProvider("a/b", revision="refs/pr/1"),
    SentenceTransformerProvider("a/b", revision="a&b=c d%20?", device="cuda:1"),
    StaticProvider(),
    StaticProvider("C:/models/mine", dimensions=64),
    OpenAIProvider("text-embedding-3-small", dimensions=512),
    OpenAIProvider("BAAI/bge-m3", base_url="http://[::1]:8080/v1", price=1e-05),
    OpenAIProvider("a@b/c d+e%20é", key_env="MY_KEY", timeout=0.5, encoding_format="float"),
    AzureOpenAIProvider(
        "tickets",
        base_url="https://mine.openai.azure.com/openai/v1",
        api_version="2025-04-01-preview",
        known_as="text-embedding-3-small",
        dimensions=512,
    ),
    CohereProvider("embed-v4.0", task="clustering", truncate=False),
    VoyageProvider("voyage-4", task="document", concurrency=2),
    JinaProvider("jina-embeddings-v3", task="a&b=c?d#e"),
    GeminiProvider("gemini-embedding-001", dimensions=768, task="QUESTION_ANSWERING"),
    MistralProvider("codestral-embed", dimensions=256, price=0.0),
    OllamaProvider("hf.co/nomic/embed:Q4_K_M@sha", num_ctx=512, keep_alive="-1"),
    TEIProvider("http://127.0.0.1:8080", dimensions=64),
    TEIProvider("https://example.org/models/tei", key_env="MY_KEY"),
]

VALUES = {
    "base_url": "https://example.org:8443/v1",
    "key_env": "MY_KEY",
    "truncate": False,
    "timeout": 7.25,
    "concurrency": 3,
    "price": 0.125,
    "encoding_format": "float",
    "api_version": "2030-01-01",
    "known_as": "text-embedding-ada-002",
    "task": "a word",
    "num_ctx": 2048,
    "keep_alive": "30m",
}
REFUSED = {("gemini", "truncate"), ("tei", "base_url")}
"""What these providers cannot promise or have no use for."""


@pytest.mark.parametrize("provider", PROVIDERS, ids=str)
def test_a_name_gives_its_provider_again(provider):
    """
    What provider_name says, provider_from_name understands.
    """
    assert provider_from_name(provider_name(provider)) == provider


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.kind)
def test_every_setting_of_every_service_can_stand_in_a_name(service):
    """
    What a class takes in Python, a name can tell: alone and all together.
    """
    model = "http://127.0.0.1:8080" if service is TEIProvider else "some/model:tag"
    names = {field.name for field in fields(service)} - {"model", "dimensions"}
    settings = {name: VALUES[name] for name in names if (service.kind, name) not in REFUSED}

    for chosen in [{}, settings, *({name: value} for name, value in settings.items())]:
        for dimensions in (None, 256):
            if chosen.get("known_as") and dimensions:  # a model without a choice
                continue
            provider = service(model, dimensions=dimensions, **chosen)
            assert provider_from_name(provider.name) == provider
            assert provider_name(CachedProvider(provider)) == provider.name
            assert pickle.loads(pickle.dumps(provider)) == provider


@pytest.mark.parametrize(
    ("name", "model", "dimensions"),
    [
        ("ollama:nomic-embed-text:v1.5@64", "nomic-embed-text:v1.5", 64),
        ("openai:BAAI/bge-m3", "BAAI/bge-m3", None),
        ("tei:http://127.0.0.1:8080/", "http://127.0.0.1:8080", None),
        ("gemini:models/gemini-embedding-001@768", "gemini-embedding-001", 768),
        ("openai:a@7@8", "a@7", 8),
        ("openai:a@7b", "a@7b", None),
    ],
)
def test_models_may_hold_what_separates(name, model, dimensions):
    """
    The kind ends at the first colon, dimensions stand at the end.
    """
    provider = provider_from_name(name)

    assert (provider.model, provider.dimensions) == (model, dimensions)


def test_names_load_nothing_heavy():
    """
    A command that only looks at names starts at once, and nothing is sent.
    """
    code = (
        "import sys; from toolkit.embedding import provider_from_name as named\n"
        "for name in ('openai:x', 'ollama:x', 'tei:http://127.0.0.1:1', 'local:x', 'static:x'):\n"
        "    named(name)\n"
        "print([m for m in ('httpx', 'torch', 'sklearn', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("provider", PROVIDERS, ids=str)
def test_a_clone_is_the_provider_itself(provider):
    """
    scikit-learn's clone copies no model.
    """
    assert clone(provider) is provider


def test_a_provider_that_no_name_gives_has_none():
    """
    A name is given only if it leads back.
    """

    class Mine:
        name = "mine"
        fingerprint = "mine:1"

    assert provider_name(Mine()) is None
    assert provider_name(SentenceTransformerProvider("./model@2")) is None
    assert provider_name(OpenAIProvider("model?")) is None
    assert provider_name(OpenAIProvider("model@2")) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("locl:all-MiniLM-L6-v2", "no provider is called 'locl': did you mean local:"),
        ("zzz:model", "no provider is called 'zzz': known are local, static, hashing, openai"),
        ("mistrall:model", "did you mean mistral:"),
        ("vllm:model", "what speaks OpenAI's form is named by its address, openai:MODEL.base_url"),
        ("openai-compatible:model", "openai:MODEL.base_url=https://"),
        ("all-MiniLM-L6-v2", "named provider:model, such as local:.*; got 'all-MiniLM-L6-v2'"),
        ("local:", "named provider:model"),
        ("", "named provider:model"),
        ("hashing:abc", "such as hashing:256; got 'abc'"),
        ("hashing:64@8", "such as hashing:256"),
        ("hashing:0", "n_dimensions must be an integer > 0, got 0"),
        ("hashing:64?seed=1", "hashing: has no setting 'seed' .it has none"),
        ("local:x?precision=fp8", "precision must be fp32 or bf16, got 'fp8'"),
        ("local:x?devise=cpu", "no setting 'devise' .known settings: device, precision, revision"),
        ("local:x?device", "the setting device needs a value"),
        ("local:all-MiniLM-L6-v2@64", "not known to have been trained for shorter"),
        ("local:google/embeddinggemma-300m@8", "must be from 128 to 768, got 8"),
        ("static:x@0", "dimensions must be > 0, got 0"),
        ("openai:x?truncate=yes", "openai: truncate must be true or false, got 'yes'"),
        ("openai:x?timeout=soon", "openai: timeout must be a number, got 'soon'"),
        ("openai:x?concurrency=1.5", "openai: concurrency must be an integer, got '1.5'"),
        ("openai:x?concurrency=0", "concurrency must be an integer > 0, got 0"),
        ("openai:x?timeout=nan", "timeout must be > 0 seconds, got nan"),
        ("openai:x?price=-1", "price must be >= 0 USD per million tokens, got -1.0"),
        ("openai:x?price", "openai: the setting price needs a value, as price=..."),
        ("openai:x?dimensions=8", "openai: has no setting 'dimensions' .known settings: base_url"),
        ("openai:text-embedding-3-small@9999", "must be from 1 to 1536, got 9999"),
        ("azure:x?base_url=https://example.org", "no setting 'base_url' .*endpoint"),
        ("azure:x?known_as=gpt", "must be a model that is known at Azure"),
        ("ollama:x?num_ctx=many", "ollama: num_ctx must be an integer, got 'many'"),
        ("tei:model", "expected an address such as http://127.0.0.1:8080/v1, got 'model'"),
        ("jina:jina-embeddings-v3?late_chunking=true", "late_chunking is not offered, as it lets"),
    ],
)
def test_a_wrong_name_says_what_is_right(name, message):
    """
    Each mistake has its sentence, and all are InputErrors.
    """
    with pytest.raises(InputError, match=message) as caught:
        provider_from_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", ["key", "api_key", "apikey", "API-KEY", "token", "my_secret"])
@pytest.mark.parametrize("start", ["local:x", "openai:x", "no-colon", "hashing:8", "locl:x@5"])
def test_a_key_in_a_name_is_refused_and_not_repeated(start, setting):
    """
    Names are shown and stored, so a key has no place in them, nor in the error.
    """
    with pytest.raises(UnknownProvider, match="never stands in a provider's name") as caught:
        provider_from_name(f"{start}?device=cpu&{setting}=sk-12345")
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "openai:x?base_url=https://me:sk-12345@example.org",
        "openai:x?base_url=https://example.org/?q=sk-12345",
        "openai:x?key_env=sk-12345",
        "tei:https://sk-12345@example.org",
    ],
)
def test_a_key_in_a_value_is_refused_and_not_repeated(name):
    """
    Addresses with passwords and keys in the place of a variable's name are no better.
    """
    with pytest.raises(InputError) as caught:
        provider_from_name(name)
    assert "12345" not in str(caught.value)
