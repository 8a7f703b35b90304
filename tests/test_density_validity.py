import numpy as np
import pytest
from hdbscan.validity import validity_index
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from toolkit.evaluation import evaluate_clustering
from toolkit.evaluation.density_validity import density_validities
from toolkit.kernels import unit_rows


def blobs(spread, n_rows=90, seed=0):
    """Return rows around three directions, and which each is around."""
    random = np.random.default_rng(seed)
    labels = np.arange(n_rows) % 3

    return np.eye(3, 6)[labels] + spread * random.standard_normal((n_rows, 6)), labels


def by_the_book(vectors, labels, k):
    """Return the validities from all distances."""
    skeletons = []
    for number in np.unique(labels):
        rows = unit_rows(vectors[labels == number])
        gaps = cdist(rows, rows)
        core = np.sort(gaps, axis=1)[:, min(k, len(rows) - 1)]
        reach = np.maximum(gaps, np.maximum.outer(core, core))
        tree = minimum_spanning_tree(np.triu(reach, 1)).toarray()
        tree = np.maximum(tree, tree.T)
        inner = (tree > 0).sum(axis=1) > 1
        skeletons.append((rows[inner], core[inner], tree[np.ix_(inner, inner)].max()))

    validities = []
    for own in skeletons:
        ways = [
            np.maximum(cdist(own[0], other[0]), np.maximum.outer(own[1], other[1])).min()
            for other in skeletons
            if other is not own
        ]
        validities.append((min(ways) - own[2]) / max(min(ways), own[2]))

    return np.array(validities)


@pytest.mark.parametrize("spread", [0.05, 0.3, 1.0])
def test_validities_are_those_of_all_distances(spread):
    """
    From spanning trees and blocks of products, for rows of any length.
    """
    vectors, labels = blobs(spread)
    scaled = vectors * np.linspace(0.1, 9, 90)[:, None]

    # With more samples edges tie, and which points are inner depends on the tree that is taken.
    ours = density_validities(scaled, labels, min_samples=1)

    np.testing.assert_allclose(ours, by_the_book(vectors, labels, 1), atol=1e-4)


def test_it_ranks_clusterings_as_hdbscans_index_does():
    """
    Tighter clusters are worth more, and cut ones less, whichever way core distances are taken.
    """
    found = []
    for spread in (0.05, 0.2, 0.4):
        vectors, labels = blobs(spread)
        for numbers in (labels, (labels + np.arange(90) // 45) % 3):
            ours = evaluate_clustering(vectors, numbers).dbcv
            found.append((ours, validity_index(unit_rows(vectors), numbers, d=6)))
    ours, theirs = np.array(found).T

    assert (np.sign(ours) == np.sign(theirs)).all()
    assert np.corrcoef(ours, theirs)[0, 1] > 0.95


def test_neither_order_nor_numbers_have_a_part():
    """
    Shuffled rows and other numbers give the same validities.
    """
    vectors, labels = blobs(0.3)
    order = np.random.default_rng(1).permutation(90)
    again = density_validities(vectors[order], 7 - labels[order])

    np.testing.assert_allclose(again[::-1], density_validities(vectors, labels), atol=1e-6)


def test_rows_in_no_cluster_count_as_nothing():
    """
    The mean is of all rows, so that noise lowers it.
    """
    vectors, labels = blobs(0.1)
    whole = evaluate_clustering(vectors, labels).dbcv
    noisy = evaluate_clustering(
        np.vstack([vectors, np.ones((90, 6))]), np.append(labels, np.full(90, -1))
    ).dbcv

    assert noisy == pytest.approx(whole / 2, abs=1e-6)


def test_copies_single_rows_and_zeros_have_a_validity():
    """
    A cluster of copies is dense; one row, or a row of zeros, tells nothing.
    """
    vectors = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 0]])
    found = density_validities(vectors, np.array([0, 0, 1, 1, 2, 2]))

    np.testing.assert_allclose(found, [1, 1, 0])
    assert density_validities(vectors, np.array([0, 0, 0, -1, -1, -1])).tolist() == [0]
