"""The SQLite file behind the cache: keys to float32 vectors, safe to share and to interrupt."""

import os
import sqlite3
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from toolkit.embedding.base import Embeddings
from toolkit.embedding.space import FORMAT, Space, SpaceInfo, check_length
from toolkit.errors import ToolkitWarning

KEYS_PER_QUERY = 900
BUSY_SECONDS = 60
CREATE_ATTEMPTS = 100

SCHEMA = """
CREATE TABLE IF NOT EXISTS spaces (
    id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, task TEXT NOT NULL,
    n_dimensions INTEGER NOT NULL, UNIQUE (fingerprint, task)
);
CREATE TABLE IF NOT EXISTS vectors (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, space INTEGER NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS vectors_space ON vectors (space);
"""


class VectorStore:
    """
    One open cache file; a context manager.

    Every failure of the file turns the store off with a ToolkitWarning: reading finds nothing
    and writing does nothing, and the run goes on.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

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

    def read(self, space: Space, keys: Sequence[bytes]) -> tuple[np.ndarray, Embeddings]:
        """Return which keys are there, shape (n_keys,), and one row for each of those."""
        n_dimensions, blobs = self._stored(space, keys)
        found = np.fromiter((key in blobs for key in keys), dtype=bool, count=len(keys))
        joined = bytearray().join([blobs[key] for key in keys if key in blobs])
        vectors = np.frombuffer(joined, dtype="<f4").reshape(int(found.sum()), n_dimensions)
        is_whole = np.isfinite(vectors).all(axis=1)
        if not is_whole.all():
            found[found] = is_whole
            vectors = vectors[is_whole]

        return found, vectors.astype(np.float32, copy=False)

    def known(self, space: Space, keys: Sequence[bytes]) -> npt.NDArray[np.bool_]:
        """Return which keys are there, shape (n_keys,), without reading their vectors."""
        n_dimensions, known = 0, set[bytes]()
        try:
            if self._connection is not None:
                n_dimensions = _number_and_length(self._connection, space)[1]
            for start in range(0, len(keys) if n_dimensions else 0, KEYS_PER_QUERY):
                part = keys[start : start + KEYS_PER_QUERY]
                known.update(key for key, *_ in self._select(part, n_dimensions, "key"))
        except sqlite3.Error as error:
            self._give_up(error)

        return np.fromiter((key in known for key in keys), dtype=bool, count=len(keys))

    def write(self, space: Space, keys: Sequence[bytes], vectors: Embeddings) -> None:
        """
        Keep one vector a key, all or none of them.

        Raises
        ------
        InvalidResponse
            If the vectors that are kept in this space have another length.
        """
        if self._connection is None:
            return
        try:
            with self._connection as transaction:
                transaction.execute("BEGIN IMMEDIATE")
                transaction.execute(
                    "INSERT OR IGNORE INTO spaces (fingerprint, task, n_dimensions) "
                    "VALUES (?, ?, ?)",
                    (space.fingerprint, space.task, vectors.shape[1]),
                )
                number, n_dimensions = _number_and_length(transaction, space)
                check_length(space, n_dimensions, vectors.shape[1])
                rows = [
                    (key, number, vector.tobytes())
                    for key, vector in zip(keys, vectors.astype("<f4", copy=False), strict=True)
                ]
                transaction.executemany(
                    "INSERT OR REPLACE INTO vectors (key, space, vector) VALUES (?, ?, ?)", rows
                )
        except sqlite3.Error as error:
            self._give_up(error)

    def info(self) -> list[SpaceInfo]:
        """Return what is kept, one row for each provider and task."""
        if self._connection is None:
            return []
        try:
            rows = self._connection.execute(
                "SELECT fingerprint, task, COUNT(*), COUNT(*) * n_dimensions * 4 "
                "FROM vectors JOIN spaces ON spaces.id = space "
                "GROUP BY space ORDER BY fingerprint, task"
            ).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []

        return [SpaceInfo(*row) for row in rows]

    def clear(self, fingerprint: str | None = None) -> int:
        """Forget the vectors of one fingerprint, or all; return how many there were."""
        if self._connection is None:
            return 0
        chosen = "WHERE ?1 IS NULL OR fingerprint = ?1"
        try:
            with self._connection as transaction:
                transaction.execute("BEGIN IMMEDIATE")
                removed = transaction.execute(
                    f"DELETE FROM vectors WHERE space IN (SELECT id FROM spaces {chosen})",
                    (fingerprint,),
                ).rowcount
                transaction.execute(f"DELETE FROM spaces {chosen}", (fingerprint,))
        except sqlite3.Error as error:
            self._give_up(error)
            return 0
        with suppress(sqlite3.OperationalError):  # another process reads: the room is used again
            self._connection.execute("VACUUM")

        return removed

    def _stored(self, space: Space, keys: Sequence[bytes]) -> tuple[int, dict[bytes, bytes]]:
        """Return the length of the space's vectors and, by key, those that have it."""
        blobs: dict[bytes, bytes] = {}
        n_dimensions = 0
        try:
            if self._connection is not None:
                n_dimensions = _number_and_length(self._connection, space)[1]
            for start in range(0, len(keys) if n_dimensions else 0, KEYS_PER_QUERY):
                part = keys[start : start + KEYS_PER_QUERY]
                blobs.update(self._select(part, n_dimensions, "key, vector"))
        except sqlite3.Error as error:
            self._give_up(error)

        return n_dimensions, blobs

    def _select(
        self, keys: Sequence[bytes], n_dimensions: int, columns: str
    ) -> list[tuple[bytes, bytes]]:
        if self._connection is None:
            return []
        marks = ",".join("?" * len(keys))

        return self._connection.execute(
            f"SELECT {columns} FROM vectors WHERE key IN ({marks}) "
            "AND typeof(vector) = 'blob' AND length(vector) = ?",
            [*keys, 4 * n_dimensions],
        ).fetchall()

    def _opened(self) -> sqlite3.Connection:
        self._inode = self.path.stat().st_ino if self.path.exists() else 0
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            version, n_tables = connection.execute(
                "SELECT user_version, (SELECT COUNT(*) FROM sqlite_master) FROM pragma_user_version"
            ).fetchone()
            if version == 0 and n_tables:
                raise sqlite3.OperationalError("it is the database of another program")
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
            if self._inode in (0, self.path.stat().st_ino):
                os.replace(self.path, aside)
                for ending in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
                _warn(f"the embedding cache {self.path} is corrupt: set aside as {aside.name}")
            # Else another process has set it aside since, and this name is a new file's.
            self._connection = self._opened()
        except (OSError, sqlite3.Error):
            return False

        return True


def _number_and_length(connection: sqlite3.Connection, space: Space) -> tuple[int, int]:
    """Return the space's number in the file and the length of its vectors; zeros if not there."""
    row: tuple[int, int] | None = connection.execute(
        "SELECT id, n_dimensions FROM spaces WHERE fingerprint = ? AND task = ?",
        (space.fingerprint, space.task),
    ).fetchone()

    return row or (0, 0)


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
