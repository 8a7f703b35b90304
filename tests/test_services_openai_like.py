from dataclasses import replace

import numpy as np
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
    TEXTS,
    VECTORS,
    VOYAGE,
    good,
    in_base64,
    start_anew,
)
from toolkit.embedding import TASKS, JinaProvider, OpenAIProvider
from toolkit.embedding.http.wire import BadReply

EACH = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.kind)
CODE = JinaProvider("jina-code-embeddings-1.5b")


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    start_anew(monkeypatch)


@pytest.mark.parametrize(
    ("provider", "task", "url", "body"),
    [
        (
            replace(OPENAI, dimensions=512),
            "classification",
            "https://api.openai.com/v1/embeddings",
            {
                "model": "text-embedding-3-small",
                "input": TEXTS,
                "encoding_format": "base64",
                "dimensions": 512,
            },
        ),
        (
            replace(LOCAL, encoding_format="float"),
            "none",
            "http://127.0.0.1:8080/v1/embeddings",
            {"model": "minilm", "input": TEXTS, "encoding_format": "float"},
        ),
        (
            OPENROUTER,
            "query",
            "https://openrouter.ai/api/v1/embeddings",
            {
                "model": "a/b",
                "input": TEXTS,
                "encoding_format": "base64",
                "provider": {"allow_fallbacks": False, "sort": "price"},
            },
        ),
        (
            replace(AZURE, model="my tickets/1", dimensions=512),
            "none",
            "https://mine.openai.azure.com/openai/deployments/my%20tickets%2F1/embeddings"
            "?api-version=2024-10-21",
            {"input": TEXTS, "encoding_format": "base64", "dimensions": 512},
        ),
        (
            AZURE_V1,
            "none",
            "https://mine.openai.azure.com/openai/v1/embeddings",
            {"model": "tickets", "input": TEXTS, "encoding_format": "base64"},
        ),
        (
            replace(VOYAGE, dimensions=512, truncate=False),
            "query",
            "https://api.voyageai.com/v1/embeddings",
            {
                "model": "voyage-4",
                "input": TEXTS,
                "input_type": "query",
                "truncation": False,
                "output_dimension": 512,
                "output_dtype": "float",
                "encoding_format": "base64",
            },
        ),
        (
            replace(JINA, dimensions=256),
            "clustering",
            "https://api.jina.ai/v1/embeddings",
            {
                "model": "jina-embeddings-v3",
                "input": TEXTS,
                "task": "separation",
                "dimensions": 256,
                "normalized": True,
                "embedding_type": "base64",
                "truncate": True,
            },
        ),
        (
            replace(CODE, truncate=False),
            "query",
            "https://api.jina.ai/v1/embeddings",
            {
                "model": "jina-code-embeddings-1.5b",
                "input": TEXTS,
                "task": "nl2code.query",
                "embedding_type": "base64",
                "truncate": False,
            },
        ),
        (
            replace(MISTRAL, dimensions=256),
            "document",
            "https://api.mistral.ai/v1/embeddings",
            {
                "model": "codestral-embed",
                "input": TEXTS,
                "encoding_format": "float",
                "output_dimension": 256,
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
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("write", [in_base64, list], ids=["base64", "list"])
def test_vectors_come_in_the_order_of_the_texts(provider, order, write):
    """
    Services may answer in another order, and with lists where base64 was asked for.
    """
    items = [{"index": place, "embedding": write(VECTORS[place])} for place in order]
    reply = provider.parse(good(items), 2)

    assert np.array_equal(reply.vectors, VECTORS)
    assert (reply.n_tokens, reply.model) == (7, "the-model")


@EACH
def test_an_index_may_be_missing(provider):
    """
    Where no item has an index, or all have the same, their order is that of the texts.
    """
    for index in ({}, {"index": None}, {"index": 0}):
        items = [{"embedding": values, **index} for values in VECTORS]
        assert np.array_equal(provider.parse(good(items), 2).vectors, VECTORS)


@EACH
def test_counts_of_tokens_are_believed_only_if_they_are_counts(provider):
    """
    Usage may be missing, or be anything.
    """
    for usage in (None, {}, {"total_tokens": None}, {"total_tokens": -1}, {"total_tokens": "7"}):
        assert provider.parse(good(usage=usage), 2).n_tokens is None
    assert provider.parse({"data": good()["data"]}, 2).n_tokens is None


@EACH
@pytest.mark.parametrize("n_texts", [1, 3])
def test_another_number_of_vectors_is_no_reply(provider, n_texts):
    """
    One vector too many or too few is an error, never a row that moves up.
    """
    with pytest.raises(BadReply, match=f"expected {n_texts} vectors for {n_texts} texts, got 2"):
        provider.parse(good(), n_texts)


@EACH
@pytest.mark.parametrize(
    "body",
    [
        *(None, "<html>", [], {}, {"data": None}, {"data": {}}, {"data": []}),
        *({"error": {"message": "overloaded"}}, {"error": "overloaded", "object": "list"}),
        *(good([None, None]), good([{}, {}]), good([{"embedding": None}, {"embedding": None}])),
        good([{"index": index, "embedding": [1.0]} for index in (0, 2)]),
        good([{"index": index, "embedding": [1.0]} for index in (1, 1)]),
        good([{"index": 0, "embedding": [1.0]}, {"embedding": [2.0]}]),
        good([{"index": index, "embedding": "not base64!"} for index in (0, 1)]),
        good([{"index": index, "embedding": "AAAA"} for index in (0, 1)]),
        good([{"index": index, "embedding": [[1.0, 2.0]]} for index in (0, 1)]),
        good([{"index": index, "embedding": {"int8": [1]}} for index in (0, 1)]),
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
        (OPENAI, "- - - - - -"),
        (AZURE, "- - - - - -"),
        (MISTRAL, "- - - - - -"),
        (VOYAGE, "- - - - query document"),
        (
            JINA,
            "- classification separation text-matching retrieval.query retrieval.passage",
        ),
        (
            JinaProvider("jina-embeddings-v4"),
            "text-matching text-matching text-matching text-matching retrieval.query "
            "retrieval.passage",
        ),
        (
            JinaProvider("jina-embeddings-v5-text-small"),
            "text-matching classification clustering text-matching retrieval.query "
            "retrieval.passage",
        ),
        (
            CODE,
            "nl2code.passage nl2code.passage nl2code.passage nl2code.passage nl2code.query "
            "nl2code.passage",
        ),
        (JinaProvider("jina-embeddings-v2-base-en"), "- - - - - -"),
        (JinaProvider("jina-clip-v1"), "- - - - - -"),
        (JinaProvider("jina-clip-v2"), "- - - - retrieval.query -"),
    ],
    ids=lambda value: getattr(value, "model", None),
)
def test_tasks_become_the_models_words(provider, words):
    """
    Each vendor, and at Jina each model, has its own words or none.
    """
    assert [provider.task_as_sent(task) or "-" for task in TASKS] == words.split()


@pytest.mark.parametrize(
    "provider",
    [*PROVIDERS, CODE, LOCAL, OpenAIProvider("intfloat/multilingual-e5-small")],
    ids=lambda provider: provider.model,
)
def test_what_is_told_to_be_sent_is_what_is_sent(provider):
    """
    Two tasks share vectors in the cache if and only if their requests are the same.
    """
    for one in TASKS:
        for other in TASKS:
            is_same = provider.request(TEXTS, one) == provider.request(TEXTS, other)
            assert is_same == (provider.task_as_sent(one) == provider.task_as_sent(other))


def test_prompts_go_to_servers_that_run_open_models():
    """
    vLLM and its like put nothing before a text: models that were trained with prompts get theirs.
    """
    served = OpenAIProvider("intfloat/multilingual-e5-small", base_url="http://127.0.0.1:8000/v1")

    assert served.request(["x"], "document").body["input"] == ["passage: x"]
    assert served.task_as_sent("document") == "passage: "


@pytest.mark.parametrize(
    ("provider", "word", "key"),
    [(VOYAGE, "document", "input_type"), (JINA, "code.passage", "task")],
)
def test_a_task_of_ones_own_is_sent_as_it_is(provider, word, key):
    """
    A person's own word replaces all others, whatever the vectors are for.
    """
    own = replace(provider, task=word)

    assert {own.task_as_sent(task) for task in TASKS} == {word}
    assert {own.request(TEXTS, task).body[key] for task in TASKS} == {word}
