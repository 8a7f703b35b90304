import numpy as np
import pytest

from toolkit.clustering.noise import assigned_or_noise, at_most_noise
from toolkit.kernels import unit_rows


@pytest.fixture
def noisy():
    """Rows around three directions, a third of them in no cluster, some twice, two of zeros."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 200)
    vectors = np.eye(3, 8)[labels] + 0.3 * random.standard_normal((200, 8))
    vectors = unit_rows(np.vstack([vectors, vectors[:40], np.zeros((2, 8))]).astype(np.float32))
    labels = np.concatenate([labels, labels[:40], [-1, -1]])
    is_noise = np.concatenate([random.random(200) < 0.3, np.zeros(42, dtype=bool)])
    is_noise[200:240] = is_noise[:40]

    return vectors, np.where(is_noise, -1, labels), labels


def test_all_but_empty_rows_find_a_cluster(noisy):
    """
    Most of them the right one, and rows in a cluster stay where they are.
    """
    vectors, labels, truth = noisy

    found = at_most_noise(vectors, labels, 0.0)

    assert (found[-2:] == -1).all()
    assert (found[:-2] >= 0).all()
    np.testing.assert_array_equal(found[labels >= 0], labels[labels >= 0])
    assert (found == truth).mean() > 0.95


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 1.0])
def test_no_more_than_a_share_stays_behind(noisy, share):
    """
    Whatever is asked for, rows that are equal go together.
    """
    vectors, labels, _ = noisy

    found = at_most_noise(vectors, labels, share)

    assert (found == -1).mean() <= share
    np.testing.assert_array_equal(found[:40], found[200:240])


def test_order_of_the_rows_does_not_matter(noisy):
    """
    Shuffled rows go to the same clusters.
    """
    vectors, labels, _ = noisy
    order = np.random.default_rng(1).permutation(len(labels))

    there = at_most_noise(vectors[order], labels[order], 0.1)

    np.testing.assert_array_equal(there, at_most_noise(vectors, labels, 0.1)[order])


def test_known_rows_get_their_label_again(noisy):
    """
    Those in no cluster as well.
    """
    vectors, labels, _ = noisy

    np.testing.assert_array_equal(assigned_or_noise(vectors, vectors, labels).labels, labels)


def test_where_there_is_no_cluster_all_stays():
    """
    There is nowhere to go.
    """
    labels = np.full(3, -1)

    np.testing.assert_array_equal(at_most_noise(np.eye(3), labels, 0.0), labels)
