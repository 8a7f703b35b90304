import random
import time

import httpx
import numpy as np
import pytest

from tests.http_service import (
    ADDRESS,
    POLICY,
    PROVIDER,
    TEXTS,
    Service,
    failing,
    good,
    in_flight,
    learn_batches,
    on,
    raising,
    right,
    start,
)
from toolkit.embedding import OpenAIProvider, counting
from toolkit.embedding.http.endpoint import endpoint_of
from toolkit.embedding.http.limiter import UNPAID_STEP
from toolkit.embedding.parts import Part
from toolkit.errors import (
    AuthenticationFailed,
    InputError,
    InvalidResponse,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    ToolkitWarning,
)

KEY = "sk-test-5f0c1d2e3b4a69788796a5b4"


@pytest.fixture
def service(monkeypatch):
    """Whatever happens in a test, no request is believed to be on the way after it."""
    yield start(monkeypatch, Service())
    assert in_flight() == 0


def kept_until_the_end(texts, provider=PROVIDER):
    """Return the parts that came, and the error that ended the run."""
    parts = []
    try:
        for part in provider.stream(texts):
            parts.append(part)
    except ProviderError as error:
        return parts, error

    return parts, None


def n_rows(parts):
    return sum(len(part.rows) for part in parts if isinstance(part, Part))


def test_each_row_gets_its_own_vector(service):
    """
    Answers come in any order, and each text is sent once.
    """

    def after_a_while(texts, number):
        time.sleep(random.uniform(0, 0.005))

    service.answering = after_a_while
    learn_batches(7)

    assert np.array_equal(PROVIDER.embed(TEXTS), right(TEXTS))
    assert sorted(text for texts in service.sent for text in texts) == sorted(TEXTS)
    assert max(service.sizes) == 7


def test_no_texts_are_no_request(service):
    """
    An empty list has no vectors, as long as the others where that is known.
    """
    assert PROVIDER.embed([]).shape == (0, 0)
    assert OpenAIProvider("text-embedding-3-small").embed([]).shape == (0, 1536)
    assert service.sent == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [("one text", "put it into a list"), ([1, "two"], "int in row 0"), (["one", None], "row 1")],
)
def test_what_is_no_list_of_texts_is_refused(service, texts, message):
    """
    The error comes before anything is sent, and says which row.
    """
    with pytest.raises(InputError, match=message):
        PROVIDER.embed(texts)
    assert service.sent == []


@pytest.mark.parametrize(
    "answer",
    [
        *(
            lambda status=status: failing(status, "try later")
            for status in (408, 409, 425, 429, 500, 502, 503, 504, 520, 524, 529)
        ),
        *(
            lambda error=error: raising(error("broken"))
            for error in (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError)
        ),
        lambda: raising(httpx.ReadTimeout("slow")),
        lambda: httpx.Response(200, json={"error": {"message": "slow down", "code": 429}}),
        lambda: httpx.Response(200, text="<html>just a moment</html>"),
        lambda: good([]),
    ],
)
@pytest.mark.parametrize("number", [1, 3])
def test_what_fails_once_is_sent_again(service, answer, number):
    """
    At the beginning and in the middle of a run, and no row is lost or sent with others.
    """
    service.answering = on([number], answer)
    learn_batches(60)

    assert np.array_equal(PROVIDER.embed(TEXTS), right(TEXTS))
    assert len(service.sent) == 6
    assert service.sent[number - 1] in service.sent[number:]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: failing(401, "no"), AuthenticationFailed),
        (lambda: failing(402, "no"), QuotaExceeded),
        (lambda: failing(403, "no"), AuthenticationFailed),
        (lambda: failing(404, "no"), ModelNotFound),
        (lambda: failing(421, "no"), ProviderError),
        (lambda: failing(302, "", location="http://elsewhere"), ProviderUnavailable),
        (lambda: failing(400, "This model has 8 dimensions"), ProviderError),
        (
            lambda: httpx.Response(429, json={"error": {"code": "insufficient_quota"}}),
            QuotaExceeded,
        ),
    ],
)
def test_what_no_waiting_cures_is_asked_once(service, answer, error):
    """
    The run stops with the first answer, before anything is spent.
    """
    service.answering = lambda texts, number: answer()
    with pytest.raises(error) as caught:
        PROVIDER.embed(TEXTS)

    assert type(caught.value) is error
    assert str(caught.value).startswith("openai (127.0.0.1:9): ")
    assert len(service.sent) == 1


def test_a_service_that_is_not_there_is_tried_a_few_times(service):
    """
    Whoever mistypes an address gets to know it soon.
    """
    service.answering = lambda texts, number: raising(httpx.ConnectError("refused"))
    with pytest.raises(ProviderUnavailable, match=r"127\.0\.0\.1:9.*is the service running\?"):
        PROVIDER.embed(TEXTS)
    assert len(service.sent) == POLICY.first_tries


@pytest.mark.parametrize(
    ("answer", "error", "n_asked"),
    [
        (lambda: failing(404, "no"), ModelNotFound, 0),
        (lambda: failing(400, "no"), ProviderError, 100),
        (lambda: raising(httpx.ConnectError("refused")), ProviderUnavailable, POLICY.first_tries),
    ],
)
def test_this_machine_is_asked_at_once_and_after_a_failure_as_any_other(
    service, monkeypatch, answer, error, n_asked
):
    """
    Where no key is sent there is nothing to lose: but a first volley, no more.
    """
    monkeypatch.delenv("OPENAI_API_KEY")
    learn_batches(10)
    service.answering = lambda texts, number: answer()
    with pytest.raises(error):
        PROVIDER.embed(TEXTS)

    assert len(service.sent) <= UNPAID_STEP + n_asked


def test_a_failure_of_the_first_volley_loses_no_row(service, monkeypatch):
    """
    What was sent together and failed together is sent again.
    """
    monkeypatch.delenv("OPENAI_API_KEY")
    learn_batches(10)
    service.answering = on(range(1, 9), lambda: failing(503, "loading"))

    assert np.array_equal(PROVIDER.embed(TEXTS), right(TEXTS))
    assert len(service.sent) <= len(TEXTS) / 10 + UNPAID_STEP


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_service_that_breaks_down_ends_the_run(service, status):
    """
    What was embedded before has come, and the error says how many that is.
    """
    service.answering = lambda texts, number: failing(status, "no") if number > 2 else None
    learn_batches(10)
    parts, error = kept_until_the_end(TEXTS)

    assert isinstance(error, ProviderUnavailable)
    assert n_rows(parts) == 20
    assert "20 texts were embedded, the same again goes on from there" in str(error)
    assert POLICY.tries <= len(service.sent) <= 2 + 17 * POLICY.straight


@pytest.mark.parametrize("body", ["", "{}", "null", "[]", '{"data": null}', '{"data": [{}]}'])
def test_an_answer_without_vectors_twice_ends_the_run(service, body):
    """
    A mishap may happen once; twice it is another program that answers.
    """
    service.answering = lambda texts, number: httpx.Response(200, text=body)
    with pytest.raises(InvalidResponse, match=r"openai \(127.0.0.1:9\)"):
        PROVIDER.embed(TEXTS[:2])
    assert len(service.sent) == 2


def test_without_a_key_nothing_is_sent(service, monkeypatch):
    """
    The vendor would refuse; other servers may need none.
    """
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(AuthenticationFailed, match="OPENAI_API_KEY is not set"):
        OpenAIProvider("text-embedding-3-small").embed(TEXTS)
    assert service.sent == []


def test_a_fault_of_ours_ends_the_run(service, monkeypatch):
    """
    It is said to be ours, and nobody waits for what will never come.
    """
    monkeypatch.setattr(OpenAIProvider, "parse", lambda self, body, n_texts: {}[KEY])
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ProviderError, match="KeyError in the toolkit") as caught:
        PROVIDER.embed(TEXTS)
    assert KEY not in str(caught.value)


def test_vectors_of_two_lengths_in_a_run_are_refused(service):
    """
    They make no matrix: another model answers.
    """

    def answering(texts, number):
        data = [{"index": place, "embedding": [1.0] * number} for place in range(len(texts))]
        return httpx.Response(200, json={"data": data})

    service.answering = answering
    learn_batches(150)
    with pytest.raises(InvalidResponse, match="vectors of . and of . dimensions"):
        PROVIDER.embed(TEXTS)


def test_a_service_that_ignores_dimensions_is_found_out(service):
    """
    Vectors are cut here only if the model is known to allow it.
    """
    asked = OpenAIProvider("minilm", base_url=ADDRESS, dimensions=4)
    with pytest.raises(InvalidResponse, match="asked for 4 dimensions, got 8"):
        asked.embed(TEXTS)
    more = OpenAIProvider("minilm", base_url=ADDRESS, dimensions=16)
    with pytest.raises(InvalidResponse, match="asked for 16 dimensions, got 8"):
        more.embed(TEXTS)

    full = [{"index": 0, "embedding": [1.0] * 1536}]
    service.answering = lambda texts, number: httpx.Response(200, json={"data": full})
    known = OpenAIProvider("text-embedding-3-small", base_url=ADDRESS, dimensions=256)
    assert known.embed(["late parcel"]).shape == (1, 256)
    fixed = OpenAIProvider("text-embedding-ada-002", base_url=ADDRESS)
    object.__setattr__(fixed, "dimensions", 256)  # as if nobody had known
    with pytest.raises(InvalidResponse, match="asked for 256 dimensions, got 1536"):
        fixed.embed(["late parcel"])


def test_another_model_that_answers_is_told_once(service):
    """
    A gateway may ask somebody else in the middle of a run.
    """
    models = ["minilm", "minilm-2", "minilm-2"]
    service.answering = lambda texts, number: good(texts, model=models[number - 1])
    endpoint_of(PROVIDER).limiter._most = 1.0
    with pytest.warns(ToolkitWarning) as told:
        PROVIDER.embed(TEXTS[:150])

    assert [str(each.message) for each in told] == [
        f"{PROVIDER.name}: the model that answers changed from 'minilm' to 'minilm-2' within a "
        "run: vectors of both may not be comparable"
    ]


def test_another_model_than_was_asked_for_is_told(service):
    """
    Once: some servers serve one model, whatever they are asked for.
    """
    service.answering = lambda texts, number: good(texts, model="bge-m3")
    with pytest.warns(ToolkitWarning, match="asked for the model 'minilm', and 'bge-m3' answers"):
        PROVIDER.embed(TEXTS)

    PROVIDER.embed(TEXTS)  # another warning would be an error


def test_requests_and_tokens_are_counted(service):
    """
    Failed requests too; tokens are as the service counts, or an estimate that says so.
    """
    texts = ["a text of about five tokens"] * 3
    service.answering = lambda texts, number: (
        failing(500) if number == 1 else good(texts, usage={"total_tokens": 6 * len(texts)})
    )
    with counting() as counts:
        PROVIDER.embed(texts)
    assert (counts.requests, counts.tokens, counts.estimated_tokens) == (2, 18, 0)

    service.answering = lambda texts, number: good(texts, usage={"total_tokens": -4})
    with counting() as counts:
        PROVIDER.embed(texts)
    assert counts.tokens == counts.estimated_tokens > 0
    assert counts.cost == counts.unpriced_tokens == 0  # this machine costs nothing
