"""Embed many texts in blocks of like length, so that a run shows progress and can be cut off."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from toolkit.embedding.base import Embeddings, Provider, Task, check_embeddings
from toolkit.embedding.counts import Counts, count
from toolkit.errors import InvalidResponse, ModelNotFound, ProviderError, ProviderUnavailable
from toolkit.kernels.arrays import Indices
from toolkit.progress import progress

TEXTS_PER_BLOCK = 256
CHARACTERS_PER_BLOCK = 50_000

OnBlock = Callable[[Indices, Embeddings], None]


def embed_in_blocks(
    provider: Provider, texts: Sequence[str], task: Task, on_block: OnBlock | None = None
) -> Embeddings:
    """
    Return one row a text; ``on_block(rows, vectors)`` sees each block as soon as it is done.

    Long texts go first and the bar counts characters, so the time left is not flattered.
    """
    if not len(texts):
        return provider.embed([], task=task)
    sizes = np.array([len(text) for text in texts])
    vectors: Embeddings | None = None
    with progress(float(sizes.sum()), f"embedding {len(texts):,} texts") as bar:
        for rows in blocks(sizes):
            part = provider.embed([texts[row] for row in rows], task=task)
            part = check_embeddings(part, len(rows), provider.fingerprint)
            if vectors is None:
                vectors = np.empty((len(texts), part.shape[1]), dtype=np.float32)
            _check_length(provider, vectors.shape[1], part.shape[1])
            vectors[rows] = part
            count(Counts(embedded=len(rows)))
            if on_block is not None:
                on_block(rows, part)
            bar.update(float(sizes[rows].sum()))
    assert vectors is not None  # there was a text, so there was a block

    return vectors


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


def embed_or_nan(provider: Provider, texts: Sequence[str], task: Task) -> Embeddings:
    """
    Return one row a text; the few texts that the provider cannot embed get NaN and are counted.

    A failing run is halved until the bad texts stand alone. Errors that concern every text (no
    model, no service) are raised, and so is a run in which no text could be embedded.
    """
    found: dict[int, Embeddings] = {}
    error = _embed_range(provider, texts, task, 0, len(texts), found)
    if not found:
        if error is not None:
            raise error
        return provider.embed(texts, task=task)
    n_dimensions = next(iter(found.values())).shape[1]
    vectors = np.full((len(texts), n_dimensions), np.nan, dtype=np.float32)
    for start, part in found.items():
        _check_length(provider, n_dimensions, part.shape[1])
        vectors[start : start + len(part)] = part
    count(Counts(failed=len(texts) - sum(map(len, found.values()))))

    return vectors


def _embed_range(
    provider: Provider,
    texts: Sequence[str],
    task: Task,
    start: int,
    stop: int,
    found: dict[int, Embeddings],
) -> ProviderError | None:
    if start == stop:
        return None
    try:
        part = provider.embed(texts[start:stop], task=task)
        found[start] = check_embeddings(part, stop - start, provider.fingerprint)
        return None
    except (ModelNotFound, ProviderUnavailable):
        raise
    except ProviderError as error:
        if stop - start == 1:
            return error
    middle = (start + stop) // 2
    first = _embed_range(provider, texts, task, start, middle, found)
    second = _embed_range(provider, texts, task, middle, stop, found)

    return first or second


def _check_length(provider: Provider, first: int, now: int) -> None:
    if first != now:
        raise InvalidResponse(
            f"{provider.fingerprint}: vectors of {first} and of {now} dimensions came in one run"
        )
