"""What this process knows of a service: its connections, how much it takes, what it told."""

import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.embedding.http.faults import classify, message_of, shown
from toolkit.embedding.http.limiter import UNPAID_STEP, Limiter
from toolkit.embedding.http.logs import hide_keys
from toolkit.embedding.http.urls import host_of, is_this_machine
from toolkit.embedding.http.wire import Discovery, FaultKind, Limits
from toolkit.errors import ProviderUnavailable, warn_user

if TYPE_CHECKING:
    from toolkit.embedding.http.client import Client
    from toolkit.embedding.http.service import HTTPProvider

DISCOVERY_SECONDS = 10.0
DISCOVERY_TRIES, DISCOVERY_WAIT = 3, 0.3
DISCOVERY_AGE = 60.0


class Endpoint:
    """One service and model; runs in several threads share it."""

    def __init__(self, url: str, concurrency: int, *, is_unpaid: bool = False) -> None:
        self.url = url
        self.limiter = Limiter(concurrency, first=UNPAID_STEP if is_unpaid else 1.0)
        self.has_answered = False
        self.tokens_per_byte: float | None = None
        self.models_told: set[str] = set()
        self.discovery: Discovery | None = None
        self.discovered_at = time.monotonic()
        self.lock = threading.Lock()
        self._client: Client | None = None
        self._caps: dict[str, int] = {}

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        return host_of(self.url)

    @property
    def client(self) -> "Client":
        """Connections, opened on first use."""
        from toolkit.embedding.http.client import Client

        with self.lock:
            if self._client is None:
                self._client = Client(self.url)
            return self._client

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self.lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def limits(self, provider: "HTTPProvider") -> Limits:
        """What the service takes: what its errors named, else what it told, else what is known."""
        told = discovery(provider).limits or provider.limits
        with self.lock:
            caps = dict(self._caps)

        return replace(
            told,
            texts=min(told.texts, caps.get("texts", told.texts)),
            tokens=caps.get("tokens", told.tokens),
        )

    def learn(self, what: str, cap: int) -> None:
        """Remember a limit (texts or tokens) that an error named; what is known can but shrink."""
        with self.lock:
            self._caps[what] = max(1, min(cap, self._caps.get(what, cap)))

    def learn_tokens(self, n_tokens: int, n_bytes: int) -> None:
        """Remember how many tokens there are in a byte here."""
        seen = n_tokens / max(n_bytes, 1)
        with self.lock:
            known = self.tokens_per_byte
            self.tokens_per_byte = seen if known is None else 0.8 * known + 0.2 * seen


_endpoints: dict[tuple[str, ...], Endpoint] = {}
_lock = threading.Lock()


def endpoint_of(provider: "HTTPProvider") -> Endpoint:
    """Return the endpoint that this process has for the provider."""
    whose = provider.keys.all_names  # quotas are an account's
    key = (provider.kind, provider.url, provider.model, str(provider.concurrency), *whose)
    with _lock:
        if key not in _endpoints:
            hide_keys(provider.keys)
            _warn_of_open_key(provider)
            _endpoints[key] = Endpoint(
                provider.url, provider.concurrency, is_unpaid=_is_unpaid(provider)
            )

        return _endpoints[key]


def discovery(provider: "HTTPProvider") -> Discovery:
    """
    Return what the server told about itself, asking it again after a minute.

    A model may be replaced while the server, or this process, goes on.

    Raises
    ------
    ProviderUnavailable
        If the server is there to be asked, and does not answer.
    """
    url = provider.discovery_url
    if url is None:
        return Discovery()
    endpoint = endpoint_of(provider)
    now = time.monotonic()
    known = endpoint.discovery
    if known is None or now - endpoint.discovered_at > DISCOVERY_AGE:
        known = endpoint.discovery = _asked(provider, endpoint, url)
        endpoint.discovered_at = now

    return known


def forget_endpoints() -> None:
    """Close all connections and forget what was learned of services."""
    with _lock:
        forgotten = list(_endpoints.values())
        _endpoints.clear()
    for endpoint in forgotten:
        endpoint.close()


def _begin_anew() -> None:
    """A forked child must not share connections, and the lock may have been held at the fork."""
    global _lock
    _lock = threading.Lock()
    _endpoints.clear()


def _is_unpaid(provider: "HTTPProvider") -> bool:
    """Whether a request that fails can cost nothing, and bothers nobody else."""
    is_own = is_this_machine(provider.url) and provider.keys.key() is None

    return is_own and not provider.price_per_million


def _warn_of_open_key(provider: "HTTPProvider") -> None:
    is_open = provider.url.startswith("http:") and not is_this_machine(provider.url)
    if is_open and provider.keys.key() is not None:
        warn_user(
            f"{provider.kind}: the key goes to {host_of(provider.url)} unencrypted, for anyone on "
            "the way to read: use https:// if the service has it"
        )


def _asked(provider: "HTTPProvider", endpoint: Endpoint, url: str) -> Discovery:
    from toolkit.embedding.http.client import Broken

    seconds = min(DISCOVERY_SECONDS, provider.timeout)
    why = ""
    for n_failures in range(DISCOVERY_TRIES):
        if n_failures:
            time.sleep(DISCOVERY_WAIT * n_failures)
        try:
            answer = endpoint.client.get(url, provider.keys.headers(), seconds)
        except Broken as broken:
            why = f"{broken}: is the server running?"
            continue
        if answer.status == 200:
            return provider.discovered(answer.body)
        said = shown(message_of(answer.body, answer.text), provider.keys)
        fault = classify(answer.status, answer.headers, answer.body, said)
        why = f"{fault.message}, when {provider.url} was asked what it serves"
        if fault.kind not in (FaultKind.BUSY, FaultKind.TRANSIENT):
            raise fault.error(f"{provider.kind}: {why}: check the address and the key")

    raise ProviderUnavailable(f"{provider.kind}: {why}")


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_begin_anew)
