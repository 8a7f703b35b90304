"""Case 4: services that ask to wait, in all the ways in which they do."""

import math
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from functools import partial

from tests.servers.cases.case import case
from tests.servers.cases.trial import TEXTS, Trial
from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import Answering, first, json_body, on, saying
from toolkit.errors import ProviderUnavailable

NO_LONGER = 0.6
"""Seconds that a wait may take longer than asked, on a busy machine; backoff here is shorter."""

GEMINI_PER_MINUTE = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.3s"}],
    }
}

Asking = tuple[Answering, Callable[[], float]]
"""A refusal, and the seconds from now that it asks to wait."""


@case(
    4,
    "429 with Retry-After in seconds, as a date, in the past, below 0, no number, a day, none",
    "waits as long; nonsense is no wait asked for; a day fails at once and is named",
)
def asked_to_wait(trial: Trial) -> None:
    soon = math.ceil(time.time() + 0.2)
    moment = time.time() + 0.5
    waits = {
        "1": _in({"Retry-After": "1"}, 1.0),
        "0.3": _in({"Retry-After": "0.3"}, 0.3),
        "milliseconds": _in({"retry-after-ms": "300", "retry-after": "1"}, 0.3),
        "a date": _at({"Retry-After": formatdate(soon, usegmt=True)}, soon),
        "a moment": _at({"X-RateLimit-Reset": str(moment)}, moment),
        "a date in the past": _in({"Retry-After": formatdate(soon - 3600, usegmt=True)}, 0.0),
        "-1": _in({"Retry-After": "-1"}, 0.0),
        "abc": _in({"Retry-After": "abc"}, 0.0),
        "nothing": _in({}, 0.0),
    }
    if trial.service.name == "gemini":
        waits["in the details"] = (json_body(GEMINI_PER_MINUTE, 429), lambda: 0.3)
    trial.together(
        {
            **{name: partial(_tried, trial, *asked) for name, asked in waits.items()},
            "a day": lambda: _refused_for_a_day(trial),
            "everybody waits": lambda: _everybody_waits(trial),
        }
    )


def _in(headers: Mapping[str, str], seconds: float) -> Asking:
    """Refuse and ask to wait for a while."""
    return saying(429, "Rate limit reached", headers=headers), lambda: seconds


def _at(headers: Mapping[str, str], moment: float) -> Asking:
    """Refuse and ask to wait until then."""
    return saying(429, "Rate limit reached", headers=headers), lambda: moment - time.time()


def _tried(trial: Trial, busy: Answering, asked_wait: Callable[[], float]) -> None:
    with trial.server(first(1, busy)) as server:
        provider = trial.provider(server)
        _ = provider.fingerprint  # what tells of itself has told it
        wait, start = asked_wait(), time.monotonic()
        assert len(provider.embed(TEXTS[:2])) == 2
        waited = server.seen[1].at - start

    assert len(server.seen) == 2
    assert wait - 0.02 <= waited <= wait + NO_LONGER, f"waited {waited:.2f} s, not {wait:.2f} s"


def _refused_for_a_day(trial: Trial) -> None:
    busy = saying(429, "Rate limit reached", headers={"Retry-After": "86400"})
    with trial.server(first(1, busy)) as server:
        start = time.monotonic()
        trial.fails(server, ProviderUnavailable, "86,400 s", "Rate limit reached")

    assert time.monotonic() - start < NO_LONGER
    assert len(server.seen) == 1


def _everybody_waits(trial: Trial) -> None:
    """One is refused while others are in flight: after that, nobody sends for as long."""
    busy = saying(429, "Rate limit reached", headers={"Retry-After": "0.3"})
    with trial.server(on([4], busy)) as server:
        server.latency = 0.03
        trial.embeds(server, trial.provider(server, batch=2))

    assert sum(seen.status == 429 for seen in server.seen) == 1
    assert _sent_in_pause(server, 0.3) == []


def _sent_in_pause(server: EmbeddingServer, pause: float) -> list[int]:
    refused_at = server.seen[3].answered_at

    return [
        seen.number
        for seen in server.seen
        if refused_at + 0.05 < seen.at < refused_at + pause - 0.01
    ]
