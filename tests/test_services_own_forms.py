from dataclasses import replace

import numpy as np
import pytest

from tests.own_forms import COHERE, GEMINI, GEMINI_2, GOOD, OLLAMA, TEI, TEXTS, start_anew
from toolkit.embedding import TASKS
from toolkit.embedding.http.endpoint import forget_endpoints
from toolkit.embedding.http.wire import BadReply
from toolkit.embedding.services.gemini import GeminiProvider
from toolkit.embedding.services.ollama import OllamaProvider

EACH = pytest.mark.parametrize(
    "provider", [COHERE, GEMINI, OLLAMA, TEI], ids=lambda provider: provider.kind
)


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    start_anew(monkeypatch)
    yield
    forget_endpoints()


@pytest.mark.parametrize(
    ("provider", "task", "url", "body"),
    [
        (
            replace(COHERE, dimensions=512),
            "classification",
            "https://api.cohere.com/v2/embed",
            {
                "model": "embed-v4.0",
                "texts": TEXTS,
                "input_type": "classification",
                "embedding_types": ["float"],
                "truncate": "END",
                "output_dimension": 512,
            },
        ),
        (
            replace(GEMINI, dimensions=768),
            "clustering",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001"
            ":batchEmbedContents",
            {
                "requests": [
                    {
                        "model": "models/gemini-embedding-001",
                        "content": {"parts": [{"text": text}]},
                        "taskType": "CLUSTERING",
                        "outputDimensionality": 768,
                    }
                    for text in TEXTS
                ]
            },
        ),
        (
            OllamaProvider("mine", dimensions=64, truncate=False, num_ctx=512, keep_alive="-1"),
            "query",
            "http://127.0.0.1:11434/api/embed",
            {
                "model": "mine",
                "input": TEXTS,
                "truncate": False,
                "dimensions": 64,
                "options": {"num_ctx": 512},
                "keep_alive": -1,
            },
        ),
        (
            replace(TEI, dimensions=64),
            "document",
            "http://127.0.0.1:8080/embed",
            {
                "inputs": [f"passage: {text}" for text in TEXTS],
                "normalize": True,
                "truncate": True,
                "dimensions": 64,
            },
        ),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_requests_are_as_documented(provider, task, url, body):
    """
    Address and body are those of the vendor's manual, and nothing else is sent.
    """
    request = provider.request(TEXTS, task)

    assert (request.url, request.body, request.headers) == (url, body, {})


@EACH
def test_replies_are_read(provider):
    """
    Vectors come in the order of the texts; tokens are told where the service counts them.
    """
    reply = provider.parse(GOOD[provider.kind], 2)

    assert np.array_equal(reply.vectors, [[1.0, 0.5], [0.25, -1.0]])
    assert reply.n_tokens == (None if provider.kind == "tei" else 7)
    assert reply.model == ("nomic-embed-text" if provider.kind == "ollama" else None)


@EACH
@pytest.mark.parametrize("n_texts", [1, 3])
def test_another_number_of_vectors_is_no_reply(provider, n_texts):
    """
    One vector too many or too few is an error: there is no index that could put it right.
    """
    with pytest.raises(BadReply, match=f"expected {n_texts} vectors for {n_texts} texts, got 2"):
        provider.parse(GOOD[provider.kind], n_texts)


@EACH
@pytest.mark.parametrize(
    "body",
    [
        *(None, "<html>", {}, [None, None], [{"values": None}] * 2, {"error": "overloaded"}),
        *({"embeddings": None}, {"embeddings": []}, {"embeddings": {}}, {"embeddings": [{}, {}]}),
        *({"embeddings": {"int8": [[1], [2]]}}, {"embeddings": {"float": [None, {}]}}),
        *({"embeddings": [["a"], ["b"]]}, {"embeddings": [{"values": [[1.0, 2.0]]}] * 2}),
    ],
)
def test_anything_else_is_no_reply(provider, body):
    """
    Whatever comes with status 200 that is not vectors is an error that says so.
    """
    with pytest.raises(BadReply):
        provider.parse(body, 2)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (
            COHERE,
            "search_document classification clustering search_document search_query "
            "search_document",
        ),
        (
            GEMINI,
            " CLASSIFICATION CLUSTERING SEMANTIC_SIMILARITY RETRIEVAL_QUERY RETRIEVAL_DOCUMENT",
        ),
    ],
)
def test_tasks_become_the_vendors_words(provider, words):
    """
    What is told to be sent, by which vectors are kept apart, is what is sent.
    """
    assert [provider.task_as_sent(task) for task in TASKS] == words.split(" ")
    for task in TASKS:
        body = str(provider.request(TEXTS, task).body)
        word = provider.task_as_sent(task)
        assert f"'{word}'" in body if word else "taskType" not in body


def test_gemini_embedding_2_takes_the_task_in_the_text():
    """
    It has no field for the task: what is put before each text is what keeps vectors apart.
    """
    for task in TASKS:
        (item,) = GEMINI_2.request(["x"], task).body["requests"]
        assert "taskType" not in item
        assert item["content"]["parts"] == [{"text": GEMINI_2.task_as_sent(task) + "x"}]
    preview = GeminiProvider("gemini-embedding-2-preview")
    assert [preview.prompt(task) for task in TASKS] == [GEMINI_2.prompt(task) for task in TASKS]
    assert GEMINI_2.task_as_sent("query") == "task: search result | query: "
    assert GEMINI_2.task_as_sent("document") == "title: none | text: "


@pytest.mark.parametrize(
    ("provider", "sent"),
    [
        (replace(COHERE, task="clustering"), "clustering"),
        (replace(GEMINI, task="FACT_VERIFICATION"), "FACT_VERIFICATION"),
        (replace(GEMINI_2, task="fact checking"), "task: fact checking | query: "),
    ],
)
def test_a_task_of_ones_own_is_sent_as_it_is(provider, sent):
    """
    A person's own word for the task replaces all others, and makes other vectors.
    """
    assert {provider.task_as_sent(task) for task in TASKS} == {sent}
    assert all(sent in str(provider.request(TEXTS, task).body) for task in TASKS)
    assert provider.fingerprint != replace(provider, task=None).fingerprint


def test_prompts_follow_the_served_model():
    """
    TEI names its model, Ollama's tags tell size only: both get the prompts of the model.
    """
    assert TEI.task_as_sent("document") == "passage: "
    for tag in ("", ":latest", ":v1.5"):
        provider = OllamaProvider(f"nomic-embed-text{tag}")
        assert provider.request(["x"], "query").body["input"] == ["search_query: x"]
        assert provider.task_as_sent("query") == "search_query: "


def test_truncation_is_told_to_the_service():
    """
    Whether long texts are cut or fail is the person's choice where the service has one.
    """
    assert replace(COHERE, truncate=False).request(TEXTS, "none").body["truncate"] == "NONE"
    assert replace(TEI, truncate=False).request(TEXTS, "none").body["truncate"] is False
