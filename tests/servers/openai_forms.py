"""OpenAI's form of embeddings and those that are close to it: a list of items with an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.servers.forms import Form, Json, as_base64, as_numbers

FIELDS = frozenset({"dimensions", "encoding_format", "user"})


@dataclass(frozen=True)
class OpenAIForm(Form):
    """
    OpenAI, and all who copied it.

    Attributes
    ----------
    format_field : str
        Field that says ``base64`` if vectors are wanted so.
    """

    format_field: str = "encoding_format"

    def texts(self, body: Mapping[str, Json]) -> Sequence[str]:
        texts = body["input"]

        return texts if isinstance(texts, list) else [str(texts)]

    def reply(self, body: Mapping[str, Json], vectors: Sequence[Json], n_tokens: int) -> Json:
        written = as_base64 if body.get(self.format_field) == "base64" else as_numbers

        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": written(vector)}
                for index, vector in enumerate(vectors)
            ],
            "model": body.get("model", self.name),
            "usage": self.usage(n_tokens),
        }

    def usage(self, n_tokens: int) -> dict[str, Json]:
        return {"prompt_tokens": n_tokens, "total_tokens": n_tokens}

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        kind = code or "invalid_request_error"

        return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class VoyageForm(OpenAIForm):
    """Voyage counts all tokens alone and says ``detail``."""

    def usage(self, n_tokens: int) -> dict[str, Json]:
        return {"total_tokens": n_tokens}

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        return {"detail": message}


class JinaForm(VoyageForm):
    """Jina says ``detail`` too, with a code beside it where it has one."""

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        return {"detail": message, **({"code": code} if code else {})}


class MistralForm(OpenAIForm):
    """Mistral's errors lie flat."""

    def error(self, status: int, message: str, code: str | None = None) -> Json:
        return {
            "object": "error",
            "message": message,
            "type": "invalid_request_error",
            "param": None,
            "code": code,
        }


OPENAI = OpenAIForm(
    "openai",
    path=r"/v1/embeddings",
    base="/v1",
    required=frozenset({"model", "input"}),
    optional=FIELDS,
)
AZURE = OpenAIForm(
    "azure",
    path=r"/openai/deployments/[^/]+/embeddings\?api-version=\d{4}-\d\d-\d\d(-preview)?",
    key_header="api-key",
    key_prefix="",
    required=frozenset({"input"}),
    optional=FIELDS,
)
AZURE_V1 = OpenAIForm(
    "azure-v1",
    path=r"/openai/v1/embeddings",
    base="/openai/v1",
    key_header="api-key",
    key_prefix="",
    required=frozenset({"model", "input"}),
    optional=FIELDS,
)
VOYAGE = VoyageForm(
    "voyage",
    path=r"/v1/embeddings",
    base="/v1",
    required=frozenset({"model", "input"}),
    optional=frozenset(
        {"input_type", "truncation", "output_dimension", "output_dtype", "encoding_format"}
    ),
    dimensions_field="output_dimension",
)
JINA = JinaForm(
    "jina",
    path=r"/v1/embeddings",
    base="/v1",
    required=frozenset({"model", "input"}),
    optional=frozenset({"task", "dimensions", "normalized", "embedding_type", "truncate"}),
    format_field="embedding_type",
)
MISTRAL = MistralForm(
    "mistral",
    path=r"/v1/embeddings",
    base="/v1",
    required=frozenset({"model", "input"}),
    optional=frozenset({"output_dimension", "output_dtype", "encoding_format", "metadata"}),
    dimensions_field="output_dimension",
)
