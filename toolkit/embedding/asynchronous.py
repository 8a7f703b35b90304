"""Embedding for programs with an event loop: the work is done in a thread, the loop goes on."""

import asyncio
import threading
from collections.abc import Sequence
from contextvars import ContextVar

from toolkit.embedding.base import Embeddings, Provider, Task

_stop: ContextVar[threading.Event | None] = ContextVar("toolkit_stop", default=None)


async def embed_async(provider: Provider, texts: Sequence[str], task: Task = "none") -> Embeddings:
    """
    Return what ``provider.embed`` returns, while the event loop goes on.

    If the awaiting task is cancelled, no further request is sent; what came is kept in the cache.

    >>> from toolkit.embedding import HashingProvider
    >>> asyncio.run(embed_async(HashingProvider(8), ["late parcel"])).shape
    (1, 8)
    """
    stop = threading.Event()
    token = _stop.set(stop)  # the thread works in a copy of this context
    try:
        return await asyncio.to_thread(provider.embed, texts, task=task)
    except asyncio.CancelledError:
        stop.set()
        raise
    finally:
        _stop.reset(token)


def is_stopped() -> bool:
    """Return whether nobody waits for the vectors any more."""
    stop = _stop.get()

    return stop is not None and stop.is_set()
