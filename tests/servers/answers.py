"""What a server may put on the wire: whole answers, and those that break off or never come."""

import gzip
import os
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

FOREVER = 30.0
"""Seconds; whoever waits longer for an answer has no time limit at all."""


class Wire:
    """The connection that a request came in by; a server that stops ends every wait."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
        self._handler, self._stopping = handler, stopping

    def send(self, content: bytes) -> None:
        self._handler.wfile.write(content)

    def wait(self, seconds: float) -> bool:
        """Return whether the server goes on."""
        return not self._stopping.wait(seconds)

    def close(self) -> None:
        """End the connection after this answer."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """End it as a crashed server does: the other side gets an error in what it reads."""
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
        self.close()


@dataclass(frozen=True)
class Answer:
    """
    A whole answer, as a good server gives it.

    Attributes
    ----------
    status : int
    body : bytes
    headers : mapping
    """

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    def write(self, wire: Wire) -> None:
        wire.send(self.head({"content-length": str(len(self.body))}) + self.body)

    def head(self, more: Mapping[str, str], version: str = "HTTP/1.1") -> bytes:
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "No Phrase"
        lines = [f"{name}: {value}" for name, value in {**self.headers, **more}.items()]

        return "\r\n".join([f"{version} {self.status} {phrase}", *lines, "\r\n"]).encode()


class ResetBeforeHeaders(Answer):
    """Nothing, and the connection breaks."""

    def write(self, wire: Wire) -> None:
        wire.reset()


class ResetInBody(Answer):
    """Half of the body, and the connection breaks."""

    def write(self, wire: Wire) -> None:
        length = {"content-length": str(len(self.body))}
        wire.send(self.head(length) + self.body[: len(self.body) // 2])
        wire.reset()


class TruncatedChunks(Answer):
    """One chunk of several, and an orderly end of the connection."""

    def write(self, wire: Wire) -> None:
        half = self.body[: len(self.body) // 2]
        chunk = b"%x\r\n%b\r\n" % (len(half), half)
        wire.send(self.head({"transfer-encoding": "chunked"}) + chunk)
        wire.close()


class TooLongContentLength(Answer):
    """The whole body, after a promise of more."""

    def write(self, wire: Wire) -> None:
        wire.send(self.head({"content-length": str(len(self.body) + 100)}) + self.body)
        wire.close()


class Drip(Answer):
    """One byte now and then, so that no single read takes long."""

    seconds = 0.05

    def write(self, wire: Wire) -> None:
        wire.send(self.head({"content-length": str(len(self.body))}))
        for byte in self.body:
            if not wire.wait(self.seconds):
                break
            wire.send(bytes([byte]))


class NoAnswer(Answer):
    """The connection stays open and nothing comes."""

    def write(self, wire: Wire) -> None:
        wire.wait(FOREVER)
        wire.close()


class OldHTTP(Answer):
    """HTTP/1.0: no length, the end of the connection is the end of the body."""

    def write(self, wire: Wire) -> None:
        wire.send(self.head({"connection": "close"}, "HTTP/1.0") + self.body)
        wire.close()


class Gzipped(Answer):
    """The body compressed, as most servers do when they may."""

    def write(self, wire: Wire) -> None:
        body = gzip.compress(self.body)
        wire.send(self.head({"Content-Encoding": "gzip", "CONTENT-LENGTH": str(len(body))}) + body)


class Chunked(Answer):
    """The body in chunks, without a length."""

    def write(self, wire: Wire) -> None:
        parts = [self.body[start : start + 1000] for start in range(0, len(self.body), 1000)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
        wire.send(self.head({"Transfer-Encoding": "chunked"}) + chunks)


class DripBeforeHeaders(Answer):
    """One byte of the head now and then: the answer never begins."""

    def write(self, wire: Wire) -> None:
        for byte in self.head({"content-length": "0"}):
            if not wire.wait(Drip.seconds):
                break
            wire.send(bytes([byte]))
        wire.close()
