import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from toolkit import HashingProvider, TextEmbedder, drift
from toolkit.audit.drift_groups import groups_test
from toolkit.audit.two_samples import classifier_test, mean_discrepancy_test
from toolkit.errors import InputError, TooFewRows, ToolkitWarning

GIVEN = {"vectors": (np.eye(2), np.eye(2))}
TESTS = [mean_discrepancy_test, classifier_test]
TOPICS = {
    "parcel": ["where is my parcel", "my parcel is late", "parcel lost", "no parcel came"],
    "refund": ["refund please", "where is my refund", "I want a refund", "refund not paid"],
    "lamp": ["the lamp is broken", "broken lamp", "my lamp arrived broken", "lamp glass broken"],
}


def texts_of(*topics, n_each, seed=0):
    """Texts that differ in a word of chance."""
    words = iter(np.random.default_rng(seed).integers(10_000, size=n_each * len(topics)))

    return [f"{TOPICS[topic][row % 4]} {next(words)}" for topic in topics for row in range(n_each)]


def embedder():
    return TextEmbedder(HashingProvider(64))


def found_between(before, after, **options):
    return drift(before, after, embedder=embedder(), n_permutations=99, **options)


def one_source(seed, n_rows=40):
    """Rows around a few centres, half of them called before and half after."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(5, 16))
    rows = centres[rng.integers(5, size=2 * n_rows)] + rng.normal(size=(2 * n_rows, 16))

    return rows[:n_rows], rows[n_rows:]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
def test_p_values_are_uniform_where_nothing_changed(test):
    """
    Each level has that share of false alarms.
    """
    p_values = [
        test(*one_source(seed), n_permutations=99, random_state=seed).p_value for seed in range(100)
    ]

    assert kstest(np.array(p_values) - 0.005, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) <= 0.05) <= 0.11


def test_the_test_of_groups_holds_its_level():
    """
    Rows that divide into groups by chance are seldom called a change.
    """
    p_values = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        fine, is_after = rng.integers(8, size=200), rng.permutation(200) < 90
        levels = np.stack([fine // 3, fine], axis=1)
        found = groups_test(levels, is_after, n_permutations=99, random_state=seed)
        p_values.append(found.p_value)

    assert np.mean(np.array(p_values) <= 0.05) <= 0.09
    assert kstest(np.array(p_values), "uniform").pvalue > 0.01


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__)
def test_a_change_is_seen_whatever_the_order_of_the_rows(test):
    """
    Shuffled and rescaled rows give the same p-value, small where the source is another.
    """
    before, after = one_source(0)
    after = after + 2 * np.eye(16)[0]
    rng = np.random.default_rng(1)
    found = test(before, after)
    again = test(rng.permutation(before) * 2, rng.permutation(after) * 5)

    assert found.p_value <= 0.01
    assert again.p_value == found.p_value
    assert again.statistic == pytest.approx(found.statistic, rel=1e-5)


def test_a_new_topic_is_found_and_named():
    """
    A group of texts that the old table has none of is new, and says what it is about.
    """
    before = texts_of("parcel", "refund", n_each=40)
    after = [*texts_of("parcel", "refund", n_each=40, seed=1), *texts_of("lamp", n_each=24)]
    found = found_between(before, after)

    assert found.has_drifted
    new = found.changes[found.changes["change"] == "new"]
    assert new["n_after"].sum() == 24
    assert all("lamp" in name or "broken" in name for name in new["name"])
    assert all("lamp" in example for example in new["example"])
    assert "new" in found.to_text()


def test_what_vanished_is_what_would_be_new_the_other_way_round():
    """
    Tables that change places change nothing but the direction.
    """
    before = texts_of("parcel", "refund", "lamp", n_each=30)
    after = texts_of("parcel", "refund", n_each=30, seed=1)
    gone, come = found_between(before, after), found_between(after, before)

    assert set(gone.changes["change"]) & {"vanished"}
    assert (come.changes["change"] == "new").sum() == (gone.changes["change"] == "vanished").sum()
    assert sorted(gone.groups["n_before"]) == sorted(come.groups["n_after"])


def test_the_same_rows_have_not_drifted():
    """
    A table is like itself, each text nearest to itself.
    """
    texts = texts_of("parcel", "refund", n_each=30)
    found = found_between(texts, texts)

    assert not found.has_drifted
    assert found.changes.empty
    assert "no difference beyond chance" in found.to_text()
    assert found.after["similarity"].min() == pytest.approx(1, abs=1e-6)


def test_rows_keep_their_labels_and_empty_texts_are_in_no_group():
    """
    Tables of rows have the index of the texts; an empty text has no group and no neighbour.
    """
    before = pd.Series(["", *texts_of("parcel", n_each=6)], index=list("abcdefg"))
    after = before.iloc[1:4].set_axis([30, 10, 20])
    with pytest.warns(ToolkitWarning, match="1 of 7 texts is empty"):
        found = found_between(before, after)

    assert found.before.index.tolist() == list("abcdefg")
    assert found.after.index.tolist() == [30, 10, 20]
    assert found.before.loc["a", "group"] == -1
    assert found.before.loc["a", "nearest"] is None
    assert found.after["nearest"].tolist() == ["b", "c", "d"]


def test_rows_in_another_order_give_the_same_answer():
    """
    Verdict and groups depend on what the tables hold alone.
    """
    before = texts_of("parcel", "refund", n_each=25)
    after = texts_of("parcel", "lamp", n_each=25)
    rng = np.random.default_rng(0)
    found = found_between(before, after)
    again = found_between(list(rng.permutation(before)), list(rng.permutation(after)))

    pd.testing.assert_frame_equal(found.tests, again.tests)
    columns = ["group", "name", "change", "n_before", "n_after", "p_value"]
    pd.testing.assert_frame_equal(found.groups[columns], again.groups[columns])


def test_what_goes_to_json_is_plain():
    """
    to_dict holds the verdict, three tests and the groups.
    """
    told = found_between(texts_of("parcel", n_each=8), texts_of("refund", n_each=8)).to_dict()

    assert told["kind"] == "drift"
    assert [test["test"] for test in told["tests"]] == ["mean discrepancy", "classifier", "groups"]
    assert all(type(group["n_after"]) is int for group in told["groups"])


@pytest.mark.parametrize(
    ("before", "after", "options", "error", "says"),
    [
        (["a"], ["b", "c"], {}, TooFewRows, "expected at least 2 texts in each table, got 1"),
        (["a", ""], ["b", "c"], GIVEN, TooFewRows, "got 1 in 'before'"),
        (["a", "b"], ["b", "c"], {"level": 0}, InputError, "level must be a share"),
        (["a", "b"], ["b", "c"], {"n_permutations": 0}, InputError, "at least 1, got 0"),
        (["a", "b"], ["b", "c"], {"vectors": np.eye(2)}, InputError, "expected two vectors"),
        (
            ["a", "b"],
            ["b", "c"],
            {"vectors": (np.eye(2), np.eye(3)[:2])},
            InputError,
            "2 dimensions came with others that have 3",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(before, after, options, error, says):
    """
    One sentence says what was expected and what came.
    """
    with pytest.raises(error, match=says):
        drift(before, after, **{"embedder": embedder(), **options})


def test_small_and_odd_tables_get_an_answer():
    """
    Two texts a table, equal texts and rows of zeros are compared without complaint.
    """
    assert found_between(["a b", "c d"], ["a b", "e f"]).p_value > 0.05
    assert found_between(["a b"] * 5, ["a b"] * 7).p_value == 1
    zeros = np.zeros((4, 3))
    assert drift(["a", "b", "c", "d"], ["e", "f"], vectors=(zeros, zeros[:2])).p_value == 1
