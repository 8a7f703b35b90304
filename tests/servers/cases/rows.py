"""Case 19: whatever stands in a column of texts."""

import math

import numpy as np
import pandas as pd
import pytest

from tests.servers.cases.case import case
from tests.servers.cases.trial import TEXTS, Trial
from tests.servers.embedding_server import EmbeddingServer
from toolkit import TextEmbedder
from toolkit.embedding import CachedProvider
from toolkit.errors import InputError, ToolkitWarning
from toolkit.texts import clean_texts

LARGE = "Ms Quill writes again about the lamp that came broken. " * 20_000
EMPTY = ["", " ", None, math.nan, pd.NA]
HALF = "\ud800 half a character"
ODD = [3, HALF, "\x00", LARGE]
N_ROWS = 100_000


@case(
    19,
    "empty, blank, None, NaN, 3, half a character, NUL, 1 MB, 100,000 rows, all the same, none",
    "empty rows get zeros and are never sent, each different text is sent once",
)
def odd_rows(trial: Trial) -> None:
    for name, check in {
        "odd values": _odd_values,
        "100,000 rows": _many_rows,
        "all the same": _all_the_same,
        "no row": _no_row,
        "half a character, straight to the provider": _half_a_character,
    }.items():
        with trial.part(name), trial.server() as server:
            check(trial, server)


def _odd_values(trial: Trial, server: EmbeddingServer) -> None:
    provider = trial.provider(server)
    embedder = TextEmbedder(provider, cache=trial.new_cache())
    with pytest.warns(ToolkitWarning) as warned:
        vectors = embedder.fit_transform(pd.DataFrame({"text": [*EMPTY, *ODD, *TEXTS]}))
    told = "\n".join(str(warning.message) for warning in warned)
    sent = ["3", clean_texts([HALF]).texts[0], "\x00", LARGE, *TEXTS]
    right = trial.right(server, provider, sent)

    assert not vectors[: len(EMPTY)].any()
    assert np.allclose(vectors[len(EMPTY) :], [right[text] for text in sent], atol=1e-6)
    assert "5 of 33 texts are empty" in told
    assert "1 of 33 texts are not strings" in told
    assert "broken Unicode" in told


def _many_rows(trial: Trial, server: EmbeddingServer) -> None:
    provider = trial.provider(server)
    column = [TEXTS[row % len(TEXTS)] for row in range(N_ROWS)]
    vectors = TextEmbedder(provider, cache=trial.new_cache()).fit_transform(
        pd.DataFrame({"text": column})
    )
    right = np.stack(list(trial.right(server, provider, TEXTS).values()))

    assert len(vectors) == N_ROWS
    assert all(
        np.allclose(vectors[start :: len(TEXTS)], right[start], atol=1e-6)
        for start in range(len(TEXTS))
    )
    assert sum(len(seen.texts) for seen in server.seen) == len(TEXTS)


def _all_the_same(trial: Trial, server: EmbeddingServer) -> None:
    provider = trial.provider(server)
    vectors = TextEmbedder(provider, cache=False).fit_transform([TEXTS[0]] * 1_000)

    assert np.allclose(vectors, trial.right(server, provider, TEXTS[:1])[TEXTS[0]], atol=1e-6)
    assert [len(seen.texts) for seen in server.seen] == [1]


def _no_row(trial: Trial, server: EmbeddingServer) -> None:
    provider = trial.provider(server, dimensions=256)
    for each in (provider, CachedProvider(provider, trial.new_cache())):
        assert each.embed([]).shape == (0, 256)
    assert len(trial.provider(server).embed([])) == 0
    with pytest.raises(InputError, match="at least one text"):
        TextEmbedder(provider).fit_transform(pd.DataFrame({"text": []}))
    assert server.seen == server.asked_about == []


def _half_a_character(trial: Trial, server: EmbeddingServer) -> None:
    vectors = trial.provider(server).embed([HALF, TEXTS[0]])

    assert np.isfinite(vectors).all()
    assert len(vectors) == 2
