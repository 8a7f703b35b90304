import numpy as np
import pytest

from toolkit.anomaly import near_groups as module
from toolkit.anomaly.near_groups import (
    assign_folds,
    deal_groups,
    given_groups,
    near_groups,
    split_groups,
)
from toolkit.kernels.keys import row_keys


def make_families(n_families=30, size=3, noise=0.03):
    random = np.random.default_rng(0)
    vectors = np.repeat(random.standard_normal((n_families, 24)), size, axis=0)

    return vectors + noise * random.standard_normal(vectors.shape)


def test_near_rows_are_one_group():
    """
    Families of near rows are found whole, and nothing else hangs together.
    """
    X = make_families()
    groups = near_groups(X, row_keys(X), threshold=0.95, at_most=10)

    assert groups.tolist() == np.repeat(np.arange(30), 3).tolist()


def test_tiles_change_nothing(monkeypatch):
    """
    A table that is compared tile by tile has the same groups.
    """
    X = make_families()[np.random.default_rng(1).permutation(90)]
    whole = near_groups(X, row_keys(X), threshold=0.95, at_most=10)
    monkeypatch.setattr(module, "_TILE_ROWS", 7)

    np.testing.assert_array_equal(near_groups(X, row_keys(X), threshold=0.95, at_most=10), whole)


def test_a_group_that_is_too_large_is_taken_apart():
    """
    What fills more than a fold are rows of their own again, but equal rows stay together.
    """
    X = np.vstack([make_families(1, 20), make_families(5, 2)[2:]])
    X[1] = X[0]
    groups = near_groups(X, row_keys(X), threshold=0.95, at_most=5)

    assert groups[0] == groups[1]
    assert len(np.unique(groups[:20])) == 19
    assert len(np.unique(groups[20:])) == 4


def test_rows_of_zeros_are_near_none_but_each_other():
    """
    Empty texts are one group.
    """
    X = np.vstack([np.zeros((2, 4)), np.eye(4)])

    assert near_groups(X, row_keys(X), threshold=0.5, at_most=10).tolist() == [0, 0, 1, 2, 3, 4]


def test_equal_rows_join_the_groups_they_were_given():
    """
    Two groups that share a text hang together, and so do equal rows without a group.
    """
    keys = np.array([1, 2, 2, 3, 4, 4], dtype=np.uint64)

    assert given_groups(["a", "a", "b", "b", np.nan, None], keys).tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("n_folds", [2, 5])
def test_folds_are_even_and_part_no_group(n_folds):
    """
    Folds hold about as many rows each, and a group is in one of them, in whatever order.
    """
    groups = np.repeat(np.arange(40), [1] * 30 + [2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    keys = np.random.default_rng(0).integers(0, 2**63, size=len(groups)).astype(np.uint64)
    folds = deal_groups(groups, keys, n_folds)
    order = np.random.default_rng(1).permutation(len(groups))

    assert np.ptp(np.bincount(folds)) <= 1
    assert all(len(np.unique(folds[groups == group])) == 1 for group in range(40))
    np.testing.assert_array_equal(deal_groups(groups[order], keys[order], n_folds), folds[order])


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_split_has_rows_on_both_sides(share):
    """
    However small the share, a group calibrates and a group fits.
    """
    groups = np.repeat(np.arange(10), 2)
    folds = split_groups(groups, np.arange(20, dtype=np.uint64), share)

    assert set(folds.tolist()) == {-1, 0}
    assert (folds.reshape(-1, 2)[:, 0] == folds.reshape(-1, 2)[:, 1]).all()
    assert abs((folds == 0).mean() - share) <= 0.1


def test_few_groups_give_few_folds():
    """
    Two groups are dealt to two folds.
    """
    keys = np.arange(4, dtype=np.uint64)
    folds = assign_folds(np.array([0, 0, 1, 1]), keys, n_folds=5, calibration_size=None)

    assert sorted(set(folds.tolist())) == [0, 1]
