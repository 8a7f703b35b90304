"""Mistral's embeddings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from toolkit.embedding.base import Task
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.http.wire import Fault, FaultKind, Json, Limits, Reply, Request
from toolkit.embedding.services.openai import no_model, openai_reply

TEXTS, TOKENS, TOKENS_PER_TEXT = 512, 16_384, 8192
BYTES_PER_TOKEN = 2.0


@dataclass(frozen=True, kw_only=True)
class MistralProvider(HTTPProvider):
    """
    Embed texts with Mistral; it has no tasks.

    Mistral refuses texts that are too long: with ``truncate=True`` they are cut here, and counted.

    Parameters
    ----------
    model : str
        As ``mistral-embed``.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice (``codestral-embed``).
    base_url : str, optional
        Another address; ``MISTRAL_BASE_URL`` or Mistral's own if not given.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`.

    References
    ----------
    Mistral AI, "Embeddings", API reference.

    Examples
    --------
    >>> from toolkit.embedding import MistralProvider
    >>> MistralProvider("codestral-embed", dimensions=512).name
    'mistral:codestral-embed@512'
    """

    kind: ClassVar[str] = "mistral"
    own_url: ClassVar[str | None] = "https://api.mistral.ai/v1"
    url_env: ClassVar[str | None] = "MISTRAL_BASE_URL"
    own_keys: ClassVar[KeySource] = KeySource(("MISTRAL_API_KEY",))

    @property
    def limits(self) -> Limits:
        """Few tokens in a request."""
        known = self.known

        return Limits(
            texts=TEXTS,
            tokens=TOKENS,
            tokens_per_text=(known.max_tokens if known is not None else None) or TOKENS_PER_TEXT,
            bytes_per_token=BYTES_PER_TOKEN,
        )

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask for numbers: how wide the floats are in Mistral's base64, it does not say."""
        body: dict[str, Json] = {
            "model": self.model,
            "input": self.prompted(texts, task),
            "encoding_format": "float",
        }
        if self.dimensions is not None:
            body["output_dimension"] = self.dimensions

        return Request(f"{self.url}/embeddings", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors in the order of their indexes, if they have any."""
        return openai_reply(body, n_texts)

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what 400 means: Mistral says "too many" without a number."""
        if status == 400 and re.search(r"too many inputs", message, flags=re.IGNORECASE):
            return Fault(FaultKind.TOO_MANY_TEXTS, f"400: {message}")
        if status == 400 and re.search(r"too many tokens overall", message, flags=re.IGNORECASE):
            return Fault(FaultKind.TOO_MANY_TOKENS, f"400: {message}")

        return no_model(status, message)
