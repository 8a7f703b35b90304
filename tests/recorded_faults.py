"""What services say when they refuse texts, and what is to be understood."""

from collections.abc import Mapping

from toolkit.embedding.http.wire import FaultKind

TEXTS, TOKENS, LONG = FaultKind.TOO_MANY_TEXTS, FaultKind.TOO_MANY_TOKENS, FaultKind.TOO_LONG
BAD, FATAL = FaultKind.BAD_TEXT, FaultKind.FATAL

Told = tuple[FaultKind, int | None, int | None]
"""What to do, the limit that is named, and how much was given."""


def openais(message, **more):
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, **more}}


RECORDED: Mapping[str, tuple[int, object, Told]] = {
    "openai tokens": (
        400,
        openais(
            "Requested 375703 tokens, max 300000 tokens per request",
            type="max_tokens_per_request",
            code="max_tokens_per_request",
        ),
        (TOKENS, 300_000, 375_703),
    ),
    "openai context": (
        400,
        openais(
            "This model's maximum context length is 8192 tokens, however you requested 155434 "
            "tokens (155434 in your prompt; 0 for the completion)."
        ),
        (LONG, 8192, 155_434),
    ),
    "openai input": (400, openais("'$.input' is invalid."), (BAD, None, None)),
    "openai array": (
        400,
        openais(
            "Invalid 'input': array too long. Expected an array with maximum length 2048, but got "
            "an array with length 2049 instead."
        ),
        (TEXTS, 2048, None),
    ),
    "azure inputs": (
        400,
        openais("Too many inputs. The max number of inputs is 16."),
        (TEXTS, 16, None),
    ),
    "cohere texts": (
        400,
        {"message": "invalid request: total number of texts must be at most 96 - received 131"},
        (TEXTS, 96, None),
    ),
    "voyage tokens": (
        400,
        {
            "detail": "Request to model 'voyage-code-3' failed. The max allowed tokens per "
            "submitted batch is 120000. Your batch has 124417 tokens after truncation. Please "
            "lower the number of tokens in the batch."
        },
        (TOKENS, 120_000, 124_417),
    ),
    "jina text": (
        400,
        {"detail": "Single text cannot exceed 8192 tokens. 9237 tokens given."},
        (LONG, 8192, 9237),
    ),
    "jina texts": (
        400,
        {"detail": "input length is larger than the largest allowed size 2048"},
        (TEXTS, 2048, None),
    ),
    "gemini texts": (
        400,
        openais(
            "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
            status="INVALID_ARGUMENT",
        ),
        (TEXTS, 100, None),
    ),
    "mistral tokens": (
        400,
        {
            "object": "error",
            "message": "Too many tokens in batch. Max is 16384 got 17555",
            "type": "invalid_request_error",
        },
        (TOKENS, 16_384, 17_555),
    ),
    "tei texts": (
        422,
        {"error": "batch size 64 > maximum allowed batch size 32", "error_type": "Validation"},
        (TEXTS, 32, None),
    ),
    "tei text": (
        422,
        {"error": "`inputs` must have less than 512 tokens. Given: 534"},
        (LONG, 512, 534),
    ),
    "tei empty": (400, {"error": "`inputs` cannot be empty"}, (BAD, None, None)),
    "ollama NaN": (
        500,
        {"error": "failed to encode response: json: unsupported value: NaN"},
        (BAD, None, None),
    ),
    "ollama NaN now": (400, {"error": "embedding contains NaN or Inf values"}, (BAD, None, None)),
    "ollama text": (
        400,
        {"error": "the input length exceeds the context length"},
        (LONG, None, None),
    ),
    "llama.cpp text": (
        500,
        openais(
            "input (602 tokens) is too large to process. increase the physical batch size (current "
            "batch size: 512)",
            code=500,
            type="server_error",
        ),
        (LONG, 512, 602),
    ),
    "vllm text": (
        400,
        openais(
            "This model's maximum context length is 256 tokens. However, your prompt contains at "
            "least 257 input tokens..."
        ),
        (LONG, 256, None),
    ),
    "vllm text, before": (
        400,
        openais(
            "This model's maximum context length is 512 tokens. However, you requested 534 tokens "
            "in the input for embedding generation."
        ),
        (LONG, 512, 534),
    ),
    "vllm dimensions": (
        400,
        openais('Model "minilm" does not support matryoshka representation.'),
        (FATAL, None, None),
    ),
    "dashscope texts": (
        400,
        openais("Value error, batch size is invalid, it should not be larger than 10."),
        (TEXTS, 10, None),
    ),
    "infinity texts": (
        422,
        {"detail": [{"loc": ["body", "input"], "msg": "List should have at most 2048 items"}]},
        (TEXTS, 2048, None),
    ),
    "a text in tokens": (400, openais("input must be at most 512 tokens"), (LONG, 512, None)),
    "a text in characters": (
        422,
        {"detail": [{"loc": ["input", 0], "msg": "String should have at most 122880 characters"}]},
        (LONG, None, None),
    ),
    "nginx body": (413, None, (TOKENS, None, None)),
    "a body": (400, {"error": "request body too large"}, (TOKENS, None, None)),
    "no reason": (400, None, (BAD, None, None)),
}
"""Status and body of each, and what they tell."""
