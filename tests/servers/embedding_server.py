"""A real HTTP server that speaks one service's form, knows the right vectors, and can misbehave."""

import json
import socket
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.servers.answers import Answer, Wire
from tests.servers.asked import Asked, Rule, Seen, json_answer
from tests.servers.forms import Form, Json
from tests.servers.vectors import right_vectors
from toolkit.embedding.base import Embeddings

POLL_SECONDS = 0.003
"""Between looks whether the server is to stop."""


class EmbeddingServer:
    """
    A service on a free port of this machine, as a context manager.

    Parameters
    ----------
    form : Form
    rules : Rule
        Asked one after the other for each request, before it is answered well.
    key : str, optional
        Whoever has another gets 401.
    latency : float, default=0
        Seconds that a good answer takes.
    n_dimensions : int, default=32

    Examples
    --------
    >>> from tests.servers.own_forms import FORMS
    >>> from toolkit.embedding import OpenAIProvider
    >>> with EmbeddingServer(FORMS["openai"]) as server:
    ...     vectors = OpenAIProvider("minilm", base_url=server.url).embed(["late parcel"])
    >>> bool((vectors == server.expected(["late parcel"])).all()), len(server.seen)
    (True, 1)
    """

    def __init__(
        self,
        form: Form,
        *rules: Rule,
        key: str | None = None,
        latency: float = 0.0,
        n_dimensions: int = 32,
    ) -> None:
        self.form, self.rules, self.key, self.latency = form, list(rules), key, latency
        self.seen: list[Seen] = []
        self.asked_about: list[str] = []
        """Paths of GET requests."""
        self.answers_first: list[Answer] = []
        """To GET requests, before those that tell what is asked."""
        self.problems: list[str] = []
        """What was wrong with requests that had not the service's form."""
        self.stopping = threading.Event()
        self._right = right_vectors(n_dimensions)
        self._lock = threading.Lock()
        self._in_flight = 0

    def __enter__(self) -> Self:
        self._http = _HTTPServer(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        threading.Thread(target=self._http.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.close_connections()

    @property
    def root(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def url(self) -> str:
        """What a client of the service calls its base URL."""
        return self.root + self.form.base

    def expected(self, texts: Sequence[str], dimensions: int | None = None) -> Embeddings:
        """Return the right vectors, shape (n_texts, n_dimensions), float32."""
        return self._right(texts, dimensions)

    def posted(self, path: str, content: bytes, key: str) -> tuple[Seen, Answer]:
        """Return a request and its answer."""
        body = _json(content)
        problem = _problem(self.form, path, body)
        texts = tuple(self.form.texts(body)) if problem is None else ()
        is_key_right = self.key is None or key == self.form.key_prefix + self.key
        with self._lock:
            self._in_flight += 1
            number, now = len(self.seen) + 1, time.monotonic()
            seen = Seen(number, path, texts, len(content), now, self._in_flight, is_key_right)
            self.seen.append(seen)

        return seen, self._answer(Asked(seen, body, self), problem)

    def ended(self, seen: Seen) -> None:
        """Take note that a request's answer has been sent, as far as it was."""
        with self._lock:
            self._in_flight -= 1
            seen.answered_at = time.monotonic()

    def told(self, path: str, key: str) -> Answer:
        """Return what a GET is answered with."""
        self.asked_about.append(path)
        if self.answers_first:
            return self.answers_first.pop(0)
        if self.key is not None and key != self.form.key_prefix + self.key:
            return json_answer(self.form.error(401, "wrong key"), 401)
        body = self.form.told(path)
        if body is None:
            return json_answer(self.form.error(404, f"no such path: {path}"), 404)

        return json_answer(body)

    def _answer(self, asked: Asked, problem: str | None) -> Answer:
        if not asked.seen.is_key_right:
            return asked.refusal(401, "wrong key")
        if problem is not None:
            self.problems.append(problem)
            return asked.refusal(400, problem)
        for rule in self.rules:
            if (answer := rule(asked)) is not None:
                return answer
        self._wait_until(asked.seen.at + self.latency)

        return json_answer(asked.reply())

    def _wait_until(self, due: float) -> None:
        """By the monotonic clock, as one wait may end a little early."""
        while (left := due - time.monotonic()) > 0:
            if self.stopping.wait(left):
                return


def _json(content: bytes) -> Json:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _problem(form: Form, path: str, body: Json) -> str | None:
    try:
        return form.problem(path, body)
    except (KeyError, TypeError, IndexError) as error:
        return f"the body has not the form of {form.name}: {error!r}"


class _HTTPServer(ThreadingHTTPServer):
    """It knows its connections, so that it can end those that are kept alive."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    owner: EmbeddingServer

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._connections: set[socket.socket] = set()

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        """A client that has gone away is no error of the server."""

    def close_connections(self) -> None:
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HTTPServer

    def do_GET(self) -> None:
        owner = self.server.owner
        owner.told(self.path, self._key()).write(Wire(self, owner.stopping))

    def do_POST(self) -> None:
        owner = self.server.owner
        content = self.rfile.read(int(self.headers["content-length"]))
        seen, answer = owner.posted(self.path, content, self._key())
        seen.status = answer.status
        try:
            answer.write(Wire(self, owner.stopping))
        finally:
            owner.ended(seen)

    def _key(self) -> str:
        return self.headers.get(self.server.owner.form.key_header, "")

    def log_message(self, *_args: object) -> None:
        """Say nothing."""
