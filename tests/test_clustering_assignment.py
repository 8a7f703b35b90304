import numpy as np
import pytest

from tests.rows import make_rows, random_rows
from toolkit.clustering.assignment import assigned
from toolkit.clustering.points import distinct_points


@pytest.mark.parametrize("make", [make_rows, random_rows])
def test_known_points_keep_their_cluster(make):
    """
    A row that repeats a known point gets its cluster, whatever the neighbours say.
    """
    rows = make(0, 300)
    points = distinct_points(rows)
    labels = np.random.default_rng(0).integers(0, 5, len(points))
    found = assigned(rows, points.vectors, labels)

    np.testing.assert_array_equal(found.labels, points.spread(labels))


def test_votes_are_shares():
    """
    Confidences lie in [0, 1], and the runner-up is another cluster than the winner.
    """
    points = distinct_points(random_rows(0, 200, 6))
    labels = np.random.default_rng(0).integers(0, 4, len(points))
    found = assigned(random_rows(1, 500, 6), points.vectors, labels)

    assert ((found.confidences > 0) & (found.confidences <= 1)).all()
    assert (found.runners_up != found.labels).all()
    assert set(found.labels) == set(range(4))
    sure = found.runners_up == -1
    np.testing.assert_allclose(found.confidences[sure], 1, atol=1e-6)
    assert (found.confidences[~sure] >= 1 / 4).all()


def test_the_votes_are_counted_as_told():
    """
    Each of the 16 nearest votes with exp(similarity / 0.1).
    """
    points = distinct_points(random_rows(2, 60, 5))
    labels = np.random.default_rng(1).integers(0, 3, len(points))
    for row in random_rows(3, 20, 5):
        similarities = points.vectors @ (row / np.linalg.norm(row))
        nearest = np.argsort(-similarities)[:16]
        votes = np.bincount(labels[nearest], np.exp(similarities[nearest] / 0.1), minlength=3)
        found = assigned(row[None], points.vectors, labels)

        assert found.labels[0] == votes.argmax()
        assert found.confidences[0] == pytest.approx(votes.max() / votes.sum(), rel=1e-4)
        runner_up = np.argsort(votes)[-2] if np.sort(votes)[-2] else -1
        assert found.runners_up[0] == runner_up


def test_lengths_and_order_of_rows_do_not_matter():
    """
    Each row has its answer by itself.
    """
    points = distinct_points(random_rows(0, 100))
    labels = np.arange(len(points)) % 3
    rows = random_rows(1, 50)
    together = assigned(rows, points.vectors, labels)
    alone = [assigned(4 * row[None], points.vectors, labels) for row in rows]

    assert [found.labels[0] for found in alone] == together.labels.tolist()
    assert [found.runners_up[0] for found in alone] == together.runners_up.tolist()


def test_zeros_and_nothing_known():
    """
    A row of zeros, and any row where nothing is known, belongs to no cluster.
    """
    known = np.eye(2, dtype=np.float32)
    found = assigned(np.zeros((1, 2)), known, np.array([0, 1]))
    nothing = assigned(known, known[:0], np.zeros(0, dtype=np.intp))

    for answer in (found, nothing):
        assert (answer.labels == -1).all()
        assert (answer.confidences == 0).all()
        assert (answer.runners_up == -1).all()
    assert len(assigned(known[:0], known, np.array([0, 1])).labels) == 0
