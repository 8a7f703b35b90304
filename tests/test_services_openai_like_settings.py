import pickle
from dataclasses import fields, replace

import pytest

from tests.openai_like_forms import (
    AZURE,
    AZURE_V1,
    JINA,
    LOCAL,
    MISTRAL,
    OPENAI,
    OPENROUTER,
    PROVIDERS,
    VARIABLES,
    VOYAGE,
    start_anew,
)
from toolkit.embedding import AzureOpenAIProvider, OpenAIProvider, VoyageProvider
from toolkit.errors import InputError

EACH = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.kind)

OTHER_VALUES = {
    "model": "another",
    "dimensions": 256,
    "base_url": "https://example.org/v1",
    "truncate": False,
    "task": "query",
    "key_env": "ANOTHER_KEY",
    "timeout": 5.0,
    "concurrency": 2,
    "price": 0.5,
    "encoding_format": "float",
    "api_version": "2030-01-01",
    "known_as": "text-embedding-3-large",
}
MAKE_OTHER_VECTORS = {"known_as", "model", "dimensions", "base_url", "truncate", "task"}


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    start_anew(monkeypatch)


@EACH
def test_fingerprints_differ_where_vectors_may_differ_and_nowhere_else(provider):
    """
    What is only about the way there and back shares the cache; what may change vectors never.
    """
    for field in fields(provider):
        other = replace(provider, **{field.name: OTHER_VALUES[field.name]})
        is_same = other.fingerprint == provider.fingerprint
        assert is_same == (field.name not in MAKE_OTHER_VECTORS), field.name


def test_all_of_these_have_their_own_vectors():
    """
    Services, addresses and deployments never share vectors; Azure's two forms of one do.
    """
    there = OpenAIProvider("minilm", base_url="http://other:8080/v1")
    providers = [
        *PROVIDERS,
        OPENROUTER,
        LOCAL,
        there,
        replace(AZURE, model="text-embedding-3-small"),
    ]

    assert len({provider.fingerprint for provider in providers}) == len(providers)
    assert AZURE.fingerprint == AZURE_V1.fingerprint
    assert AZURE.name != AZURE_V1.name


def test_an_address_of_the_environment_counts_as_one_that_was_given(monkeypatch):
    """
    Otherwise the vectors of another server would be taken for OpenAI's.
    """
    given = LOCAL.fingerprint
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1/")

    assert OpenAIProvider("minilm").fingerprint == given
    assert OpenAIProvider("minilm").name == "openai:minilm"


@pytest.mark.parametrize(
    ("url", "names", "is_required"),
    [
        ("https://api.openai.com/v1", "OPENAI_API_KEY", True),
        ("https://eu.api.openai.com/v1", "OPENAI_API_KEY", True),
        ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", True),
        ("https://api.together.xyz/v1", "TOGETHER_API_KEY", True),
        ("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", True),
        ("https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY DEEPINFRA_API_TOKEN", True),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "DASHSCOPE_API_KEY", True),
        ("https://mine.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY", True),
        ("https://api.mistral.ai/v1", "MISTRAL_API_KEY", True),
        ("https://api.openai.com.example.org/v1", "OPENAI_API_KEY", False),
        ("http://127.0.0.1:8080/v1", "OPENAI_API_KEY", False),
    ],
)
def test_each_vendor_gets_its_own_key(url, names, is_required):
    """
    A key of one vendor is never sent to another that has a name of its own for its key.
    """
    keys = OpenAIProvider("x", base_url=url).keys

    assert (" ".join(keys.names), keys.is_required) == (names, is_required)
    assert (keys.header, keys.prefix) == ("Authorization", "Bearer ")
    assert OpenAIProvider("x", base_url=url, key_env="MINE").keys.names == ("MINE",)


@pytest.mark.parametrize("provider", [VOYAGE, JINA, MISTRAL], ids=lambda provider: provider.kind)
def test_other_addresses_may_need_no_key(provider):
    """
    The vendor's own address wants a key; a proxy of one's own may not.
    """
    assert provider.keys.is_required
    assert not replace(provider, base_url="http://127.0.0.1:1").keys.is_required


def test_azure_takes_a_key_or_a_token(monkeypatch):
    """
    A key goes into Azure's own header, a token of Entra into the usual one; never both.
    """
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "ey-token")
    assert AZURE.keys.headers() == {"Authorization": "Bearer ey-token"}

    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "0a1b2c")
    assert AZURE.keys.headers() == {"api-key": "0a1b2c"}
    token = replace(AZURE, key_env="AZURE_OPENAI_AD_TOKEN")
    assert token.keys.headers() == {"Authorization": "Bearer ey-token"}

    monkeypatch.setenv("MINE", "3d4e5f")
    assert replace(AZURE, key_env="MINE").keys.headers() == {"api-key": "3d4e5f"}


def test_azure_needs_an_endpoint(monkeypatch):
    """
    There is no address that is the same for all: the error says where to put it.
    """
    with pytest.raises(InputError, match="Give endpoint or set AZURE_OPENAI_ENDPOINT"):
        _ = AzureOpenAIProvider("tickets").url

    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/")
    assert AzureOpenAIProvider("tickets").fingerprint == AZURE.fingerprint


@EACH
def test_no_key_stands_anywhere(monkeypatch, provider):
    """
    With keys in the environment, nothing that is shown or kept holds one.
    """
    for name in VARIABLES:
        if name.endswith(("KEY", "TOKEN")):
            monkeypatch.setenv(name, "sk-secret-12345")
    assert provider.keys.headers()

    request = provider.request(["x"], "none")
    shown = (repr(provider), provider.name, provider.fingerprint, repr(request), request.body)
    assert "secret" not in f"{shown}{provider.keys}"
    assert b"secret" not in pickle.dumps(provider)
    assert pickle.loads(pickle.dumps(provider)) == provider


@pytest.mark.parametrize(
    ("provider", "limits"),
    [
        (OPENAI, (2048, 300_000, 8191, 128, 3.0)),
        (OpenAIProvider("text-embedding-9"), (2048, 300_000, 8192, 128, 3.0)),
        (replace(AZURE, known_as="text-embedding-3-large"), (2048, 300_000, 8191, 128, 3.0)),
        (LOCAL, (2048, None, None, 64, 3.0)),
        (replace(LOCAL, model="intfloat/multilingual-e5-small"), (2048, None, 512, 64, 3.0)),
        (
            replace(LOCAL, base_url="https://dashscope.aliyuncs.com/compatible-mode/v1"),
            (10, None, None, 64, 3.0),
        ),
        (
            replace(LOCAL, base_url="https://api.deepinfra.com/v1/openai"),
            (1024, None, None, 64, 3.0),
        ),
        (VOYAGE, (1000, 320_000, 32_000, 128, 1.5)),
        (VoyageProvider("voyage-4-lite"), (1000, 1_000_000, 32_000, 128, 1.5)),
        (VoyageProvider("voyage-code-3"), (1000, 120_000, 32_000, 128, 1.5)),
        (VoyageProvider("voyage-9"), (1000, 120_000, 32_000, 128, 1.5)),
        (JINA, (2048, None, 8192, 128, 3.0)),
        (MISTRAL, (512, 16_384, 8192, 128, 2.0)),
    ],
    ids=lambda value: getattr(value, "model", None),
)
def test_limits_are_those_of_service_and_model(provider, limits):
    """
    Texts and tokens of a request, tokens of a text, texts sent at once, bytes of a token.
    """
    found = provider.limits

    assert limits == (
        *(found.texts, found.tokens, found.tokens_per_text),
        *(found.batch, found.bytes_per_token),
    )


@pytest.mark.parametrize(
    ("provider", "price"),
    [
        (OPENAI, 0.02),
        (replace(OPENAI, price=0.01), 0.01),
        (replace(OPENAI, base_url="https://example.org/v1"), None),
        (replace(OPENAI, base_url="http://127.0.0.1:8080/v1"), 0.0),
        (AZURE, None),
        (replace(AZURE, known_as="text-embedding-3-small"), 0.022),
        (replace(AZURE, model="text-embedding-3-small"), 0.022),
        (VOYAGE, 0.06),
        (JINA, None),
        (MISTRAL, 0.15),
    ],
)
def test_prices_hold_at_the_vendors_own_address(provider, price):
    """
    Elsewhere the price is not known, and what this machine computes costs nothing.
    """
    assert provider.price_per_million == price


@pytest.mark.parametrize(
    ("provider", "settings", "message"),
    [
        (OPENAI, {"dimensions": 4096}, "dimensions for text-embedding-3-small must be from 1 to"),
        (OPENAI, {"encoding_format": "int8"}, "must be base64 or float, got 'int8'"),
        (OPENAI, {"base_url": "api.openai.com"}, "expected an address such as"),
        (OPENAI, {"key_env": "sk-12345"}, "must be the name of an environment variable"),
        (AZURE, {"known_as": "text-embedding-3-smal"}, "must be a model that is known at Azure"),
        (
            AZURE,
            {"known_as": "text-embedding-ada-002", "dimensions": 512},
            "not known to have been trained for shorter",
        ),
        (VOYAGE, {"dimensions": 300}, "must be one of 256, 512, 1024, 2048, got 300"),
        (VOYAGE, {"task": " "}, "task must be an input_type of Voyage, such as document"),
        (JINA, {"task": ""}, "task must be a task of Jina, such as separation, got ''"),
    ],
)
def test_wrong_settings_are_told_at_once(provider, settings, message):
    """
    Before anything is sent, each mistake has its sentence.
    """
    with pytest.raises(InputError, match=message) as caught:
        replace(provider, **settings)
    assert "12345" not in str(caught.value)
