"""Case 29: a key is set, a server echoes it wherever it can, and nobody else gets to see it."""

import logging
import pickle
import traceback
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import StringIO

from sklearn.utils import estimator_html_repr

from tests.servers.answers import Answer
from tests.servers.asked import Asked, json_answer
from tests.servers.cases.case import case
from tests.servers.cases.trial import KEY, TEXTS, Trial
from tests.servers.faults import Answering, always
from toolkit import CosineCentroidClassifier, TextClassifier, TextEmbedder, save
from toolkit.embedding import HTTPProvider
from toolkit.errors import ToolkitError

LABELS = ["device", "delivery"] * (len(TEXTS) // 2)
PERSON = "Quill"
"""A name in every text."""
QUOTED = [
    f'Ms {PERSON} says "late":\n  two weeks, and no word',
    f"Frau {PERSON} möchte ihr Geld zurück, für alle drei Lampen",
    f"a lamp that came broken, writes Ms {PERSON} again. " * 50,
]
"""Texts that stand differently in JSON, or that an error holds only a part of."""
QUOTING = ("400", "401", "a page", "an error in a 200")
ECHOES = {"Set-Cookie": f"session={KEY}", "X-Request-Key": KEY}


@case(
    29,
    "a key is set, and echoed in errors and headers",
    "in no repr, pickle, log at DEBUG, traceback, error, cache or model file",
)
def secrets(trial: Trial) -> None:
    refusals = _refusals()
    quoted = {
        f"{name} that quotes {text[:20]!r}": (refusals[name], [text])
        for name in QUOTING
        for text in QUOTED
    }
    with _logged() as log:
        with trial.part("good answers"):
            _good_answers(trial)
        trial.each(
            {name: (refusal, TEXTS) for name, refusal in refusals.items()} | quoted,
            lambda refused: _is_refused(trial, *refused),
        )
    with trial.part("log"):
        _holds_none(log.getvalue(), KEY, PERSON)


def _good_answers(trial: Trial) -> None:
    with trial.server(always(_echoed_in_headers)) as server:
        cache = trial.new_cache()
        model = _fitted(TextEmbedder(trial.provider(server), cache=cache))
        for name, content in (_shown(model) | _in_model_file(trial, model)).items():
            with trial.part(name):
                _holds_none(content, KEY)
        for file in cache.parent.glob(f"{cache.name}*"):
            with trial.part(file.name):
                _holds_none(file.read_bytes().decode("latin-1"), KEY, PERSON)


def _is_refused(trial: Trial, refusal: Answering, texts: list[str]) -> None:
    with trial.server(always(refusal)) as server:
        error = _error(trial.provider(server), texts)
    for told in _told(error):
        _holds_none(told, KEY, PERSON)
    _holds_none(_with_locals(error), KEY)


def _holds_none(content: str, *secrets: str) -> None:
    for secret in secrets:
        found = content.find(secret)
        assert found < 0, f"...{content[max(0, found - 100) : found + 50]}..."


def _echoed_in_headers(asked: Asked) -> Answer:
    good = json_answer(asked.reply())

    return Answer(200, good.body, {**good.headers, **ECHOES})


def _refused(status: int) -> Answering:
    """Refuse in words that hold the key and a text, as some services quote both."""

    def answering(asked: Asked) -> Answer:
        message = f"Wrong key {KEY} (Bearer {KEY}) for '{asked.texts[0]}'"
        refusal = asked.refusal(status, message, code=KEY)
        return Answer(status, refusal.body, {**refusal.headers, **ECHOES, "Location": f"/?k={KEY}"})

    return answering


def _refusals() -> dict[str, Answering]:
    def page(asked: Asked) -> Answer:
        return Answer(200, f"<p>{KEY} {asked.texts[0]}</p>".encode(), ECHOES)

    def error_in_good_status(asked: Asked) -> Answer:
        return json_answer({"error": {"message": f"{KEY} {asked.texts[0]}"}})

    def odd_names(asked: Asked) -> Answer:
        return json_answer({KEY: asked.texts[0], asked.texts[0]: KEY})

    return {
        **{str(status): _refused(status) for status in (302, 400, 401, 404, 422, 429, 500, 503)},
        "a page": page,
        "an error in a 200": error_in_good_status,
        "odd names in a 200": odd_names,
    }


@contextmanager
def _logged() -> Iterator[StringIO]:
    """Collect what all loggers say, the most talkative level included."""
    log = StringIO()
    handler = logging.StreamHandler(log)
    names = [None, *logging.root.manager.loggerDict]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.root.addHandler(handler)
    try:
        yield log
    finally:
        logging.root.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _fitted(embedder: TextEmbedder) -> TextClassifier:
    return TextClassifier(embedder, CosineCentroidClassifier()).fit(TEXTS, LABELS)


def _shown(model: TextClassifier) -> dict[str, str]:
    """Return whatever of a model may end in a notebook, a pickle or a message."""
    provider = model.embedder.provider

    return {
        "repr of the provider": repr(provider),
        "fields of the provider": str(asdict(provider)),
        "name and fingerprint": f"{provider.name} {provider.fingerprint}",
        "limits, keys, request": str(
            (provider.limits, provider.keys, provider.request(TEXTS, "none"))
        ),
        "repr of the model": repr(model),
        "get_params": str(model.get_params(deep=True)),
        "HTML repr": estimator_html_repr(model) + model._repr_html_(),
        "pickle": pickle.dumps((provider, model)).decode("latin-1"),
    }


def _in_model_file(trial: Trial, model: TextClassifier) -> dict[str, str]:
    """Return what a model file holds, and its members unpacked."""
    path = trial.folder / "tickets.toolkit"
    save(model, path)
    with zipfile.ZipFile(path) as members:
        contents = {name: members.read(name) for name in members.namelist()}
    contents["model file"] = path.read_bytes()

    return {name: content.decode("latin-1") for name, content in contents.items()}


def _error(provider: HTTPProvider, texts: list[str]) -> ToolkitError:
    try:
        provider.embed(texts)
    except ToolkitError as error:
        return error
    raise AssertionError("the run came to a good end")


def _told(error: ToolkitError) -> list[str]:
    """Return all that an error says, with those that it came from."""
    chained: list[BaseException | None] = [error.__cause__, error.__context__]

    return [
        *(str(error), repr(error), str(error.args), str(vars(error))),
        *(repr(each) for each in chained),
        "".join(traceback.format_exception(error)),
    ]


def _with_locals(error: ToolkitError) -> str:
    """Return the traceback with the values of local variables, as some programs log it."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
