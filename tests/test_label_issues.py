import json

import numpy as np
import pandas as pd
import pytest

from toolkit import HashingProvider, TextEmbedder, label_issues
from toolkit.errors import InputError, TooFewRows

N_EACH = 60


def topics(n_topics=4, n_each=N_EACH, seed=0, spread=0.35):
    """Vectors around a direction for each label, the labels, and a text for each."""
    rng = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(n_topics), n_each)
    vectors = np.eye(n_topics, 12)[numbers] + spread * rng.normal(size=(len(numbers), 12))
    labels = np.array([f"topic {number}" for number in numbers], dtype=object)

    return [f"text {row}" for row in range(len(numbers))], vectors, labels


def flipped(labels, share=0.05, seed=1):
    """Labels some of which are another one, and which those are."""
    rng = np.random.default_rng(seed)
    names = np.unique(labels.astype(str))
    is_wrong = rng.random(len(labels)) < share
    wrong = labels.copy()
    for row in np.flatnonzero(is_wrong):
        wrong[row] = rng.choice(names[names != labels[row]])

    return wrong, is_wrong


def test_wrong_labels_are_found_and_the_right_ones_suggested():
    """
    Where topics are clear, most flipped labels are listed and nearly nothing else.
    """
    texts, vectors, labels = topics()
    wrong, is_wrong = flipped(labels)
    found = label_issues(texts, wrong, vectors)

    listed = found.table["is_issue"].to_numpy()
    assert listed[is_wrong].mean() >= 0.7
    assert (~is_wrong[listed]).mean() <= 0.2
    assert (found.issues["suggested_label"] == labels[found.issues.index]).mean() >= 0.9
    assert found.ranked["confidence"].is_monotonic_increasing


def test_no_more_of_the_issues_are_right_than_was_asked_for():
    """
    Over several tables, clear ones and such that overlap, the share of right labels is held.
    """
    for spread in (0.3, 0.5, 0.7):
        shares = []
        for seed in range(4):
            texts, vectors, labels = topics(seed=seed, spread=spread)
            wrong, is_wrong = flipped(labels, seed=seed + 10)
            listed = label_issues(texts, wrong, vectors, fdr=0.2).table["is_issue"].to_numpy()
            shares.append((~is_wrong[listed]).mean() if listed.any() else 0.0)
        assert np.mean(shares) <= 0.25


def test_where_nothing_is_wrong_next_to_nothing_is_listed():
    """
    Right labels of clear topics are left alone, and the text says so.
    """
    texts, vectors, labels = topics(spread=0.2)
    found = label_issues(texts, labels, vectors)

    assert found.table["is_issue"].sum() <= 1
    if not len(found.issues):
        assert "none can be called wrong" in " ".join(found.to_text().split())


def test_the_order_of_the_rows_has_no_part():
    """
    Shuffled rows have the same confidences and the same issues.
    """
    texts, vectors, labels = topics(n_each=30)
    wrong, _ = flipped(labels)
    order = np.random.default_rng(2).permutation(len(texts))
    found = label_issues(texts, wrong, vectors).table
    again = label_issues([texts[row] for row in order], wrong[order], vectors[order]).table

    np.testing.assert_allclose(again["confidence"], found["confidence"].iloc[order], atol=1e-4)
    assert (again["is_issue"].to_numpy() == found["is_issue"].to_numpy()[order]).all()


def test_names_of_labels_have_no_part():
    """
    Other names in the same order, numbers among them, give the same issues.
    """
    texts, vectors, labels = topics(n_each=30)
    wrong, _ = flipped(labels)
    numbers = [int(label.split()[1]) for label in wrong]
    found, again = label_issues(texts, wrong, vectors), label_issues(texts, numbers, vectors)

    np.testing.assert_allclose(again.table["confidence"], found.table["confidence"])
    assert again.issues["suggested_label"].isin(list("0123")).all()


def test_a_copied_wrong_label_does_not_vouch_for_itself():
    """
    Near-duplicates are held out together: both are contradicted.
    """
    texts, vectors, labels = topics()
    vectors[1] = vectors[0] * (1 + 1e-3)
    labels[[0, 1]] = "topic 3"
    found = label_issues(texts, labels, vectors)

    assert found.table["suggested_label"].iloc[:2].tolist() == ["topic 0", "topic 0"]
    assert set(found.ranked.index[:2]) == {0, 1}


def test_evidence_has_the_suggested_label_and_the_names_of_the_rows():
    """
    Index labels of the nearest rows of the suggested label, on the index of the texts.
    """
    texts, vectors, labels = topics(n_each=30)
    wrong, _ = flipped(labels)
    names = [f"t-{row}" for row in range(len(texts))]
    series = pd.Series(texts, index=names)
    found = label_issues(series, pd.Series(wrong, index=names), vectors)

    assert found.table.index.tolist() == names
    for _, issue in found.issues.iterrows():
        of_evidence = found.table.loc[issue["evidence"], "label"]
        assert (of_evidence == issue["suggested_label"]).all()


def test_nothing_is_said_of_rows_without_text_or_label_and_of_rare_labels():
    """
    They are counted, and have no confidence.
    """
    texts, vectors, labels = topics(n_each=20)
    texts[0], labels[1], labels[2] = "", None, "once"
    found = label_issues(texts, labels, vectors)

    assert found.table["confidence"].iloc[:3].isna().all()
    assert not found.table["is_issue"].iloc[:3].any()
    assert found.n_judged == len(texts) - 3
    assert "(nothing can be said of 3)" in found.to_text()


def test_labels_that_are_taken_for_each_other_are_named():
    """
    Two labels of one topic are the most confused pair; spellings of one label are told.
    """
    texts, vectors, labels = topics(n_topics=3)
    labels[:30], labels[60:66] = "Topic  0", "topic 9"
    found = label_issues(texts, labels, vectors)

    pairs = {frozenset(pair) for pair in found.confusable[["label", "other"]].to_numpy()}
    assert {"Topic  0", "topic 0"} in pairs
    like = found.classes.set_index("label")["like"]
    assert like["Topic  0"] == "topic 0"
    assert like["topic 9"] == ""
    assert "Spelled alike" in found.to_text()


def test_what_goes_to_json_is_plain():
    """
    Counts, labels and pairs can be written as JSON.
    """
    texts, vectors, labels = topics(n_each=20)
    told = json.loads(json.dumps(label_issues(texts, labels, vectors).to_dict()))

    assert told["n_rows"] == 80
    assert len(told["classes"]) == 4


def test_texts_are_embedded_if_no_vectors_are_given():
    """
    By the embedder that is given.
    """
    texts = [f"parcel {word}" for word in "abcdef"] + [f"refund {word}" for word in "abcdef"]
    found = label_issues(texts, ["p"] * 6 + ["r"] * 6, embedder=TextEmbedder(HashingProvider(64)))

    assert found.n_judged == 12


@pytest.mark.parametrize(
    ("labels", "options", "error", "says"),
    [
        (["a"], {}, InputError, "expected a label for each of 12 texts, got 1 label"),
        (None, {}, InputError, "expected the labels of the texts, got None"),
        (["a"] * 12, {}, TooFewRows, "at least two labels with 5 different texts each, got 1"),
        ([""] * 12, {}, InputError, "expected rows with a text and a label, got none"),
        (list("aabbccddeeff"), {}, TooFewRows, "got 0"),
        (["a"] * 6 + ["b"] * 6, {"fdr": 1}, InputError, "fdr must be a share above 0 and below 1"),
    ],
)
def test_what_cannot_be_judged_is_refused(labels, options, error, says):
    """
    One sentence says what was expected and what came.
    """
    texts = [f"text {row}" for row in range(12)]
    with pytest.raises(error, match=says):
        label_issues(texts, labels, np.eye(12), **options)
