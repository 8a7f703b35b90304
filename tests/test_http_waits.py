import random
import time
from email.utils import formatdate

import pytest

from toolkit.embedding.http.waits import RetryPolicy, asked_wait, duration, headroom_wait

NOW = 1_763_900_000.0


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: NOW)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "86400"}, 86_400.0),
        ({"retry-after": "1m30s"}, 90.0),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW + 30)}, 30.0),
        ({"retry-after": str(NOW + 30)}, 30.0),
        ({"retry-after": str(1000 * (NOW + 30))}, 30.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"x-ratelimit-reset": str(NOW + 12)}, 12.0),
        ({"x-ratelimit-reset": str(int(1000 * (NOW + 12)))}, 12.0),
        ({"retry-after": "3", "x-ratelimit-reset": str(NOW + 12)}, 3.0),
    ],
)
def test_what_services_ask_for_is_understood(headers, seconds):
    """
    Seconds, milliseconds, durations, dates and moments, in the order of their precision.
    """
    assert asked_wait(headers) == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize(
    "headers",
    [
        *({"retry-after": text} for text in ("-1", "abc", "", "nan", "inf", "-inf", "1e999")),
        {"retry-after": formatdate(NOW - 30, usegmt=True)},
        {"retry-after": "Mon, 32 Foo 2026 99:99:99 GMT"},
        {"retry-after": "Mon, 01 Jan 99999999999 00:00:00 GMT"},
        {"retry-after": str(NOW - 30)},
        {"retry-after-ms": "-250"},
        {"x-ratelimit-reset": str(NOW - 12)},
        {"x-ratelimit-reset": "12"},
        {"x-ratelimit-reset": "soon"},
        {},
    ],
)
def test_what_makes_no_sense_is_not_asked_for(headers):
    """
    Then it is ours to say how long to wait.
    """
    assert asked_wait(headers) is None


def test_googles_way_is_in_the_body():
    """
    It stands among other details of the error.
    """
    details = [{"@type": "QuotaFailure"}, "no", {"retryDelay": "34.5s"}]

    assert asked_wait({}, {"error": {"details": details}}) == 34.5


@pytest.mark.parametrize(
    "body",
    [
        *(None, "no", [], {}, {"error": None}, {"error": "no"}, {"error": {}}),
        *({"error": {"details": details}} for details in (None, "no", {}, [], [{}], [3])),
        {"error": {"details": [{"retryDelay": 34}]}},
        {"error": {"details": [{"retryDelay": "soon"}]}},
    ],
)
def test_no_body_breaks_us(body):
    """
    Failures come with bodies of any form.
    """
    assert asked_wait({}, body) is None


def test_no_header_breaks_us():
    """
    Whatever a server writes, it is a wait above 0 or none.
    """
    letters = "0123456789eE+-.: hmsµGMT,JanMon"
    generator = random.Random(0)
    for _ in range(5_000):
        text = "".join(generator.choices(letters, k=generator.randint(0, 12)))
        for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset"):
            wait = asked_wait({name: text})
            assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("1s", 1.0), ("6m0s", 360.0), ("20ms", 0.02), ("1h2m3.5s", 3723.5), (" 2s ", 2.0)),
        *(("7µs", 7e-6), ("7us", 7e-6), ("3ns", 3e-9)),
        *((text, None) for text in ("", "1", "s", "1 s", "-1s", "1s later", "1d", "1.s")),
    ],
)
def test_durations_are_read_as_go_writes_them(text, seconds):
    """
    All of the text, or nothing.
    """
    assert duration(text) == (seconds if seconds is None else pytest.approx(seconds))


def left(**headers):
    return {f"x-ratelimit-{name.replace('_', '-')}": text for name, text in headers.items()}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        (left(remaining_requests="5", reset_requests="1m0s"), 0.0),
        (left(remaining_requests="0", reset_requests="20s"), 20.0),
        (left(remaining_requests="0", reset_requests="1m0s", limit_requests="60"), 1.0),
        (left(remaining_requests="0", reset_requests="1m0s", limit_requests="0"), 60.0),
        (left(remaining_requests="0"), 0.0),
        (left(remaining_requests="0", reset_requests="soon"), 0.0),
        (left(remaining_requests="none", reset_requests="1m0s"), 0.0),
        (left(remaining_tokens="99", reset_tokens="1m0s", limit_tokens="1000"), 6.0),
        (left(remaining_tokens="99", reset_tokens="1m0s", limit_tokens="50"), 60.0),
        (left(remaining_tokens="100", reset_tokens="1m0s", limit_tokens="1000"), 0.0),
    ],
)
def test_what_is_left_of_a_quota_is_not_overdrawn(headers, seconds):
    """
    A request like the last, of 100 tokens, is sent when there is enough again.
    """
    assert headroom_wait(headers, n_tokens=100) == pytest.approx(seconds)


def test_the_longer_of_two_waits_counts():
    """
    Requests and tokens are limited both.
    """
    requests = left(remaining_requests="0", reset_requests="2s")
    tokens = left(remaining_tokens="0", reset_tokens="5s")

    assert headroom_wait(requests | tokens, n_tokens=100) == 5.0


def test_waits_double_up_to_a_bound_and_differ():
    """
    Many programs that were refused together do not come back together; none comes back at once.
    """
    policy = RetryPolicy(first_wait=1.0, longest_wait=30.0)
    waits = [[policy.wait(n_failures) for _ in range(200)] for n_failures in range(9)]

    for n_failures, drawn in enumerate(waits):
        bound = min(30.0, 2.0 ** max(n_failures - 1, 0))
        assert 0.1 * bound <= min(drawn) < 0.3 * bound
        assert 0.8 * bound < max(drawn) <= bound
    assert policy.wait(10**6) <= 30.0
