import numpy as np
import pytest

from toolkit.clustering.points import distinct_points
from toolkit.clustering.row_vectors import RowVectors
from toolkit.kernels import unit_rows


@pytest.fixture
def vectors(rng):
    rows = rng.standard_normal((60, 5)).astype(np.float32)
    rows[40:50] = rows[:10]
    rows[50:55] = rows[:5] + 1e-6  # a model's answer to the same text, from another batch
    rows[55:] = 0

    return unit_rows(rows)


@pytest.mark.parametrize("shared", [True, False])
def test_rows_come_back_to_the_last_bit(vectors, shared):
    """
    Whether or not somebody else keeps the points, copies, near copies and zeros among them.
    """
    points = distinct_points(vectors).vectors if shared else None

    np.testing.assert_array_equal(RowVectors.of(vectors, points).whole(), unit_rows(vectors))


def test_only_what_is_no_point_is_kept_again(vectors):
    """
    The other rows are numbers.
    """
    rows = RowVectors.of(vectors, distinct_points(vectors).vectors)

    assert 0 < len(rows.odd) <= 10
    assert set(rows.odd) <= {*range(5), *range(40, 45), *range(50, 55)}


def test_points_of_other_rows_are_not_taken_for_ours(vectors):
    """
    Then every row is kept.
    """
    for points in (distinct_points(vectors[:30]).vectors, distinct_points(-vectors).vectors):
        assert len(RowVectors.of(vectors, points).odd) == len(vectors)


def test_different_rows_have_their_own_labels(vectors):
    """
    Each direction once at least, with the label of a row that has it.
    """
    rows = RowVectors.of(vectors, distinct_points(vectors).vectors)
    labels = np.arange(len(vectors))

    found, whose = rows.different(labels)

    np.testing.assert_array_equal(found, rows.whole()[whose])
    assert len(distinct_points(found)) == len(distinct_points(vectors)) == 40
