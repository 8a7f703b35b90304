"""How long to wait: what services ask for in their many ways, and what to do if they do not."""

import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from toolkit.embedding.http.wire import Json

UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
EPOCH = 1e9
"""A number of seconds this large is a point in time, not a while."""

LAST_SECOND = 1e11
"""A number larger than this is a point in time in milliseconds."""


@dataclass(frozen=True)
class RetryPolicy:
    """
    How often and how long to try.

    Attributes
    ----------
    tries : int
        Times that one batch is sent before it counts as failed for good.
    first_tries : int
        The same while the service has not answered once: it is probably not there.
    first_wait, longest_wait : float
        Seconds before the second try, and at most before any.
    longest_asked : float
        Most seconds that a service may ask us to wait; more ends the run.
    straight : int
        Failures without a success between them that end the run.
    """

    tries: int = 6
    first_tries: int = 3
    first_wait: float = 0.5
    longest_wait: float = 60.0
    longest_asked: float = 120.0
    straight: int = 10

    def wait(self, n_failures: int) -> float:
        """Return seconds before the next try: below a bound that doubles (full jitter)."""
        bound = min(self.longest_wait, self.first_wait * 2.0 ** min(max(n_failures - 1, 0), 30))

        return bound * random.uniform(0.1, 1.0)  # a wait near 0 would be no wait


def asked_wait(headers: Mapping[str, str], body: Json = None) -> float | None:
    """
    Return the seconds that a service asks to wait, None if it does not or it makes no sense.

    >>> asked_wait({"retry-after": "2"}), asked_wait({"retry-after-ms": "500"})
    (2.0, 0.5)
    >>> asked_wait({"retry-after": "abc"}), asked_wait({"retry-after": "-1"})
    (None, None)
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000 if milliseconds >= 0 else None
    asked = headers.get("retry-after")
    if asked is not None:
        return _while(asked)
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is not None and reset > EPOCH:
        return _until(reset)

    return _retry_info(body)


def headroom_wait(headers: Mapping[str, str], n_tokens: int) -> float:
    """
    Return the seconds until a request like the last may be sent, by what is left of the quota.

    >>> headroom_wait({"x-ratelimit-remaining-requests": "0", "x-ratelimit-limit-requests": "60",
    ...                "x-ratelimit-reset-requests": "1m0s"}, n_tokens=100)
    1.0
    """
    waits = [0.0]
    for unit, cost in (("requests", 1), ("tokens", n_tokens)):
        left, limit = (
            _number(headers.get(f"x-ratelimit-{word}-{unit}")) for word in ("remaining", "limit")
        )
        reset = duration(headers.get(f"x-ratelimit-reset-{unit}", ""))
        if left is not None and reset is not None and left < cost:
            # The quota fills up evenly until the reset, when all of it is there again.
            waits.append(reset * min(1.0, cost / limit) if limit else reset)

    return max(waits)


def duration(text: str) -> float | None:
    """
    Return seconds of a duration as Go writes it.

    >>> duration("6m0s"), duration("20ms"), duration("1.5s"), duration("soon")
    (360.0, 0.02, 1.5, None)
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None

    return sum(float(number) * UNITS[unit] for number, unit in parts)


def _while(text: str) -> float | None:
    """Seconds, a duration or a date; what lies in the past or is none of these says nothing."""
    number = _number(text)
    if number is None:
        number = duration(text)
    if number is None:
        return _until_date(text)
    if number > EPOCH:
        return _until(number)

    return number if number >= 0 else None


def _until_date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)

    return _until(moment.timestamp())


def _until(moment: float) -> float | None:
    """Seconds from now to a point in time, which some tell in milliseconds."""
    seconds = (moment / 1000 if moment > LAST_SECOND else moment) - time.time()

    return seconds if seconds > 0 else None


def _retry_info(body: Json) -> float | None:
    """Google's way: ``error.details[].retryDelay`` is a duration."""
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str):
            return duration(delay)

    return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None

    return number if number is not None and abs(number) < float("inf") else None
