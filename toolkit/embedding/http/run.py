"""A run over many texts: what to send next, and what to make of each answer."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from toolkit.embedding.asynchronous import is_stopped
from toolkit.embedding.base import Task
from toolkit.embedding.http.asking import Outcome, Success, ask
from toolkit.embedding.http.endpoint import endpoint_of
from toolkit.embedding.http.jobs import Job, Jobs
from toolkit.embedding.http.ledger import Ledger
from toolkit.embedding.http.patience import Patience
from toolkit.embedding.http.plan import Plan, check_texts
from toolkit.embedding.http.replies import fitting
from toolkit.embedding.http.waits import RetryPolicy
from toolkit.embedding.http.wire import Fault, FaultKind
from toolkit.embedding.http.workers import Workers
from toolkit.embedding.parts import Failure, Part
from toolkit.errors import ModelNotFound, ProviderError, ProviderUnavailable
from toolkit.kernels.arrays import Indices

if TYPE_CHECKING:
    from toolkit.embedding.http.service import HTTPProvider

POLICY = RetryPolicy()

LONGEST_NAP = 0.5
"""Seconds after which a waiting run looks whether somebody has stopped it."""

SHARED_NAP = 0.01
"""The same where another thread's request must come back first."""

STARVED_SECONDS = 2.0
"""After so long with nothing in flight a run takes the right to one request."""

GRACE_SECONDS = 1.0
LONGEST_DRAIN = 30.0


def embed_over_http(
    provider: "HTTPProvider", texts: Sequence[str], task: Task
) -> Iterator[Part | Failure]:
    """Yield the vectors of the texts as they come, and the texts that cannot have one."""
    check_texts(texts)
    texts = list(texts)  # a Series finds rows by label
    empty = [row for row, text in enumerate(texts) if not text.strip()]
    for row in empty:
        yield Failure(row, "the text is empty")
    if len(empty) < len(texts):
        rows = np.setdiff1d(np.arange(len(texts)), empty)
        yield from Run(provider, texts, rows, task).parts()


class Run:
    """One call's texts on their way; everything is decided in the thread that iterates."""

    def __init__(
        self, provider: "HTTPProvider", texts: Sequence[str], rows: Indices, task: Task
    ) -> None:
        self._provider, self._task, self._policy = provider, task, POLICY
        self._endpoint = endpoint_of(provider)
        self._limiter = self._endpoint.limiter
        self._plan = Plan(provider, self._endpoint, texts, task)
        self._jobs = Jobs(self._plan, rows)
        self._in_flight: dict[int, tuple[Job, float]] = {}
        self._workers: Workers[Outcome] = Workers()
        self._ledger = Ledger(provider)
        self._patience = Patience(provider, self._endpoint, POLICY, len(rows))
        self._n_dimensions: int | None = None
        self._alone_since = time.monotonic()
        self._ready: list[Part | Failure] = []

    def parts(self) -> Iterator[Part | Failure]:
        """Yield parts until every row has a vector or a reason; raise if the run must stop."""
        try:
            self._send()
            self._workers.start(min(len(self._jobs), self._provider.concurrency))
            while self._jobs or self._in_flight:
                outcome = self._workers.result(self._send())
                # Late are only those whose answer does not wait here: we may have been busy.
                for ended in self._late() if outcome is None else [outcome]:
                    if ended.number in self._in_flight:
                        self._ready.extend(self._settled(ended))
                self._send()  # before the vectors are used, so that the service need not wait
                yield from self._taken()
        except (KeyboardInterrupt, ProviderError):
            yield from self._taken()
            yield from self._what_is_paid()
            raise
        finally:
            self._workers.close()
            self._ledger.close()
            for _ in self._in_flight:
                self._limiter.released()

    def _taken(self) -> list[Part | Failure]:
        """Take what came and was not yielded yet."""
        taken, self._ready = self._ready, []

        return taken

    def _send(self) -> float:
        """Send all that may be sent now; return seconds until there may be something to do."""
        if is_stopped():
            raise ProviderError("stopped, as nobody waits for the vectors any more")
        while self._jobs:
            wait = self._jobs.wait()
            if wait > 0:
                return min(wait, LONGEST_NAP)
            allowed = self._limiter.acquire(has_none=self._is_starved())
            if allowed is None:
                return LONGEST_NAP if self._in_flight else SHARED_NAP
            if allowed > 0:
                return min(allowed, LONGEST_NAP)
            self._submit(self._jobs.pop())

        return LONGEST_NAP

    def _is_starved(self) -> bool:
        """Requests of others may never come back: their run may wait for this one."""
        if self._in_flight:
            self._alone_since = time.monotonic()

        return time.monotonic() - self._alone_since > STARVED_SECONDS

    def _submit(self, job: Job) -> None:
        try:
            self._ledger.reserve(job.number, self._plan.n_tokens(job.rows))
        except ProviderError:
            self._limiter.released()
            raise
        texts = self._plan.texts(job.rows)
        self._in_flight[job.number] = (job, time.monotonic())
        self._workers.submit(
            partial(ask, self._provider, self._endpoint, texts, self._task, job.number)
        )

    def _settled(self, outcome: Outcome) -> Iterator[Part | Failure]:
        job, _ = self._in_flight.pop(outcome.number)
        if isinstance(outcome.result, Success):
            self._limiter.succeeded(outcome.sent_at, self._plan.n_tokens(job.rows))
            yield from self._succeeded(job, outcome.result)
        else:
            self._ledger.failed(job.number, may_cost=outcome.result.is_late)
            self._tell_limiter(outcome.sent_at, outcome.result)
            if outcome.result.error is ModelNotFound:
                self._endpoint.discovery = None  # once the model is there, it has a digest
            self._patience.failed(outcome.sent_at, outcome.result)
            yield from self._failed(job, outcome.result)

    def _succeeded(self, job: Job, answer: Success) -> Iterator[Part | Failure]:
        self._endpoint.has_answered = True
        self._ledger.paid(job.number, self._plan.usage(job.rows, answer.n_tokens))
        self._ledger.seen_model(answer.model, self._endpoint.models_told)
        if answer.pause > 0:
            self._limiter.pause(min(answer.pause, self._policy.longest_asked))
        yield from self._vectors(job, answer)
        for place, reason in answer.rows.bad.items():
            if len(job.rows) > 1:  # ask once more, alone
                self._jobs.add(job.rows[[place]])
            else:
                yield self._refused(job, reason)

    def _vectors(self, job: Job, answer: Success) -> Iterator[Part]:
        vectors = fitting(answer.rows.vectors, self._provider, self._n_dimensions)
        rows = job.rows[answer.rows.places]
        self._n_dimensions = vectors.shape[1]
        self._plan.count_cut_by_service(rows)
        self._patience.embedded(len(rows))
        if len(rows):
            yield Part(rows, vectors)

    def _failed(self, job: Job, fault: Fault) -> Iterator[Failure]:
        if self._in_flight and not self._endpoint.has_answered:
            self._jobs.again(job, 0.0)  # of those sent together the last one that fails tells why
            return
        job.n_failures += fault.kind not in (FaultKind.BUSY, FaultKind.BAD_REPLY)
        job.n_bad_replies += fault.kind is FaultKind.BAD_REPLY
        match fault.kind:
            case FaultKind.BUSY:
                self._jobs.again(job, 0.0)  # the limiter lets everybody wait
            case FaultKind.TRANSIENT | FaultKind.BAD_REPLY:
                yield from self._again(job, fault)
            case FaultKind.TOO_MANY_TEXTS | FaultKind.TOO_MANY_TOKENS if len(job.rows) > 1:
                if self._plan.learn(fault, job.rows):
                    self._jobs.replan(job.rows)
                else:
                    yield from self._parted(job, fault)
            case _:
                yield from self._parted(job, fault)

    def _again(self, job: Job, fault: Fault) -> Iterator[Failure]:
        """Try later; what always fails in the same way is taken apart, or ends the run."""
        answers = self._endpoint.has_answered
        is_last = job.n_failures >= self._policy.tries or job.n_bad_replies > 1
        is_alone = is_last and self._patience.is_answered_else
        if is_alone or (fault.may_be_texts and job.n_failures > 2 and answers):
            yield from self._parted(job, fault)
            return
        if is_last or (not answers and self._patience.straight >= self._policy.first_tries):
            raise self._patience.error(fault)
        wait = max(self._policy.wait(job.n_failures), fault.wait or 0.0)
        if answers:
            self._jobs.again(job, wait)
        else:  # there need not be many who try what is probably not there
            self._limiter.pause(wait)
            self._try_first(job, fault)

    def _try_first(self, job: Job, fault: Fault) -> None:
        """Nothing was answered yet: try the same, or other texts if these may be the reason."""
        if not fault.may_be_texts:
            self._jobs.put_first(job)
        elif self._jobs or len(job.rows) == 1 or job.n_failures == 1:
            self._jobs.again(job, 0.0)
        else:  # short texts are less often the reason
            for rows in reversed(self._plan.split(job.rows, fault)):
                self._jobs.add(rows)

    def _parted(self, job: Job, fault: Fault) -> Iterator[Failure]:
        """Find the text that is to blame by halving; shorten it if it is too long."""
        if len(job.rows) > 1:
            for rows in self._plan.split(job.rows, fault):
                self._jobs.add(rows)
        elif fault.kind not in (FaultKind.TOO_LONG, FaultKind.TOO_MANY_TOKENS):
            yield self._refused(job, fault.message)
        elif self._plan.shorten(int(job.rows[0]), fault):
            self._jobs.add(job.rows)
        elif self._provider.truncate:  # not even one character is short enough
            yield self._refused(job, fault.message)
        else:
            yield Failure(int(job.rows[0]), fault.message)

    def _refused(self, job: Job, reason: str) -> Failure:
        self._patience.refused(reason)

        return Failure(int(job.rows[0]), reason)

    def _tell_limiter(self, sent_at: float, fault: Fault) -> None:
        match fault.kind:
            case FaultKind.BUSY:
                # What is asked for is the least: after many refusals it was not enough.
                wait = max(self._policy.wait(self._patience.straight), fault.wait or 0.0)
                pause = min(wait, self._policy.longest_asked)
                self._ledger.told_to_wait(pause, fault.message)
                self._limiter.refused(sent_at, pause, is_pace=fault.is_pace)
            case FaultKind.TRANSIENT:
                self._limiter.slowed(sent_at)
            case _:
                self._limiter.released()

    def _late(self) -> list[Outcome]:
        """A server that sends a byte now and then is no answer: its thread is left behind."""
        since = time.monotonic() - self._provider.timeout - GRACE_SECONDS
        message = f"{self._endpoint.host} gave no whole answer in {self._provider.timeout:g} s"
        fault = Fault(
            FaultKind.TRANSIENT,
            message,
            may_be_texts=True,
            is_late=True,
            error=ProviderUnavailable,
        )

        return [
            Outcome(number, sent_at, fault)
            for number, (_, sent_at) in self._in_flight.items()
            if sent_at < since
        ]

    def _what_is_paid(self) -> Iterator[Part]:
        """Wait for what is in flight: it costs as much as if it were thrown away."""
        until = time.monotonic() + min(self._provider.timeout, LONGEST_DRAIN)
        while self._in_flight and time.monotonic() < until:
            outcome = self._workers.result(min(LONGEST_NAP, until - time.monotonic()))
            if outcome is None or outcome.number not in self._in_flight:
                continue
            job, _ = self._in_flight.pop(outcome.number)
            self._limiter.released()
            if isinstance(outcome.result, Fault):
                self._ledger.failed(job.number, may_cost=outcome.result.is_late)
            else:
                self._ledger.paid(job.number, self._plan.usage(job.rows, outcome.result.n_tokens))
                with suppress(ProviderError):  # the run ends for another reason
                    yield from self._vectors(job, outcome.result)
