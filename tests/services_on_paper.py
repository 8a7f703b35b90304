"""Services in a made-up time, and a run against them: hours pass in a moment."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from toolkit.embedding.http.limiter import Limiter

REFUSING = 0.005
"""Seconds that a refusal takes; they come faster than vectors."""

Answer = tuple[float, bool, float | None]
"""When a request is answered, whether well, and how long to wait if the service says so."""

Service = Callable[[float, random.Random], Answer]


class Clock:
    """Seconds since the beginning."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Windows:
    """Takes so many requests in each second (or `length` seconds), and refuses all others."""

    most: int
    length: float = 1.0
    tells: bool = False
    latency: float = 0.05
    start: float = 0.3
    n_taken: dict[int, int] = field(default_factory=dict)

    def __call__(self, now: float, rng: random.Random) -> Answer:
        window = int((now + self.start) / self.length)
        if self.n_taken.get(window, 0) >= self.most:
            opens = (window + 1) * self.length - self.start - now
            return now + REFUSING, False, opens if self.tells else None
        self.n_taken[window] = self.n_taken.get(window, 0) + 1
        return now + self.latency * rng.uniform(0.8, 1.2), True, None


@dataclass
class Bucket:
    """Takes a burst of requests, and then so many a second."""

    per_second: float
    burst: float
    latency: float = 0.05
    level: float = -1.0
    at: float = 0.0

    def __call__(self, now: float, rng: random.Random) -> Answer:
        level = self.burst if self.level < 0 else self.level
        self.level = min(self.burst, level + (now - self.at) * self.per_second)
        self.at = now
        if self.level < 1:
            return now + REFUSING, False, None
        self.level -= 1
        return now + self.latency * rng.uniform(0.8, 1.2), True, None


@dataclass
class Serial:
    """Works on one request after the other: more in flight only wait longer."""

    seconds: float
    is_free_at: float = 0.0

    def __call__(self, now: float, rng: random.Random) -> Answer:
        self.is_free_at = max(self.is_free_at, now) + self.seconds * rng.uniform(0.9, 1.1)
        return self.is_free_at, True, None


@dataclass
class Closed:
    """Refuses everything for a while."""

    start: float
    end: float
    wait: float | None = None
    latency: float = 0.05

    def __call__(self, now: float, rng: random.Random) -> Answer:
        if self.start <= now < self.end:
            return now + REFUSING, False, self.wait or self.end - now
        return now + self.latency * rng.uniform(0.8, 1.2), True, None


@dataclass
class Failing:
    """Fails now and then, whatever is asked of it."""

    numbers: tuple[int, ...]
    latency: float = 0.02
    n_asked: int = 0

    def __call__(self, now: float, rng: random.Random) -> Answer:
        self.n_asked += 1
        is_good = self.n_asked not in self.numbers
        seconds = self.latency * rng.uniform(0.8, 1.2) if is_good else REFUSING
        return now + seconds, is_good, None


@dataclass
class Played:
    """What became of a run: when requests were sent and whether they were taken."""

    seconds: float
    sent: list[tuple[float, bool]]
    most_in_flight: int
    limiter: Limiter

    @property
    def refused_later(self) -> float:
        """Part of the requests that were refused, after the first second."""
        later = [is_good for at, is_good in self.sent if at > self.sent[0][0] + 1]

        return later.count(False) / max(len(later), 1)


def play(service: Service, n_requests: int, *, most: int = 16, seed: int = 0, **how) -> Played:
    """Let a limiter send requests to a service until all were answered well."""
    rng, clock = random.Random(seed), Clock()
    limiter = Limiter(most, clock)
    n_left, n_straight, faulted_at, most_in_flight = n_requests, 0, -1.0, 0
    on_the_way: list[tuple[float, int, float, bool, float | None]] = []
    sent: list[tuple[float, bool]] = []
    while n_left or on_the_way:
        wait: float | None = 0.0
        while n_left and (wait := limiter.acquire()) == 0:
            n_left -= 1
            answered_at, is_good, asked = service(clock.now, rng)
            heapq.heappush(on_the_way, (answered_at, len(sent), clock.now, is_good, asked))
            sent.append((clock.now, is_good))
            most_in_flight = max(most_in_flight, len(on_the_way))
            clock.now += 1e-4  # to send takes a moment
        coming = [on_the_way[0][0]] if on_the_way else []
        ready = [clock.now + wait + 1e-9] if n_left and wait else []
        clock.now = max(clock.now, min(coming + ready))
        while on_the_way and on_the_way[0][0] <= clock.now:
            _, _, sent_at, is_good, asked = heapq.heappop(on_the_way)
            if is_good:
                limiter.succeeded(sent_at, 100)
                n_straight = 0
                continue
            n_left += 1
            own = min(60.0, 0.5 * 2.0 ** max(n_straight - 1, 0)) * rng.uniform(0.1, 1.0)
            limiter.refused(sent_at, max(own, asked or 0.0), **how)
            if sent_at >= faulted_at:
                n_straight, faulted_at = n_straight + 1, clock.now

    return Played(clock.now, sent, most_in_flight, limiter)
