"""Cases 14, 15, 16, 20 and 22: replies with status 200 that are not one vector a text."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.servers.answers import Answer
from tests.servers.asked import Asked, Rule, json_answer
from tests.servers.cases.case import apart, case
from tests.servers.cases.trial import TEXTS, Trial
from tests.servers.faults import (
    Answering,
    after,
    always,
    first,
    json_body,
    plain,
    reply_as,
    vectors_as,
)
from tests.servers.forms import Json
from toolkit.errors import InvalidResponse, ToolkitWarning
from toolkit.kernels import unit_rows

HTML = f"<html><body>{'<p>This is a page of a proxy.</p>' * 100}</body></html>"
DIMENSIONS, LONGER = 256, 300
"""A length that all models with a choice of lengths offer, and that of the server's vectors."""
LONGEST_ERROR = 800
CUTTABLE = ("openai", "azure", "cohere", "voyage", "jina", "gemini", "mistral", "ollama")


@case(
    14,
    "200 with HTML, nothing, {}, an error, null",
    "asked once more, then InvalidResponse with an excerpt",
)
def no_vectors(trial: Trial) -> None:
    bodies = {
        "HTML": plain(200, HTML),
        "nothing": plain(200, ""),
        "{}": json_body({}),
        "an error": json_body({"error": {"message": "no host of the model answers"}}),
        "null": reply_as(_without_vectors),
    }
    trial.each(bodies, lambda answering: _is_no_reply(trial, answering))
    trial.each(
        {f"{name}, once": answering for name, answering in bodies.items()},
        lambda answering: _is_good(trial, first(1, answering)),
    )
    with trial.part("excerpt"):
        _is_no_reply(trial, bodies["HTML"], "This is a page of a proxy")


@case(
    15,
    "shuffled; an index missing or twice; a row missing or too many",
    "shuffled is put in order, the rest is an error; nothing is misaligned",
)
def misnumbered(trial: Trial) -> None:
    wrong = {
        "a row missing": vectors_as(lambda vectors: vectors[:-1]),
        "a row too many": vectors_as(lambda vectors: [*vectors, vectors[0]]),
    }
    good = {}
    if trial.service.has_indexes:
        good["shuffled"] = reply_as(lambda reply: _with_items(reply, _shuffled))
        good["no index at all"] = reply_as(lambda reply: _with_items(reply, _without_index))
        wrong["an index missing"] = reply_as(lambda reply: _with_index(reply, None))
        wrong["an index twice"] = reply_as(lambda reply: _with_index(reply, 2))
        wrong["an index too high"] = reply_as(lambda reply: _with_index(reply, len(TEXTS)))
        wrong["an index below 0"] = reply_as(lambda reply: _with_index(reply, -1))
    trial.each(good, lambda answering: _is_good(trial, always(answering)))
    trial.each(wrong, lambda answering: _is_no_reply(trial, answering))


@case(
    16,
    "vectors of a wrong length, of several lengths, of none; dimensions ignored",
    "cut where the model is known to allow it, else an error; nothing wrong is kept",
)
def wrong_lengths(trial: Trial) -> None:
    with trial.part("dimensions ignored"):
        _dimensions_ignored(trial)
    shorter = vectors_as(lambda vectors: [vector[:200] for vector in vectors])
    with trial.part("too short"), trial.server(always(shorter), n_dimensions=LONGER) as server:
        provider = trial.provider(server, dimensions=DIMENSIONS)
        trial.fails(server, InvalidResponse, "256.*200|200.*256", provider=provider)
    uneven = {
        "rows of two lengths": vectors_as(lambda vectors: [vectors[0][:8], *vectors[1:]]),
        "one row empty": vectors_as(lambda vectors: [*vectors[:-1], []]),
        "all rows empty": vectors_as(lambda vectors: [[] for _ in vectors]),
    }
    trial.each(uneven, lambda answering: _is_no_reply(trial, answering))
    other = vectors_as(lambda vectors: [vector[:16] for vector in vectors])
    with trial.part("batches of two lengths"), trial.server(after(1, other)) as server:
        provider = trial.provider(server, batch=4)
        trial.fails(server, InvalidResponse, "32.*16|16.*32", provider=provider, keeps=4)


@case(20, "200 with no vectors at all", "InvalidResponse, not an IndexError")
def empty_list(trial: Trial) -> None:
    says = f"{len(TEXTS)} vectors for {len(TEXTS)} texts, got 0"
    _is_no_reply(trial, vectors_as(lambda _: []), says)


@case(
    22,
    "the model that answers changes in mid-run",
    "a warning that names both; what was kept stays as it was",
    not_for=apart("its replies name no model", "cohere", "gemini", "tei"),
)
def other_model(trial: Trial) -> None:
    other = reply_as(lambda reply: {**reply, "model": "another-model"})
    with trial.server(after(2, other)) as server:
        provider, cache = trial.provider(server, batch=4, concurrency=1), trial.new_cache()
        with pytest.warns(ToolkitWarning) as warned:
            trial.embeds(server, provider, cache=cache)
        told = [str(warning.message) for warning in warned]
        assert len(set(told)) == len(told)
        assert [each for each in told if re.search("changed from '.*' to 'another-model'", each)]

        n_requests = len(server.seen)
        trial.embeds(server, provider, cache=cache)
        assert len(server.seen) == n_requests


def _is_no_reply(trial: Trial, answering: Answering, *says: str) -> None:
    """It is asked for once more; the error quotes no more of it than a person reads."""
    with trial.server(always(answering)) as server:
        error = trial.fails(server, InvalidResponse, *says)
        assert len(server.seen) == 2
        assert len(str(error)) < LONGEST_ERROR


def _is_good(trial: Trial, rule: Rule) -> None:
    with trial.server(rule) as server:
        trial.embeds(server)


def _dimensions_ignored(trial: Trial) -> None:
    with trial.server(_whole_vectors, n_dimensions=LONGER) as server:
        provider = trial.provider(server, dimensions=DIMENSIONS)
        if trial.service.name not in CUTTABLE:
            trial.fails(server, InvalidResponse, f"{DIMENSIONS}.*{LONGER}", provider=provider)
            return
        sent = provider.prompted(TEXTS, "none")
        begins = server.expected(sent)[:, :DIMENSIONS]
        done = trial.embeds(server, provider, right=dict(zip(TEXTS, begins, strict=True)))

        assert np.allclose(unit_rows(done.vectors), server.expected(sent, DIMENSIONS), atol=1e-6)


def _whole_vectors(asked: Asked) -> Answer:
    return json_answer(asked.reply(list(asked.server.expected(asked.texts))))


def _without_vectors(reply: Json) -> Json:
    """Null in place of the vectors, wherever they are."""
    if not isinstance(reply, dict):
        return None

    return {key: None if key in ("data", "embeddings") else reply[key] for key in reply}


def _with_items(reply: Json, edit: Callable[[list[Json]], list[Json]]) -> Json:
    return {**reply, "data": edit(reply["data"])}


def _shuffled(items: list[Json]) -> list[Json]:
    return [*items[5:], *reversed(items[:5])]


def _without_index(items: list[Json]) -> list[Json]:
    return [{"embedding": item["embedding"]} for item in items]


def _with_index(reply: Json, index: int | None) -> Json:
    """Another index in the place of the second vector's."""
    return _with_items(reply, lambda items: [items[0], {**items[1], "index": index}, *items[2:]])
