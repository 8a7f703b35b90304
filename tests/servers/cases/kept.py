"""Cases 25 and 28: cache files that cannot be used, and what must not share a row in one."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.servers.cases.case import case
from tests.servers.cases.keeping import kept_rows
from tests.servers.cases.trial import TEXTS, Trial
from tests.servers.embedding_server import EmbeddingServer
from toolkit.embedding import CachedProvider
from toolkit.embedding.base import Task
from toolkit.errors import ToolkitWarning

TASKLESS = ("openai", "compatible", "azure", "mistral")
DIMENSIONS = (256, 512)
LONGEST = 600
"""Vectors so long that they fill several pages of a cache file."""


@case(
    25,
    "cache file cut short, of another version, read-only; disk full",
    "set aside, or worked without, with a warning; the vectors are right",
)
def broken_cache(trial: Trial) -> None:
    for share in (0.01, 0.5):
        with trial.part(f"cut short to {share}"), trial.server(n_dimensions=LONGEST) as server:
            cache = _filled(trial, server)
            cache.write_bytes(cache.read_bytes()[: int(share * cache.stat().st_size)])
            _embeds_anyway(trial, server, cache, "corrupt: set aside")
            assert len(list(cache.parent.glob(f"{cache.name}.corrupt-*"))) == 1
            assert len(kept_rows(cache)) == len(TEXTS)
    with trial.part("another version"), trial.server() as server:
        cache = _filled(trial, server)
        with closing(sqlite3.connect(cache)) as file:
            file.execute("PRAGMA user_version = 99")
        before = cache.read_bytes()
        _embeds_anyway(trial, server, cache, "format 99")
        assert cache.read_bytes() == before
    with trial.part("read-only"), trial.server(n_dimensions=LONGEST) as server:
        cache = _filled(trial, server, TEXTS[:8])
        _open_differently(trial, "mode=ro")
        _embeds_anyway(trial, server, cache, "readonly")
        assert sum(len(seen.texts) for seen in server.seen) == len(TEXTS)
    with trial.part("disk full"), trial.server(n_dimensions=LONGEST) as server:
        cache = _filled(trial, server, TEXTS[:8])
        _open_differently(trial, "mode=rw", "PRAGMA max_page_count = 1")
        _embeds_anyway(trial, server, cache, "full")


@case(
    28,
    "one text, for two tasks and of two lengths",
    "four rows that share nothing; two where the service has no tasks",
)
def apart_in_the_cache(trial: Trial) -> None:
    tasks: tuple[Task, ...] = ("query", "document")
    with trial.server(n_dimensions=LONGEST) as server:
        cache = trial.new_cache()
        for length in DIMENSIONS:
            provider = trial.provider(server, dimensions=length)
            for task in tasks:
                vectors = CachedProvider(provider, cache).embed(TEXTS[:1], task=task)
                sent = provider.prompted(TEXTS[:1], task)
                assert np.array_equal(vectors, server.expected(sent, length))
        n_different = 2 if trial.service.name in TASKLESS else 4

        assert len(kept_rows(cache)) == len(server.seen) == n_different


def _filled(trial: Trial, server: EmbeddingServer, texts: list[str] = TEXTS) -> Path:
    return trial.embeds(server, texts=texts).cache


def _embeds_anyway(trial: Trial, server: EmbeddingServer, cache: Path, why: str) -> None:
    provider = trial.provider(server)
    right = trial.right(server, provider, TEXTS)
    with pytest.warns(ToolkitWarning, match=why):
        vectors = CachedProvider(provider, cache).embed(TEXTS)
    trial.monkeypatch.setattr(sqlite3, "connect", _connect)

    assert np.array_equal(vectors, np.stack([right[text] for text in TEXTS]))


_connect: Callable[..., sqlite3.Connection] = sqlite3.connect


def _open_differently(trial: Trial, mode: str, *statements: str) -> None:
    """Open files as a system does where not everything may be done with them."""

    def connect(path: Path, **settings: object) -> sqlite3.Connection:
        connection = _connect(f"file:{path}?{mode}", uri=True, **settings)
        for statement in statements:
            connection.execute(statement)

        return connection

    trial.monkeypatch.setattr(sqlite3, "connect", connect)
