"""Faults as rules for a server: when it misbehaves, and what it answers then."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from tests.servers.answers import Answer
from tests.servers.asked import JSON_HEADERS, Asked, Rule, json_answer
from tests.servers.forms import Json, tokens_of

Answering = Callable[[Asked], Answer]
"""How to answer a request, once it is clear that it gets no good answer."""


def always(answering: Answering) -> Rule:
    """Answer every request so."""
    return answering


def on(numbers: Sequence[int], answering: Answering) -> Rule:
    """Answer the requests with these numbers so."""
    return lambda asked: answering(asked) if asked.seen.number in numbers else None


def first(n: int, answering: Answering) -> Rule:
    """Answer the first `n` requests so."""
    return on(range(1, n + 1), answering)


def after(n: int, answering: Answering) -> Rule:
    """Answer all but the first `n` requests so."""
    return lambda asked: answering(asked) if asked.seen.number > n else None


def holding(word: str, answering: Answering) -> Rule:
    """Answer so what has a text that contains the word."""
    return lambda asked: answering(asked) if any(word in text for text in asked.texts) else None


def more_than(most: int, size: Callable[[Asked], int], answering: Answering) -> Rule:
    """Answer so what is larger than the service takes."""
    return lambda asked: answering(asked) if size(asked) > most else None


def at_most_per_second(most: int, retry_after: str | None = None) -> Rule:
    """Refuse requests with 429 as long as `most` were let through within the last second."""
    let_through: deque[float] = deque()
    lock = threading.Lock()
    headers = {} if retry_after is None else {"retry-after": retry_after}

    def rule(asked: Asked) -> Answer | None:
        with lock:
            now = time.monotonic()
            while let_through and let_through[0] <= now - 1:
                let_through.popleft()
            if len(let_through) < most:
                let_through.append(now)
                return None

        return saying(429, "Too many requests", headers=headers)(asked)

    return rule


def saying(
    status: int,
    message: str,
    code: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answering:
    """Refuse in the service's own form."""

    def answering(asked: Asked) -> Answer:
        refusal = asked.refusal(status, message, code)
        return Answer(status, refusal.body, {**refusal.headers, **(headers or {})})

    return answering


def plain(status: int, body: str, **headers: str) -> Answering:
    """Answer with something that is no JSON, as what stands before a service does."""
    return lambda asked: Answer(status, body.encode(), {"Content-Type": "text/html", **headers})


def json_body(body: Json, status: int = 200) -> Answering:
    """Answer with this JSON, whatever the form."""
    return lambda asked: json_answer(body, status)


def broken(kind: type[Answer]) -> Answering:
    """Give the good answer in a broken way, see `tests.servers.answers`."""
    return lambda asked: kind(200, json_answer(asked.reply()).body, JSON_HEADERS)


def vectors_as(edit: Callable[[list[Json]], Sequence[Json]]) -> Answering:
    """Give an answer that is good but for its vectors."""
    return lambda asked: json_answer(asked.reply(edit(asked.vectors())))


def reply_as(edit: Callable[[Json], Json]) -> Answering:
    """Give an answer that is good but for what `edit` makes of it, in the service's own form."""
    return lambda asked: json_answer(edit(asked.reply()))


def n_texts(asked: Asked) -> int:
    """Size of a request, for `more_than`."""
    return len(asked.texts)


def n_tokens(asked: Asked) -> int:
    """Size of a request, for `more_than`: a token has four bytes."""
    return sum(map(tokens_of, asked.texts))


def longest(asked: Asked) -> int:
    """Size of a request's longest text, for `more_than`."""
    return max(map(tokens_of, asked.texts))


def n_bytes(asked: Asked) -> int:
    """Size of a request, for `more_than`."""
    return asked.seen.n_bytes
