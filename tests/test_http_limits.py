import numpy as np
import pytest

from tests.http_service import (
    ADDRESS,
    PROVIDER,
    TEXTS,
    Service,
    failing,
    in_flight,
    right,
    start,
    vector_of,
)
from toolkit.embedding import OpenAIProvider, counting
from toolkit.errors import TextsFailed

NO_CUTS = OpenAIProvider("minilm", base_url=ADDRESS, truncate=False)
MOST = 40
"""Characters of a text that the service takes where a test says so."""


@pytest.fixture
def service(monkeypatch):
    """Whatever happens in a test, no request is believed to be on the way after it."""
    yield start(monkeypatch, Service())
    assert in_flight() == 0


def failed(texts, provider=PROVIDER):
    """Return the rows that have no vector."""
    with pytest.raises(TextsFailed) as caught:
        provider.embed(texts)

    return set(caught.value.reasons)


def too_long(message):
    """Refuse requests with long texts in a service's words, with what it takes and got."""

    def answering(texts, number):
        given = max(map(len, texts))
        return failing(400, message.format(cap=MOST, given=given)) if given > MOST else None

    return answering


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is {cap} tokens, however you requested {given} tokens",
        "maximum context length is {cap} tokens",
        "input is too long",
    ],
)
def test_texts_that_are_too_long_are_cut_and_counted(service, message):
    """
    What is cut is a beginning, is as long as allowed, and short texts stay whole.
    """
    long = ["where is my parcel? " * n for n in (3, 9, 50)]
    service.answering = too_long(message)
    with counting() as counts:
        vectors = PROVIDER.embed([*TEXTS[:3], *long])

    sent = {tuple(vector_of(text)): text for texts in service.sent for text in texts}
    assert np.array_equal(vectors[:3], right(TEXTS[:3]))
    for text, vector in zip(long, vectors[3:], strict=True):
        cut = sent[tuple(vector)]
        assert text.startswith(cut)
        assert MOST // 4 <= len(cut) <= MOST
    assert counts.truncated == 3
    assert counts.limit == (MOST if "{cap}" in message else 0)


def test_a_table_of_texts_that_are_all_too_long_is_cut_at_once(service):
    """
    What is too long for certain does not need a request for each text to be known.
    """
    service.answering = too_long("maximum context length is {cap} tokens")
    long = [f"{text} {'where is my parcel? ' * 50}"[: 6 * MOST + 1] for text in TEXTS]
    service.answering = lambda texts, number: (
        failing(400, "maximum context length is 40 tokens") if len(texts[0]) > 4 * MOST else None
    )
    with counting() as counts:
        vectors = PROVIDER.embed(long)

    assert np.array_equal(vectors, right([text[: 4 * MOST] for text in long]))
    assert counts.truncated == len(long)
    assert len(service.sent) == 10


@pytest.mark.parametrize("n_long", [1, 64])
def test_without_truncation_texts_that_are_too_long_fail_alone(service, n_long):
    """
    However many they are: whoever says truncate=False wants to know them.
    """
    service.answering = too_long("maximum context length is {cap} tokens")
    texts = [f"{text} {'long ' * 99}" for text in TEXTS[:n_long]] + ["short"]

    assert failed(texts, NO_CUTS) == set(range(n_long))


def test_a_text_of_which_nothing_is_short_enough_is_refused(service):
    """
    Cutting has an end.
    """
    service.answering = lambda texts, number: failing(400, "context length exceeded")

    assert failed(["late parcel"]) == {0}
    assert service.sent[-1] == ["l"]


@pytest.mark.parametrize("cap", ["", " at most 9 requests can be in one batch"])
def test_how_many_texts_are_taken_is_learned(service, cap):
    """
    From the words, or by halving; order is kept and later runs know it.
    """
    service.answering = lambda texts, number: (
        failing(400, f"too many inputs:{cap}") if len(texts) > 9 else None
    )
    assert np.array_equal(PROVIDER.embed(TEXTS), right(TEXTS))
    assert max(service.sizes[8:]) <= 9

    service.sent.clear()
    PROVIDER.embed(TEXTS)
    assert max(service.sizes) <= 9


@pytest.mark.parametrize(
    "message", ["Requested {given} tokens, max {cap} tokens per request", "payload too large", ""]
)
def test_how_many_tokens_are_taken_is_learned(service, message):
    """
    No batch is sent twice, and a text that is too large alone is cut.
    """
    cap = 600

    def answering(texts, number):
        given = sum(map(len, texts))
        return failing(413, message.format(cap=cap, given=given)) if given > cap else None

    service.answering = answering
    texts = [*TEXTS, "where is my parcel? " * 99]
    vectors = PROVIDER.embed(texts)
    sent = [tuple(texts) for texts in service.sent]

    assert np.array_equal(vectors[:-1], right(TEXTS))
    assert len(set(sent)) == len(sent)
    assert sum(sum(map(len, texts)) > cap for texts in sent) < 30
