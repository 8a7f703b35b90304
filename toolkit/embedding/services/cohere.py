"""Cohere's embeddings in the second version of its form, which asks for a task with every text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from toolkit.embedding.base import Task, check_task
from toolkit.embedding.http.decoding import check_count, count_in, items, member, vector
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.wire import Fault, FaultKind, Json, Limits, Reply, Request
from toolkit.embedding.services.tasked import TaskedProvider
from toolkit.errors import AuthenticationFailed, QuotaExceeded

INPUT_TYPES: Mapping[Task, str] = {
    "none": "search_document",
    "classification": "classification",
    "clustering": "clustering",
    "similarity": "search_document",
    "query": "search_query",
    "document": "search_document",
}
"""Cohere has no neutral word and none for similarity: where the use is not known, it advises to
embed texts as documents."""


@dataclass(frozen=True, kw_only=True)
class CohereProvider(TaskedProvider):
    """
    Embed texts with Cohere, or with a server that speaks its form of embeddings.

    Parameters
    ----------
    model : str
        As ``embed-v4.0``.
    dimensions : int, optional
        Length of the vectors, for models from version 4 on.
    base_url : str, optional
        Another server; ``COHERE_BASE_URL`` or Cohere's own if not given.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`.
    task : str, optional
        Cohere's ``input_type``. Sent as it is, whatever the vectors are for; if not given, it
        follows from that.

    References
    ----------
    Cohere, "Embed API (v2)", API reference.

    Examples
    --------
    >>> from toolkit.embedding.services.cohere import CohereProvider
    >>> CohereProvider("embed-v4.0", dimensions=512).name
    'cohere:embed-v4.0@512'
    """

    kind: ClassVar[str] = "cohere"
    task_told: ClassVar[str] = "an input_type of Cohere, such as clustering"
    cuts_texts: ClassVar[bool] = True
    own_url: ClassVar[str | None] = "https://api.cohere.com"
    url_env: ClassVar[str | None] = "COHERE_BASE_URL"
    own_keys: ClassVar[KeySource] = KeySource(("COHERE_API_KEY", "CO_API_KEY"))

    @property
    def limits(self) -> Limits:
        """At most 96 texts."""
        known = self.known

        return Limits(texts=96, batch=96, tokens_per_text=known.max_tokens if known else None)

    def task_as_sent(self, task: Task) -> str:
        """Return the ``input_type``."""
        check_task(task)

        return self.task or INPUT_TYPES[task]

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask for numbers: how wide the floats are in Cohere's base64, it does not say."""
        body: dict[str, Json] = {
            "model": self.model,
            "texts": list(texts),
            "input_type": self.task_as_sent(task),
            "embedding_types": ["float"],
            "truncate": "END" if self.truncate else "NONE",
        }
        if self.dimensions is not None:
            body["output_dimension"] = self.dimensions

        return Request(f"{self.url}/v2/embed", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors: there is no index, their order is the texts'."""
        found = items(member(body, "embeddings"), "float")
        check_count(len(found), n_texts)

        return Reply(
            [vector(value) for value in found],
            count_in(body, "meta", "billed_units", "input_tokens"),
        )

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what Cohere means by its own status 498, and by a trial that is used up."""
        if status == 498:
            return Fault(FaultKind.FATAL, f"498: {message}", error=AuthenticationFailed)
        if status == 429 and "month" in message.lower():
            return Fault(
                FaultKind.FATAL,
                f"429: {message}: waiting does not help, use a production key",
                error=QuotaExceeded,
            )

        return None
