import time

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
from toolkit.embedding import OpenAIProvider
from toolkit.errors import ProviderUnavailable


@pytest.fixture
def service(monkeypatch):
    """Whatever happens in a test, no request is believed to be on the way after it."""
    yield start(monkeypatch, Service())
    assert in_flight() == 0


def test_a_service_that_is_busy_for_a_while_is_waited_for(service):
    """
    Refusals are no failures of a batch: it may be refused often, if others get through.
    """
    service.answering = lambda texts, number: failing(503, "busy") if number % 2 else None
    learn_batches(10)

    assert np.array_equal(PROVIDER.embed(TEXTS), right(TEXTS))
    assert len(service.sent) == 60


def test_a_wait_that_is_too_long_is_told_and_not_waited(service):
    """
    Nobody wants to look at a program that sleeps for a day.
    """
    service.answering = lambda texts, number: failing(429, "tomorrow", **{"retry-after": "86400"})
    with pytest.raises(ProviderUnavailable, match=r"asks to wait 86,400 s \(.*tomorrow\)"):
        PROVIDER.embed(TEXTS)
    assert len(service.sent) == 1


def test_a_wait_that_is_asked_for_is_waited_by_everybody(service):
    """
    Nothing is sent before, whoever was refused.
    """
    times = []

    def answering(texts, number):
        times.append(time.monotonic())
        return failing(429, "", **{"retry-after": "0.1"}) if number == 2 else None

    service.answering = answering
    learn_batches(60)
    PROVIDER.embed(TEXTS)

    assert len(times) == 6
    assert all(at - times[1] >= 0.1 for at in times[5:])


def test_a_quota_that_is_used_up_is_waited_for(service):
    """
    Services tell in good answers how much is left: none is sent to be refused.
    """
    times = []

    def answering(texts, number):
        times.append(time.monotonic())
        if number > 1:
            return None
        answer = good(texts)
        answer.headers.update(
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "100ms"}
        )
        return answer

    service.answering = answering
    learn_batches(150)
    PROVIDER.embed(TEXTS)

    assert times[1] - times[0] >= 0.1


def test_a_request_that_never_ends_is_left_behind(service):
    """
    A server that sends a byte now and then does not hold up the run, and its answer may come late.
    """

    def answering(texts, number):
        if number == 1:
            time.sleep(0.2)

    service.answering = answering
    provider = OpenAIProvider("minilm", base_url=ADDRESS, timeout=0.03)

    assert np.array_equal(provider.embed(TEXTS[:4]), right(TEXTS[:4]))
    assert len(service.sent) >= 2
