import json

import numpy as np
import pandas as pd
import pytest

from toolkit import dense_groups, findings, unit_rows
from toolkit.errors import InputError


def a_table(n_rows=300, n_planted=20, seed=0):
    """Topics that pass into each other, and variants of one text far from all of them."""
    rng = np.random.default_rng(seed)
    topics = unit_rows(np.eye(6, 24) + 0.4)
    vectors = topics[rng.integers(6, size=n_rows)] + 0.2 * rng.normal(size=(n_rows, 24))
    planted = -np.eye(24)[20] + 0.08 * rng.normal(size=(n_planted, 24))
    texts = [f"text {row}" for row in range(n_rows)] + [f"buy {row}" for row in range(n_planted)]

    return texts, np.vstack([vectors, planted])


def test_variants_of_one_text_are_a_group_and_topics_are_not():
    """
    The planted rows are found, all of them and no others.
    """
    texts, vectors = a_table()
    found = dense_groups(texts, vectors)

    assert found.groups["n_rows"].tolist() == [20]
    assert (found.table["group"] == 0).to_numpy().nonzero()[0].tolist() == list(range(300, 320))
    assert found.groups["example"][0].startswith("buy")
    assert "20 texts like 'buy" in found.to_text()
    assert dense_groups(texts[:300], vectors[:300]).groups.empty


def test_copies_count():
    """
    A text that is there many times, far from the rest, is a group.
    """
    texts, vectors = a_table(n_planted=12)
    vectors[300:] = vectors[300]

    assert dense_groups(texts, vectors).groups["n_rows"].tolist() == [12]


def test_the_order_of_the_rows_has_no_part_and_their_names_stay():
    """
    Shuffled rows have the same groups, on the index of the texts.
    """
    texts, vectors = a_table()
    series = pd.Series(texts, index=[f"t-{row}" for row in range(320)])
    order = np.random.default_rng(1).permutation(320)
    found = dense_groups(series, vectors).table
    again = dense_groups(series.iloc[order], vectors[order]).table

    pd.testing.assert_frame_equal(again.loc[series.index], found)


def test_large_and_small_groups_are_left_out():
    """
    What is more than a tenth of the table, or fewer rows than asked for, is no small group.
    """
    texts, vectors = a_table(n_planted=60)

    assert dense_groups(texts, vectors).groups.empty
    assert dense_groups(texts, vectors, max_share=0.2).groups["n_rows"].tolist() == [60]
    assert dense_groups(*a_table(n_planted=8)).groups.empty
    assert dense_groups(*a_table(n_planted=8), min_size=6).groups["n_rows"].tolist() == [8]


def test_odd_tables_have_a_sane_answer():
    """
    Few rows, equal rows and rows of zeros have no groups.
    """
    for vectors in (np.eye(3), np.ones((40, 3)), np.zeros((40, 3)), np.eye(40)):
        found = dense_groups([f"text {row}" for row in range(len(vectors))], vectors)
        assert found.groups.empty
        assert json.loads(json.dumps(found.to_dict()))["groups"] == []


def test_they_are_findings():
    """
    Each row of a group is one, with the size of the group in its reason.
    """
    found = findings(groups=dense_groups(*a_table()))

    assert found.counts["dense_group"] == 20
    assert found.table["reason"].str.contains("one of 20 texts").all()


@pytest.mark.parametrize(
    ("options", "says"),
    [({"min_size": 1}, "min_size must be"), ({"max_share": 0}, "max_share must be a share")],
)
def test_what_makes_no_sense_is_refused(options, says):
    """
    One sentence says what was expected and what came.
    """
    with pytest.raises(InputError, match=says):
        dense_groups(*a_table(n_rows=30), **options)
