"""Cases 23 and 24: killed, interrupted, forked, and several at once on one cache."""

import math
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from tests.servers.answers import Answer, NoAnswer
from tests.servers.asked import Asked
from tests.servers.cases.case import case
from tests.servers.cases.elsewhere import INTERRUPTED, Run, ended, started
from tests.servers.cases.keeping import check_kept, kept_rows
from tests.servers.cases.trial import TEXTS, Trial
from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import after, broken
from toolkit.embedding import CachedProvider

BATCH = 4
N_BATCHES = len(TEXTS) // BATCH
DONE = 3
"""Batches that are answered before the run is killed or interrupted."""

LONGEST = 20.0
N_THREADS = 8


@case(
    23,
    "kill -9 after some batches, then the same again",
    "only the remaining batches are sent, and those that were in flight",
)
def killed(trial: Trial) -> None:
    with trial.server(after(DONE, broken(NoAnswer))) as server:
        run = _run(trial, server)
        process = started(run.embed, TEXTS)
        _wait_until(lambda: len(kept_rows(run.cache)) == DONE * BATCH)
        _wait_until(lambda: len(server.seen) == N_BATCHES)
        process.kill()
        assert ended(process) == -signal.SIGKILL
        in_flight = sum(not seen.answered_at for seen in server.seen)
        n_before = len(server.seen)

        assert _goes_on(trial, server, run) == N_BATCHES - DONE
        assert n_before + len(server.seen) <= N_BATCHES + in_flight


@case(
    24,
    "Ctrl-C; fork; eight threads on one cache; two processes",
    "no deadlock, no row lost or mixed up",
)
def at_once(trial: Trial) -> None:
    checks = {
        "Ctrl-C": _interrupted,
        "fork": _forked,
        "threads": _threads,
        "two processes": _two_processes,
    }
    trial.together({name: partial(_served, trial, check) for name, check in checks.items()})


def _served(trial: Trial, check: Callable[[Trial, EmbeddingServer], None]) -> None:
    with trial.server() as server:
        check(trial, server)


def _interrupted(trial: Trial, server: EmbeddingServer) -> None:
    """What was in flight is waited for and kept: it is paid."""
    reached = threading.Event()
    server.rules.append(after(DONE, _slowly(reached)))
    run = _run(trial, server)
    process = started(run.embed, TEXTS)
    assert reached.wait(LONGEST)
    _wait_until(lambda: len(kept_rows(run.cache)) == DONE * BATCH)
    time.sleep(0.1)  # now it does nothing but wait for answers
    os.kill(process.pid, signal.SIGINT)

    assert ended(process) == INTERRUPTED
    n_sent = sum(len(seen.texts) for seen in server.seen)
    assert len(kept_rows(run.cache)) == n_sent
    assert _goes_on(trial, server, run) == math.ceil((len(TEXTS) - n_sent) / BATCH)


def _forked(trial: Trial, server: EmbeddingServer) -> None:
    run = _run(trial, server)
    process = started(run.embed_and_fork, TEXTS[:8], TEXTS[8:16], TEXTS[16:])

    assert ended(process) == 0
    assert len(server.seen) == N_BATCHES
    assert _goes_on(trial, server, run) == 0


def _threads(trial: Trial, server: EmbeddingServer) -> None:
    provider = trial.provider(server, batch=BATCH)
    cached = CachedProvider(provider, trial.new_cache())
    orders = [random.Random(seed).sample(TEXTS, len(TEXTS)) for seed in range(N_THREADS)]
    with ThreadPoolExecutor(N_THREADS) as pool:
        results = list(pool.map(cached.embed, orders))
    right = trial.right(server, provider, TEXTS)

    for order, vectors in zip(orders, results, strict=True):
        assert np.array_equal(vectors, np.stack([right[text] for text in order]))
    assert check_kept(cached.path, provider, right) == set(TEXTS)
    assert len(server.seen) <= N_THREADS * N_BATCHES


def _two_processes(trial: Trial, server: EmbeddingServer) -> None:
    run = _run(trial, server)
    two = [started(run.embed, TEXTS), started(run.embed, TEXTS[::-1])]

    assert [ended(process) for process in two] == [0, 0]
    assert len(server.seen) <= 2 * N_BATCHES
    assert _goes_on(trial, server, run) == 0


def _run(trial: Trial, server: EmbeddingServer) -> Run:
    return Run(trial.service.name, server.url, trial.new_cache(), BATCH)


def _goes_on(trial: Trial, server: EmbeddingServer, run: Run) -> int:
    """Return how many requests the same call sends now; its result is a clean run's."""
    server.rules.clear()
    server.seen.clear()
    trial.embeds(server, trial.provider(server, batch=BATCH), cache=run.cache)

    return len(server.seen)


def _slowly(reached: threading.Event) -> Callable[[Asked], Answer | None]:
    """Say that the request is there, and give the good answer after a while."""

    def answering(asked: Asked) -> None:
        reached.set()
        asked.server.stopping.wait(0.5)

    return answering


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)
