"""The one place that talks to the network: a JSON body there, an answer back, or why not."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from toolkit.embedding.http.urls import host_of, is_this_machine
from toolkit.embedding.http.wire import Json

LARGEST_BODY = 64_000_000
CONNECT_SECONDS = 10.0
WRITE_SECONDS = 60.0


class Broken(Exception):
    """No answer came, or only a part of one; the message says which and names the host."""

    def __init__(self, message: str, *, is_slow: bool = False) -> None:
        super().__init__(message)
        self.is_slow = is_slow


@dataclass(frozen=True)
class Answer:
    """A whole answer: status, headers with names in lower case, the body, and as JSON if it is."""

    status: int
    headers: Mapping[str, str]
    text: str
    body: Json


class Client:
    """
    Connections to one service, shared by threads.

    Redirects are not followed: the key is for this address alone. Proxies of the environment are
    used, but not for this machine itself. `transport` takes the place of the network.
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._host = host_of(url)
        self._client = httpx.Client(
            transport=transport,
            follow_redirects=False,
            trust_env=not is_this_machine(url),
            verify=url.startswith("https:"),  # without TLS there are no certificates to load
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        )

    def get(self, url: str, headers: Mapping[str, str], timeout: float) -> Answer:
        """Return the answer to a GET, or raise Broken."""
        return self._send(self._client.build_request("GET", url, headers=dict(headers)), timeout)

    def post(self, url: str, body: Json, headers: Mapping[str, str], timeout: float) -> Answer:
        """Return the answer to a POST of a JSON body, or raise Broken."""
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        sent = {"content-type": "application/json", **headers}

        return self._send(
            self._client.build_request("POST", url, content=content, headers=sent), timeout
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _send(self, request: httpx.Request, timeout: float) -> Answer:
        request.extensions["timeout"] = {
            "connect": min(CONNECT_SECONDS, timeout),
            "read": timeout,
            "write": min(WRITE_SECONDS, timeout),
            "pool": None,
        }
        until = time.monotonic() + timeout
        # Errors of httpx hold the request and so the key: they are told, not kept as a cause.
        try:
            response = self._client.send(request, stream=True)
            try:
                content = self._read(response, until)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise Broken(f"{self._host} did not answer in {timeout:g} s", is_slow=True) from None
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise Broken(f"no connection to {self._host} ({reason})") from None

        return _answer(response, content)

    def _read(self, response: httpx.Response, until: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > LARGEST_BODY:
                raise Broken(f"{self._host} sent more than {LARGEST_BODY / 1e6:.0f} MB")
            if time.monotonic() > until:
                raise Broken(f"{self._host} sends too slowly", is_slow=True)

        return b"".join(parts)


def _answer(response: httpx.Response, content: bytes) -> Answer:
    text = content.decode("utf-8", "replace")
    try:
        body = json.loads(content) if content else None
    except (ValueError, RecursionError):
        body = None
    headers = {name.lower(): value for name, value in response.headers.items()}

    return Answer(response.status_code, headers, text, body)
