import pytest

from tests.openai_like_forms import AZURE, JINA, LOCAL, MISTRAL, OPENAI, VOYAGE
from toolkit.embedding import OpenAIProvider
from toolkit.embedding.http.faults import classify, message_of
from toolkit.embedding.http.wire import FaultKind
from toolkit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
)


def fault(provider, status, body):
    message = message_of(body, "")

    return provider.fault(status, message, body) or classify(status, {}, body, message)


def openais(message, **more):
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, **more}}


def mistrals(message, **more):
    return {"object": "error", "message": message, "type": "invalid_request_error", **more}


def jinas(code, detail):
    return {"code": code, "detail": detail, "request_id": "03f58cd9da22fabf"}


@pytest.mark.parametrize(
    ("provider", "status", "body", "error"),
    [
        (OPENAI, 429, openais("Quota", code="insufficient_quota"), QuotaExceeded),
        (OPENAI, 404, openais("The model `x` does not exist"), ModelNotFound),
        (OPENAI, 400, openais("This model does not support specifying dimensions."), ProviderError),
        (LOCAL, 400, {"error": "model 'x' not found"}, ModelNotFound),
        (LOCAL, 400, {"object": "error", "message": "Unknown model: x"}, ModelNotFound),
        (
            AZURE,
            404,
            {"error": {"code": "DeploymentNotFound", "message": "No such API deployment."}},
            ModelNotFound,
        ),
        (AZURE, 401, {"error": {"code": "401", "message": "Access denied"}}, AuthenticationFailed),
        (VOYAGE, 400, {"detail": "Model x is not supported. Supported models are"}, ModelNotFound),
        (VOYAGE, 401, {"detail": "Provided API key is invalid."}, AuthenticationFailed),
        (
            JINA,
            403,
            jinas("AUTHZ_INSUFFICIENT_BALANCE", "Insufficient account balance."),
            QuotaExceeded,
        ),
        (JINA, 403, {"detail": "Insufficient account balance."}, QuotaExceeded),
        (JINA, 401, jinas("AUTH_INVALID_API_KEY", "Invalid API key."), AuthenticationFailed),
        (JINA, 400, jinas("INPUT_MODEL_NOT_FOUND", "Model 'x' not found."), ModelNotFound),
        (
            JINA,
            422,
            {"detail": "Validation error", "errors": [{"field": "task", "message": "no such"}]},
            ProviderError,
        ),
        (MISTRAL, 400, mistrals("Invalid model: x", code="1500"), ModelNotFound),
        (MISTRAL, 401, {"detail": "Unauthorized"}, AuthenticationFailed),
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
            OPENAI,
            400,
            openais("Requested 375703 tokens, max 300000 tokens per request"),
            FaultKind.TOO_MANY_TOKENS,
            300_000,
        ),
        (
            OPENAI,
            400,
            openais("This model's maximum context length is 8192 tokens, however you requested 9"),
            FaultKind.TOO_LONG,
            8192,
        ),
        (OPENAI, 400, openais("'$.input' is invalid."), FaultKind.BAD_TEXT, None),
        (
            LOCAL,
            400,
            openais("Value error, batch size is invalid, it should not be larger than 10."),
            FaultKind.TOO_MANY_TEXTS,
            10,
        ),
        (
            AZURE,
            400,
            openais("Too many inputs. The max number of inputs is 16."),
            FaultKind.TOO_MANY_TEXTS,
            16,
        ),
        (
            VOYAGE,
            400,
            {
                "detail": "Request to model 'voyage-code-3' failed. The max allowed tokens per "
                "submitted batch is 120000. Your batch has 124417 tokens after truncation."
            },
            FaultKind.TOO_MANY_TOKENS,
            120_000,
        ),
        (
            JINA,
            400,
            jinas(
                "INPUT_TOKEN_LIMIT_EXCEEDED",
                "Input text exceeds the model's maximum of 8192 tokens. Use 'truncate: true'",
            ),
            FaultKind.TOO_LONG,
            8192,
        ),
        (JINA, 400, jinas("INPUT_TOKEN_LIMIT_EXCEEDED", "Too much."), FaultKind.TOO_LONG, None),
        (
            JINA,
            422,
            {"detail": "Validation error", "errors": [{"field": "input.3", "message": "empty"}]},
            FaultKind.BAD_TEXT,
            None,
        ),
        (JINA, 422, {"detail": "Validation error"}, FaultKind.BAD_TEXT, None),
        (
            MISTRAL,
            400,
            mistrals("Too many tokens in batch. Max is 16384 got 17555"),
            FaultKind.TOO_MANY_TOKENS,
            16_384,
        ),
        (
            MISTRAL,
            400,
            mistrals("Too many tokens overall, split into more batches.", code="3210"),
            FaultKind.TOO_MANY_TOKENS,
            None,
        ),
        (
            MISTRAL,
            400,
            mistrals("Too many inputs in request, split into more batches.", code="3210"),
            FaultKind.TOO_MANY_TEXTS,
            None,
        ),
    ],
)
def test_what_smaller_requests_cure_is_told_apart(provider, status, body, kind, cap):
    """
    Too many texts, too many tokens and one text that is too long each have their cure.
    """
    found = fault(provider, status, body)

    assert (found.kind, found.cap) == (kind, cap)


@pytest.mark.parametrize(
    ("provider", "status", "body"),
    [
        (OPENAI, 429, openais("Rate limit reached")),
        (VOYAGE, 429, {"detail": "You have not yet added your payment method."}),
        (JINA, 429, jinas("RATE_TOKEN_LIMIT_EXCEEDED", "Token rate limit exceeded: 1/2")),
        (MISTRAL, 503, {}),
    ],
)
def test_a_busy_service_is_asked_again(provider, status, body):
    """
    Limits by the minute are no reason to give up.
    """
    found = fault(provider, status, body)

    assert (found.kind, found.error) == (FaultKind.BUSY, ProviderUnavailable)


def test_what_people_get_wrong_at_azure_is_said():
    """
    Azure wants the name of the deployment, and people give the model's.
    """
    body = {"error": {"code": "DeploymentNotFound", "message": "No such API deployment."}}

    assert "model is the deployment's own name" in fault(AZURE, 404, body).message


@pytest.mark.parametrize(
    "message", ["base64 encoding is not currently supported", "encoding_format has no valid value"]
)
def test_a_server_without_base64_is_told_how_to_be_asked(message):
    """
    A few servers refuse what most understand: the error holds the cure.
    """
    found = fault(LOCAL, 400, openais(message))
    assert found.kind is FaultKind.FATAL
    assert found.message.endswith("add encoding_format=float to the provider's name")

    asked = OpenAIProvider("minilm", base_url=LOCAL.base_url, encoding_format="float")
    assert "encoding_format=float" not in fault(asked, 400, openais(message)).message
