import json

import numpy as np
import pandas as pd
import pytest

from toolkit import HashingProvider, TextEmbedder, find_outliers
from toolkit.audit.outlier_reasons import script
from toolkit.errors import InputError, TooFewRows, ToolkitWarning


def one_topic(n_rows, seed=0):
    """Texts, and vectors around one direction."""
    rng = np.random.default_rng(seed)
    vectors = 4 * np.eye(16)[0] + rng.normal(size=(n_rows, 16))

    return [f"late parcel number {row}" for row in range(n_rows)], vectors


def with_odd_ones(n_rows=200, n_odd=4):
    texts, vectors = one_topic(n_rows)
    return [*texts, *(f"odd {row}" for row in range(n_odd))], np.vstack(
        [vectors, -np.eye(16)[1 : n_odd + 1]]
    )


def test_odd_texts_come_first():
    """
    In their own table, and against a reference; the text says what could be flagged.
    """
    texts, vectors = with_odd_ones()
    known, known_vectors = one_topic(200, seed=1)
    for reference in ({}, {"reference": known, "reference_vectors": known_vectors}):
        found = find_outliers(texts, vectors, **reference)
        assert set(found.outliers["text"][:4]) == {f"odd {row}" for row in range(4)}
        assert found.to_text().startswith("With 20")
        assert all("similarity of" in reason for reason in found.outliers["reason"])


def test_false_alarms_are_as_rare_as_asked_for():
    """
    Of texts that are like the reference about that share is flagged.
    """
    shares = []
    for seed in range(6):
        texts, vectors = one_topic(300, seed=seed + 10)
        known, known_vectors = one_topic(300, seed=seed)
        found = find_outliers(
            texts,
            vectors,
            reference=known,
            reference_vectors=known_vectors,
            false_alarm_rate=0.1,
        )
        shares.append(found.table["is_outlier"].mean())

    assert np.mean(shares) == pytest.approx(0.1, abs=0.03)


def test_with_fdr_few_of_the_flagged_are_normal():
    """
    The odd ones are flagged, and hardly any other.
    """
    texts, vectors = with_odd_ones(100, n_odd=12)
    known, known_vectors = one_topic(600, seed=1)
    found = find_outliers(texts, vectors, reference=known, reference_vectors=known_vectors, fdr=0.2)

    assert found.table["is_outlier"].iloc[100:].all()
    assert found.table["is_outlier"].iloc[:100].sum() <= 4


def test_empty_texts_are_neither_odd_nor_normal():
    """
    They have no p-value and are counted.
    """
    texts, vectors = one_topic(40)
    texts[3] = " "
    found = find_outliers(texts, vectors)

    assert np.isnan(found.table["p_value"].iloc[3])
    assert not found.table["is_outlier"].iloc[3]
    assert found.table["nearest"].iloc[3] is None
    assert "40 texts, 1 empty" in " ".join(found.to_text().split())


def test_rows_keep_their_labels_and_their_order_has_no_part():
    """
    The table stands on the index of the texts, and shuffled rows are judged alike.
    """
    texts, vectors = with_odd_ones(60)
    series = pd.Series(texts, index=[f"t-{row}" for row in range(64)])
    order = np.random.default_rng(0).permutation(64)
    found = find_outliers(series, vectors).table
    again = find_outliers(series.iloc[order], vectors[order]).table

    assert found.index.tolist() == series.index.tolist()
    columns = ["is_outlier", "p_value", "nearest"]
    pd.testing.assert_frame_equal(again.loc[series.index, columns], found[columns])
    assert found["nearest"].isin(series.index).all()


def test_what_can_be_said_of_a_text_is_said():
    """
    Another script, no letters, and an unusual length are part of the reason.
    """
    texts, vectors = one_topic(100)
    texts += ["где моя посылка сегодня", "12:30", "late " * 100]
    vectors = np.vstack([vectors, -np.eye(16)[1:4]])
    reasons = find_outliers(texts, vectors).table["reason"].iloc[100:].tolist()

    assert "it is written in cyrillic, most in latin" in reasons[0]
    assert "it has no letters" in reasons[1]
    assert "it is very long (500 characters)" in reasons[2]


def test_scripts_are_known_by_most_of_their_letters():
    """
    Of a mixed text the script of most letters counts.
    """
    assert script("Paket 退款") == "latin"
    assert script("退款 退款 A") == "cjk"


def test_what_goes_to_json_is_plain():
    """
    Counts and power can be written as JSON.
    """
    told = json.loads(json.dumps(find_outliers(*one_topic(40)).to_dict()))

    assert told["n_rows"] == 40
    assert told["power"]["n_calibration"] == 40


def test_texts_are_embedded_if_no_vectors_are_given():
    """
    Those of the reference, too.
    """
    texts = [f"parcel {word} is late" for word in "abcdefghij" * 5]
    embedder = TextEmbedder(HashingProvider(64))
    found = find_outliers(
        ["zebra zebra", *texts[:3]], reference=texts, embedder=embedder, false_alarm_rate=0.1
    )

    assert found.outliers["text"].tolist() == ["zebra zebra"]


@pytest.mark.parametrize(
    ("texts", "options", "error", "says"),
    [
        (["a", "b"], {"vectors": np.eye(2)}, TooFewRows, "at least 3 texts to learn from, got 2"),
        (["a"] * 3, {"vectors": np.eye(3), "fdr": 0.1}, InputError, "fdr needs a reference"),
        (
            ["a"] * 3,
            {"vectors": np.eye(3), "reference": ["b"] * 3, "reference_vectors": np.eye(4)[:3]},
            InputError,
            "3 dimensions came with a reference that has 4",
        ),
        (["a"] * 3, {"vectors": np.eye(3), "false_alarm_rate": 2}, InputError, "false_alarm_rate"),
    ],
)
def test_what_cannot_be_judged_is_refused(texts, options, error, says):
    """
    One sentence says what was expected and what came.
    """
    with pytest.raises(error, match=says):
        find_outliers(texts, **options)


def test_where_nothing_can_be_flagged_a_warning_says_so():
    """
    Ten rows cannot be flagged at 1 %.
    """
    with pytest.warns(ToolkitWarning, match="nothing can be flagged"):
        find_outliers(*one_topic(10), false_alarm_rate=0.01)
