import pickle
from dataclasses import replace

import pytest

from tests.own_forms import COHERE, GEMINI, GEMINI_2, INFO, OLLAMA, TAGS, TEI, TEXTS, start_anew
from toolkit.embedding.http.endpoint import forget_endpoints
from toolkit.embedding.services.cohere import CohereProvider
from toolkit.embedding.services.gemini import GeminiProvider
from toolkit.embedding.services.ollama import OllamaProvider
from toolkit.embedding.services.tei import TEIProvider
from toolkit.errors import AuthenticationFailed, InputError, InvalidResponse


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    start_anew(monkeypatch)
    yield
    forget_endpoints()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        (" '' ", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        (":8000", "http://127.0.0.1:8000"),
        ("[::]:8000", "http://[::1]:8000"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ('"gpu"', "http://gpu:11434"),
        ("gpu:8000", "http://gpu:8000"),
        ("http://gpu", "http://gpu"),
        ("https://gpu:8000/ollama/", "https://gpu:8000/ollama"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("ollama.com", "https://ollama.com"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(monkeypatch, host, url):
    """
    With or without scheme and port; an address to listen at is this machine.
    """
    monkeypatch.setenv("OLLAMA_HOST", host)

    assert OLLAMA.url == url
    assert replace(OLLAMA, base_url="http://other:1").url == "http://other:1"


@pytest.mark.parametrize("host", ["gpu:port", "gpu:99999", "ftp://gpu", "http://me:secret@gpu"])
def test_a_wrong_ollama_host_is_told(monkeypatch, host):
    """
    An address that is none is an error, and a password in it is not repeated.
    """
    monkeypatch.setenv("OLLAMA_HOST", host)

    with pytest.raises(InputError, match="address") as caught:
        _ = OLLAMA.url
    assert "secret" not in str(caught.value)


def test_ollamas_fingerprint_follows_the_digest():
    """
    A pull that changes the model changes the fingerprint; how long it stays loaded does not.
    """
    assert OLLAMA.fingerprint == "ollama:nomic-embed-text#0a109f422b47"
    assert replace(OLLAMA, keep_alive="1h").fingerprint == OLLAMA.fingerprint
    assert replace(OLLAMA, num_ctx=512).fingerprint != OLLAMA.fingerprint
    for model in ("nomic-embed-text:latest", "Nomic-Embed-Text"):
        assert OllamaProvider(model).discovered(TAGS).revision == "0a109f422b47"
    for model in ("nomic-embed-text:v1.5", "hub:5000/me/other", "llama3"):
        assert OllamaProvider(model).discovered(TAGS).revision == ""


def test_tei_tells_what_it_serves_and_takes():
    """
    Commit, precision and pooling are in the fingerprint; batches and lengths are the server's.
    """
    found = TEI.discovered(INFO)

    assert TEI.fingerprint == "tei:http://127.0.0.1:8080#c007d7ef6fd8-float16-mean"
    assert (found.limits.texts, found.limits.batch, found.limits.tokens_per_text) == (64, 64, 512)
    assert found.limits.tokens is None
    folder = {"model_id": "/data/model", "model_sha": None, "max_client_batch_size": 5000}
    found = TEI.discovered(folder)
    assert (found.revision, found.limits.texts, found.limits.batch) == ("/data/model", 5000, 128)
    assert found.limits.tokens_per_text is None


@pytest.mark.parametrize("body", [None, "<html>", [], {}, {"model_id": None}])
def test_another_server_is_not_taken_for_one_of_these(body):
    """
    An answer that names no models is an error: vectors of two models would be mixed.
    """
    with pytest.raises(InvalidResponse, match="does not say which model it serves"):
        TEI.discovered(body)
    with pytest.raises(InvalidResponse, match="is Ollama there"):
        OLLAMA.discovered(body)


def test_nobody_is_asked_before_there_is_a_text():
    """
    Making a provider, its name, and embedding no texts need no server.
    """
    provider = TEIProvider("http://no-such-host.invalid/", dimensions=64)

    assert provider == TEIProvider("http://no-such-host.invalid", dimensions=64)
    assert provider.embed([]).shape == (0, 64)
    assert provider.name == "tei:http://no-such-host.invalid@64"
    assert OllamaProvider("mine", base_url="http://no-such-host.invalid").embed([]).shape[0] == 0


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: replace(GEMINI, truncate=False), "truncate=False cannot be promised"),
        (lambda: replace(GEMINI, task=" "), "such as QUESTION_ANSWERING"),
        (lambda: replace(COHERE, task=""), "such as clustering"),
        (lambda: replace(OLLAMA, num_ctx=0), "num_ctx must be an integer > 0, got 0"),
        (lambda: replace(OLLAMA, num_ctx="8"), "num_ctx must be an integer > 0, got '8'"),
        (lambda: replace(OLLAMA, keep_alive="soon"), "keep_alive must be a text such as '30m'"),
        (lambda: replace(OLLAMA, keep_alive=300), "'300' or '-1', got 300"),
        (lambda: replace(TEI, base_url="http://x"), "takes the address as its model"),
        (lambda: replace(TEI, dimensions=0), "dimensions must be an integer > 0, got 0"),
        (lambda: TEIProvider("bge"), "expected an address"),
        (lambda: TEIProvider("http://x?key=1"), r"holds no \? or #"),
    ],
)
def test_settings_are_checked_when_a_provider_is_made(make, told):
    """
    What cannot work is refused before anything is sent.
    """
    with pytest.raises(InputError, match=told):
        make()


def test_gemini_knows_both_spellings_of_a_model():
    """
    ``models/x`` and ``x`` are one model.
    """
    assert GeminiProvider("models/gemini-embedding-001") == GEMINI


@pytest.mark.parametrize(
    ("provider", "variable", "header"),
    [
        (COHERE, "COHERE_API_KEY", {"Authorization": "Bearer k-4711-secret"}),
        (COHERE, "CO_API_KEY", {"Authorization": "Bearer k-4711-secret"}),
        (GEMINI, "GEMINI_API_KEY", {"x-goog-api-key": "k-4711-secret"}),
        (GEMINI, "GOOGLE_API_KEY", {"x-goog-api-key": "k-4711-secret"}),
        (OLLAMA, "OLLAMA_API_KEY", {"Authorization": "Bearer k-4711-secret"}),
        (TEI, "TEI_API_KEY", {"Authorization": "Bearer k-4711-secret"}),
    ],
)
def test_keys_go_into_the_header_and_nowhere_else(monkeypatch, provider, variable, header):
    """
    The key is read when it is sent; no repr, name, pickle, fingerprint or request holds it.
    """
    monkeypatch.setenv(variable, "k-4711-secret")

    assert provider.keys.headers() == header
    shown = [repr(provider), provider.name, provider.fingerprint, provider.request(TEXTS, "none")]
    assert b"k-4711-secret" not in pickle.dumps([provider, shown])
    assert pickle.loads(pickle.dumps(provider)) == provider
    monkeypatch.setenv("OWN_KEY", "k-0815-secret")
    assert "k-0815-secret" in str(replace(provider, key_env="OWN_KEY").keys.headers())


def test_only_the_vendor_needs_a_key():
    """
    Another server of the same form works without; the vendor's own says which variable to set.
    """
    for provider, name in ((COHERE, "COHERE_API_KEY"), (GEMINI, "GEMINI_API_KEY")):
        assert replace(provider, base_url="http://127.0.0.1:8105").keys.headers() == {}
        with pytest.raises(AuthenticationFailed, match=name):
            provider.keys.headers()
    assert OLLAMA.keys.headers() == TEI.keys.headers() == {}


@pytest.mark.parametrize(
    ("provider", "limits"),
    [
        (COHERE, (96, 96, 128_000)),
        (CohereProvider("embed-english-v3.0"), (96, 96, 512)),
        (CohereProvider("mine", base_url="http://127.0.0.1:8105"), (96, 96, None)),
        (GEMINI, (100, 100, 2048)),
        (GEMINI_2, (100, 100, 8192)),
        (GeminiProvider("text-embedding-004"), (100, 100, 2048)),
        (OLLAMA, (2048, 32, 2048)),
        (replace(OLLAMA, num_ctx=512), (2048, 32, 512)),
        (replace(OLLAMA, num_ctx=8192), (2048, 32, 2048)),
        (OllamaProvider("mine"), (2048, 32, None)),
        (TEI, (32, 32, None)),
    ],
)
def test_limits_are_the_services_and_the_models(provider, limits):
    """
    Texts in a request, texts sent at once, and tokens that the model reads of one.
    """
    found = provider.limits

    assert (found.texts, found.batch, found.tokens_per_text) == limits
    assert found.tokens is None
