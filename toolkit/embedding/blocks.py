"""Embed many texts part by part, so that a run shows progress, can be cut off and goes on."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress

import numpy as np

from toolkit.embedding.base import Embeddings, Provider, Task, check_embeddings
from toolkit.embedding.counts import Counts, count
from toolkit.embedding.parts import Failure, Part, check_same_length, gathered, whole
from toolkit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
)
from toolkit.kernels.arrays import Indices
from toolkit.progress import progress

TEXTS_PER_BLOCK = 256
CHARACTERS_PER_BLOCK = 50_000

CONCERN_EVERY_TEXT = (ModelNotFound, ProviderUnavailable, AuthenticationFailed, QuotaExceeded)

OnBlock = Callable[[Indices, Embeddings], None]


def parts_of(
    provider: Provider, texts: Sequence[str], task: Task, *, may_fail: bool = False
) -> Generator[Part | Failure]:
    """
    Yield the vectors of the texts part by part, and the texts that cannot be embedded.

    A provider that has a method ``stream(texts, *, task)`` says itself which texts those are. Of
    any other, blocks of texts are embedded one after the other, and if `may_fail`, a block that
    fails is halved until the bad texts stand alone; else its error is raised.
    """
    stream = getattr(provider, "stream", None)
    if stream is not None:
        yield from stream(texts, task=task)
        return
    for rows in blocks(np.array([len(text) for text in texts])):
        try:
            yield _embedded(provider, texts, task, rows)
        except ProviderError as error:
            if not may_fail or isinstance(error, CONCERN_EVERY_TEXT):
                raise
            yield from _halved(provider, texts, task, rows, error)


def embedded_parts(
    provider: Provider,
    texts: Sequence[str],
    task: Task,
    on_block: OnBlock | None = None,
    *,
    may_fail: bool = False,
) -> Iterator[Part | Failure]:
    """
    Yield what `parts_of` yields, with progress and counts; ``on_block(rows, vectors)`` sees a part.

    Long texts go first and the bar counts characters, so the time left is not flattered.
    """
    sizes = np.array([len(text) for text in texts], dtype=np.intp)
    n_dimensions: int | None = None
    with progress(float(sizes.sum()), f"embedding {len(texts):,} texts") as bar:
        parts = parts_of(provider, texts, task, may_fail=may_fail)
        for part in parts:
            if isinstance(part, Failure):
                bar.update(float(sizes[part.row]))
            else:
                n_dimensions = n_dimensions or part.vectors.shape[1]
                check_same_length(n_dimensions, part.vectors.shape[1], provider.fingerprint)
                count(Counts(embedded=len(part.rows)))
                if on_block is not None:
                    _keep(part, parts, on_block)
                bar.update(float(sizes[part.rows].sum()))
            yield part


def _keep(part: Part, parts: Generator[Part | Failure], on_block: OnBlock) -> None:
    """Hand a part on; if that is interrupted, hand on what is under way too: it may be paid."""
    try:
        on_block(part.rows, part.vectors)
    except KeyboardInterrupt as interrupt:
        with suppress(KeyboardInterrupt, StopIteration):
            more: Part | Failure = part
            while True:
                if isinstance(more, Part):
                    on_block(more.rows, more.vectors)
                more = parts.throw(interrupt) if more is part else next(parts)
        raise


def embed_in_blocks(
    provider: Provider, texts: Sequence[str], task: Task, on_block: OnBlock | None = None
) -> Embeddings:
    """Return one row a text; ``on_block(rows, vectors)`` sees each part as soon as it is done."""
    if not len(texts):
        return provider.embed([], task=task)

    return whole(embedded_parts(provider, texts, task, on_block), len(texts))


def embed_or_nan(
    provider: Provider, texts: Sequence[str], task: Task
) -> tuple[Embeddings, dict[int, str]]:
    """
    Return one row a text, NaN for the few that the provider cannot embed, and the reasons by row.

    Errors that concern every text (no model, no service) are raised, and so is a run in which no
    text could be embedded.
    """
    if not len(texts):
        return provider.embed([], task=task), {}

    return gathered(parts_of(provider, texts, task, may_fail=True), len(texts))


def blocks(sizes: np.ndarray) -> Iterator[Indices]:
    """
    Yield row numbers, longest texts first, bounded by count and by characters.

    >>> [rows.tolist() for rows in blocks(np.array([5, 40_000, 20_000]))]
    [[1], [2, 0]]
    """
    order = np.argsort(-sizes, kind="stable")
    start = 0
    while start < len(order):
        total = np.cumsum(sizes[order[start : start + TEXTS_PER_BLOCK]])
        size = max(1, int(np.searchsorted(total, CHARACTERS_PER_BLOCK, side="right")))
        yield order[start : start + size]
        start += size


def _embedded(provider: Provider, texts: Sequence[str], task: Task, rows: Indices) -> Part:
    vectors = provider.embed([texts[row] for row in rows], task=task)

    return Part(rows, check_embeddings(vectors, len(rows), provider.fingerprint))


def _halved(
    provider: Provider, texts: Sequence[str], task: Task, rows: Indices, error: ProviderError
) -> Iterator[Part | Failure]:
    """Yield the good texts of rows that failed together, and the bad ones."""
    if len(rows) == 1:
        yield Failure(int(rows[0]), str(error))
        return
    middle = len(rows) // 2
    for half in (rows[:middle], rows[middle:]):
        try:
            yield _embedded(provider, texts, task, half)
        except CONCERN_EVERY_TEXT:
            raise
        except ProviderError as found:
            yield from _halved(provider, texts, task, half, found)
