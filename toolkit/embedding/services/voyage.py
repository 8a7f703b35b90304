"""Voyage AI's embeddings, counted by a tokenizer that finds many tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from toolkit.embedding.base import Task, check_task
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.wire import Fault, Json, Limits, Reply, Request
from toolkit.embedding.services.openai import no_model, openai_reply
from toolkit.embedding.services.tasked import TaskedProvider

INPUT_TYPES: Mapping[Task, str] = {
    "none": "",
    "classification": "",
    "clustering": "",
    "similarity": "",
    "query": "query",
    "document": "document",
}
"""Without one, texts are read as they are: it is neutral, and fits what Voyage has no word for."""

TOKENS: Mapping[str, int] = {
    "voyage-4-lite": 1_000_000,
    "voyage-3.5-lite": 1_000_000,
    "voyage-4": 320_000,
    "voyage-3.5": 320_000,
    "voyage-2": 320_000,
}
TOKENS_OF_OTHERS = 120_000
TOKENS_PER_TEXT = 32_000

BYTES_PER_TOKEN = 1.5
"""Code and tables have three times the tokens that others count."""


@dataclass(frozen=True, kw_only=True)
class VoyageProvider(TaskedProvider):
    """
    Embed texts with Voyage AI.

    Accounts without a payment method may send 3 requests a minute: a run then takes long.

    Parameters
    ----------
    model : str
        As ``voyage-4``.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice.
    base_url : str, optional
        Another address; ``VOYAGE_BASE_URL`` or Voyage's own if not given.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`.
    task : str, optional
        Voyage's ``input_type``, "query" or "document". Sent as it is, whatever the vectors are
        for; if not given, it follows from that.

    References
    ----------
    Voyage AI, "Text embedding models", API reference.

    Examples
    --------
    >>> from toolkit.embedding import VoyageProvider
    >>> VoyageProvider("voyage-4", dimensions=512).task_as_sent("query")
    'query'
    """

    kind: ClassVar[str] = "voyage"
    task_told: ClassVar[str] = "an input_type of Voyage, such as document"
    cuts_texts: ClassVar[bool] = True
    own_url: ClassVar[str | None] = "https://api.voyageai.com/v1"
    url_env: ClassVar[str | None] = "VOYAGE_BASE_URL"
    own_keys: ClassVar[KeySource] = KeySource(("VOYAGE_API_KEY",))

    @property
    def limits(self) -> Limits:
        """Tokens count after texts that are too long were cut, so three long texts may be many."""
        known = self.known

        return Limits(
            texts=1000,
            tokens=TOKENS.get(self.model, TOKENS_OF_OTHERS),
            tokens_per_text=(known.max_tokens if known is not None else None) or TOKENS_PER_TEXT,
            bytes_per_token=BYTES_PER_TOKEN,
        )

    def task_as_sent(self, task: Task) -> str:
        """Return the ``input_type``, "" for none."""
        check_task(task)

        return self.task or INPUT_TYPES[task]

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask for float32 in base64: a quarter of the bytes."""
        body: dict[str, Json] = {
            "model": self.model,
            "input": list(texts),
            "truncation": self.truncate,
            "output_dtype": "float",
            "encoding_format": "base64",
        }
        if input_type := self.task_as_sent(task):
            body["input_type"] = input_type
        if self.dimensions is not None:
            body["output_dimension"] = self.dimensions

        return Request(f"{self.url}/embeddings", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors in the order of their indexes."""
        return openai_reply(body, n_texts)

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what 400 means if it is about the model."""
        return no_model(status, message)
