"""Jina AI's embeddings, whose words for tasks differ from model to model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from toolkit.embedding.base import Task, check_task
from toolkit.embedding.http.decoding import text_in
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.wire import Fault, FaultKind, Json, Limits, Reply, Request
from toolkit.embedding.services.openai import no_model, openai_reply
from toolkit.embedding.services.tasked import TaskedProvider
from toolkit.errors import QuotaExceeded

Words = Mapping[Task, str]

NO_WORDS: Words = {}
VERSION_3: Words = {
    "none": "",
    "classification": "classification",
    "clustering": "separation",
    "similarity": "text-matching",
    "query": "retrieval.query",
    "document": "retrieval.passage",
}
# From version 4 on, a request without a task gets text-matching anyway.
VERSION_4: Words = {
    **VERSION_3,
    "none": "text-matching",
    "classification": "text-matching",
    "clustering": "text-matching",
}
VERSION_5: Words = {**VERSION_3, "none": "text-matching", "clustering": "clustering"}
# Models for code know only questions and what answers them: whatever is no question is the latter.
CODE: Words = dict.fromkeys(VERSION_3, "nl2code.passage") | {"query": "nl2code.query"}

WORDS: Mapping[str, Words] = {
    "jina-embeddings-v2": NO_WORDS,
    "jina-clip-v1": NO_WORDS,
    "jina-clip": {"query": "retrieval.query"},
    "jina-embeddings-v3": VERSION_3,
    "jina-embeddings-v4": VERSION_4,
    "jina-code-embeddings": CODE,
}
"""By how the model's name begins; those that are not here are newer and speak as version 5."""

ALWAYS_UNIT = ("jina-embeddings-v4", "jina-code-embeddings")
"""Models without the field ``normalized``."""

TOO_LONG = r"maximum of (\d+) tokens"


@dataclass(frozen=True, kw_only=True)
class JinaProvider(TaskedProvider):
    """
    Embed texts with Jina AI.

    Late chunking is not offered: it lets the vector of a text depend on the texts that happen to
    be sent with it.

    Parameters
    ----------
    model : str
        As ``jina-embeddings-v3``.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice.
    base_url : str, optional
        Another address; ``JINA_BASE_URL`` or Jina's own if not given.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`.
    task : str, optional
        Jina's own word, as ``separation`` or ``code.query``. Sent as it is, whatever the vectors
        are for; if not given, it follows from that and the model.

    References
    ----------
    Jina AI, "Search Foundation API", reference.

    Examples
    --------
    >>> from toolkit.embedding import JinaProvider
    >>> JinaProvider("jina-embeddings-v3").task_as_sent("clustering")
    'separation'
    """

    kind: ClassVar[str] = "jina"
    task_told: ClassVar[str] = "a task of Jina, such as separation"
    cuts_texts: ClassVar[bool] = True
    own_url: ClassVar[str | None] = "https://api.jina.ai/v1"
    url_env: ClassVar[str | None] = "JINA_BASE_URL"
    own_keys: ClassVar[KeySource] = KeySource(("JINA_API_KEY",))
    refused_settings: ClassVar[Mapping[str, str]] = {
        "late_chunking": "it lets vectors depend on the texts that are sent along, so none could "
        "be kept or compared",
    }

    @property
    def limits(self) -> Limits:
        """There is no limit on the tokens of a request, only on those of a minute."""
        known = self.known

        return Limits(texts=2048, tokens_per_text=known.max_tokens if known is not None else None)

    def task_as_sent(self, task: Task) -> str:
        """Return Jina's word for the task, "" for none."""
        check_task(task)
        words = next((WORDS[name] for name in WORDS if self.model.startswith(name)), VERSION_5)

        return self.task or words.get(task, "")

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask for float32 in base64: a quarter of the bytes."""
        body: dict[str, Json] = {
            "model": self.model,
            "input": list(texts),
            "embedding_type": "base64",
            "truncate": self.truncate,
        }
        if not self.model.startswith(ALWAYS_UNIT):
            body["normalized"] = True
        if word := self.task_as_sent(task):
            body["task"] = word
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions

        return Request(f"{self.url}/embeddings", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors in the order of their indexes."""
        return openai_reply(body, n_texts)

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what Jina says by its codes rather than by the status."""
        said, code = f"{status}: {message}", text_in(body, "code") or ""
        if code.startswith("AUTHZ_") or (status == 403 and "balance" in message):
            return Fault(FaultKind.FATAL, said, error=QuotaExceeded)
        if code == "INPUT_TOKEN_LIMIT_EXCEEDED":
            found = re.search(TOO_LONG, message)
            return Fault(FaultKind.TOO_LONG, said, cap=int(found[1]) if found else None)
        if status == 422 and not _is_about_texts(body):
            return Fault(FaultKind.FATAL, said)

        return no_model(status, message)


def _is_about_texts(body: Json) -> bool:
    """The fields that a request was refused for, if they are told, are not those of settings."""
    errors = body.get("errors") if isinstance(body, dict) else None
    fields = [text_in(error, "field") for error in errors] if isinstance(errors, list) else []

    return not fields or any("input" in (field or "input") for field in fields)
