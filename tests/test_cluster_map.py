import numpy as np
import pytest

from toolkit.errors import InputError
from toolkit.evaluation.cluster_map import ClusterMapDisplay, map_layout


@pytest.fixture
def blobs():
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 30)

    return np.eye(3, 16)[labels] + 0.2 * random.standard_normal((90, 16)), labels


def test_like_rows_are_side_by_side(blobs):
    """
    The nearest point of nearly every row is of its own cluster.
    """
    vectors, labels = blobs
    places = map_layout(vectors)

    distances = np.square(places[:, None] - places).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.95


def test_order_of_the_rows_does_not_matter(blobs):
    """
    The map of shuffled and repeated rows is the same map.
    """
    vectors, _ = blobs
    order = np.random.default_rng(1).permutation(90)

    here, there = map_layout(vectors), map_layout(np.vstack([vectors[order], vectors[:5]]))

    np.testing.assert_array_equal(there[:90], here[order])
    np.testing.assert_array_equal(there[90:], here[:5])


@pytest.mark.parametrize("n_rows", [0, 1, 2, 3, 4, 7])
def test_few_rows_have_a_map(n_rows):
    """
    Down to none at all, and rows of zeros are at the middle.
    """
    assert map_layout(np.eye(n_rows, 8)).shape == (n_rows, 2)
    assert not map_layout(np.zeros((n_rows, 8))).any()


def test_names_are_written_as_they_are(blobs):
    """
    Of the largest clusters, and dollar signs are no formulas.
    """
    vectors, labels = blobs
    names = {0: "late $parcel$", 1: "refund", 2: "password"}

    display = ClusterMapDisplay.from_predictions(vectors, labels, names=names, max_names=2)

    assert [text.get_text() for text in display.ax_.texts] == ["late $parcel$", "refund"]
    assert display._repr_png_().startswith(b"\x89PNG")


def test_labels_must_fit():
    """
    One for each row.
    """
    with pytest.raises(InputError, match="one label a row, got 1 for 2 rows"):
        ClusterMapDisplay(np.zeros((2, 2), dtype=np.float32), [0])
