"""Requests that wait to be sent: in order, some not before a point in time."""

import heapq
import time
from dataclasses import dataclass, field

import numpy as np

from toolkit.embedding.http.plan import Plan
from toolkit.kernels.arrays import Indices

AT_ONCE, IN_TURN = -1.0, 0.0
"""Before any moment of the clock; what comes of a failed request goes before what waits."""


@dataclass(order=True)
class Job:
    """Texts that go into one request, not before a point in time."""

    ready_at: float
    number: int
    rows: Indices = field(compare=False)
    n_failures: int = field(default=0, compare=False)
    n_bad_replies: int = field(default=0, compare=False)


class Jobs:
    """The requests of a run that are not in flight."""

    def __init__(self, plan: Plan, rows: Indices) -> None:
        self._plan = plan
        self._waiting: list[Job] = []
        self._n_jobs = 0
        self._add_planned(rows)

    def __len__(self) -> int:
        return len(self._waiting)

    def wait(self) -> float:
        """Return seconds until the next may be sent, 0 or less if now."""
        return self._waiting[0].ready_at - time.monotonic()

    def pop(self) -> Job:
        """Return the next."""
        return heapq.heappop(self._waiting)

    def again(self, job: Job, wait: float) -> None:
        """Put a job back for some seconds."""
        job.ready_at = time.monotonic() + wait
        heapq.heappush(self._waiting, job)

    def put_first(self, job: Job) -> None:
        """Put a job back as the next."""
        job.ready_at = AT_ONCE
        heapq.heappush(self._waiting, job)

    def add(self, rows: Indices) -> None:
        """Send these rows together, as the next request."""
        self._push(AT_ONCE, rows)

    def replan(self, rows: Indices) -> None:
        """Batch these rows, and all that wait for the first time, by what was learned since."""
        fresh = [job.rows for job in self._waiting if not job.n_failures]
        self._waiting = [job for job in self._waiting if job.n_failures]
        heapq.heapify(self._waiting)
        self._add_planned(np.concatenate([rows, *fresh]))

    def _add_planned(self, rows: Indices) -> None:
        for batch in self._plan.batches(rows):
            self._push(IN_TURN, batch)

    def _push(self, ready_at: float, rows: Indices) -> None:
        self._n_jobs += 1
        heapq.heappush(self._waiting, Job(ready_at, self._n_jobs, rows))
