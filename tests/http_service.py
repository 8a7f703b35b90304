"""An embedding service in this process: what a provider sends is answered by a function."""

import hashlib
import json
import threading
from collections.abc import Callable
from functools import partial

import httpx
import numpy as np

from toolkit.embedding import OpenAIProvider
from toolkit.embedding.http import client, endpoint, run
from toolkit.embedding.http.endpoint import endpoint_of, forget_endpoints
from toolkit.embedding.http.waits import RetryPolicy

ADDRESS = "http://127.0.0.1:9/v1"
PROVIDER = OpenAIProvider("minilm", base_url=ADDRESS)
TEXTS = [f"where is parcel {n} of {'many ' * (n % 7)}mine" for n in range(300)]
N_DIMENSIONS = 8

POLICY = RetryPolicy(first_wait=0.002, longest_wait=0.01, longest_asked=1.0)
"""As people have it, but for the length of the waits."""

Answering = Callable[[list[str], int], httpx.Response | None]
"""From the texts of a request and its number, from 1, to an answer; None is the right one."""


class Service:
    """
    Answers in OpenAI's form, with the right vectors unless `answering` says otherwise.

    Attributes
    ----------
    sent : list of list of str
        The texts of each request, as they came.
    """

    def __init__(self, answering: Answering = lambda texts, number: None) -> None:
        self.answering = answering
        self.sent: list[list[str]] = []
        self.requests: list[httpx.Request] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        texts = json.loads(request.content)["input"] if request.content else []
        with self._lock:
            self.sent.append(texts)
            self.requests.append(request)
            number = len(self.sent)

        return self.answering(texts, number) or good(texts)

    @property
    def sizes(self) -> list[int]:
        return [len(texts) for texts in self.sent]


def start(monkeypatch, service: Service) -> Service:
    """Let the service take the place of the network, and waits be short."""
    forget_endpoints()
    transport = httpx.MockTransport(service)
    monkeypatch.setattr(client, "Client", partial(client.Client, transport=transport))
    monkeypatch.setattr(run, "POLICY", POLICY)
    monkeypatch.setattr(run, "GRACE_SECONDS", 0.01)
    monkeypatch.setattr(endpoint, "DISCOVERY_WAIT", 0.0)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-tests")

    return service


def vector_of(text: str) -> np.ndarray:
    """Return the right vector of a text: whole numbers, so that nothing is lost on the way."""
    digest = hashlib.blake2b(text.encode(), digest_size=N_DIMENSIONS).digest()

    return np.frombuffer(digest, dtype=np.uint8).astype(np.float32) + 1


def right(texts: list[str]) -> np.ndarray:
    return np.stack([vector_of(text) for text in texts])


def good(texts: list[str], **more: object) -> httpx.Response:
    """Return the right answer; what is in `more` takes the place of its own."""
    data = [
        {"index": place, "embedding": vector_of(text).tolist()} for place, text in enumerate(texts)
    ]

    return httpx.Response(200, json={"data": data, "model": "minilm", **more})


def failing(status: int, message: str = "", **headers: str) -> httpx.Response:
    """Return a failure as OpenAI tells it."""
    body = {"error": {"message": message, "type": None}}

    return httpx.Response(status, json=body, headers=headers)


def on(numbers, answer) -> Answering:
    """Answer the requests of these numbers so, and all others well."""
    return lambda texts, number: answer() if number in numbers else None


def raising(error: Exception) -> httpx.Response:
    """Let the connection break."""
    raise error


def learn_batches(n_texts: int, provider: OpenAIProvider = PROVIDER) -> None:
    """Let no request have more texts."""
    endpoint_of(provider).learn("texts", n_texts)


def in_flight() -> int:
    """Return how many requests any limiter believes to be on the way."""
    return sum(each.limiter._in_flight for each in endpoint._endpoints.values())
