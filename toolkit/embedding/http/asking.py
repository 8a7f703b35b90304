"""One request from the texts to the answer, or to the reason why there is none."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from toolkit.embedding.base import Task
from toolkit.embedding.http.client import Answer, Broken
from toolkit.embedding.http.endpoint import Endpoint
from toolkit.embedding.http.faults import (
    LONGEST_READ,
    classify,
    message_of,
    shown,
    without_vectors,
)
from toolkit.embedding.http.replies import Checked, checked
from toolkit.embedding.http.waits import headroom_wait
from toolkit.embedding.http.wire import BadReply, Fault, FaultKind, Json, Request
from toolkit.errors import AuthenticationFailed, InvalidResponse, ProviderError, ProviderUnavailable

if TYPE_CHECKING:
    from toolkit.embedding.http.service import HTTPProvider


@dataclass(frozen=True)
class Success:
    """
    Vectors, and what else a good answer says.

    Attributes
    ----------
    rows : Checked
    n_tokens : int or None
        As the service counts.
    model : str or None
        As the service calls it.
    pause : float
        Seconds to wait, as the quota is used up.
    """

    rows: Checked
    n_tokens: int | None
    model: str | None
    pause: float


@dataclass(frozen=True)
class Outcome:
    """How a request ended: `number` is the caller's, `sent_at` by the monotonic clock."""

    number: int
    sent_at: float
    result: Success | Fault


def ask(
    provider: "HTTPProvider", endpoint: Endpoint, texts: Sequence[str], task: Task, number: int
) -> Outcome:
    """Send one request and say how it ended; nothing is raised, as this runs in a thread."""
    sent_at = time.monotonic()
    try:
        result = _asked(provider, endpoint, texts, task)
    except ProviderError as error:
        result = Fault(FaultKind.FATAL, str(error), error=type(error))
    except Exception as error:  # a fault of ours must end the run, not hang it
        message = f"{type(error).__name__} in the toolkit: {error}"
        result = Fault(FaultKind.FATAL, shown(message, provider.keys, texts))

    return Outcome(number, sent_at, result)


def _asked(
    provider: "HTTPProvider", endpoint: Endpoint, texts: Sequence[str], task: Task
) -> Success | Fault:
    answer = answered(provider, endpoint, provider.request(texts, task), texts)
    if isinstance(answer, Fault):
        return answer
    try:
        reply = provider.parse(answer.body, len(texts))
        rows = checked(reply, len(texts))
    except BadReply as error:
        return bad_reply(provider, answer, texts, str(error))
    pause = headroom_wait(answer.headers, reply.n_tokens or 0)

    return Success(rows, reply.n_tokens, reply.model, pause)


def answered(
    provider: "HTTPProvider", endpoint: Endpoint, request: Request, texts: Sequence[str]
) -> Answer | Fault:
    """
    Send one request and return its answer if the status is 200, else why there is none.

    `texts` are those in the request: no message repeats them.
    """
    headers = {**request.headers, **provider.keys.headers()}
    try:
        answer = endpoint.client.post(request.url, request.body, headers, provider.timeout)
    except Broken as broken:
        message = shown(str(broken), provider.keys, texts)
        return Fault(
            FaultKind.TRANSIENT,
            message,
            may_be_texts=broken.is_slow,
            is_late=broken.is_slow,
            error=ProviderUnavailable,
        )
    status = answer.status if answer.status != 200 else _status_within(answer.body)
    if status != 200:
        return _fault(provider, replace(answer, status=status), texts)

    return answer


def _fault(provider: "HTTPProvider", answer: Answer, texts: Sequence[str]) -> Fault:
    said = shown(message_of(answer.body, answer.text), provider.keys, texts)
    fault = provider.fault(answer.status, said, answer.body) or classify(
        answer.status, answer.headers, answer.body, said
    )
    if fault.error is not AuthenticationFailed:
        return fault
    if answer.status == 403 and answer.body is None:  # a firewall's page, about what was sent
        return replace(fault, may_be_texts=True)
    names, is_sent = " or ".join(provider.keys.all_names), provider.keys.key() is not None
    which = f"the key of {names} was sent" if is_sent else f"no key was sent, {names} is not set"

    return replace(fault, message=f"{fault.message} ({which})")


def bad_reply(provider: "HTTPProvider", answer: Answer, texts: Sequence[str], why: str) -> Fault:
    """Return the fault of an answer that is of no use, with its beginning for a person to see."""
    begins = without_vectors(provider.keys.hidden(answer.text[:LONGEST_READ]))
    why, excerpt = (shown(said, provider.keys, texts) for said in (why, begins))
    message = f"{why}; the answer begins {excerpt!r}" if excerpt else why

    return Fault(FaultKind.BAD_REPLY, message, error=InvalidResponse)


def _status_within(body: Json) -> int:
    """Gateways put errors of whom they asked into a body with status 200: return theirs."""
    match body:
        case {"error": {"code": int() as code}} if 400 <= code < 600:
            return code

    return 200
