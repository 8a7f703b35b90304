import numpy as np
import pandas as pd
import pytest

from tests.http_service import (
    N_DIMENSIONS,
    PROVIDER,
    TEXTS,
    Service,
    failing,
    good,
    in_flight,
    learn_batches,
    right,
    start,
    vector_of,
)
from toolkit.embedding import CachedProvider, counting, embed_or_nan
from toolkit.embedding.parts import Failure
from toolkit.errors import ProviderError, TextsFailed, ToolkitWarning
from toolkit.text_embedder import TextEmbedder


@pytest.fixture
def service(monkeypatch):
    """Whatever happens in a test, no request is believed to be on the way after it."""
    yield start(monkeypatch, Service())
    assert in_flight() == 0


def refusing(status, message="bad text"):
    """Refuse each request that holds a text with the word bad."""
    return lambda texts, number: (
        failing(status, message) if any("bad" in text for text in texts) else None
    )


def with_nan(texts, number):
    """Give bad texts a vector that is none."""
    data = [
        {"index": place, "embedding": [None] if "bad" in text else vector_of(text).tolist()}
        for place, text in enumerate(texts)
    ]
    for item in data:
        item["embedding"] = item["embedding"] * (N_DIMENSIONS // len(item["embedding"]))

    return good(texts, data=data)


def reasons(texts):
    with pytest.raises(TextsFailed) as caught:
        PROVIDER.embed(texts)
    assert caught.value.n_texts == len(texts)

    return caught.value.reasons


@pytest.mark.parametrize("bad", [[0], [299], [3, 4, 150]])
@pytest.mark.parametrize(
    "answering",
    [refusing(400), refusing(422), refusing(500), with_nan],
    ids=["400", "422", "500", "no numbers"],
)
def test_a_bad_text_costs_its_own_row(service, bad, answering):
    """
    All others get their vectors, and few more requests are sent than halving needs.
    """
    texts = [f"bad {text}" if row in bad else text for row, text in enumerate(TEXTS)]
    service.answering = answering
    vectors, why = embed_or_nan(PROVIDER, texts, "none")

    fine = np.setdiff1d(np.arange(len(texts)), bad)
    assert np.array_equal(vectors[fine], right([texts[row] for row in fine]))
    assert np.isnan(vectors[bad]).all()
    assert set(why) == set(bad)
    assert all("bad text" in reason or "no number" in reason for reason in why.values())
    assert len(service.sent) <= 5 + len(bad) * 6 * 2 * 3


def test_empty_texts_are_never_sent(service):
    """
    They fail in their own rows, and a run with nothing else sends nothing.
    """
    assert reasons(["", "late parcel", " \n"]) == dict.fromkeys([0, 2], "the text is empty")
    assert service.sent == [["late parcel"]]

    service.sent.clear()
    assert reasons(["", "\t"]) == dict.fromkeys([0, 1], "the text is empty")
    assert service.sent == []


def test_a_service_that_refuses_every_text_is_told_soon(service):
    """
    Nobody pays for thousands of requests to learn that a setting is wrong.
    """
    service.answering = lambda texts, number: failing(400, "no")
    with pytest.raises(ProviderError, match="refuses every text.*check the model and its settings"):
        PROVIDER.embed(TEXTS)
    assert len(service.sent) < 100

    assert set(reasons(TEXTS[:2])) == {0, 1}


def test_a_service_that_refuses_too_many_texts_ends_the_run(service):
    """
    One text in five is hardly at fault.
    """
    service.answering = refusing(400)
    texts = [f"bad {text}" if row % 5 == 0 else text for row, text in enumerate(TEXTS)]
    with pytest.raises(ProviderError, match="refused 21 texts.*hardly the texts' fault"):
        PROVIDER.embed(texts)


def test_a_limit_that_was_not_passed_is_no_limit(service):
    """
    A message that names more texts than were sent means something else: a text is looked for.
    """
    service.answering = refusing(400, "inputs must be at most 96")

    assert reasons([*TEXTS[:20], "bad", *TEXTS[20:40]]) == {
        20: "400 Bad Request: inputs must be at most 96"
    }


@pytest.mark.parametrize("cache", [True, False])
def test_rows_of_errors_are_the_rows_of_the_table(service, cache, tmp_path):
    """
    Repeats, empty cells, batches and the cache in between change nothing of it.
    """
    service.answering = refusing(400)
    texts = ["one", "bad", None, "one", "two", "bad", "bad too"]
    path = tmp_path / "vectors.sqlite"
    embedder = TextEmbedder(PROVIDER, cache=path if cache else False)
    with pytest.raises(TextsFailed) as caught:
        embedder.fit_transform(pd.DataFrame({"text": texts}))

    assert set(caught.value.reasons) == {1, 5, 6}
    assert caught.value.n_texts == 7
    with counting() as counts:
        embedder.set_params(on_error="nan").fit_transform(texts)
    assert {failure.row for failure in counts.failures} == {1, 5, 6}
    assert counts.failed == 3
    assert counts.cached == (2 if cache else 0)


def test_failed_rows_are_nan_and_told(service):
    """
    Outside a count, a warning says how many there are.
    """
    service.answering = refusing(400)
    with pytest.warns(ToolkitWarning, match="1 of 3 texts could not be embedded"):
        vectors = TextEmbedder(PROVIDER, on_error="nan").fit_transform(["one", "bad", "two"])

    assert np.isnan(vectors).any(axis=1).tolist() == [False, True, False]


def test_the_cache_knows_the_good_texts_of_a_bad_batch(service, tmp_path):
    """
    The next run sends the bad text alone.
    """
    service.answering = refusing(400)
    provider = CachedProvider(PROVIDER, tmp_path / "vectors.sqlite")
    texts = [*TEXTS[:50], "bad", "bad"]
    with pytest.raises(TextsFailed) as caught:
        provider.embed(texts)
    assert set(caught.value.reasons) == {50, 51}

    service.sent.clear()
    failures = [part for part in provider.stream(texts) if isinstance(part, Failure)]
    assert sorted(failure.row for failure in failures) == [50, 51]
    assert service.sent == [["bad"]]


def test_bad_vectors_in_a_reply_are_asked_for_once_more(service):
    """
    A server under load may answer zeros for a text that is fine.
    """
    seen = set()

    def answering(texts, number):
        if number > 1:
            return None
        seen.update(texts)
        data = [
            {"index": place, "embedding": [0.0] * N_DIMENSIONS if place == 3 else [1.0] * 8}
            for place in range(len(texts))
        ]
        return good(texts, data=data)

    service.answering = answering
    learn_batches(10)
    vectors = PROVIDER.embed(TEXTS[:10])

    (again,) = service.sent[1]
    assert np.array_equal(vectors[TEXTS.index(again)], vector_of(again))
    assert service.sizes == [10, 1]


@pytest.mark.parametrize("n_texts", [2, 60, 300])
def test_a_bad_text_in_the_first_request_does_not_look_like_no_service(service, n_texts):
    """
    A server that breaks down over one text answers others, so those are tried before giving up.
    """
    service.answering = refusing(500)
    texts = [*TEXTS[: n_texts - 1], f"bad {'and longer than all others ' * 9}"]

    assert reasons(texts) == {n_texts - 1: "500 Internal Server Error: bad text"}
