"""Ollama's own form of embeddings, which allows more than its copy of OpenAI's."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar

from toolkit.embedding.base import Task
from toolkit.embedding.http.decoding import check_count, count_in, items, text_in, vector
from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.http.urls import checked_url
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
from toolkit.errors import InputError, InvalidResponse, ModelNotFound

LOCAL = "127.0.0.1"
PORT = "11434"
A_WHILE = r"-?\d+|-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+"
DIGEST = 12
"""Characters of a digest, as ``ollama list`` shows it."""


@dataclass(frozen=True, kw_only=True)
class OllamaProvider(HTTPProvider):
    """
    Embed texts with Ollama, on this machine or another.

    The fingerprint holds the digest of the model, as a name may mean another model after a pull.

    Parameters
    ----------
    model : str
        As ``nomic-embed-text``, with or without a tag.
    dimensions : int, optional
        Length of the vectors, for models that offer a choice.
    base_url : str, optional
        Address of the server; ``OLLAMA_HOST``, as Ollama itself reads it, or
        ``http://127.0.0.1:11434`` if not given.
    key_env, truncate, timeout, concurrency, price
        As for every service: see `HTTPProvider`. A key is needed only in Ollama's cloud.
    num_ctx : int, optional
        Tokens that the model reads of a text, > 0; Ollama's and the model's own if not given.
    keep_alive : str, optional
        How long the model stays loaded, as ``30m``, or seconds, or ``-1`` for ever; Ollama's own
        5 minutes if not given.

    References
    ----------
    Ollama, "Generate embeddings", API reference.

    Examples
    --------
    >>> from toolkit.embedding.services.ollama import OllamaProvider
    >>> OllamaProvider("nomic-embed-text", num_ctx=2048).name
    'ollama:nomic-embed-text?num_ctx=2048'
    """

    num_ctx: int | None = None
    keep_alive: str | None = None

    kind: ClassVar[str] = "ollama"
    cuts_texts: ClassVar[bool] = True
    own_url: ClassVar[str | None] = f"http://{LOCAL}:{PORT}"
    url_env: ClassVar[str | None] = "OLLAMA_HOST"
    same_vectors: ClassVar[tuple[str, ...]] = ("keep_alive",)
    own_keys: ClassVar[KeySource] = KeySource(("OLLAMA_API_KEY",), is_required=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_ctx is not None and not (isinstance(self.num_ctx, int) and self.num_ctx > 0):
            raise InputError(f"num_ctx must be an integer > 0, got {self.num_ctx!r}")
        if self.keep_alive is not None and not _is_while(self.keep_alive):
            raise InputError(
                f"keep_alive must be a text such as '30m', '300' or '-1', got {self.keep_alive!r}"
            )

    @property
    def url(self) -> str:
        """The address that requests go to."""
        return checked_url(self.base_url or address(os.environ.get("OLLAMA_HOST", "")))

    @property
    def limits(self) -> Limits:
        """It takes any number of texts; few at a time let a slow machine show progress."""
        told = (self.num_ctx, self.known.max_tokens if self.known is not None else None)

        return Limits(batch=32, tokens_per_text=min(filter(None, told), default=None))

    @property
    def discovery_url(self) -> str | None:
        """Where the server lists its models."""
        return f"{self.url}/api/tags"

    def discovered(self, body: Json) -> Discovery:
        """Return the digest of the model; a model that is not there says so when it is used."""
        try:
            models = items(body, "models")
        except BadReply as error:
            raise InvalidResponse(
                f"ollama: {self.url}/api/tags lists no models ({error}): is Ollama there?"
            ) from None
        wanted = _tagged(self.model)
        for item in models:
            name, digest = text_in(item, "model") or text_in(item, "name"), text_in(item, "digest")
            if name and digest and _tagged(name) == wanted:
                return Discovery(revision=digest.removeprefix("sha256:")[:DIGEST])

        return Discovery()

    def request(self, texts: Sequence[str], task: Task) -> Request:
        """Ask for the vectors, with the options that were given."""
        body: dict[str, Json] = {
            "model": self.model,
            "input": self.prompted(texts, task),
            "truncate": self.truncate,
        }
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions
        if self.num_ctx is not None:
            body["options"] = {"num_ctx": self.num_ctx}
        if self.keep_alive is not None:
            is_number = re.fullmatch(r"-?\d+", self.keep_alive)
            body["keep_alive"] = int(self.keep_alive) if is_number else self.keep_alive

        return Request(f"{self.url}/api/embed", body)

    def parse(self, body: Json, n_texts: int) -> Reply:
        """Return the vectors: there is no index, their order is the texts'."""
        found = items(body, "embeddings")
        check_count(len(found), n_texts)

        return Reply(
            [vector(value) for value in found],
            count_in(body, "prompt_eval_count"),
            text_in(body, "model"),
        )

    def fault(self, status: int, message: str, body: Json) -> Fault | None:
        """Return the command that fetches a model which is not there."""
        if status == 404 and re.search("model.*not found", message):
            command = f"ollama pull {self.model}"
            return Fault(FaultKind.FATAL, f"{message}: {command}", error=ModelNotFound)

        return None


def _is_while(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(A_WHILE, value) is not None


def address(host: str) -> str:
    """
    Return the address that ``OLLAMA_HOST`` means, read as Ollama's own clients read it.

    >>> address(""), address("0.0.0.0"), address("gpu:8000"), address("https://ollama.com")
    ('http://127.0.0.1:11434', 'http://127.0.0.1:11434', 'http://gpu:8000', 'https://ollama.com')

    An address that servers listen at but nobody can call (``0.0.0.0``, ``::``) is this machine.
    """
    host = host.strip().strip("\"'").strip()
    if host == "ollama.com":  # the one name that Ollama reads as its cloud
        host = "https://ollama.com"
    scheme, has_scheme, rest = host.rpartition("://")
    place, slash, path = rest.partition("/")
    name, port = _split_port(place)
    if not port and not has_scheme:  # with a scheme, the port is the scheme's own
        port = PORT
    name = _callable(name)

    return f"{scheme or 'http'}://{name}{':' + port if port else ''}{slash}{path}"


def _split_port(place: str) -> tuple[str, str]:
    """Split off the port; an IPv6 address without brackets has none."""
    found = re.fullmatch(r"(\[.*\]|[^:]*):(\d*)", place)

    return (found[1], found[2]) if found else (place, "")


def _callable(name: str) -> str:
    try:
        ip = ip_address(name.strip("[]"))
    except ValueError:
        return name or LOCAL
    if ip.is_unspecified:
        return LOCAL if ip.version == 4 else "[::1]"

    return str(ip) if ip.version == 4 else f"[{ip}]"


def _tagged(name: str) -> str:
    """Return a name with its tag, in which Ollama makes no difference of case."""
    has_tag = ":" in name.rpartition("/")[2]

    return (name if has_tag else f"{name}:latest").lower()
