"""Hugging Face's Text Embeddings Inference: a server with one model, which tells about itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from toolkit.embedding.base import Task
from toolkit.embedding.http.decoding import check_count, count_in, text_in, vector
from toolkit.embedding.http.endpoint import discovery
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.http.urls import checked_url, is_this_machine
from toolkit.embedding.http.wire import (
    BadReply,
    Discovery,
    Fault,
    FaultKind,
    Json,
    Limits,
    Reply,
    Request,
)
from toolkit.embedding.models import KnownModel, known_model
from toolkit.errors import InputError, InvalidResponse

USUAL = Limits(texts=32, batch=32, size=2_000_000)
MOST_IN_BATCH = 128
COMMIT = 12
"""Characters of a commit: enough to tell the versions of one model apart."""


@dataclass(frozen=True, kw_only=True)
class TEIProvider(HTTPProvider):
    """
    Embed texts with a server of Hugging Face's Text Embeddings Inference.

    The server is asked once which model it serves and what it takes. Its vectors are asked for
    with length 1, the server's own default: it matters to no similarity, and they are then those
    that the same model gives on this machine.

    Parameters
    ----------
    model : str
        Address of the server, as ``http://127.0.0.1:8080``.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`. A key, in ``TEI_API_KEY``, is needed if the
        server was started with one.

    References
    ----------
    Hugging Face, "Text Embeddings Inference", API reference.

    Examples
    --------
    >>> from toolkit.embedding.services.tei import TEIProvider
    >>> TEIProvider("http://127.0.0.1:8080").name
    'tei:http://127.0.0.1:8080'
    """

    kind: ClassVar[str] = "tei"
    cuts_texts: ClassVar[bool] = True
    own_keys: ClassVar[KeySource] = KeySource(("TEI_API_KEY",), is_required=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.base_url is not None:
            raise InputError(
                "tei takes the address as its model, tei:http://127.0.0.1:8080, and has no base_url"
            )
        object.__setattr__(self, "model", checked_url(self.model))

    @property
    def url(self) -> str:
        """The address that requests go to."""
        return self.model

    @property
    def is_usual(self) -> bool:
        """Whether texts stay on this machine, and no key goes: every address is somebody's own."""
        return is_this_machine(self.url) and self.keys.key() is None

    @property
    def fingerprint(self) -> str:
        """What the vectors depend on; the address is told once."""
        return super().fingerprint.removesuffix(f" at {self.url}")

    @property
    def known(self) -> KnownModel | None:
        """What is known of the model that the server says it serves."""
        return known_model(discovery(self).model, self.kind)

    @property
    def limits(self) -> Limits:
        """What servers take that were started without options."""
        return USUAL

    @property
    def discovery_url(self) -> str | None:
        """Where the server tells about itself."""
        return f"{self.url}/info"

    def discovered(self, body: Json) -> Discovery:
        """Return the model's commit, precision and pooling, and what the server takes."""
        model = text_in(body, "model_id")
        if model is None:
            raise InvalidResponse(
                f"tei: {self.url}/info does not say which model it serves: is it an address of "
                "Text Embeddings Inference?"
            )

        return Discovery(_revision(body, model), _limits(body), model)

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Put prompts before the texts here: the server does not tell the names of its own."""
        body: dict[str, Json] = {
            "inputs": self.prompted(texts, task),
            "normalize": True,
            "truncate": self.truncate,
        }
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions

        return Request(f"{self.url}/embed", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors: the body is nothing but them, in the order of the texts."""
        if not isinstance(body, list):
            raise BadReply(f"expected a list of vectors, got {type(body).__name__}")
        check_count(len(body), n_texts)

        return Reply([vector(value) for value in body])

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what 424 means here: the model failed on these texts."""
        return Fault(FaultKind.BAD_TEXT, f"424: {message}") if status == 424 else None

    @property
    def _n_dimensions(self) -> int:
        """Length of the vectors where no text tells it: nobody is asked for nothing."""
        return self.dimensions or 0

    def _check_dimensions(self, dimensions: int) -> None:
        """Whether the model offers this length, the server says when it is used."""
        if not (isinstance(dimensions, int) and dimensions > 0):
            raise InputError(f"dimensions must be an integer > 0, got {dimensions!r}")


def _revision(body: Json, model: str) -> str:
    """Vectors depend on the commit, the precision and the pooling; a model in a folder has none."""
    commit = text_in(body, "model_sha")
    parts = (commit[:COMMIT] if commit else model, text_in(body, "model_dtype"), _pooling(body))

    return "-".join(filter(None, parts))


def _limits(body: Json) -> Limits:
    """Its tokens per batch are no limit on a request: the server makes its own batches."""
    n_texts = count_in(body, "max_client_batch_size") or USUAL.texts
    lengths = filter(None, (count_in(body, "max_input_length"), count_in(body, "max_batch_tokens")))

    return Limits(
        texts=n_texts,
        batch=min(n_texts, MOST_IN_BATCH),
        tokens_per_text=min(lengths, default=None),
        size=USUAL.size,
    )


def _pooling(body: Json) -> str | None:
    kind = body.get("model_type") if isinstance(body, dict) else None
    embedding = kind.get("embedding") if isinstance(kind, dict) else None

    return text_in(embedding, "pooling")
