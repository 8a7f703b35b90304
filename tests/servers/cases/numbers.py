"""Cases 11, 17, 18 and 21: vectors that are no numbers, not of length 1, odd base64, and usage."""

import base64
import math
from collections.abc import Callable

import numpy as np

from tests.servers.answers import Answer
from tests.servers.asked import Asked, Rule, json_answer
from tests.servers.cases.case import apart, case
from tests.servers.cases.trial import TEXTS, Trial
from tests.servers.faults import always, holding, n_texts, vectors_as
from tests.servers.forms import Json, as_base64, as_numbers
from toolkit import TextEmbedder
from toolkit.errors import InvalidResponse, TextsFailed

BAD_ROW, BAD_WORD = 5, "coat 5"
WITH_BAD = [*TEXTS[:BAD_ROW], f"Ms Quill has no {BAD_WORD}", *TEXTS[BAD_ROW:]]
LARGER = 3.7
NO_NUMBERS: dict[str, Callable[[np.ndarray], Json]] = {
    "NaN": lambda vector: np.full_like(vector, np.nan),
    "one NaN in a list": lambda vector: [math.nan, *vector.tolist()[1:]],
    "infinity": lambda vector: np.full_like(vector, np.inf),
    "nulls": lambda vector: [None] * len(vector),
    "too large for float32": lambda vector: [1e300] * len(vector),
    "zeros": np.zeros_like,
}
USAGE = {
    "cohere": ("meta", "billed_units", "input_tokens"),
    "gemini": ("usageMetadata", "promptTokenCount"),
    "ollama": ("prompt_eval_count",),
}


@case(
    11,
    "NaN for one text: 500, 400, or NaN, Infinity, null in a 200",
    "found by halving or asked once more alone; that row fails, the others do not",
)
def no_numbers(trial: Trial) -> None:
    for said in trial.service.words.no_number:
        rule = holding(BAD_WORD, said.about(n_texts, 0))
        with trial.part(f"{said.status}"):
            _fails_alone(trial, rule, 2 * math.ceil(math.log2(len(WITH_BAD))) + 3)
    trial.each(NO_NUMBERS, lambda spoil: _fails_alone(trial, _spoiled(spoil), 2))


@case(17, "vectors that are not of length 1", "length 1 to 1e-5 after TextEmbedder, the same way")
def not_normalised(trial: Trial) -> None:
    larger = vectors_as(lambda vectors: [LARGER * vector for vector in vectors])
    with trial.server(always(larger)) as server:
        provider, cache = trial.provider(server), trial.new_cache()
        vectors = TextEmbedder(provider, cache=cache).fit_transform(TEXTS)
        right = trial.right(server, provider, TEXTS)

        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert np.allclose(vectors, [right[text] for text in TEXTS], atol=1e-6)


@case(
    18,
    "floats for base64 and the reverse; base64 of a wrong length or byte order",
    "the first two are read, the others are errors",
    not_for=apart("neither asks for base64 nor is sent any", "cohere", "gemini", "ollama", "tei"),
)
def other_encodings(trial: Trial) -> None:
    good = {"floats": as_numbers, "base64": as_base64}
    wrong = {
        "three bytes": lambda vector: "AAAA",
        "one byte more": lambda vector: base64.b64encode(vector.tobytes() + b"\0").decode(),
        "no base64": lambda vector: "not base64!",
        "big-endian": lambda vector: base64.b64encode(vector.astype(">f4").tobytes()).decode(),
    }
    trial.each(good, lambda written: _is_read(trial, written))
    trial.each(wrong, lambda written: _is_refused(trial, written))


@case(
    21,
    "usage missing, null, in characters, below 0, a text",
    "tokens and cost are marked as estimated",
)
def no_usage(trial: Trial) -> None:
    name = trial.service.name
    if name == "tei":  # it never tells
        _is_estimated(trial, is_estimated=True)
        return
    told = {
        "missing": lambda count, texts: ...,
        "null": lambda count, texts: None,
        "in characters": lambda count, texts: sum(map(len, texts)),
        "below 0": lambda count, texts: -count,
        "a text": lambda count, texts: "many",
    }
    trial.each(told, lambda tell: _is_estimated(trial, _usage(name, tell), is_estimated=True))
    with trial.part("credible"):
        _is_estimated(trial, is_estimated=False)


def _fails_alone(trial: Trial, rule: Rule, most_requests: int) -> None:
    with trial.server(rule) as server:
        error = trial.fails(server, TextsFailed, texts=WITH_BAD, keeps=len(WITH_BAD) - 1)

    assert isinstance(error, TextsFailed)
    assert set(error.reasons) == {BAD_ROW}
    assert len(server.seen) <= most_requests


def _is_read(trial: Trial, written: Callable[[Json], Json]) -> None:
    with trial.server(vectors_as(lambda vectors: list(map(written, vectors)))) as server:
        trial.embeds(server)


def _is_refused(trial: Trial, written: Callable[[Json], Json]) -> None:
    with trial.server(vectors_as(lambda vectors: list(map(written, vectors)))) as server:
        trial.fails(server, InvalidResponse)
        assert len(server.seen) == 2


def _spoiled(spoil: Callable[[np.ndarray], Json]) -> Rule:
    """Give a good answer, but for the vector of the bad text."""

    def answering(asked: Asked) -> Answer:
        pairs = zip(asked.texts, asked.vectors(), strict=True)
        return json_answer(
            asked.reply([spoil(vector) if BAD_WORD in text else vector for text, vector in pairs])
        )

    return holding(BAD_WORD, answering)


def _usage(name: str, told: Callable[[int, tuple[str, ...]], Json]) -> Rule:
    """Tell another number of tokens; ``...`` is none at all."""

    def answering(asked: Asked) -> Answer:
        reply = asked.reply()
        *path, last = USAGE.get(name, ("usage", "total_tokens"))
        place = reply
        for key in path:
            place = place[key]
        place[last] = told(place[last], asked.texts)
        if place[last] is ...:
            del place[last]

        return json_answer(reply)

    return answering


def _is_estimated(trial: Trial, *rules: Rule, is_estimated: bool) -> None:
    with trial.server(*rules) as server:
        counts = trial.embeds(server, trial.provider(server, price=1.0)).counts

    assert counts.tokens > 0
    assert counts.cost == counts.tokens / 1_000_000
    assert counts.estimated_tokens == (counts.tokens if is_estimated else 0)
    assert ("about" in str(counts.usage())) == is_estimated
