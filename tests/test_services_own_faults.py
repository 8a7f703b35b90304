import pytest

from tests.own_forms import COHERE, GEMINI, OLLAMA, TEI
from toolkit.embedding.http.faults import classify, message_of
from toolkit.embedding.http.wire import FaultKind
from toolkit.errors import AuthenticationFailed, ModelNotFound, ProviderError, QuotaExceeded


def fault(provider, status, body):
    message = message_of(body, "")

    return provider.fault(status, message, body) or classify(status, {}, body, message)


def googles(message, status="", **details):
    return {"error": {"message": message, "status": status, "details": [details]}}


@pytest.mark.parametrize(
    ("provider", "status", "body", "error"),
    [
        (COHERE, 498, {"message": "invalid token"}, AuthenticationFailed),
        (COHERE, 401, {"message": "invalid api token"}, AuthenticationFailed),
        (COHERE, 429, {"message": "Trial key, limited to 1000 API calls / month"}, QuotaExceeded),
        (
            GEMINI,
            429,
            googles(
                "You exceeded your current quota.",
                "RESOURCE_EXHAUSTED",
                violations=[{"quotaId": "EmbedContentRequestsPerDayPerUserPerProjectPerModel"}],
                retryDelay="34s",
            ),
            QuotaExceeded,
        ),
        (GEMINI, 429, googles("Quota exceeded for embed_requests, limit: 0"), QuotaExceeded),
        (GEMINI, 400, googles("Wrong.", reason="API_KEY_INVALID"), AuthenticationFailed),
        (GEMINI, 400, googles("API key expired. Renew it."), AuthenticationFailed),
        (GEMINI, 400, googles("User location is wrong", "FAILED_PRECONDITION"), ProviderError),
        (OLLAMA, 404, {"error": 'model "x" not found, try pulling it first'}, ModelNotFound),
        (OLLAMA, 404, {}, ModelNotFound),
    ],
)
def test_what_no_waiting_cures_ends_the_run(provider, status, body, error):
    """
    A person must do something: the run stops with the error that says what.
    """
    found = fault(provider, status, body)

    assert (found.kind, found.error) == (FaultKind.FATAL, error)
    assert message_of(body, "") in found.message


@pytest.mark.parametrize(
    ("provider", "status", "body", "kind", "cap"),
    [
        (
            COHERE,
            429,
            {"message": "trial token rate limit exceeded, limit is 100000 tokens per minute"},
            FaultKind.BUSY,
            None,
        ),
        (
            COHERE,
            400,
            {"message": "invalid request: total number of texts must be at most 96 - received 131"},
            FaultKind.TOO_MANY_TEXTS,
            96,
        ),
        (
            GEMINI,
            429,
            googles(
                "You exceeded your current quota.",
                violations=[{"quotaId": "EmbedContentRequestsPerMinutePerUser"}],
                retryDelay="34s",
            ),
            FaultKind.BUSY,
            None,
        ),
        (
            GEMINI,
            400,
            googles("Request payload size exceeds the limit: 4194304 bytes."),
            FaultKind.TOO_MANY_TOKENS,
            None,
        ),
        (
            GEMINI,
            400,
            googles("* Batch.requests: at most 100 requests can be in one batch\n"),
            FaultKind.TOO_MANY_TEXTS,
            100,
        ),
        (OLLAMA, 500, {"error": "json: unsupported value: NaN"}, FaultKind.BAD_TEXT, None),
        (OLLAMA, 400, {"error": "embedding contains NaN or Inf values"}, FaultKind.BAD_TEXT, None),
        (
            OLLAMA,
            400,
            {"error": "the input length exceeds the context length"},
            FaultKind.TOO_LONG,
            None,
        ),
        (
            OLLAMA,
            503,
            {"error": "server busy, please try again.  maximum pending requests exceeded"},
            FaultKind.BUSY,
            None,
        ),
        (TEI, 424, {"error": "DriverError", "error_type": "Backend"}, FaultKind.BAD_TEXT, None),
        (TEI, 429, {"error": "Model is overloaded"}, FaultKind.BUSY, None),
        (
            TEI,
            422,
            {"error": "`inputs` must have less than 512 tokens. Given: 534"},
            FaultKind.TOO_LONG,
            512,
        ),
        *(
            (
                TEI,
                status,
                {"error": "batch size 64 > maximum allowed batch size 32"},
                FaultKind.TOO_MANY_TEXTS,
                32,
            )
            for status in (413, 422)
        ),
    ],
)
def test_what_the_run_can_mend_is_told_apart(provider, status, body, kind, cap):
    """
    Waiting, fewer texts, shorter texts or other texts: each failure says which it needs.
    """
    found = fault(provider, status, body)

    assert (found.kind, found.cap) == (kind, cap)


@pytest.mark.parametrize(
    "body", [None, "no", [], {"error": None}, {"error": "no"}, {"error": {"details": None}}]
)
@pytest.mark.parametrize("status", [400, 404, 413, 424, 429, 498, 500])
@pytest.mark.parametrize("provider", [COHERE, GEMINI, OLLAMA, TEI], ids=lambda one: one.kind)
def test_no_body_of_a_failure_breaks_us(provider, status, body):
    """
    Failures come with bodies of any form, and each is still told.
    """
    assert str(status) in fault(provider, status, body).message


def test_a_missing_model_comes_with_its_cure():
    """
    The command that fetches it can be copied from the message.
    """
    body = {"error": 'model "nomic-embed-text" not found, try pulling it first'}

    assert fault(OLLAMA, 404, body).message.endswith("ollama pull nomic-embed-text")
