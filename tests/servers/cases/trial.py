"""One service, tried: servers for it, its provider, and what must hold whatever happens."""

import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import pytest

from tests.servers.asked import Rule
from tests.servers.cases.keeping import check_kept
from tests.servers.cases.services import Service
from tests.servers.embedding_server import EmbeddingServer
from toolkit.embedding import CachedProvider, Counts, HTTPProvider, counting
from toolkit.embedding.base import Embeddings
from toolkit.embedding.http import endpoint, run
from toolkit.embedding.http.endpoint import endpoint_of, forget_endpoints
from toolkit.embedding.http.waits import RetryPolicy
from toolkit.errors import ToolkitError

KEY = "sk-test-5f0c1d2e3b4a69788796a5b4"
"""No text and no address holds it, so wherever it is found, it has leaked."""

POLICY = RetryPolicy(first_wait=0.01, longest_wait=0.05, longest_asked=2.0)
"""As people have it, but for the length of the waits."""

THINGS = ["kettle", "tent", "lamp", "parcel", "refund", "card", "courier", "invoice", "battery"]
TEXTS = [f"Ms Quill asks where {THINGS[n % 9]} {n} and {THINGS[n // 2 % 9]} are" for n in range(24)]
"""More than one batch, where a trial says so; nobody but the service may get to see them."""

Right = Mapping[str, Embeddings]
Fault = TypeVar("Fault")


@dataclass(frozen=True)
class Embedded:
    """What a run gave, all of it checked."""

    vectors: Embeddings
    counts: Counts
    cache: Path


class Trial:
    """
    What a check works with, a context manager; it closes with all that went wrong.

    Parameters
    ----------
    service : Service
    folder : Path
    monkeypatch : pytest.MonkeyPatch
    """

    def __init__(self, service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.service, self.folder, self.monkeypatch = service, folder, monkeypatch
        self._errors: list[Exception] = []
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self.monkeypatch.setenv(self.service.key_env, KEY)
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            self.monkeypatch.delenv(name, raising=False)
            self.monkeypatch.delenv(name.upper(), raising=False)
        self.monkeypatch.setattr(run, "POLICY", POLICY)
        self.monkeypatch.setattr(run, "GRACE_SECONDS", 0.1)
        self.monkeypatch.setattr(endpoint, "DISCOVERY_WAIT", 0.01)
        forget_endpoints()

        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        forget_endpoints()
        if kind is None and self._errors:
            raise ExceptionGroup(f"{len(self._errors)} parts failed", self._errors)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Try one fault of several; the others are tried even if it fails."""
        try:
            yield
        except Exception as error:
            self._failed(name, error)
        except pytest.fail.Exception as failed:
            self._failed(name, AssertionError(str(failed)))

    def _failed(self, name: str, error: Exception) -> None:
        error.add_note(f"in the part: {name}")
        self._errors.append(error)

    def each(self, faults: Mapping[str, Fault], check: Callable[[Fault], None]) -> None:
        """Try several faults in the same way."""
        self.together({name: partial(check, fault) for name, fault in faults.items()})

    def together(self, parts: Mapping[str, Callable[[], None]]) -> None:
        """Try several faults at once, as most of the time nothing but waiting is done."""
        with ThreadPoolExecutor(max(1, len(parts))) as pool:
            tried = {name: pool.submit(part) for name, part in parts.items()}
        for name, result in tried.items():
            with self.part(name):
                result.result()

    @contextmanager
    def server(self, *rules: Rule, n_dimensions: int = 32) -> Iterator[EmbeddingServer]:
        """Run a server of the service that breaks these rules; requests must have its form."""
        server = EmbeddingServer(self.service.form, *rules, key=KEY, n_dimensions=n_dimensions)
        with server:
            yield server
        assert server.problems == []
        assert all(seen.is_key_right for seen in server.seen)

    def provider(
        self, server: EmbeddingServer, *, batch: int | None = None, **settings: object
    ) -> HTTPProvider:
        """Return a provider for the server; `batch` is how many texts it said that it takes."""
        provider = self.provider_at(server.url, **settings)
        if batch is not None:
            endpoint_of(provider).learn("texts", batch)

        return provider

    def provider_at(self, url: str, **settings: object) -> HTTPProvider:
        """Return a provider for any address."""
        return replace(self.service.provider(url), **{"timeout": 10.0, **settings})

    def new_cache(self) -> Path:
        return self.folder / f"vectors-{next(self._numbers)}.sqlite"

    def embeds(
        self,
        server: EmbeddingServer,
        provider: HTTPProvider | None = None,
        *,
        texts: Sequence[str] = TEXTS,
        right: Right | None = None,
        cache: Path | None = None,
    ) -> Embedded:
        """Embed the texts; every vector is the right one, in its row and in the cache."""
        provider, cache = provider or self.provider(server), cache or self.new_cache()
        right = {**self.right(server, provider, texts), **(right or {})}
        with counting() as counts:
            vectors = CachedProvider(provider, cache).embed(texts)

        assert np.array_equal(vectors, np.stack([right[text] for text in texts]))
        assert check_kept(cache, provider, right) == set(texts)

        return Embedded(vectors, counts, cache)

    def fails(
        self,
        server: EmbeddingServer,
        kind: type[ToolkitError],
        *says: str,
        provider: HTTPProvider | None = None,
        texts: Sequence[str] = TEXTS,
        cache: Path | None = None,
        keeps: int | None = 0,
    ) -> ToolkitError:
        """Embed the texts; this error comes and says that, and what is kept is right."""
        provider, cache = provider or self.provider(server), cache or self.new_cache()
        right = self.right(server, provider, texts)
        error = self.error(CachedProvider(provider, cache), texts)

        assert type(error) is kind, "".join(traceback.format_exception(error))
        for pattern in says:
            assert re.search(pattern, str(error)), f"{pattern!r} is not in: {error}"
        kept = check_kept(cache, provider, right)
        assert keeps is None or len(kept) == keeps

        return error

    def error(self, provider: CachedProvider, texts: Sequence[str] = TEXTS) -> ToolkitError:
        """Return the error of a run; it may be shown to anybody."""
        try:
            provider.embed(texts)
        except ToolkitError as error:
            shown = "".join(traceback.format_exception(error))
            assert KEY not in shown
            assert not [text for text in texts if text in shown]
            return error

        raise AssertionError("the run came to a good end")

    def right(
        self, server: EmbeddingServer, provider: HTTPProvider, texts: Sequence[str]
    ) -> dict[str, Embeddings]:
        """Return the right vectors of the texts."""
        sent = provider.prompted(texts, "none")

        return dict(zip(texts, server.expected(sent, provider.dimensions), strict=True))
