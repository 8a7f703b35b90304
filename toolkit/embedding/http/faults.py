"""Why a request failed, told from its status and from what the service says."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from os.path import commonprefix

from toolkit.embedding.http.keys import KeySource
from toolkit.embedding.http.waits import asked_wait
from toolkit.embedding.http.wire import Fault, FaultKind, Json
from toolkit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
)
from toolkit.plain_text import cut

LONGEST_MESSAGE = 500
LONGEST_READ = 20_000
"""Characters of an answer in which a message is looked for."""

LEAST_TEXT, LEAST_QUOTE = 12, 24
"""Characters of a whole text, and of its beginning, that are worth hiding in what a service says:
fewer stand in any sentence."""

N = r"(\d[\d,]*)"
PATTERNS: Sequence[tuple[FaultKind, str]] = (
    (FaultKind.BAD_TEXT, r"unsupported value: NaN|NaN or Inf"),
    (
        FaultKind.TOO_MANY_TOKENS,
        rf"(?:requested (?P<given>{N}) tokens, )?max(?:imum)? (?P<cap>{N}) tokens per request",
    ),
    (
        FaultKind.TOO_MANY_TOKENS,
        rf"tokens per (?:submitted )?batch is (?P<cap>{N})"
        rf"(?:.{{0,20}}batch has (?P<given>{N}) tokens)?",
    ),
    (
        FaultKind.TOO_MANY_TOKENS,
        rf"too many tokens in batch\. max is (?P<cap>{N})(?: got (?P<given>{N}))?",
    ),
    (FaultKind.TOO_MANY_TOKENS, r"max_tokens_per_request"),
    (FaultKind.TOO_MANY_TOKENS, r"(?:payload|body) (?:size |is )?(?:too large|exceeds)"),
    (FaultKind.TOO_LONG, r"(?:at most|longer than|less than|up to) \d[\d,]* characters"),
    (FaultKind.TOO_LONG, rf"(?:at most|longer than|up to) (?P<cap>{N}) tokens"),
    (FaultKind.TOO_MANY_TEXTS, rf"(?:texts|inputs?|batch|requests?)\b.*at most (?P<cap>{N})"),
    (FaultKind.TOO_MANY_TEXTS, rf"at most (?P<cap>{N}) (?:texts|inputs|requests|items)"),
    (FaultKind.TOO_MANY_TEXTS, rf"batch size.{{0,40}}(?:larger than|maximum.*?size) (?P<cap>{N})"),
    (FaultKind.TOO_MANY_TEXTS, rf"largest allowed size (?P<cap>{N})"),
    (FaultKind.TOO_MANY_TEXTS, rf"array too long.*maximum length (?P<cap>{N})"),
    (FaultKind.TOO_MANY_TEXTS, rf"array length must be (?P<cap>{N})"),
    (FaultKind.TOO_MANY_TEXTS, rf"too many inputs(?:.*number of inputs is (?P<cap>{N}))?"),
    (
        FaultKind.TOO_LONG,
        rf"maximum (?:context|input) length is (?P<cap>{N}) tokens"
        rf"(?:\W+however,? you requested (?P<given>{N}))?",
    ),
    (FaultKind.TOO_LONG, rf"less than (?P<cap>{N}) tokens\. given: (?P<given>{N})"),
    (FaultKind.TOO_LONG, rf"cannot exceed (?P<cap>{N}) tokens\. (?P<given>{N}) tokens given"),
    (FaultKind.TOO_LONG, rf"input \((?P<given>{N}) tokens\) is too large.*size: (?P<cap>{N})"),
    (FaultKind.TOO_LONG, r"context length|context.?window|too long|too many tokens"),
    (FaultKind.TOO_LONG, r"input.{0,20}too large|exceeds? the (?:maximum |number of )*tokens"),
    (FaultKind.FATAL, r"matryoshka|dimensions?\b|input_type|encoding_format|api.version"),
)
"""In this order: what names more comes first."""

NO_CREDIT = r"insufficient_quota|insufficient_balance|insufficient balance|billing_not_active"
NO_KEY = (
    r"no_db_connection|no connected db|invalid.{0,10}api.?key|incorrect api key|api key not valid"
)

MARKUP = r"<(style|script).*?</\1>|<[^>]*>"

BY_STATUS: Mapping[int, tuple[FaultKind, type[ProviderError]]] = {
    400: (FaultKind.BAD_TEXT, ProviderError),
    401: (FaultKind.FATAL, AuthenticationFailed),
    402: (FaultKind.FATAL, QuotaExceeded),
    403: (FaultKind.FATAL, AuthenticationFailed),
    404: (FaultKind.FATAL, ModelNotFound),
    408: (FaultKind.TRANSIENT, ProviderUnavailable),
    409: (FaultKind.TRANSIENT, ProviderUnavailable),
    413: (FaultKind.TOO_MANY_TOKENS, ProviderError),
    422: (FaultKind.BAD_TEXT, ProviderError),
    425: (FaultKind.TRANSIENT, ProviderUnavailable),
    429: (FaultKind.BUSY, ProviderUnavailable),
    503: (FaultKind.BUSY, ProviderUnavailable),
    529: (FaultKind.BUSY, ProviderUnavailable),
}


def classify(status: int, headers: Mapping[str, str], body: Json, message: str) -> Fault:
    """
    Return what a reply with this status and message means.

    >>> classify(400, {}, None, "total number of texts must be at most 96 - received 131").cap
    96
    """
    kind, error = _by_status(status)
    cap = given = None
    told = f"{message} {_codes(body)}"
    if re.search(NO_CREDIT, told, flags=re.IGNORECASE):
        kind, error = FaultKind.FATAL, QuotaExceeded
    elif status in (400, 500) and re.search(NO_KEY, told, flags=re.IGNORECASE):
        kind, error = FaultKind.FATAL, AuthenticationFailed
    elif status in (400, 413, 422, 500):
        for found_kind, pattern in PATTERNS:
            found = re.search(pattern, told, flags=re.IGNORECASE | re.DOTALL)
            if found and not (status == 500 and found_kind is FaultKind.FATAL):
                kind, groups = found_kind, found.groupdict()
                cap, given = _number(groups.get("cap")), _number(groups.get("given"))
                break
    is_passing = kind in (FaultKind.BUSY, FaultKind.TRANSIENT)
    wait = asked_wait(headers, body) if is_passing else None

    return Fault(
        kind,
        f"{_phrase(status)}: {message}",
        wait=wait,
        cap=cap,
        given=given,
        may_be_texts=status == 500,
        error=error,
        is_pace=status == 429,
    )


def message_of(body: Json, text: str) -> str:
    """
    Return the sentence in which a service says what is wrong, in whatever form it comes.

    It may quote keys and texts: `shown` is for people.

    >>> message_of({"error": {"message": "no such model", "code": 404}}, "")
    'no such model'
    >>> message_of({"detail": [{"loc": ["body", "input"], "msg": "too short"}]}, "")
    'body.input: too short'
    >>> message_of(None, "<html><h1>502 Bad Gateway</h1></html>")
    '502 Bad Gateway'
    """
    found = _message_in(body) or re.sub(MARKUP, " ", text[:LONGEST_READ], flags=re.S)

    return " ".join(found[:LONGEST_READ].split()) or "no message"


def shown(message: str, keys: KeySource, texts: Sequence[str] = ()) -> str:
    """
    Return one line that anybody may see: short, without keys and without the texts that were sent.

    >>> shown("invalid: 'my secret diary'", KeySource(("NO_SUCH_KEY",)), ["my secret diary"])
    "invalid: '...'"
    """
    return cut(without_texts(keys.hidden(message), texts), LONGEST_MESSAGE)


def without_texts(message: str, texts: Sequence[str]) -> str:
    """
    Return the message without what it quotes of texts, whole or from their beginning.

    >>> without_texts("bad: 'Dear Sir, my parcel is late'", ["Dear Sir, my parcel is late again"])
    "bad: '...'"
    """
    for text in sorted(texts, key=len, reverse=True):
        for written in {" ".join(text.split()), text, json.dumps(text)[1:-1]}:
            if len(written.strip()) >= LEAST_TEXT:
                message = _without(message, written)

    return message


def _without(message: str, text: str) -> str:
    parts, head = [], text[:LEAST_QUOTE]
    while (at := message.find(head)) >= 0:
        parts.append(message[:at])
        message = message[at + len(commonprefix([message[at:], text])) :]

    return "...".join([*parts, message])


def without_vectors(text: str) -> str:
    """
    Return a part of a reply without its vectors: nobody can read them, and they tell of texts.

    >>> without_vectors('{"embedding": [0.25, -0.5, 1e-3, 0.75, 0.5], "index": 0}')
    '{"embedding": [...], "index": 0}'
    """
    text = re.sub(r"[A-Za-z0-9+/]{60,}={0,2}", "...", text)

    return re.sub(r"\[\s*(?:-?[\d.]+(?:[eE][+-]?\d+)?\s*,\s*){4,}[^\]\"{}]*\]?", "[...]", text)


def _message_in(body: Json) -> str:
    match body:
        case str():
            return body
        case list():
            return "; ".join(filter(None, map(_message_in, body[:3])))
        case {"loc": list() as place, "msg": str() as said}:
            return f"{'.'.join(map(str, place))}: {said}"
        case {"error": error} if error:
            return _message_in(error)
        case {"message": str() as said} | {"msg": str() as said}:
            return said
        case {"detail": detail}:
            return _message_in(detail)

    return ""


def _codes(body: Json) -> str:
    """Words such as insufficient_quota, which stand beside the message."""
    error = body.get("error") if isinstance(body, dict) else None
    places = [place for place in (body, error) if isinstance(place, dict)]

    return " ".join(
        str(place[key]) for place in places for key in ("code", "type", "status") if key in place
    )


def _by_status(status: int) -> tuple[FaultKind, type[ProviderError]]:
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500:
        return FaultKind.TRANSIENT, ProviderUnavailable

    return FaultKind.FATAL, ProviderUnavailable if status < 400 else ProviderError


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _number(text: str | None) -> int | None:
    return int(text.replace(",", "")) if text else None
