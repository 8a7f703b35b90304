import numpy as np
import pandas as pd
import pytest

from toolkit.clustering.matching import match_clusters
from toolkit.errors import InputError


def labels_of(*sizes):
    """Return the clustering 0, 0, ..., 1, 1, ... with clusters of these sizes."""
    return np.repeat(np.arange(len(sizes)), sizes)


def kinds(match):
    return sorted(match.changes["change"])


def test_other_numbers_of_the_same_clusters_change_nothing():
    """
    A refit that only renumbers is undone, whatever the numbers, and all clusters are the same.
    """
    before = labels_of(30, 20, 10)
    renumbered = np.array([7, 3, 5])[before]

    match = match_clusters(before, renumbered)

    np.testing.assert_array_equal(match.labels, before)
    assert match.numbers == {3: 1, 5: 2, 7: 0}
    assert kinds(match) == ["same"] * 3


def test_shuffled_rows_give_shuffled_labels():
    """
    The order of the rows has no part in it.
    """
    random = np.random.default_rng(0)
    before, after = random.integers(-1, 6, (2, 500))
    order = random.permutation(500)

    match, shuffled = match_clusters(before, after), match_clusters(before[order], after[order])

    np.testing.assert_array_equal(shuffled.labels, match.labels[order])
    pd.testing.assert_frame_equal(shuffled.changes, match.changes)


def test_labels_keep_their_partition_and_every_cluster_is_accounted_for():
    """
    Rows that were together stay together, and each cluster of either side is in the table.
    """
    random = np.random.default_rng(1)
    for _ in range(50):
        before, after = random.integers(-1, random.integers(1, 8), (2, 60))
        match = match_clusters(before, after)

        assert len(set(match.numbers.values())) == len(match.numbers)
        np.testing.assert_array_equal(match.labels == -1, after == -1)
        assert set(match.changes["before"].dropna()) == set(before) - {-1}
        assert set(match.changes["after"].dropna()) == set(match.labels) - {-1}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (labels_of(20, 10), labels_of(12, 8, 10), ["same", "split", "split"]),
        (labels_of(12, 8, 10), labels_of(20, 10), ["merged", "merged", "same"]),
        (labels_of(20, 10) - 1, labels_of(20, 10), ["born", "same"]),
        (labels_of(20, 10), labels_of(20, 10) - 1, ["died", "same"]),
        (labels_of(5, 15, 10) - 1, labels_of(20, 10), ["grew", "same"]),
        (labels_of(20, 10), labels_of(5, 15, 10) - 1, ["same", "shrank"]),
        (labels_of(10), labels_of(5, 5), ["split", "split"]),
        ([], [], []),
    ],
)
def test_what_became_of_clusters_is_told(before, after, expected):
    """
    Split, merged, born, died, and how the rest has grown.
    """
    assert kinds(match_clusters(before, after)) == expected


def test_the_larger_part_of_a_split_keeps_the_number():
    """
    And what is new gets one that was never used.
    """
    match = match_clusters(labels_of(20, 10), [2] * 8 + [0] * 12 + [1] * 10)

    np.testing.assert_array_equal(match.labels, [2] * 8 + [0] * 12 + [1] * 10)


def test_tables_of_two_weeks_are_matched_by_their_index():
    """
    Rows of one of them alone count for the sizes, not for who is who.
    """
    last = pd.Series([0, 0, 0, 1, 1], index=list("abcde"))
    now = pd.Series([1, 0, 0, 0, 0, 0, 0], index=list("dabcxyz"), name="cluster")

    match = match_clusters(last, now)

    pd.testing.assert_series_equal(match.labels, now)
    assert match.n_shared == 4
    assert match.changes.loc[0].tolist() == ["grew", 0, 0, 3, 6, 3]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([0, 1], [0], "before has 2 rows and after 1.*give both as Series"),
        ([0, 1.5], [0, 1], r"before has .*1\.5.* in row 1, where the number of a cluster"),
        ([0, 1], ["a", "b"], "after has .*'a'.* in row 0"),
        ([0, -2], [0, 1], "before has .*-2.* in row 1"),
        (pd.Series([0, 1], index=[3, 3]), pd.Series([0, 1]), "index of before has 3 more than"),
    ],
)
def test_what_cannot_be_matched_is_refused(before, after, message):
    """
    With what is wrong and what to do.
    """
    with pytest.raises(InputError, match=message):
        match_clusters(before, after)


def test_a_cluster_whose_rows_are_elsewhere_has_not_died():
    """
    A table of new rows alone says nothing of the old clusters.
    """
    last = pd.Series([0, 0, 1, 1], index=list("abcd"))
    now = pd.Series([0, 0, 0, 0], index=list("abxy"))

    assert kinds(match_clusters(last, now)) == ["absent", "grew"]
