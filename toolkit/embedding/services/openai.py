"""OpenAI, and every server that speaks its form: vLLM, llama.cpp, infinity, OpenRouter, ..."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from toolkit.embedding.base import Task
from toolkit.embedding.http.decoding import by_index, count_in, items, text_in
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.http.wire import Fault, FaultKind, Json, Limits, Reply, Request
from toolkit.errors import InputError, ModelNotFound

TEXTS, TOKENS, TOKENS_PER_TEXT = 2048, 300_000, 8192
BATCH_ELSEWHERE = 64

NO_MODEL = (
    r"\b(?:unknown|invalid) model\b|\bmodel\b.{0,100}\bnot (?:found|supported|exist)|no such model"
)
NO_BASE64 = r"encoding_format|base64 encoding"


@dataclass(frozen=True)
class Vendor:
    """
    What is known of a vendor that speaks OpenAI's form.

    Attributes
    ----------
    keys : tuple of str
        Environment variables with its key.
    texts : int
        Most texts in a request.
    extra : mapping
        What its requests have in addition.
    """

    keys: tuple[str, ...]
    texts: int = TEXTS
    extra: Mapping[str, Json] = field(default_factory=dict)


VENDORS: Mapping[str, Vendor] = {
    "api.openai.com": Vendor(("OPENAI_API_KEY",)),
    # Hosts of one model may compute with other precisions: the same one has to answer every time.
    "openrouter.ai": Vendor(
        ("OPENROUTER_API_KEY",), extra={"provider": {"allow_fallbacks": False, "sort": "price"}}
    ),
    "api.together.xyz": Vendor(("TOGETHER_API_KEY",)),
    "api.together.ai": Vendor(("TOGETHER_API_KEY",)),
    "api.fireworks.ai": Vendor(("FIREWORKS_API_KEY",)),
    "api.deepinfra.com": Vendor(("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN"), texts=1024),
    "dashscope.aliyuncs.com": Vendor(("DASHSCOPE_API_KEY",), texts=10),
    "dashscope-intl.aliyuncs.com": Vendor(("DASHSCOPE_API_KEY",), texts=10),
    "api.siliconflow.cn": Vendor(("SILICONFLOW_API_KEY",), texts=64),
    "api.siliconflow.com": Vendor(("SILICONFLOW_API_KEY",), texts=64),
    "nebius.com": Vendor(("NEBIUS_API_KEY",)),
    "nebius.ai": Vendor(("NEBIUS_API_KEY",)),
    "api.groq.com": Vendor(("GROQ_API_KEY",)),
    "huggingface.co": Vendor(("HF_TOKEN",)),
    "api.cohere.com": Vendor(("COHERE_API_KEY", "CO_API_KEY"), texts=96),
    "api.cohere.ai": Vendor(("COHERE_API_KEY", "CO_API_KEY"), texts=96),
    "openai.azure.com": Vendor(("AZURE_OPENAI_API_KEY",)),
    "api.voyageai.com": Vendor(("VOYAGE_API_KEY",)),
    "api.jina.ai": Vendor(("JINA_API_KEY",)),
    "api.mistral.ai": Vendor(("MISTRAL_API_KEY",)),
    "generativelanguage.googleapis.com": Vendor(("GEMINI_API_KEY", "GOOGLE_API_KEY"), texts=100),
}
"""By host, with all below it: the key of one vendor is never sent to another."""


@dataclass(frozen=True, kw_only=True)
class OpenAIProvider(HTTPProvider):
    """
    Embed texts with OpenAI, or with any server that speaks its form of embeddings.

    OpenAI refuses texts that are too long: with ``truncate=True`` they are cut here, and counted.

    Parameters
    ----------
    model : str
        As ``text-embedding-3-small``.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice.
    base_url : str, optional
        Another server, as ``http://127.0.0.1:8080/v1``; ``OPENAI_BASE_URL`` or OpenAI's own if not
        given. The keys of other vendors are looked for under their own names, as
        ``OPENROUTER_API_KEY``; servers that nobody knows get ``OPENAI_API_KEY`` if it is set.
    encoding_format : {"base64", "float"}, default="base64"
        How vectors are sent: base64 is a quarter of the bytes, but a few servers refuse it.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`.

    References
    ----------
    OpenAI, "Create embeddings", API reference.

    Examples
    --------
    >>> from toolkit.embedding import OpenAIProvider
    >>> OpenAIProvider("text-embedding-3-small", dimensions=512).name
    'openai:text-embedding-3-small@512'
    """

    encoding_format: Literal["base64", "float"] = "base64"

    kind: ClassVar[str] = "openai"
    own_url: ClassVar[str | None] = "https://api.openai.com/v1"
    url_env: ClassVar[str | None] = "OPENAI_BASE_URL"
    own_keys: ClassVar[KeySource] = KeySource(("OPENAI_API_KEY",))
    same_vectors: ClassVar[tuple[str, ...]] = ("encoding_format",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoding_format not in ("base64", "float"):
            raise InputError(
                f"encoding_format must be base64 or float, got {self.encoding_format!r}"
            )

    @property
    def keys(self) -> KeySource:
        """Where the key comes from: each vendor has its own, other servers may need none."""
        vendor = vendor_of(self.url)
        if self.key_env is not None or vendor is None:
            return super().keys

        return replace(self.own_keys, names=vendor.keys)

    @property
    def limits(self) -> Limits:
        """OpenAI's own, or what other servers of the kind take."""
        n_tokens = self.known.max_tokens if self.known is not None else None
        if self.is_vendors:
            return Limits(texts=TEXTS, tokens=TOKENS, tokens_per_text=n_tokens or TOKENS_PER_TEXT)
        vendor = vendor_of(self.url)
        n_texts = vendor.texts if vendor is not None else TEXTS

        return Limits(texts=n_texts, batch=BATCH_ELSEWHERE, tokens_per_text=n_tokens)

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask for the vectors; there is no field for the task."""
        vendor = vendor_of(self.url)
        extra = vendor.extra if vendor is not None else {}
        body = {"model": self.model, **self._body(texts, task), **extra}

        return Request(f"{self.url}/embeddings", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors in the order of their indexes."""
        return openai_reply(body, n_texts)

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what a refused request means if it is not about the texts."""
        if status in (400, 422) and re.search(NO_BASE64, message) and self._asks_base64:
            cure = "add encoding_format=float to the provider's name"
            return Fault(FaultKind.FATAL, f"{status}: {message}: {cure}")

        return no_model(status, message)

    @property
    def _asks_base64(self) -> bool:
        return self.encoding_format == "base64"

    def _body(self, texts: Sequence[str], task: Task) -> dict[str, Json]:
        body: dict[str, Json] = {
            "input": self.prompted(texts, task),
            "encoding_format": self.encoding_format,
        }
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions

        return body


def openai_reply(body: Json, n_texts: int) -> Reply:
    """
    Return the vectors of a reply in OpenAI's form, or raise BadReply.

    >>> openai_reply({"data": [{"index": 0, "embedding": [1.0]}], "model": "minilm"}, 1).model
    'minilm'
    """
    return Reply(
        by_index(items(body, "data"), n_texts),
        count_in(body, "usage", "total_tokens"),
        text_in(body, "model"),
    )


def no_model(status: int, message: str) -> Fault | None:
    """
    Return the fault if a service refuses a request as it has no such model.

    >>> no_model(400, "Invalid model: minilm").error.__name__
    'ModelNotFound'
    """
    if status in (400, 422) and re.search(NO_MODEL, message, flags=re.IGNORECASE):
        return Fault(FaultKind.FATAL, f"{status}: {message}", error=ModelNotFound)

    return None


def vendor_of(url: str) -> Vendor | None:
    """
    Return what is known of the vendor at an address.

    >>> vendor_of("https://eu.api.openai.com/v1").keys, vendor_of("http://127.0.0.1:8080/v1")
    (('OPENAI_API_KEY',), None)
    """
    host = urlsplit(url).hostname or ""
    for known, vendor in VENDORS.items():
        if host == known or host.endswith(f".{known}"):
            return vendor

    return None
