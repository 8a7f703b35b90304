"""What a cache file holds, read without the toolkit's own code for it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from toolkit.embedding import HTTPProvider
from toolkit.embedding.base import Embeddings, Task
from toolkit.embedding.space import Space


def kept_rows(path: Path) -> dict[bytes, bytes]:
    """Return the vectors in a cache file, by the keys of their texts."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as file:
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'vectors'").fetchall():
            return {}
        return dict(file.execute("SELECT key, vector FROM vectors").fetchall())


def check_kept(
    path: Path, provider: HTTPProvider, right: Mapping[str, Embeddings], task: Task = "none"
) -> set[str]:
    """Return the texts that are kept; each has its right vector, and nothing else is there."""
    rows = kept_rows(path)
    if not rows:
        return set()
    space = Space(provider.fingerprint, provider.task_as_sent(task))
    text_of = dict(zip(space.keys(list(right)), right, strict=True))

    assert rows.keys() <= text_of.keys()
    for key, blob in rows.items():
        assert blob == right[text_of[key]].astype("<f4").tobytes()

    return {text_of[key] for key in rows}
