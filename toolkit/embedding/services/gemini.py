"""Google's Gemini embeddings: one request inside another a text, and no sign of what was cut."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from toolkit.embedding.base import Task, check_task
from toolkit.embedding.http.decoding import check_count, count_in, items, member, vector
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.wire import Fault, FaultKind, Json, Limits, Reply, Request
from toolkit.embedding.models import KnownModel, known_model
from toolkit.embedding.services.tasked import TaskedProvider
from toolkit.errors import AuthenticationFailed, InputError, ProviderError, QuotaExceeded

TASK_TYPES: Mapping[Task, str] = {
    "none": "",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "similarity": "SEMANTIC_SIMILARITY",
    "query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
}
TAKE_TASK_TYPES = ("gemini-embedding-001", "gemini-embedding-exp", "text-embedding-", "embedding-")
"""Models with a field for the task; later ones want it in the text itself."""

LEAST_TOKENS = 2048
"""What each of its models reads of a text, and some read more."""

BODY_BYTES = 4_000_000
"""The service takes 4,194,304, and JSON is larger than the texts in it."""

USED_UP = r"PerDay|per day|limit: 0\b"
NO_KEY = r"API_KEY_INVALID|API key (?:not valid|expired)"


@dataclass(frozen=True, kw_only=True)
class GeminiProvider(TaskedProvider):
    """
    Embed texts with Google's Gemini API.

    Texts that are longer than the model reads are cut without a sign. So ``truncate=False`` is
    refused, and what is counted as cut is an estimate.

    Parameters
    ----------
    model : str
        As ``gemini-embedding-001``.
    dimensions : int, optional
        Length of the vectors.
    base_url : str, optional
        Another address, up to the version; ``GEMINI_BASE_URL`` or Google's own if not given.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`.
    task : str, optional
        A task type as ``QUESTION_ANSWERING``, or for ``gemini-embedding-2`` and later the words of
        a task as ``question answering``. Sent as it is, whatever the vectors are for; if not
        given, it follows from that.

    References
    ----------
    Google, "Embeddings", Gemini API documentation.

    Examples
    --------
    >>> from toolkit.embedding.services.gemini import GeminiProvider
    >>> GeminiProvider("gemini-embedding-001", dimensions=768).name
    'gemini:gemini-embedding-001@768'
    """

    kind: ClassVar[str] = "gemini"
    task_told: ClassVar[str] = "a task of Gemini, such as QUESTION_ANSWERING"
    cuts_texts: ClassVar[bool] = True
    own_url: ClassVar[str | None] = "https://generativelanguage.googleapis.com"
    url_env: ClassVar[str | None] = "GEMINI_BASE_URL"
    own_keys: ClassVar[KeySource] = KeySource(
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"), header="x-goog-api-key", prefix=""
    )

    def __post_init__(self) -> None:
        # Google's own manuals write the name in both ways.
        object.__setattr__(self, "model", str(self.model).removeprefix("models/"))
        super().__post_init__()
        if not self.truncate:
            raise InputError(
                "gemini cuts texts that are too long and does not say so: truncate=False cannot be "
                "promised, leave it out"
            )

    @property
    def known(self) -> KnownModel | None:
        """What is known of the model; a preview is asked in the same way as what came of it."""
        return known_model(self.model.removesuffix("-preview"), self.kind)

    @property
    def limits(self) -> Limits:
        """At most 100 texts; its quotas count texts, not requests."""
        n_tokens = self.known.max_tokens if self.known is not None else None

        return Limits(
            texts=100, batch=100, tokens_per_text=n_tokens or LEAST_TOKENS, size=BODY_BYTES
        )

    def task_as_sent(self, task: Task) -> str:
        """Return the task type, or what is put before each text."""
        check_task(task)
        if self._takes_task_type:
            return self.task or TASK_TYPES[task]

        return self.prompt(task)

    def prompt(self, task: Task) -> str:
        """Return what is put before each text for a task, "" where a field holds the task."""
        if self._takes_task_type:
            return ""

        return f"task: {self.task} | query: " if self.task else super().prompt(task)

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Put each text into a request of its own: several in one may give one joint vector."""
        same: dict[str, Json] = {}
        if self._takes_task_type and (task_type := self.task_as_sent(task)):
            same["taskType"] = task_type
        if self.dimensions is not None:
            same["outputDimensionality"] = self.dimensions
        requests = [
            {"model": f"models/{self.model}", "content": {"parts": [{"text": text}]}, **same}
            for text in self.prompted(texts, task)
        ]
        path = f"v1beta/models/{quote(self.model, safe='')}:batchEmbedContents"

        return Request(f"{self.url}/{path}", {"requests": requests})

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors: there is no index, their order is the texts'."""
        found = items(body, "embeddings")
        check_count(len(found), n_texts)

        return Reply(
            [vector(member(item, "values")) for item in found],
            count_in(body, "usageMetadata", "promptTokenCount"),
        )

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return what Google says in the details of an error rather than by its status."""
        told = f"{message} {_details(body)}"
        said = f"{status}: {message}"
        if status == 429 and re.search(USED_UP, told):
            advice = "the quota is used up for today, what was embedded is kept"
            return Fault(FaultKind.FATAL, f"{said}: {advice}", error=QuotaExceeded)
        if status == 400 and re.search(NO_KEY, told):
            return Fault(FaultKind.FATAL, said, error=AuthenticationFailed)
        if status == 400 and "FAILED_PRECONDITION" in told:
            return Fault(FaultKind.FATAL, said, error=ProviderError)
        if status == 400 and "payload size exceeds" in told:
            return Fault(FaultKind.TOO_MANY_TOKENS, said)

        return None

    @property
    def _takes_task_type(self) -> bool:
        return self.model.startswith(TAKE_TASK_TYPES)


def _details(body: Json) -> str:
    """Status, ids of quotas and reasons, which stand beside the message."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""

    return f"{error.get('status')} {json.dumps(error.get('details'))}"
