"""One request that stands for itself: sent until it is answered, or until it will not be."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from toolkit.embedding.http.asking import answered, bad_reply
from toolkit.embedding.http.endpoint import Endpoint, endpoint_of
from toolkit.embedding.http.faults import shown
from toolkit.embedding.http.ledger import Ledger
from toolkit.embedding.http.waits import RetryPolicy
from toolkit.embedding.http.wire import BadReply, Fault, FaultKind, Json, Request
from toolkit.errors import ProviderError

if TYPE_CHECKING:
    from toolkit.embedding.http.service import HTTPProvider

POLICY = RetryPolicy()

TRIES_IF_LATE = TRIES_IF_BAD = 2
"""What took its full time, or was answered badly, is hardly better the third time."""


class Told(Protocol):
    """What any reply says beside what it is for."""

    @property
    def n_tokens(self) -> int | None:
        """Tokens of the request and the reply, as the service counts."""

    @property
    def model(self) -> str | None:
        """The model that the service says it used."""


Reply = TypeVar("Reply", bound=Told)


@dataclass(frozen=True)
class Single:
    """
    A request, and what is known of it.

    Attributes
    ----------
    request : Request
    texts : sequence of str
        The texts of people in it, which no message may repeat.
    n_tokens : int
        About how many it costs.
    """

    request: Request
    texts: Sequence[str]
    n_tokens: int


def reply_to(
    provider: "HTTPProvider", single: Single, parse: Callable[[Json], Reply]
) -> Reply | Fault:
    """
    Return what `parse` makes of the answer, else the fault of the last try.

    Busy and broken services are tried again, after as long as they ask for.

    Raises
    ------
    AuthenticationFailed
        If there is no key, and one is needed.
    QuotaExceeded
        If the request may cost more than `spending_at_most` allows.
    """
    endpoint, ledger = endpoint_of(provider), Ledger(provider)
    n_failures = 0
    try:
        while True:
            ledger.reserve(n_failures, single.n_tokens)
            outcome = _tried(provider, endpoint, single, parse)
            if not isinstance(outcome, Fault):
                n_tokens = outcome.n_tokens
                ledger.paid(n_failures, (n_tokens or single.n_tokens, n_tokens is not None))
                ledger.seen_model(outcome.model, endpoint.models_told)
                return outcome
            ledger.failed(n_failures, may_cost=outcome.is_late)
            n_failures += 1
            if n_failures >= _tries(outcome):
                return outcome
            wait = max(POLICY.wait(n_failures), outcome.wait or 0.0)
            ledger.told_to_wait(wait, outcome.message)
            time.sleep(wait)
    finally:
        ledger.close()


def _tried(
    provider: "HTTPProvider", endpoint: Endpoint, single: Single, parse: Callable[[Json], Reply]
) -> Reply | Fault:
    try:
        answer = answered(provider, endpoint, single.request, single.texts)
        if isinstance(answer, Fault):
            return answer
        try:
            return parse(answer.body)
        except BadReply as error:
            return bad_reply(provider, answer, single.texts, str(error))
    except ProviderError:
        raise
    except Exception as error:  # a fault of ours must not end the work that came before
        message = f"{type(error).__name__} in the toolkit: {error}"
        return Fault(FaultKind.FATAL, shown(message, provider.keys, single.texts))


def _tries(fault: Fault) -> int:
    """How often to try what ends so; 0 if it is of no use."""
    if fault.wait is not None and fault.wait > POLICY.longest_asked:
        return 0
    if fault.is_late:
        return TRIES_IF_LATE
    match fault.kind:
        case FaultKind.BUSY:
            return POLICY.tries
        case FaultKind.TRANSIENT:
            return POLICY.first_tries
        case FaultKind.BAD_REPLY:
            return TRIES_IF_BAD

    return 0
