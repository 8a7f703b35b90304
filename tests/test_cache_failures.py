import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from toolkit.embedding import (
    CachedProvider,
    HashingProvider,
    cache_info,
    clear_cache,
    counting,
    vector_store,
)
from toolkit.errors import ToolkitWarning

TEXTS = [f"parcel number {n} came {n % 7} days late" for n in range(300)]
EXPECTED = HashingProvider(64).embed(TEXTS)


@pytest.fixture
def provider(tmp_path):
    return CachedProvider(HashingProvider(64), tmp_path / "vectors.sqlite")


def embedded(provider, texts):
    """How many texts a call embeds; the vectors are right."""
    with counting() as counts:
        assert np.allclose(provider.embed(texts), EXPECTED[: len(texts)])

    return counts.embedded


def works_without_keeping(provider, why):
    """Each call warns, says why, and embeds everything."""
    for _ in range(2):
        with pytest.warns(ToolkitWarning, match=f"cannot be used .*{why}.*: working without it"):
            assert embedded(provider, TEXTS) == len(TEXTS)


def test_garbage_is_set_aside(provider):
    """
    A file that is no database is kept under another name, and a new one begun.
    """
    provider.path.write_bytes(b"this is no database" * 1000)

    with pytest.warns(ToolkitWarning, match="corrupt: set aside"):
        assert embedded(provider, TEXTS) == len(TEXTS)

    assert embedded(provider, TEXTS) == 0
    (aside,) = provider.path.parent.glob("*.corrupt-*")
    assert aside.read_bytes().startswith(b"this is no database")


def test_a_malformed_page_is_set_aside(provider):
    """
    Damage in the middle of a good file is noticed when it is read.
    """
    provider.embed(TEXTS)
    content = bytearray(provider.path.read_bytes())
    for start in range(4 * 8192, len(content), 8192):
        content[start : start + 8192] = os.urandom(8192)
    provider.path.write_bytes(content)

    with pytest.warns(ToolkitWarning, match="corrupt: set aside"):
        embedded(provider, TEXTS)

    assert embedded(provider, TEXTS) == 0


def test_only_the_file_that_was_corrupt_is_set_aside(provider):
    """
    If another process has already begun a new file, that one is used.
    """
    other = CachedProvider(HashingProvider(64), provider.path.with_name("other"))
    provider.embed(TEXTS[:10])
    other.embed(TEXTS)
    with vector_store.VectorStore(provider.path) as store:
        os.replace(other.path, provider.path)
        store._give_up(sqlite3.DatabaseError("malformed"))

    assert not list(provider.path.parent.glob("*.corrupt-*"))
    assert embedded(provider, TEXTS) == 0


def test_a_folder_in_its_place_means_working_without(provider):
    """
    What cannot be opened costs a warning, not the run.
    """
    provider.path.mkdir()

    works_without_keeping(provider, "unable to open")


def test_a_place_that_cannot_be_written_means_working_without(tmp_path):
    """
    A parent that is a file, or a system folder, costs a warning, not the run.
    """
    (tmp_path / "file").write_text("")

    works_without_keeping(CachedProvider(HashingProvider(64), tmp_path / "file" / "v.sqlite"), "")


def test_a_read_only_file_is_still_read(provider, monkeypatch):
    """
    Known texts come from a file that cannot be written, new ones are embedded each time.
    """
    provider.embed(TEXTS[:200])
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda path, **settings: connect(f"file:{path}?mode=ro", uri=True, **settings),
    )

    assert embedded(provider, TEXTS[:200]) == 0
    for _ in range(2):
        with pytest.warns(ToolkitWarning, match="readonly"):
            assert embedded(provider, TEXTS) == 100
    with pytest.warns(ToolkitWarning, match="readonly"):
        assert clear_cache(path=provider.path) == 0


def test_a_full_disk_means_working_without(provider, monkeypatch):
    """
    What was kept before stays; the rest is embedded each time.
    """
    provider.embed(TEXTS[:100])
    connect = sqlite3.connect

    def full(path, **settings):
        connection = connect(path, **settings)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    monkeypatch.setattr(sqlite3, "connect", full)

    for _ in range(2):
        with pytest.warns(ToolkitWarning, match="full"):
            assert embedded(provider, TEXTS) == 200


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("PRAGMA user_version = 99", "it has format 99, not 1"),
        ("PRAGMA user_version = 0", "it is the database of another program"),
    ],
)
def test_a_file_of_another_format_is_left_as_it_is(provider, statement, why):
    """
    A newer toolkit's file, or another program's, is neither read nor changed.
    """
    with closing(sqlite3.connect(provider.path)) as file, file:
        file.execute("CREATE TABLE theirs (id)")
        file.execute(statement)
    before = provider.path.read_bytes()

    works_without_keeping(provider, why)
    with pytest.warns(ToolkitWarning, match=why):
        assert cache_info(provider.path) == []
    assert provider.path.read_bytes() == before


def test_missing_tables_mean_working_without(provider):
    """
    A file that lost its tables costs a warning, not the run.
    """
    provider.embed(TEXTS)
    with closing(sqlite3.connect(provider.path)) as file, file:
        file.execute("DROP TABLE spaces")

    works_without_keeping(provider, "no such table")
    with pytest.warns(ToolkitWarning, match="no such table"):
        assert cache_info(provider.path) == []


SLOW_RUN = """
import sys, time
from pathlib import Path
from toolkit.embedding import CachedProvider, HashingProvider, blocks

blocks.TEXTS_PER_BLOCK = 50

class Slow(HashingProvider):
    def embed(self, texts, *, task="none"):
        vectors = super().embed(texts, task=task)
        print("block", flush=True)
        time.sleep(0.05)
        return vectors

texts = [f"parcel number {n} came {n % 7} days late" for n in range(300)]
CachedProvider(Slow(64), Path(sys.argv[1])).embed(texts)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_killed_run_goes_on_where_it_was(provider):
    """
    After kill -9 the file holds whole blocks, and the same call embeds only the rest.
    """
    command = [sys.executable, "-c", SLOW_RUN, str(provider.path)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as run:
        for _ in range(4):
            assert run.stdout.readline() == b"block\n"
        run.send_signal(signal.SIGKILL)

    kept = sum(space.n_vectors for space in cache_info(provider.path))

    assert kept in (150, 200)
    assert embedded(provider, TEXTS) == 300 - kept
    assert embedded(provider, TEXTS) == 0
