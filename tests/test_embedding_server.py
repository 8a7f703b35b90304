"""The server of the fault table, asked by hand: it is right about what the toolkit is tried on."""

import base64
import threading
import time

import httpx
import numpy as np
import pytest

from tests.servers.answers import (
    Chunked,
    Gzipped,
    OldHTTP,
    ResetBeforeHeaders,
    ResetInBody,
    TooLongContentLength,
    TruncatedChunks,
)
from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import always, at_most_per_second, broken, first, holding, saying
from tests.servers.own_forms import FORMS

TEXTS = ["Apple", "Orange", "🙂"]
KEY = "sk-test-by-hand"
BODIES = {
    "openai": {"model": "m", "input": TEXTS, "dimensions": 8},
    "azure": {"input": TEXTS, "dimensions": 8},
    "azure-v1": {"model": "m", "input": TEXTS, "dimensions": 8},
    "voyage": {"model": "m", "input": TEXTS, "output_dimension": 8},
    "jina": {"model": "m", "input": TEXTS, "dimensions": 8},
    "mistral": {"model": "m", "input": TEXTS, "output_dimension": 8},
    "cohere": {
        "model": "m",
        "texts": TEXTS,
        "input_type": "clustering",
        "embedding_types": ["float"],
        "output_dimension": 8,
    },
    "gemini": {
        "requests": [
            {
                "model": "models/m",
                "content": {"parts": [{"text": text}]},
                "outputDimensionality": 8,
            }
            for text in TEXTS
        ]
    },
    "ollama": {"model": "m", "input": TEXTS, "dimensions": 8},
    "tei": {"inputs": TEXTS, "dimensions": 8},
}
PATHS = {
    "openai": "/v1/embeddings",
    "azure": "/openai/deployments/tickets/embeddings?api-version=2024-10-21",
    "azure-v1": "/openai/v1/embeddings",
    "voyage": "/v1/embeddings",
    "jina": "/v1/embeddings",
    "mistral": "/v1/embeddings",
    "cohere": "/v2/embed",
    "gemini": "/v1beta/models/m:batchEmbedContents",
    "ollama": "/api/embed",
    "tei": "/embed",
}
HEADERS = {"azure": "api-key", "azure-v1": "api-key", "gemini": "x-goog-api-key"}


def vectors_in(reply):
    """The vectors of a reply, wherever its form has them."""
    if isinstance(reply, list):
        return reply
    if "data" in reply:
        return [item["embedding"] for item in sorted(reply["data"], key=lambda item: item["index"])]
    found = reply["embeddings"]
    if isinstance(found, dict):
        return found["float"]

    return [item["values"] if isinstance(item, dict) else item for item in found]


def asked(server, name, *, key=KEY):
    """Post the texts as the service's manual says."""
    header = HEADERS.get(name, "authorization")
    value = key if name in HEADERS else f"Bearer {key}"

    return httpx.post(server.root + PATHS[name], json=BODIES[name], headers={header: value})


@pytest.mark.parametrize("name", FORMS)
def test_each_form_gives_the_right_vectors(name):
    """
    The vectors are those that the server says are right, as short as was asked for.
    """
    with EmbeddingServer(FORMS[name], key=KEY) as server:
        answer = asked(server, name)

        assert answer.status_code == 200, answer.text
        assert np.array_equal(
            np.array(vectors_in(answer.json()), dtype=np.float32), server.expected(TEXTS, 8)
        )
        assert [len(seen.texts) for seen in server.seen] == [3]
        assert server.problems == []


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_key_is_refused_and_not_remembered(name):
    """
    Only whether the key was right is recorded.
    """
    with EmbeddingServer(FORMS[name], key=KEY) as server:
        assert asked(server, name, key="sk-wrong").status_code == 401
        assert [seen.is_key_right for seen in server.seen] == [False]
        assert "sk-wrong" not in str(vars(server)) + str(server.seen)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m"},
        {"model": "m", "input": ["a", " "]},
        {"model": "m", "input": []},
        {"model": "m", "input": ["a"], "task": "clustering"},
        ["a"],
    ],
)
def test_what_has_not_the_form_is_refused_and_told(body):
    """
    A client that sends what the service does not know, or an empty text, is found out.
    """
    with EmbeddingServer(FORMS["openai"]) as server:
        assert httpx.post(f"{server.url}/embeddings", json=body).status_code == 400
        assert len(server.problems) == 1


def test_vectors_come_in_base64_if_asked_for():
    """
    Base64 of little-endian float32, and a list of numbers for those who do not ask.
    """
    with EmbeddingServer(FORMS["openai"]) as server:
        body = {"model": "m", "input": TEXTS, "encoding_format": "base64"}
        reply = httpx.post(f"{server.url}/embeddings", json=body).json()
        vectors = [np.frombuffer(base64.b64decode(text), "<f4") for text in vectors_in(reply)]

        assert np.array_equal(vectors, server.expected(TEXTS))


def test_texts_have_vectors_of_their_own():
    """
    Rows in a wrong order would be seen: no two vectors are alike, none is zero.
    """
    with EmbeddingServer(FORMS["openai"]) as server:
        vectors = server.expected([*TEXTS, "\x00", "apple pie", "orange pie"])

        assert len(np.unique(vectors, axis=0)) == len(vectors)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


@pytest.mark.parametrize(
    "kind", [ResetBeforeHeaders, ResetInBody, TruncatedChunks, TooLongContentLength]
)
def test_broken_answers_are_errors_for_any_client(kind):
    """
    No client can take a part of an answer for the whole.
    """
    with EmbeddingServer(FORMS["ollama"], always(broken(kind))) as server:
        with pytest.raises(httpx.TransportError):
            asked(server, "ollama")
        assert len(server.seen) == 1


@pytest.mark.parametrize("kind", [Gzipped, Chunked, OldHTTP])
def test_odd_answers_are_whole_for_any_client(kind):
    """
    What is unusual and allowed is read by every client.
    """
    with EmbeddingServer(FORMS["ollama"], always(broken(kind))) as server:
        assert len(vectors_in(asked(server, "ollama").json())) == 3


def test_rules_are_asked_in_turn_and_a_good_answer_comes_last():
    """
    A rule that has nothing to say leaves the request to the next.
    """
    rules = (first(1, saying(500, "at first")), holding("Orange", saying(400, "no {oranges}")))
    with EmbeddingServer(FORMS["tei"], *rules) as server:
        assert asked(server, "tei").json() == {"error": "at first", "error_type": "Validation"}
        assert asked(server, "tei").json()["error"] == "no {oranges}"
        server.rules.clear()
        assert asked(server, "tei").status_code == 200


def test_it_takes_so_many_requests_a_second():
    """
    What comes faster gets 429 with the wait that was set; a second later there is room again.
    """
    with EmbeddingServer(FORMS["tei"], at_most_per_second(2, retry_after="1")) as server:
        answers = [asked(server, "tei") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "1"
        time.sleep(1.0)
        assert asked(server, "tei").status_code == 200


def test_it_answers_at_once_and_counts_what_is_in_flight():
    """
    Slow answers do not stand in each other's way.
    """
    with EmbeddingServer(FORMS["tei"], latency=0.2) as server:
        threads = [threading.Thread(target=asked, args=(server, "tei")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert max(seen.in_flight for seen in server.seen) == 4
        assert all(seen.answered_at - seen.at >= 0.2 for seen in server.seen)


def test_no_connection_outlives_the_server():
    """
    Connections that are kept alive end with the server, and so do answers that would take long.
    """
    with httpx.Client() as client:
        with EmbeddingServer(FORMS["tei"]) as server:
            client.post(f"{server.url}/embed", json=BODIES["tei"])
        with pytest.raises(httpx.TransportError):
            client.post(f"{server.url}/embed", json=BODIES["tei"])
