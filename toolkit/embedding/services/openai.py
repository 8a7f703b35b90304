"""OpenAI, and every server that speaks its form: vLLM, llama.cpp, infinity, Together, ..."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from toolkit.embedding.base import Task
from toolkit.embedding.http.decoding import by_index, count_in, items, text_in
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.http.wire import Json, Limits, Reply, Request

KEYS_BY_HOST = {
    "api.openai.com": "OPENAI_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
    "api.deepinfra.com": "DEEPINFRA_API_KEY",
}
"""The key of one vendor is never sent to another."""

OWN = Limits(texts=2048, tokens=300_000, tokens_per_text=8192)
OTHERS = Limits(texts=2048, tokens_per_text=None, batch=64)


@dataclass(frozen=True)
class OpenAIProvider(HTTPProvider):
    """
    Embed texts with OpenAI, or with any server that speaks its form of embeddings.

    Parameters
    ----------
    model : str
        As ``text-embedding-3-small``.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice.
    base_url : str, optional
        Another server, as ``http://127.0.0.1:8080/v1``; ``OPENAI_BASE_URL`` or OpenAI's own if not
        given.
    key_env, truncate, timeout, concurrency
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

    kind: ClassVar[str] = "openai"
    own_url: ClassVar[str | None] = "https://api.openai.com/v1"
    url_env: ClassVar[str | None] = "OPENAI_BASE_URL"
    own_keys: ClassVar[KeySource] = KeySource(("OPENAI_API_KEY",))

    @property
    def keys(self) -> KeySource:
        """Where the key comes from: other servers may need none."""
        if self.key_env is not None:
            return super().keys
        host = urlsplit(self.url).hostname or ""
        name = KEYS_BY_HOST.get(host, "OPENAI_API_KEY")

        return KeySource((name,), is_required=host in KEYS_BY_HOST)

    @property
    def limits(self) -> Limits:
        """OpenAI's own, or what other servers of the kind take."""
        return OWN if self.url == self.own_url else OTHERS

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask for base64: a quarter of the bytes; servers that ignore it send lists."""
        body: dict[str, Json] = {
            "model": self.model,
            "input": self.prompted(texts, task),
            "encoding_format": "base64",
        }
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions

        return Request(f"{self.url}/embeddings", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors in the order of their indexes."""
        return Reply(
            by_index(items(body, "data"), n_texts),
            count_in(body, "usage", "total_tokens"),
            text_in(body, "model"),
        )
