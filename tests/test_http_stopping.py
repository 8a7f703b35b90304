import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.http_service import (
    ADDRESS,
    PROVIDER,
    TEXTS,
    Service,
    failing,
    good,
    in_flight,
    learn_batches,
    right,
    start,
)
from toolkit.embedding import CachedProvider, OpenAIProvider, counting, spending_at_most
from toolkit.embedding.http import run
from toolkit.embedding.http.endpoint import endpoint_of
from toolkit.embedding.http.workers import Workers
from toolkit.embedding.parts import Part
from toolkit.errors import AuthenticationFailed, QuotaExceeded

PRICED = OpenAIProvider("minilm", base_url=ADDRESS, price=1_000.0)
"""A dollar for a thousand tokens."""

BATCH = 10


@pytest.fixture
def service(monkeypatch):
    """Whatever happens in a test, no request is believed to be on the way after it."""
    yield start(monkeypatch, Service())
    assert in_flight() == 0


@pytest.fixture
def cached(service, tmp_path):
    learn_batches(BATCH)

    return CachedProvider(PROVIDER, tmp_path / "vectors.sqlite")


def charging(texts, number):
    """Count three characters for a token."""
    return good(texts, usage={"total_tokens": sum(map(len, texts)) // 3})


def test_a_run_stops_before_its_limit_is_passed(service, tmp_path):
    """
    What was paid is kept, and with more money the same goes on.
    """
    service.answering = charging
    learn_batches(BATCH, PRICED)
    provider = CachedProvider(PRICED, tmp_path / "vectors.sqlite")
    price = sum(map(len, TEXTS)) / 3 / 1000
    limit = price / 3
    with (
        pytest.raises(QuotaExceeded, match=r"pass the limit of \$"),
        spending_at_most(limit) as budget,
        counting() as counts,
    ):
        provider.embed(TEXTS)

    assert limit / 2 < budget.spent <= limit
    assert budget.reserved == pytest.approx(0.0)
    assert counts.cost == pytest.approx(budget.spent)
    assert counts.embedded == BATCH * counts.requests == provider.known(TEXTS).sum()
    n_before = len(service.sent)
    with spending_at_most(price):
        assert np.array_equal(provider.embed(TEXTS), right(TEXTS))
    assert len(service.sent) == len(TEXTS) / BATCH
    assert n_before < len(service.sent)


def test_what_fails_costs_nothing(service):
    """
    Money that was set aside for it is free again.
    """
    service.answering = lambda texts, number: failing(500) if number == 1 else charging(texts, 0)
    with spending_at_most(1_000.0) as budget:
        PRICED.embed(TEXTS[:5])

    assert budget.spent == pytest.approx(sum(map(len, TEXTS[:5])) // 3 / 1000)
    assert budget.reserved == 0.0


def test_a_service_that_counts_more_tokens_than_expected_passes_no_limit(service):
    """
    The first answer tells, and what is sent later is reckoned by it.
    """
    service.answering = lambda texts, number: good(
        texts, usage={"total_tokens": sum(map(len, texts)) * 4 // 5}
    )
    learn_batches(30, PRICED)
    with pytest.raises(QuotaExceeded), spending_at_most(5.0) as budget:
        PRICED.embed(TEXTS)

    assert 2.0 < budget.spent <= 5.0


def test_without_a_price_nothing_is_sent_under_a_limit(service):
    """
    The error says how to tell the price.
    """
    unknown = OpenAIProvider("minilm", base_url="https://embeddings.example.com/v1")
    with pytest.raises(QuotaExceeded, match=r"\?price=0.02"), spending_at_most(1.0):
        unknown.embed(TEXTS)
    assert service.sent == []

    with counting() as counts:
        unknown.embed(TEXTS)
    assert counts.unpriced_tokens == counts.tokens > 0
    with spending_at_most(0.0):  # this machine costs nothing
        PROVIDER.embed(TEXTS)


def test_ctrl_c_keeps_what_is_paid(service, cached, monkeypatch):
    """
    Requests in flight are waited for, and what they bring is kept.
    """
    result, n_results = Workers.result, 0

    def interrupted(self, timeout):
        nonlocal n_results
        n_results += 1
        if n_results == 4:
            raise KeyboardInterrupt
        return result(self, timeout)

    monkeypatch.setattr(Workers, "result", interrupted)
    service.answering = lambda texts, number: time.sleep(0.02)
    with pytest.raises(KeyboardInterrupt), counting() as counts:
        cached.embed(TEXTS)

    n_kept = int(cached.known(TEXTS).sum())
    assert n_kept == BATCH * len(service.sent) == counts.embedded
    assert 3 * BATCH < n_kept < len(TEXTS)
    assert counts.requests == len(service.sent)


def test_an_error_keeps_what_is_paid(service, cached):
    """
    One request is refused for good while others are in flight: those are kept.
    """

    def answering(texts, number):
        if number == 4:
            return failing(401, "no")
        time.sleep(0.02)
        return None

    service.answering = answering
    with pytest.raises(AuthenticationFailed), counting() as counts:
        cached.embed(TEXTS)

    assert int(cached.known(TEXTS).sum()) == BATCH * (len(service.sent) - 1)
    assert counts.requests == len(service.sent)


def test_failures_in_flight_are_counted_when_a_run_ends(service):
    """
    They cost nothing and keep nobody waiting.
    """
    learn_batches(BATCH)
    service.answering = lambda texts, number: failing(401, "no") if number > 1 else None
    with pytest.raises(AuthenticationFailed), counting() as counts:
        PROVIDER.embed(TEXTS)

    assert counts.requests == len(service.sent)


def test_nobody_waits_for_ever_for_what_is_paid(service, monkeypatch):
    """
    A request that hangs is given up after a while, and its thread keeps no program from ending.
    """
    monkeypatch.setattr(run, "LONGEST_DRAIN", 0.05)
    learn_batches(BATCH)
    hanging = threading.Event()

    def answering(texts, number):
        if number == 3:
            return failing(401, "no")
        if number == 2:
            hanging.wait(5)
        return None

    service.answering = answering
    started = time.monotonic()
    with pytest.raises(AuthenticationFailed):
        PROVIDER.embed(TEXTS)
    assert time.monotonic() - started < 2
    hanging.set()


def test_a_run_that_is_left_ends(service):
    """
    Whoever stops reading parts sends no more, and gives back the right to send.
    """
    learn_batches(BATCH)
    parts = PROVIDER.stream(TEXTS)
    first = next(parts)
    parts.close()
    n_sent = len(service.sent)

    assert isinstance(first, Part)
    assert in_flight() == 0
    time.sleep(0.02)
    assert len(service.sent) <= n_sent + 16 < len(TEXTS) / BATCH


def test_two_runs_share_what_a_service_takes(service):
    """
    Threads that embed with one provider are not twice as many requests.
    """
    at_once, most = 0, 0
    lock = threading.Lock()

    def answering(texts, number):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.002)
        with lock:
            at_once -= 1

    service.answering = answering
    provider = OpenAIProvider("minilm", base_url=ADDRESS, concurrency=3)
    learn_batches(BATCH, provider)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: provider.embed(TEXTS), range(4)))

    assert all(np.array_equal(vectors, right(TEXTS)) for vectors in results)
    assert most <= 3 + 3  # whoever has none in flight gets one, as those of others may hang
    assert endpoint_of(provider).limiter.window <= 3
