"""The SQLite file behind the cache: keys to float32 vectors, safe to share and to interrupt."""

import hashlib
import os
import sqlite3
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from toolkit.embedding.base import Embeddings
from toolkit.errors import ToolkitWarning

FORMAT = 1
KEYS_PER_QUERY = 1000
BUSY_SECONDS = 60
CREATE_ATTEMPTS = 100

SCHEMA = """
CREATE TABLE IF NOT EXISTS spaces (
    id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, task TEXT NOT NULL,
    UNIQUE (fingerprint, task)
);
CREATE TABLE IF NOT EXISTS vectors (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, space INTEGER NOT NULL, vector BLOB NOT NULL
);
"""


def text_keys(fingerprint: str, task: str, texts: Sequence[str]) -> list[bytes]:
    """
    Return a 20-byte key for each text; no field can run into the next.

    >>> text_keys("a", "bc", ["d"]) == text_keys("ab", "c", ["d"])
    False
    """
    common = hashlib.blake2b(digest_size=20)
    for part in (str(FORMAT), fingerprint, task):
        encoded = part.encode("utf-8", "surrogatepass")
        common.update(len(encoded).to_bytes(8, "little") + encoded)
    keys = []
    for text in texts:
        key = common.copy()
        key.update(text.encode("utf-8", "surrogatepass"))
        keys.append(key.digest())

    return keys


@dataclass(frozen=True)
class SpaceInfo:
    """How many vectors of one provider and task are kept, and their size in bytes."""

    fingerprint: str
    task: str
    n_vectors: int
    n_bytes: int


class VectorStore:
    """
    One open cache file; a context manager.

    Every failure of the file turns the store off with a ToolkitWarning: reading finds nothing
    and writing does nothing, and the run goes on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = self._opened()
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def read(self, keys: Sequence[bytes]) -> tuple[np.ndarray, Embeddings]:
        """Return which keys are there, shape (n_keys,), and a row for each (rows not there: zeros)."""
        blobs: dict[bytes, bytes] = {}
        try:
            for start in range(0, len(keys), KEYS_PER_QUERY):
                blobs.update(self._select(keys[start : start + KEYS_PER_QUERY]))
        except sqlite3.Error as error:
            self._give_up(error)
        size = max(map(len, blobs.values()), default=0)
        found = np.array([len(blobs.get(key, b"")) == size > 0 for key in keys], dtype=bool)
        nothing = bytes(size)
        joined = b"".join(
            blobs[key] if there else nothing for key, there in zip(keys, found, strict=True)
        )
        vectors = np.frombuffer(joined, dtype="<f4").reshape(len(keys), size // 4)
        found &= np.isfinite(vectors).all(axis=1)

        return found, vectors.astype(np.float32, copy=False)

    def write(
        self, fingerprint: str, task: str, keys: Sequence[bytes], vectors: Embeddings
    ) -> None:
        """Keep one vector a key, all or none of them."""
        if self._connection is None:
            return
        try:
            with self._connection as transaction:
                transaction.execute("BEGIN IMMEDIATE")
                transaction.execute(
                    "INSERT OR IGNORE INTO spaces (fingerprint, task) VALUES (?, ?)",
                    (fingerprint, task),
                )
                (space,) = transaction.execute(
                    "SELECT id FROM spaces WHERE fingerprint = ? AND task = ?", (fingerprint, task)
                ).fetchone()
                transaction.executemany(
                    "INSERT OR REPLACE INTO vectors (key, space, vector) VALUES (?, ?, ?)",
                    [
                        (key, space, vector.astype("<f4").tobytes())
                        for key, vector in zip(keys, vectors, strict=True)
                    ],
                )
        except sqlite3.Error as error:
            self._give_up(error)

    def info(self) -> list[SpaceInfo]:
        """Return what is kept, one row for each provider and task."""
        if self._connection is None:
            return []
        rows = self._connection.execute(
            "SELECT fingerprint, task, COUNT(*), SUM(LENGTH(vector)) "
            "FROM vectors JOIN spaces ON spaces.id = space GROUP BY space ORDER BY fingerprint, task"
        )

        return [SpaceInfo(*row) for row in rows]

    def clear(self, fingerprint: str | None = None) -> int:
        """Forget the vectors of one fingerprint, or all; return how many there were."""
        if self._connection is None:
            return 0
        with self._connection as transaction:
            removed = transaction.execute(
                "DELETE FROM vectors WHERE ?1 IS NULL OR space IN "
                "(SELECT id FROM spaces WHERE fingerprint = ?1)",
                (fingerprint,),
            ).rowcount
        self._connection.execute("VACUUM")

        return removed

    def _select(self, keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        if self._connection is None:
            return []
        marks = ",".join("?" * len(keys))

        return self._connection.execute(
            f"SELECT key, vector FROM vectors WHERE key IN ({marks})", keys
        ).fetchall()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, FORMAT):
                raise sqlite3.OperationalError(f"it has format {version}, not {FORMAT}")
            if version == 0:
                _create(connection)
            # With WAL this loses at most the last blocks if the machine, not the process, dies.
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise

        return connection

    def _give_up(self, error: Exception) -> None:
        """Set a corrupt file aside and begin anew; for any other failure work without the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        is_corrupt = type(error) is sqlite3.DatabaseError
        if is_corrupt and self._set_aside():
            return
        _warn(
            f"the embedding cache {self.path} cannot be used ({error}): working without it; "
            "set TOOLKIT_CACHE to a file that can be written"
        )

    def _set_aside(self) -> bool:
        aside = self.path.with_name(f"{self.path.name}.corrupt-{int(time.time())}")
        try:
            os.replace(self.path, aside)
            for ending in ("-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            self._connection = self._opened()
        except (OSError, sqlite3.Error):
            return False
        _warn(f"the embedding cache {self.path} is corrupt: set aside as {aside.name}, begun anew")

        return True


def _create(connection: sqlite3.Connection) -> None:
    """Another process may create the same file just now: then wait for it."""
    connection.execute("PRAGMA page_size = 8192")
    for attempt in range(CREATE_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == CREATE_ATTEMPTS - 1:
                raise
            time.sleep(0.05)
    connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;")


def _warn(message: str) -> None:
    warnings.warn(message, ToolkitWarning, stacklevel=4)
