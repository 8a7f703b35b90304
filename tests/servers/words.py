"""What each service says when it refuses, in its own words as far as they are known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.servers.asked import Asked
from tests.servers.faults import Answering, json_body, n_bytes, n_tokens, saying


@dataclass(frozen=True)
class Said:
    """A refusal that names a limit and what came: ``{cap}`` and ``{given}`` in its message."""

    status: int
    message: str
    code: str | None = None

    def about(self, size: Callable[[Asked], int], cap: int) -> Answering:
        """Return this refusal of requests whose size is over the cap."""
        return lambda asked: asked.refusal(
            self.status, self.message.format(cap=cap, given=size(asked)), self.code
        )


@dataclass(frozen=True)
class Words:
    """
    The refusals of one service; None or none where it has no such refusal.

    Attributes
    ----------
    no_key : Answering
    no_model : Answering or None
    hint : str
        What the toolkit should say about the model beyond the service's own words, a regular
        expression.
    no_credit : Answering or None
    too_many_texts : Said or None
    too_much : Said or None
        Of all texts of a request together.
    size : callable
        How the service measures that.
    too_long : sequence of Said
        Of one text.
    no_number : sequence of Said
        Of a text whose vector cannot be computed.
    """

    no_key: Answering
    no_model: Answering | None = None
    hint: str = ""
    no_credit: Answering | None = None
    too_many_texts: Said | None = None
    too_much: Said | None = None
    size: Callable[[Asked], int] = n_tokens
    too_long: Sequence[Said] = ()
    no_number: Sequence[Said] = ()


NO_CREDIT = saying(
    429,
    "You exceeded your current quota, please check your plan and billing details.",
    "insufficient_quota",
)
PAYMENT_REQUIRED = saying(402, "Payment required: no credit is left on this account.")
TOO_MUCH = Said(
    400, "Requested {given} tokens, max {cap} tokens per request", "max_tokens_per_request"
)
TOO_LONG = Said(
    400,
    "This model's maximum context length is {cap} tokens, however you requested {given} tokens "
    "({given} in your prompt; 0 for the completion). Please reduce your prompt.",
)
TOO_LONG_SINCE_2025 = Said(400, "Invalid 'input[0]': maximum input length is {cap} tokens.")
GEMINI_PER_DAY = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "EmbedContentRequestsPerDayPerProjectPerModel"}],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"},
        ],
    }
}

WORDS: Mapping[str, Words] = {
    "openai": Words(
        no_key=saying(401, "Incorrect API key provided.", "invalid_api_key"),
        no_model=saying(
            404, "The model `text-embedding-3-small` does not exist.", "model_not_found"
        ),
        no_credit=NO_CREDIT,
        too_many_texts=Said(
            400,
            "Invalid 'input': array too long. Expected an array with maximum length {cap}, but "
            "got an array with length {given} instead.",
            "array_above_max_length",
        ),
        too_much=TOO_MUCH,
        too_long=[TOO_LONG, TOO_LONG_SINCE_2025, TOO_MUCH],
    ),
    # vLLM, DashScope, llama.cpp
    "compatible": Words(
        no_key=json_body({"error": "Unauthorized"}, 401),
        no_model=saying(404, "The model `my-model` does not exist.", "NotFoundError"),
        no_credit=saying(402, "Insufficient Balance"),
        too_many_texts=Said(
            400,
            "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it "
            "should not be larger than {cap}.: input.contents",
        ),
        too_much=TOO_MUCH,
        too_long=[
            Said(
                400,
                "This model's maximum context length is {cap} tokens. However, you requested "
                "{given} tokens in the input for embedding generation.",
            ),
            Said(
                500,
                "input ({given} tokens) is too large to process. increase the physical batch "
                "size (current batch size: {cap})",
            ),
        ],
        no_number=[Said(500, "failed to encode response: json: unsupported value: NaN")],
    ),
    "azure": Words(
        no_key=saying(401, "Access denied due to invalid subscription key.", "401"),
        no_model=saying(
            404,
            "The API deployment for this resource does not exist.",
            "DeploymentNotFound",
        ),
        hint="deployment's own name",
        no_credit=NO_CREDIT,
        too_many_texts=Said(400, "Too many inputs. The max number of inputs is {cap}."),
        too_much=TOO_MUCH,
        too_long=[TOO_LONG],
    ),
    "cohere": Words(
        no_key=saying(401, "invalid api token"),
        no_model=saying(404, "model 'embed-v4.0' not found"),
        no_credit=saying(
            429, "You are using a Trial key, which is limited to 1000 API calls / month"
        ),
        too_many_texts=Said(
            400,
            "invalid request: total number of texts must be at most {cap} - received {given}",
        ),
        too_long=[Said(400, "invalid request: a text is too long: {given} tokens, not {cap}")],
    ),
    "voyage": Words(
        no_key=saying(401, "Provided API key is invalid."),
        no_model=saying(400, "Model voyage-4 is not supported. Supported models are ['voyage-3']"),
        no_credit=PAYMENT_REQUIRED,
        too_many_texts=Said(400, "The input list is too long: at most {cap} inputs, not {given}."),
        too_much=Said(
            400,
            "Request to model 'voyage-4' failed. The max allowed tokens per submitted batch is "
            "{cap}. Your batch has {given} tokens after truncation. Please lower the number of "
            "tokens in the batch.",
        ),
        too_long=[Said(400, "The input is too long: its context length is over {cap} tokens.")],
    ),
    "jina": Words(
        no_key=saying(401, "Invalid API key", "AUTH_INVALID_API_KEY"),
        no_model=saying(404, "Model jina-embeddings-v3 not found"),
        no_credit=saying(403, "Insufficient account balance", "AUTHZ_INSUFFICIENT_BALANCE"),
        too_many_texts=Said(400, "input length is larger than the largest allowed size {cap}"),
        too_long=[
            Said(400, "Single text cannot exceed {cap} tokens. {given} tokens given."),
        ],
    ),
    "gemini": Words(
        no_key=saying(403, "Method doesn't allow unregistered callers.", "PERMISSION_DENIED"),
        no_model=saying(404, "models/gemini-embedding-001 is not found", "NOT_FOUND"),
        no_credit=json_body(GEMINI_PER_DAY, 429),
        too_many_texts=Said(
            400,
            "* BatchEmbedContentsRequest.requests: at most {cap} requests can be in one batch\n",
        ),
        too_much=Said(400, "Request payload size exceeds the limit: {cap} bytes."),
        size=n_bytes,
    ),
    "mistral": Words(
        no_key=json_body({"detail": "Unauthorized"}, 401),
        no_model=saying(400, "Invalid model: codestral-embed", "1500"),
        no_credit=PAYMENT_REQUIRED,
        too_many_texts=Said(400, "Too many inputs in request, split into more batches.", "3210"),
        too_much=Said(400, "Too many tokens in batch. Max is {cap} got {given}"),
        too_long=[Said(400, "Too many tokens in batch. Max is {cap} got {given}")],
    ),
    "ollama": Words(
        no_key=saying(401, "unauthorized"),
        no_model=saying(404, 'model "nomic-embed-text" not found, try pulling it first'),
        hint="ollama pull nomic-embed-text",
        too_long=[Said(400, "the input length exceeds the context length")],
        no_number=[
            Said(500, "failed to encode response: json: unsupported value: NaN"),
            Said(400, "embedding contains NaN or Inf values"),
        ],
    ),
    "tei": Words(
        no_key=saying(401, "Unauthorized"),
        too_many_texts=Said(422, "batch size {given} > maximum allowed batch size {cap}"),
        too_much=Said(413, "Failed to buffer the request body: length limit exceeded"),
        size=n_bytes,
        too_long=[
            Said(
                422,
                "Input validation error: `inputs` must have less than {cap} tokens. Given: {given}",
            )
        ],
        no_number=[Said(424, "the model gave no numbers", "Backend")],
    ),
}
