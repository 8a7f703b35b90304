import asyncio
import threading
import time

import numpy as np
import pytest

from tests.http_service import (
    ADDRESS,
    PROVIDER,
    TEXTS,
    Service,
    failing,
    in_flight,
    learn_batches,
    right,
    start,
)
from toolkit.embedding import CachedProvider, OpenAIProvider, spending_at_most
from toolkit.errors import AuthenticationFailed, QuotaExceeded

BATCH = 10
PRICED = OpenAIProvider("minilm", base_url=ADDRESS, price=1_000.0)


@pytest.fixture
def service(monkeypatch):
    """Whatever happens in a test, no request is believed to be on the way after it."""
    yield start(monkeypatch, Service())
    assert in_flight() == 0


def test_embedding_leaves_an_event_loop_free(service):
    """
    Several calls are awaited at once, and a plain call works where a loop runs.
    """
    service.answering = lambda texts, number: time.sleep(0.02)

    async def both():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.create_task(tick())
        halves = await asyncio.gather(PROVIDER.aembed(TEXTS[:150]), PROVIDER.aembed(TEXTS[150:]))
        ticking.cancel()
        return np.concatenate(halves), PROVIDER.embed(TEXTS[:3]), ticks

    vectors, plain, ticks = asyncio.run(both())
    assert np.array_equal(vectors, right(TEXTS))
    assert np.array_equal(plain, right(TEXTS[:3]))
    assert ticks > 5


def test_what_nobody_awaits_any_more_is_not_sent(service, tmp_path):
    """
    A cancelled call sends nothing more; what it had paid is kept.
    """
    learn_batches(BATCH)
    cached = CachedProvider(PROVIDER, tmp_path / "vectors.sqlite")
    is_cancelled = threading.Event()
    service.answering = lambda texts, number: is_cancelled.wait(5) and None if number > 1 else None

    async def cancelled():
        task = asyncio.create_task(cached.aembed(TEXTS))
        while len(service.sent) < 2:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        is_cancelled.set()

    asyncio.run(cancelled())  # it ends when the thread does
    assert len(service.sent) <= 17 < len(TEXTS) / BATCH
    assert int(cached.known(TEXTS).sum()) == BATCH * len(service.sent)


def test_errors_reach_whoever_awaits(service):
    """
    They are the same as those of a plain call.
    """
    service.answering = lambda texts, number: failing(401, "no")
    with pytest.raises(AuthenticationFailed, match="401 Unauthorized: no"):
        asyncio.run(PROVIDER.aembed(TEXTS))


def test_budgets_hold_for_awaited_calls(service):
    """
    A limit that was set outside holds in the thread that does the work.
    """
    learn_batches(BATCH, PRICED)

    async def limited():
        with spending_at_most(1.0):
            await PRICED.aembed(TEXTS)

    with pytest.raises(QuotaExceeded, match="pass the limit of"):
        asyncio.run(limited())
