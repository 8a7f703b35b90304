"""Vectors kept on disk, so that no text is embedded twice by the same model."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.embedding.asynchronous import embed_async
from toolkit.embedding.base import Embeddings, Provider, Task, check_task
from toolkit.embedding.blocks import embedded_parts
from toolkit.embedding.counts import Counts, count
from toolkit.embedding.parts import Failure, Part, whole
from toolkit.embedding.space import Space, SpaceInfo, check_length
from toolkit.embedding.vector_store import VectorStore
from toolkit.kernels.arrays import Indices


def default_cache_path() -> Path:
    """
    Return where vectors are kept: ``TOOLKIT_CACHE`` (a file), else the user's cache folder.

    >>> default_cache_path().suffix
    '.sqlite'
    """
    if chosen := os.environ.get("TOOLKIT_CACHE"):
        return Path(chosen).expanduser()

    from platformdirs import user_cache_path

    return user_cache_path("text-embedding-toolkit") / "vectors.sqlite"


@dataclass(frozen=True)
class CachedProvider:
    """
    Embed each text once: known texts come from an SQLite file, new ones are added to it.

    The file holds hashes of texts, never texts. It may be shared by processes. What is done is
    kept block by block, so an interrupted run goes on where it was. If the file cannot be used
    (read-only, full, corrupt), a ToolkitWarning says so and texts are embedded without it.

    Parameters
    ----------
    provider : Provider
        Who embeds the texts that are not in the cache.
    path : path-like, optional
        The SQLite file; ``default_cache_path()`` if not given.

    Examples
    --------
    >>> import tempfile
    >>> from toolkit.embedding import CachedProvider, HashingProvider, counting
    >>> with tempfile.TemporaryDirectory() as folder, counting() as counts:
    ...     provider = CachedProvider(HashingProvider(8), Path(folder) / "vectors.sqlite")
    ...     vectors = provider.embed(["one", "two"], task="none")
    ...     again = provider.embed(["two", "three"], task="none")
    >>> counts.embedded, counts.cached
    (3, 1)
    """

    provider: Provider
    path: Path | str | None = None

    def __sklearn_clone__(self) -> "CachedProvider":
        return self

    @property
    def name(self) -> str | None:
        return getattr(self.provider, "name", None)

    @property
    def fingerprint(self) -> str:
        return self.provider.fingerprint

    def task_as_sent(self, task: Task) -> str:
        """Return what the provider makes of the task."""
        return task_as_sent(self.provider, task)

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return the provider's vectors, shape (n_texts, n_dimensions)."""
        check_task(task)
        if not len(texts):
            return self.provider.embed([], task=task)

        return whole(self._parts(texts, task, may_fail=False), len(texts))

    async def aembed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return what ``embed`` returns, while the event loop goes on."""
        return await embed_async(self, texts, task)

    def stream(self, texts: Sequence[str], *, task: Task = "none") -> Iterator[Part | Failure]:
        """Yield vectors, first those that are kept, and the texts that cannot be embedded."""
        check_task(task)

        return self._parts(texts, task, may_fail=True)

    def known(self, texts: Sequence[str], *, task: Task = "none") -> npt.NDArray[np.bool_]:
        """Return which texts need not be embedded any more, shape (n_texts,)."""
        space = Space(self.fingerprint, self.task_as_sent(task))
        with VectorStore(Path(self.path) if self.path else default_cache_path()) as store:
            return store.known(space, space.keys(texts))

    def _parts(
        self, texts: Sequence[str], task: Task, *, may_fail: bool
    ) -> Iterator[Part | Failure]:
        rows_of: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            rows_of.setdefault(text, []).append(row)
        distinct, rows = list(rows_of), list(rows_of.values())
        for part in self._distinct_parts(distinct, task, may_fail=may_fail):
            if isinstance(part, Failure):
                yield from (Failure(row, part.reason) for row in rows[part.row])
            elif len(distinct) == len(texts):
                yield part
            else:
                repeats = [len(rows[place]) for place in part.rows]
                everywhere = np.concatenate([rows[place] for place in part.rows])
                yield Part(everywhere, np.repeat(part.vectors, repeats, axis=0))

    def _distinct_parts(
        self, texts: list[str], task: Task, *, may_fail: bool
    ) -> Iterator[Part | Failure]:
        space = Space(self.fingerprint, self.task_as_sent(task))
        keys = space.keys(texts)
        with VectorStore(Path(self.path) if self.path else default_cache_path()) as store:
            found, vectors = store.read(space, keys)
            count(Counts(cached=int(found.sum())))
            if found.any():
                yield Part(np.flatnonzero(found), vectors)
            missing = np.flatnonzero(~found)
            if not len(missing):
                return

            def keep(rows: Indices, part: Embeddings) -> None:
                if found.any():
                    check_length(space, vectors.shape[1], part.shape[1])
                store.write(space, [keys[missing[row]] for row in rows], part)

            new = [texts[row] for row in missing]
            for part in embedded_parts(self.provider, new, task, keep, may_fail=may_fail):
                if isinstance(part, Failure):
                    yield Failure(int(missing[part.row]), part.reason)
                else:
                    yield Part(missing[part.rows], part.vectors)


def cache_info(path: Path | str | None = None) -> list[SpaceInfo]:
    """Return what a cache file holds, one row for each provider and task."""
    file = Path(path) if path else default_cache_path()
    if not file.exists():
        return []
    with VectorStore(file) as store:
        return store.info()


def clear_cache(fingerprint: str | None = None, path: Path | str | None = None) -> int:
    """Forget the vectors of one provider's fingerprint, or all; return how many there were."""
    file = Path(path) if path else default_cache_path()
    if not file.exists():
        return 0
    with VectorStore(file) as store:
        return store.clear(fingerprint)


def task_as_sent(provider: Provider, task: Task) -> str:
    """
    Return what the provider makes of the task, so that tasks it treats alike share vectors.

    Providers may have a method ``task_as_sent(task)``; without it each task stands for itself.
    """
    told = getattr(provider, "task_as_sent", None)

    return str(told(task)) if told is not None else task
