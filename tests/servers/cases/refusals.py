"""Cases 5 to 7 and 30: what no waiting cures, what some waiting cures, and who is told."""

from tests.servers.cases.case import apart, case
from tests.servers.cases.trial import Trial
from tests.servers.faults import always, first, json_body, plain, saying
from toolkit.errors import (
    AuthenticationFailed,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
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
    words = trial.service.words.no_credit
    with trial.server(always(words)) as server:
        trial.fails(server, QuotaExceeded, "billing|[Cc]redit|[Bb]alance|[Tt]rial|[Pp]ayment")
        assert len(server.seen) == 1


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
    for name, refusal in refusals.items():
        with trial.part(name), trial.server(always(refusal)) as server:
            trial.fails(server, AuthenticationFailed)
            assert len(server.seen) == 1
    failing = plain(500, "Internal Server Error")
    with trial.part("500 in plain text"), trial.server(always(failing)) as server:
        trial.fails(server, ProviderUnavailable, "500", "Internal Server Error")
        assert len(server.seen) == 3
    for name, body in ODD_BODIES.items():
        odd = json_body(body, 503)
        with trial.part(f"503 with {name}"), trial.server(first(2, odd)) as server:
            trial.embeds(server)


@case(
    7,
    "404 model, deployment, not pulled",
    "not retried; ModelNotFound with a hint",
    not_for=apart("serves one model, whose name is not sent", "tei"),
)
def no_model(trial: Trial) -> None:
    words = trial.service.words
    with trial.server(always(words.no_model)) as server:
        model = trial.provider(server).model
        error = trial.fails(server, ModelNotFound, words.hint)
        assert len(server.seen) == 1
        assert model in str(error) or "deployment" in str(error)


@case(
    30,
    "408, 409, 425; 421, 499; 498",
    "the first three retried, the others not; Cohere's 498 is about the key",
)
def odd_statuses(trial: Trial) -> None:
    for status in RETRIED:
        again = saying(status, "Not now")
        with trial.part(str(status)), trial.server(first(2, again)) as server:
            trial.embeds(server)
            assert len(server.seen) == 3
    for status in NOT_RETRIED:
        is_key = status == 498 and trial.service.name == "cohere"
        never = saying(status, "Not so")
        with trial.part(str(status)), trial.server(always(never)) as server:
            kind = AuthenticationFailed if is_key else ProviderError
            trial.fails(server, kind, str(status), "Not so")
            assert len(server.seen) == 1
