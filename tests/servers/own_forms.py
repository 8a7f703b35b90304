"""Forms of their own: Cohere, Gemini, Ollama and Text Embeddings Inference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.servers.forms import Form, Json, as_numbers
from tests.servers.openai_forms import AZURE, AZURE_V1, JINA, MISTRAL, OPENAI, VOYAGE

INPUT_TYPES = ("search_document", "search_query", "classification", "clustering")
DIGEST = "0a109f422b47e3a30ba2b10eca18548e944e8a23073ee3f3e947efcf3c45e59f"
COMMIT = "c007d7ef6fd86656326059b28395a7a03a7c5846"


class CohereForm(Form):
    """Version 2: vectors under the name of their type, in the order of the texts."""

    def texts(self, body: Mapping[str, Json]) -> Sequence[str]:
        return list(body["texts"])

    def reply(self, body: Mapping[str, Json], vectors: Sequence[Json], n_tokens: int) -> Json:
        return {
            "id": "0d8f3c1e",
            "embeddings": {"float": [as_numbers(vector) for vector in vectors]},
            "texts": body["texts"],
            "meta": {"billed_units": {"input_tokens": n_tokens}},
        }

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        return {"id": "0d8f3c1e", "message": message}

    def problem(self, path: str, body: Json) -> str | None:
        wrong = super().problem(path, body)
        if wrong is None and body["input_type"] not in INPUT_TYPES:
            return f"no such input_type: {body['input_type']}"

        return wrong


class GeminiForm(Form):
    """A request for each text inside one, each with the model's name again."""

    def texts(self, body: Mapping[str, Json]) -> Sequence[str]:
        return [each["content"]["parts"][0]["text"] for each in body["requests"]]

    def dimensions(self, body: Mapping[str, Json]) -> int | None:
        return body["requests"][0].get("outputDimensionality")

    def reply(self, body: Mapping[str, Json], vectors: Sequence[Json], n_tokens: int) -> Json:
        return {
            "embeddings": [{"values": as_numbers(vector)} for vector in vectors],
            "usageMetadata": {"promptTokenCount": n_tokens},
        }

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        return {"error": {"code": status, "message": message, "status": code or _status(status)}}

    def problem(self, path: str, body: Json) -> str | None:
        wrong = super().problem(path, body)
        if wrong is None:
            model = path.rpartition("/")[2].partition(":")[0]
            if any(each["model"] != f"models/{model}" for each in body["requests"]):
                return "a request inside is for another model"

        return wrong


class OllamaForm(Form):
    """Its own form; the list of models tells the digest."""

    def texts(self, body: Mapping[str, Json]) -> Sequence[str]:
        return list(body["input"])

    def reply(self, body: Mapping[str, Json], vectors: Sequence[Json], n_tokens: int) -> Json:
        return {
            "model": body["model"],
            "embeddings": [as_numbers(vector) for vector in vectors],
            "total_duration": 14_143_917,
            "load_duration": 1_019_500,
            "prompt_eval_count": n_tokens,
        }

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        return {"error": message}

    def told(self, path: str) -> Json:
        name = "nomic-embed-text:latest"

        return (
            {"models": [{"name": name, "model": name, "digest": DIGEST}]}
            if path == "/api/tags"
            else None
        )


@dataclass(frozen=True)
class TEIForm(Form):
    """
    A bare list of vectors; the server tells its model and what it takes.

    Attributes
    ----------
    most_texts : int
        What it tells.
    """

    most_texts: int = 32

    def texts(self, body: Mapping[str, Json]) -> Sequence[str]:
        return list(body["inputs"])

    def reply(self, body: Mapping[str, Json], vectors: Sequence[Json], n_tokens: int) -> Json:
        return [as_numbers(vector) for vector in vectors]

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        return {"error": message, "error_type": code or "Validation"}

    def told(self, path: str) -> Json:
        if path != "/info":
            return None

        return {
            "model_id": "intfloat/multilingual-e5-small",
            "model_sha": COMMIT,
            "model_dtype": "float16",
            "model_type": {"embedding": {"pooling": "mean"}},
            "max_input_length": 512,
            "max_batch_tokens": 16_384,
            "max_client_batch_size": self.most_texts,
            "auto_truncate": True,
            "version": "1.9.0",
        }


COHERE = CohereForm(
    "cohere",
    path=r"/v2/embed",
    required=frozenset({"model", "texts", "input_type", "embedding_types"}),
    optional=frozenset({"truncate", "output_dimension", "max_tokens", "priority"}),
    dimensions_field="output_dimension",
)
GEMINI = GeminiForm(
    "gemini",
    path=r"/v1beta/models/[^/:]+:batchEmbedContents",
    key_header="x-goog-api-key",
    key_prefix="",
    required=frozenset({"requests"}),
)
OLLAMA = OllamaForm(
    "ollama",
    path=r"/api/embed",
    required=frozenset({"model", "input"}),
    optional=frozenset({"truncate", "dimensions", "options", "keep_alive"}),
)
TEI = TEIForm(
    "tei",
    path=r"/embed",
    required=frozenset({"inputs"}),
    optional=frozenset(
        {"normalize", "truncate", "truncation_direction", "prompt_name", "dimensions"}
    ),
)

FORMS = {
    form.name: form
    for form in (OPENAI, AZURE, AZURE_V1, COHERE, VOYAGE, JINA, GEMINI, MISTRAL, OLLAMA, TEI)
}


def _status(status: int) -> str:
    """Google's word for a status."""
    words = {
        400: "INVALID_ARGUMENT",
        401: "UNAUTHENTICATED",
        403: "PERMISSION_DENIED",
        404: "NOT_FOUND",
        429: "RESOURCE_EXHAUSTED",
        500: "INTERNAL",
        503: "UNAVAILABLE",
    }

    return words.get(status, "UNKNOWN")
