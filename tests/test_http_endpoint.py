import copy
import os
import pickle
import threading
import time

import httpx
import numpy as np
import pytest
from sklearn.base import clone

from tests.http_service import (
    ADDRESS,
    PROVIDER,
    TEXTS,
    Service,
    failing,
    good,
    raising,
    right,
    start,
)
from tests.own_forms import GOOD, INFO, TAGS
from toolkit.embedding import OllamaProvider, OpenAIProvider, TEIProvider
from toolkit.embedding.http import endpoint
from toolkit.embedding.http.endpoint import discovery, endpoint_of, forget_endpoints
from toolkit.embedding.http.workers import Workers
from toolkit.errors import (
    AuthenticationFailed,
    InvalidResponse,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    ToolkitWarning,
)

KEY = "sk-test-5f0c1d2e3b4a69788796a5b4"
TEI = TEIProvider("http://127.0.0.1:8080")
OLLAMA = OllamaProvider("nomic-embed-text", base_url="http://127.0.0.1:11434")


@pytest.fixture
def service(monkeypatch):
    for name in ("TEI_API_KEY", "OLLAMA_API_KEY", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    yield start(monkeypatch, Service())
    forget_endpoints()


def telling(*answers):
    """Answer questions of what a server is, one after the other; the last one for ever."""

    def answering(texts, number):
        answer = answers[min(number, len(answers)) - 1]
        return answer() if callable(answer) else httpx.Response(200, json=answer)

    return answering


@pytest.mark.parametrize(
    "first", [lambda: failing(503, "loading"), lambda: raising(httpx.ConnectError("not yet"))]
)
def test_a_server_is_asked_once_what_it_serves(service, first):
    """
    Again if it is only just starting; then its fingerprint and limits are known for good.
    """
    service.answering = telling(first, INFO)
    assert TEI.fingerprint.startswith("tei:http://127.0.0.1:8080#c007d7ef6fd8")
    assert endpoint_of(TEI).limits(TEI).texts == 64
    assert len(service.sent) == 2
    assert [request.method for request in service.requests] == ["GET", "GET"]


@pytest.mark.parametrize(
    ("answer", "error", "message", "n_asked"),
    [
        (
            lambda: raising(httpx.ConnectError("refused")),
            ProviderUnavailable,
            "refused.*is the server running",
            3,
        ),
        (lambda: failing(503, "loading"), ProviderUnavailable, "503 Service Unavailable.*asked", 3),
        (lambda: failing(401, f"no {KEY}"), AuthenticationFailed, r"no \*\*\*.*check", 1),
        (lambda: failing(404, "no"), ModelNotFound, "check the address and the key", 1),
        ({"hello": "world"}, InvalidResponse, "does not say which model", 1),
    ],
)
def test_a_server_that_does_not_tell_is_an_error(
    service, monkeypatch, answer, error, message, n_asked
):
    """
    The error says what was asked, and never the key.
    """
    monkeypatch.setenv("TEI_API_KEY", KEY)
    service.answering = telling(answer)
    with pytest.raises(error, match=message) as caught:
        TEI.embed(TEXTS)

    assert type(caught.value) is error
    assert KEY not in str(caught.value)
    assert len(service.sent) == n_asked


def test_a_run_asks_and_then_sends(service):
    """
    The same connections serve both.
    """
    service.answering = telling(TAGS, GOOD["ollama"])
    vectors = OLLAMA.embed(["late parcel", "refund"])

    assert vectors.tolist() == [[1.0, 0.5], [0.25, -1.0]]
    assert [request.url.path for request in service.requests] == ["/api/tags", "/api/embed"]


def test_services_that_tell_nothing_are_not_asked(service):
    """
    Their fingerprint needs no network.
    """
    assert PROVIDER.fingerprint == f"openai:minilm at {ADDRESS}"
    assert discovery(PROVIDER).limits is None
    assert service.sent == []


def test_what_was_learned_is_shared_by_equal_providers_and_no_others(service):
    """
    Another model or address has limits of its own.
    """
    other = OpenAIProvider("other", base_url=ADDRESS)
    endpoint_of(PROVIDER).learn("texts", 3)

    assert endpoint_of(OpenAIProvider("minilm", base_url=ADDRESS)) is endpoint_of(PROVIDER)
    assert endpoint_of(other).limits(other).texts > 3


def test_forgetting_closes_connections(service):
    """
    And the next call begins anew.
    """
    PROVIDER.embed(TEXTS[:2])
    before = endpoint_of(PROVIDER)
    client = before.client
    forget_endpoints()

    assert client._client.is_closed
    assert endpoint_of(PROVIDER) is not before
    assert np.array_equal(PROVIDER.embed(TEXTS[:2]), right(TEXTS[:2]))
    before.close()  # once more does no harm


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own(service):
    """
    Even if a lock was held at the fork; the parent keeps its own.
    """
    PROVIDER.embed(TEXTS[:2])
    before = endpoint_of(PROVIDER)
    with endpoint._lock:
        child = os.fork()
        if not child:
            is_new = endpoint_of(PROVIDER) is not before
            os._exit(0 if is_new else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert endpoint_of(PROVIDER) is before


def test_a_key_that_goes_unencrypted_is_told_once(service, monkeypatch):
    """
    Not on this machine, and not without a key.
    """
    far = OpenAIProvider("minilm", base_url="http://gpu.example.com/v1")
    monkeypatch.delenv("OPENAI_API_KEY")
    endpoint_of(far)
    forget_endpoints()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    endpoint_of(PROVIDER)
    with pytest.warns(ToolkitWarning, match=r"gpu\.example\.com unencrypted.*use https") as told:
        endpoint_of(far)

    endpoint_of(far)  # another warning would be an error
    assert KEY not in str(told[0].message)


@pytest.mark.parametrize(
    "copied",
    [clone, copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))],
    ids=["clone", "copy", "deepcopy", "pickle"],
)
def test_copies_of_a_used_provider_are_the_same_settings(service, copied):
    """
    Nothing live travels along, and what was learned here is still known.
    """
    PROVIDER.embed(TEXTS[:2])
    endpoint_of(PROVIDER).learn("texts", 3)
    twin = copied(PROVIDER)

    assert twin == PROVIDER
    assert endpoint_of(twin).limits(twin).texts == 3
    assert len(pickle.dumps(twin)) < 2_000


def test_no_secret_is_in_what_people_see(service, monkeypatch):
    """
    Neither the key nor the texts, in replies that echo both.
    """
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    texts = ["Ms Quill lost her tent in Rome", "Mr Ash lost his"]

    def echo(status, texts):
        said = f"bad key {KEY} for {' and '.join(texts)}"
        return httpx.Response(status, json={"object": said, "message": said, "data": said})

    for status in (200, 400, 401, 429, 500):
        service.answering = lambda texts, number, status=status: echo(status, texts)
        with pytest.raises(ProviderError) as caught:
            PROVIDER.embed(texts)
        shown = f"{caught.value} {caught.value!r} {caught.value.__cause__}"
        assert KEY not in shown
        assert "Quill" not in shown
        assert "Mr Ash" not in shown
        assert "bad key ***" in shown
        forget_endpoints()
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(PROVIDER) + PROVIDER.name + PROVIDER.fingerprint


def test_vectors_are_not_quoted_in_errors(service):
    """
    Nobody can read them, and they tell of texts.
    """
    service.answering = lambda texts, number: good([*texts, "one too many"])
    with pytest.raises(InvalidResponse, match="expected 1 vectors for 1 texts, got 2") as caught:
        PROVIDER.embed(["late parcel"])
    assert "[...]" in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationFailed), (404, ModelNotFound), (402, ProviderError)]
)
def test_an_error_in_a_good_answer_means_what_its_code_says(service, status, error):
    """
    Gateways answer 200 before they know.
    """
    body = {"error": {"code": status, "message": "from upstream"}}
    service.answering = lambda texts, number: httpx.Response(200, json=body)
    with pytest.raises(error, match="from upstream"):
        PROVIDER.embed(TEXTS)
    assert len(service.sent) == 1


def test_workers_run_calls_at_once_and_end():
    """
    As many threads as calls at a time; a result comes as soon as it is there.
    """
    workers: Workers[int] = Workers()
    gate = threading.Event()
    workers.start(2)
    for number in range(3):
        workers.submit(lambda number=number: number if gate.wait(2) else -1)
    assert workers.result(0) is None
    assert workers.result(0.01) is None

    gate.set()
    assert sorted(workers.result(2) for _ in range(3)) == [0, 1, 2]
    before = threading.active_count()
    workers.submit(lambda: 7)
    assert workers.result(2) == 7
    assert threading.active_count() == before  # threads that are free are used again
    workers.close()
    until = time.monotonic() + 2
    while threading.active_count() > before - 3 and time.monotonic() < until:
        time.sleep(0.001)
    assert threading.active_count() == before - 3
