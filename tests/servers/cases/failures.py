"""Cases 12 and 13: servers that fail for a moment, and those that fail for good."""

import time
from functools import partial

from tests.servers.answers import Answer
from tests.servers.cases.case import case
from tests.servers.cases.trial import POLICY, TEXTS, Trial
from tests.servers.faults import Answering, after, always, on, plain, saying
from toolkit.embedding.http.endpoint import endpoint_of
from toolkit.errors import ProviderUnavailable

BATCH = 4
N_BATCHES = len(TEXTS) // BATCH
BAD_GATEWAY = "<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>"
LONGEST = 2.0
"""Seconds for 48 requests, 16 at a time, of 20 ms each, on a busy machine."""

MOST_REQUESTS = 40
"""To a server that fails for good: ten failures in a row, and what was in flight with them."""


@case(
    12,
    "500 once, 503 three times, 502 in HTML, 524, 529",
    "retried; half as many requests in flight",
)
def fails_for_a_moment(trial: Trial) -> None:
    failures = {
        "500 once": (saying(500, "Internal error"), [2]),
        "503 three times": (saying(503, "Overloaded"), [1, 2, 3]),
        "502 in HTML": (plain(502, BAD_GATEWAY), [1, 5]),
        "524": (plain(524, "A timeout occurred"), [2]),
        "529": (saying(529, "Overloaded"), [2]),
    }
    parts = {
        **{name: partial(_retried, trial, *failure) for name, failure in failures.items()},
        **{
            f"{name}: fewer in flight": partial(_goes_slower, trial, failure)
            for name, (failure, _) in failures.items()
        },
    }
    if trial.service.tells_of_itself:
        parts["503 when asked what it serves"] = partial(_asked_again, trial)
    trial.together(parts)
    for status in (500, 503):
        with trial.part(f"{status} once: no slower for long"):
            _soon_as_fast(trial, saying(status, "Not now"))


def _retried(trial: Trial, failure: Answering, numbers: list[int]) -> None:
    with trial.server(on(numbers, failure)) as server:
        trial.embeds(server, trial.provider(server, batch=BATCH))

    assert len(server.seen) == N_BATCHES + len(numbers)


def _goes_slower(trial: Trial, failure: Answering) -> None:
    with trial.server(on([N_BATCHES + 1], failure)) as server:
        provider = trial.provider(server, batch=BATCH)
        trial.embeds(server, provider)
        limiter = endpoint_of(provider).limiter
        before = limiter.window
        trial.embeds(server, provider, texts=TEXTS[:2])

    assert before > 4
    assert limiter.window <= before / 2 + 1


def _soon_as_fast(trial: Trial, failure: Answering) -> None:
    """A server that fails once has not asked for so much fewer requests a second."""
    texts = [f"{text}, {n}" for text in TEXTS for n in range(2)]
    with trial.server(on([4], failure)) as server:
        server.latency = 0.02
        start = time.monotonic()
        trial.embeds(server, trial.provider(server, batch=1), texts=texts)

    assert time.monotonic() - start < LONGEST


def _asked_again(trial: Trial) -> None:
    with trial.server() as server:
        server.answers_first = [Answer(503)]
        trial.embeds(server)


@case(
    13,
    "500 for good",
    "the run stops after a few, and what was embedded is kept",
)
def fails_for_good(trial: Trial) -> None:
    failure = saying(500, "Internal error")
    with trial.part("from the beginning"), trial.server(always(failure)) as server:
        trial.fails(server, ProviderUnavailable, "500", "Internal error")
        assert len(server.seen) == POLICY.first_tries
    with trial.part("after two batches"), trial.server(after(2, failure)) as server:
        provider, cache = trial.provider(server, batch=BATCH), trial.new_cache()
        trial.fails(
            server,
            ProviderUnavailable,
            "500",
            f"{2 * BATCH} texts were embedded",
            provider=provider,
            cache=cache,
            keeps=2 * BATCH,
        )
        assert len(server.seen) <= MOST_REQUESTS
        server.rules.clear()
        server.seen.clear()
        trial.embeds(server, provider, cache=cache)
        assert len(server.seen) == N_BATCHES - 2
