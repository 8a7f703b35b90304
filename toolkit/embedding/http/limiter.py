"""How much to ask of a service at a time, learned from how it answers."""

import threading
import time
from collections import deque
from collections.abc import Callable

QUICK_SECONDS = 0.25
QUICK_STEP, SLOW_STEP = 16.0, 4.0
"""Requests in flight after the first success, by how long it took: doubling from one takes longer
than most runs, and a service that thinks long about one request hardly waits for sixteen."""

UNPAID_STEP = 8.0
"""Requests in flight before any was answered, where neither a key nor money can be at stake."""

SLOWER = 2.0
"""A request that takes this many times the fastest of its size waited in a queue: no more help."""

KEPT_RATE = 0.9
SLOWEST_RATE = 0.02
SHORTEST, LONGEST = 1.0, 5.0
"""Seconds in which the pace of a service is measured. Limits are told per second or longer, so what
it takes in less says little."""

FAST_GROWTH, SLOW_GROWTH = 0.25, 0.02
"""Of the pace, per second."""

STEADY_RATE = 5.0
"""Requests a second; below it the pace grows by the request, or every few would be refused."""

PASSED, PASSED_FIRST = 1.2, 1.05
"""Parts of the pace that was refused beyond which it is no limit; the first one was a guess."""

GONE_ON = 3
"""Requests that are served though they were sent after the only one that was refused: then that
was a mishap, and no limit."""


class Limiter:
    """
    Additive increase, multiplicative decrease, for requests in flight; and a pace once refused.

    The window doubles with every round trip until a refusal or until requests take longer for it,
    then grows by one a round trip. A refusal (429, 503) halves it and pauses everybody; if requests
    came too fast (429) it sets a pace, a little below what the service took before: a limit on
    requests a second, which no number of requests in flight would meet.

    Threads share it. `most` bounds the window, which is `first` until the first success and 1 after
    a failure before it; `clock` gives seconds.
    """

    def __init__(
        self, most: int, clock: Callable[[], float] = time.monotonic, *, first: float = 1.0
    ) -> None:
        self._most, self._clock = float(most), clock
        self._lock = threading.Lock()
        self._window, self._in_flight = min(first, self._most), 0
        self._is_doubling = True
        self._paused_until = self._next_at = 0.0
        self._rate: float | None = None
        self._refused_rate = 0.0
        self._n_served, self._seconds_served = 0, SHORTEST
        self._rate_at = self._set_at = self._cut_at = -1e9
        self._refused_at = self._refused_sent_at = -1e9
        self._n_refused = self._n_gone_on = 0
        self._served: deque[float] = deque(maxlen=10_000)
        self._fastest: dict[int, float] = {}

    @property
    def window(self) -> float:
        """Requests that may be in flight."""
        return self._window

    def acquire(self, *, has_none: bool = False) -> float | None:
        """
        Take the right to send now (0), or return seconds to wait; None: until one comes back.

        Whoever `has_none` in flight gets one all the same: those of others may never come back.
        """
        with self._lock:
            now = self._clock()
            wait = max(self._paused_until, self._next_at) - now
            if wait > 0:
                return wait
            if self._in_flight >= int(self._window) and not has_none:
                return None
            self._in_flight += 1
            if self._rate is not None:
                self._next_at = max(self._next_at, now - 1 / self._rate) + 1 / self._rate

            return 0.0

    def succeeded(self, sent_at: float, size: int) -> None:
        """A request of this size (any unit) was answered well."""
        with self._lock:
            now = self._clock()
            self._in_flight -= 1
            is_first = not self._served
            self._served.append(now)
            if sent_at < self._refused_at:  # refusals come faster than vectors: it counts too
                self._n_served += 1
                self._n_gone_on += sent_at > self._refused_sent_at
                self._rate = self._measured()
            else:
                self._grow_rate(now)
            kind, seconds = size.bit_length(), now - sent_at
            fastest = self._fastest[kind] = min(self._fastest.get(kind, seconds), seconds)
            if is_first or self._window < 2:
                self._window = QUICK_STEP if seconds < QUICK_SECONDS else SLOW_STEP
            elif seconds <= SLOWER * fastest:
                self._window += 1.0 if self._is_doubling else 1.0 / self._window
            else:
                self._is_doubling = False
            self._window = min(self._window, self._most)

    def refused(self, sent_at: float, pause: float, *, is_pace: bool = True) -> None:
        """A request was refused, for number or pace: everybody waits `pause` seconds."""
        with self._lock:
            now = self._clock()
            self._in_flight -= 1
            self._paused_until = max(self._paused_until, now + pause)
            is_first = sent_at >= self._cut_at  # of those that were in flight together
            if is_first and is_pace:
                self._set_rate(now)
                self._refused_at, self._refused_sent_at = now, sent_at
            elif is_pace and sent_at < self._refused_at:
                self._n_refused += 1
                self._rate = self._measured()
            if is_first:
                self._cut(now)

    def slowed(self, sent_at: float) -> None:
        """A request failed as they do under too much load: time-outs, 5xx, broken connections."""
        with self._lock:
            self._in_flight -= 1
            if sent_at >= self._cut_at:
                self._cut(self._clock())

    def released(self) -> None:
        """A request ended in a way that tells nothing of load."""
        with self._lock:
            self._in_flight -= 1
            if not self._served:
                self._window = 1.0

    def pause(self, seconds: float) -> None:
        """Let nobody send for some seconds."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _cut(self, now: float) -> None:
        self._window = max(1.0, self._window / 2) if self._served else 1.0
        self._is_doubling = False
        self._cut_at = now

    def _set_rate(self, now: float) -> None:
        """Take a pace below what was served in the last seconds."""
        self._n_refused, self._n_gone_on = 1, 0
        since = now - SHORTEST if self._rate is None else max(self._set_at, now - LONGEST)
        n_served = sum(1 for at in self._served if at >= since)
        if self._rate is not None and not n_served:
            return  # still the same congestion: the pause gets longer, the pace is no news
        if self._rate is not None and now - since < SHORTEST:
            self._seconds_served /= KEPT_RATE
        else:
            self._n_served, self._seconds_served = n_served, now - since
            self._refused_rate = self._rate or 0.0
            self._set_at = now
        self._rate_at = now
        self._rate = self._measured()

    def _measured(self) -> float | None:
        served = self._n_served / self._seconds_served
        is_mishap = self._n_refused == 1 and self._n_gone_on >= GONE_ON and not self._refused_rate
        if not served or is_mishap:
            return None

        return max(SLOWEST_RATE, KEPT_RATE * min(served, self._refused_rate or served))

    def _grow_rate(self, now: float) -> None:
        """Go fast to a little below the pace that was refused, feel the way, fast again beyond."""
        if self._rate is None:
            return
        bad = self._refused_rate or self._n_served / self._seconds_served
        passed = PASSED if self._refused_rate else PASSED_FIRST
        is_near = KEPT_RATE**2 * bad <= self._rate <= passed * bad
        growth = SLOW_GROWTH * min(1.0, self._rate / STEADY_RATE) if is_near else FAST_GROWTH
        self._rate *= 1 + min(1.0, growth * (now - self._rate_at))
        self._rate_at = now
