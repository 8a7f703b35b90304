import numpy as np
import pytest

from tests.rows import make_rows, random_rows
from toolkit.clustering import points as points_module
from toolkit.clustering.points import distinct_points
from toolkit.kernels import unit_rows


def test_every_row_has_its_direction_back():
    """
    The point of a row is the row itself at length 1, and no two points are the same.
    """
    rows = make_rows(0, 400)
    points = distinct_points(rows)
    used = rows.any(axis=1)

    np.testing.assert_allclose(points.vectors[points.members[used]], rows[used], atol=1e-6)
    assert len(np.unique(points.vectors, axis=0)) == len(points) == points.members.max() + 1
    assert (points.members[~used] == -1).all()


def test_weights_count_rows_or_add_up_what_they_weigh():
    """
    A point weighs as much as its rows do together.
    """
    rows = make_rows(1, 300)
    weights = np.random.default_rng(0).uniform(0, 3, len(rows))
    plain, weighted = distinct_points(rows), distinct_points(rows, weights)
    used = plain.members >= 0

    np.testing.assert_array_equal(plain.weights, np.bincount(plain.members[used]))
    np.testing.assert_allclose(
        weighted.weights, np.bincount(plain.members[used], weights[used]), rtol=1e-12
    )
    assert plain.weights.dtype == weighted.weights.dtype == np.float64


@pytest.mark.parametrize("make", [make_rows, random_rows])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shuffled_rows_give_the_same_points_in_the_same_order(make, dtype):
    """
    Where a row stands has no part in the answer, not even in the last bit.
    """
    rows = make(0, 500, dtype=dtype)
    order = np.random.default_rng(1).permutation(len(rows))
    points, shuffled = distinct_points(rows), distinct_points(rows[order])

    np.testing.assert_array_equal(shuffled.vectors, points.vectors)
    np.testing.assert_array_equal(shuffled.weights, points.weights)
    np.testing.assert_array_equal(shuffled.members, points.members[order])


def test_rows_that_tie_along_the_direction_are_still_sorted(monkeypatch):
    """
    Different rows with one key stay apart, copies among them together, in an order of their own.
    """
    rows = make_rows(2, 400)
    order = np.random.default_rng(1).permutation(len(rows))
    expected = distinct_points(rows)
    monkeypatch.setattr(points_module, "_keys", lambda units: np.zeros(len(units)))
    points, shuffled = distinct_points(rows), distinct_points(rows[order])

    assert len(points) == len(expected)
    np.testing.assert_array_equal(shuffled.vectors, points.vectors)
    np.testing.assert_array_equal(shuffled.members, points.members[order])


def test_lengths_do_not_matter():
    """
    Rows of one direction are one point, however long they are and in whatever bits they round.
    """
    rows = random_rows(0, 100)
    scales = np.random.default_rng(0).uniform(1e-3, 1e3, (100, 1)).astype(np.float32)
    points = distinct_points(np.concatenate([rows, rows * scales, rows * np.float32(1e30)]))

    assert len(points) == 100
    np.testing.assert_array_equal(points.members, np.tile(points.members[:100], 3))


def test_answers_of_a_model_to_one_text_are_one_point():
    """
    Rows that differ in the sixth decimal are the same; those that differ in the third are not.
    """
    row = unit_rows(random_rows(0, 1, 384))
    jitter = np.random.default_rng(0).standard_normal((20, 384)).astype(np.float32)

    assert len(distinct_points(row + 1e-6 * jitter)) == 1
    assert len(distinct_points(row + 1e-3 * jitter)) == 20


def test_minus_zero_is_zero():
    """
    The sign of a zero is no difference.
    """
    assert distinct_points(np.array([[0.0, 1.0], [-0.0, 1.0]])).members.tolist() == [0, 0]


def test_values_are_spread_over_rows():
    """
    Each row gets the value of its point, a row of zeros what was asked for.
    """
    points = distinct_points(np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0], [2.0, 0.0]]))
    values = points.vectors[:, 0]

    np.testing.assert_array_equal(points.spread(values, nowhere=0.5), [1, 0.5, 0, 1])
    assert points.spread(points.vectors, nowhere=0).tolist() == [[1, 0], [0, 0], [0, 1], [1, 0]]
    assert points.spread(np.array([3, 4])).dtype == np.array([3, 4]).dtype


@pytest.mark.parametrize("n_rows", [0, 1, 3])
def test_rows_of_zeros_are_no_points(n_rows):
    """
    Nothing and empty texts make no point.
    """
    points = distinct_points(np.zeros((n_rows, 4), dtype=np.float32))

    assert len(points) == 0
    assert points.vectors.shape == (0, 4)
    assert points.members.tolist() == [-1] * n_rows
    assert points.spread(np.empty(0)).tolist() == [-1] * n_rows


def test_many_equal_rows_are_one_point():
    """
    A table that says one thing is one point.
    """
    points = distinct_points(np.tile(random_rows(0, 1, 8), (20_000, 1)))

    assert points.weights.tolist() == [20_000]
    assert not points.members.any()
