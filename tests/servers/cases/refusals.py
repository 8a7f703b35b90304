"""Cases 5 to 7 and 30: what no waiting cures, what some waiting cures, and who is told."""

from tests.servers.cases.case import apart, case
from tests.servers.cases.trial import POLICY, Trial
from tests.servers.faults import Answering, always, first, json_body, plain, saying
from toolkit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    ToolkitError,
)

ODD_BODIES = {
    "a text as error": {"error": "Unauthorized"},
    "nulls": {"error": None, "message": None, "detail": None},
    "numbers": {"error": {"message": 7, "code": 401}},
    "a list": ["no", {"msg": "no"}, 7],
    "a text": "no",
    "a number": 7,
    "null": None,
}
NO_DATABASE = {
    "error": {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": 400}
}
RETRIED, NOT_RETRIED = (408, 409, 425), (421, 498, 499)


@case(
    5,
    "429 insufficient_quota, 403 without balance, a quota of the day",
    "not retried; QuotaExceeded that speaks of billing",
    not_for=apart("takes no money", "ollama", "tei"),
)
def no_credit(trial: Trial) -> None:
    says = "billing|[Cc]redit|[Bb]alance|[Tt]rial|[Pp]ayment"
    _told_once(trial, trial.service.words.no_credit, QuotaExceeded, says)


@case(
    6,
    "401, 403, errors that are no objects, a gateway's 400, plain text",
    "one request for 401 and 403; no form of error is too odd",
)
def refused_key(trial: Trial) -> None:
    refusals = {
        "401 in its own words": trial.service.words.no_key,
        "403 in its own form": saying(403, "Forbidden"),
        "401 in plain text": plain(401, "Unauthorized"),
        "403 without a word": plain(403, ""),
        **{f"401 with {name}": json_body(body, 401) for name, body in ODD_BODIES.items()},
        "a gateway without its database": json_body(NO_DATABASE, 400),
    }
    trial.each(refusals, lambda refusal: _told_once(trial, refusal, AuthenticationFailed))
    odd = {f"503 with {name}": json_body(body, 503) for name, body in ODD_BODIES.items()}
    trial.each(odd, lambda busy: _retried_twice(trial, busy))
    failing = plain(500, "Internal Server Error")
    with trial.part("500 in plain text"), trial.server(always(failing)) as server:
        trial.fails(server, ProviderUnavailable, "500", "Internal Server Error")
        assert len(server.seen) == POLICY.first_tries


@case(
    7,
    "404 model, deployment, not pulled",
    "not retried; ModelNotFound with a hint",
    not_for=apart("serves one model, whose name is not sent", "tei"),
)
def no_model(trial: Trial) -> None:
    words = trial.service.words
    error = _told_once(trial, words.no_model, ModelNotFound, words.hint)
    model = trial.provider_at("http://127.0.0.1:1").model

    assert model in str(error) or "deployment" in str(error)


@case(
    30,
    "408, 409, 425; 421, 499; 498",
    "the first three retried, the others not; Cohere's 498 is about the key",
)
def odd_statuses(trial: Trial) -> None:
    again = {str(status): saying(status, "Not now") for status in RETRIED}
    trial.each(again, lambda answering: _retried_twice(trial, answering))
    for status in NOT_RETRIED:
        is_key = status == 498 and trial.service.name == "cohere"
        with trial.part(str(status)):
            kind = AuthenticationFailed if is_key else ProviderError
            _told_once(trial, saying(status, "Not so"), kind, str(status), "Not so")


def _told_once(
    trial: Trial, refusal: Answering, kind: type[ProviderError], *says: str
) -> ToolkitError:
    with trial.server(always(refusal)) as server:
        error = trial.fails(server, kind, *says)
        assert len(server.seen) == 1

    return error


def _retried_twice(trial: Trial, answering: Answering) -> None:
    with trial.server(first(2, answering)) as server:
        trial.embeds(server)
        assert len(server.seen) == 3
