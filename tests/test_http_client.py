import json

import httpx
import pytest

from toolkit.embedding.http import client
from toolkit.embedding.http.client import Broken, Client

URL = "http://127.0.0.1:9/v1/embeddings"
HEADERS = {"Authorization": "Bearer sk-test"}


def answered(answer):
    """Return what a client makes of an answer, and the request that it sent."""
    requests = []

    def handler(request):
        requests.append(request)
        return answer(request) if callable(answer) else answer

    one = Client(URL, transport=httpx.MockTransport(handler))
    found = one.post(URL, {"input": ["late parcel"]}, HEADERS, timeout=1.0)
    one.close()

    return found, requests[0]


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b'{"data": [1.5, NaN]}', {"data": [1.5, pytest.approx(float("nan"), nan_ok=True)]}),
        (b"\xef\xbb\xbf[1]", [1]),
        (b"", None),
        (b"<html>", None),
        (b"\xff\xfe\x00", None),
        (b'{"a": ' + b"9" * 5_000 + b"}", None),
        (b"[" * 200_000, None),
    ],
)
def test_any_content_is_an_answer(content, body):
    """
    What is no JSON has no body, and never ends in another error.
    """
    found, _ = answered(httpx.Response(200, content=content, headers={"X-Request-ID": "7"}))

    assert found.body == body
    assert found.status == 200
    assert found.headers["x-request-id"] == "7"
    assert isinstance(found.text, str)


def test_a_request_is_json_in_utf_8_with_the_key():
    """
    Halves of characters, which UTF-8 cannot hold, are replaced.
    """
    sent = {"input": ["日本 🙂", "half \ud800"]}
    requests = []
    transport = httpx.MockTransport(lambda each: requests.append(each) or httpx.Response(200))
    Client(URL, transport=transport).post(URL, sent, HEADERS, timeout=1.0)
    (request,) = requests

    assert json.loads(request.content) == {"input": ["日本 🙂", "half ?"]}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Bearer sk-test"
    assert request.extensions["timeout"] == {"connect": 1, "read": 1, "write": 1, "pool": None}


def test_long_timeouts_are_for_answers_only():
    """
    To connect and to send takes seconds, however long a model thinks.
    """
    requests = []
    transport = httpx.MockTransport(lambda each: requests.append(each) or httpx.Response(200))
    Client(URL, transport=transport).get(URL, HEADERS, timeout=600.0)

    assert requests[0].extensions["timeout"] == {
        "connect": client.CONNECT_SECONDS,
        "read": 600,
        "write": client.WRITE_SECONDS,
        "pool": None,
    }


def test_redirects_are_not_followed():
    """
    The key is for this address alone.
    """
    moved = httpx.Response(307, headers={"location": "http://elsewhere.example.com"})
    found, _ = answered(moved)

    assert found.status == 307


@pytest.mark.parametrize(
    ("error", "message", "is_slow"),
    [
        (httpx.ConnectError("refused"), "no connection to 127.0.0.1:9 (refused)", False),
        (httpx.ReadError(""), "no connection to 127.0.0.1:9 (ReadError)", False),
        (httpx.RemoteProtocolError("half"), "no connection to 127.0.0.1:9 (half)", False),
        (httpx.ReadTimeout("slow"), "127.0.0.1:9 did not answer in 1 s", True),
        (httpx.ConnectTimeout("slow"), "127.0.0.1:9 did not answer in 1 s", True),
    ],
)
def test_what_breaks_is_told_without_the_request(error, message, is_slow):
    """
    Errors of the HTTP library hold the headers, and so the key.
    """

    def breaking(request):
        error.request = request
        raise error

    with pytest.raises(Broken) as caught:
        answered(breaking)

    assert str(caught.value) == message
    assert caught.value.is_slow == is_slow
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


class Endless(httpx.SyncByteStream):
    def __iter__(self):
        while True:
            yield b"x" * 100


def test_an_answer_has_an_end(monkeypatch):
    """
    A body without end is cut off by its size.
    """
    monkeypatch.setattr(client, "LARGEST_BODY", 1_000)
    with pytest.raises(Broken, match="sent more than 0 MB"):
        answered(httpx.Response(200, stream=Endless()))


def test_a_drip_is_no_answer():
    """
    Each byte comes in time, and all of them together too late.
    """
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Endless()))
    with pytest.raises(Broken, match=r"127\.0\.0\.1:9 sends too slowly") as caught:
        Client(URL, transport=transport).get(URL, {}, timeout=0.01)
    assert caught.value.is_slow


@pytest.mark.parametrize(
    ("url", "trusts"), [("http://127.0.0.1:9", False), ("http://gpu.example.com", True)]
)
def test_proxies_are_not_for_this_machine(url, trusts, monkeypatch):
    """
    A proxy cannot reach what listens here.
    """
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com:3128")

    assert bool(Client(url)._client._mounts) == trusts
