import numpy as np
import pytest

from toolkit.errors import InputError
from toolkit.kernels import cosine_similarities, cosine_similarity, group_means, unit_rows
from toolkit.kernels.copies import first_copies


@pytest.fixture
def random():
    return np.random.default_rng(7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_get_length_one_whatever_their_length(random, dtype):
    """
    From the smallest number to the largest, no square overflows or vanishes.
    """
    limits = np.finfo(dtype)
    scales = np.array([limits.smallest_subnormal, limits.tiny, 1, limits.max], dtype=dtype)
    vectors = random.uniform(0.5, 1, (4, 9)).astype(dtype) * scales[:, None]

    units = unit_rows(vectors)

    assert units.dtype == dtype
    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1, rtol=1e-6)


def test_rows_of_zeros_stay_zeros():
    """
    Nothing is divided by zero, and nothing becomes NaN.
    """
    assert not unit_rows(np.zeros((2, 3), dtype=np.float32)).any()
    assert unit_rows(np.empty((0, 3))).shape == (0, 3)


def test_input_is_left_as_it_was(random):
    """
    A kernel writes nothing over what it was given.
    """
    vectors = random.standard_normal((5, 4))
    before = vectors.copy()
    unit_rows(vectors)
    cosine_similarities(vectors, vectors)
    group_means(vectors, np.array([0, 1, 0, 1, 1]), 2)

    np.testing.assert_array_equal(vectors, before)


def test_doubling_a_row_changes_nothing(random):
    """
    Scaling by a power of two gives the very same unit row, scaling by anything nearly so.
    """
    vectors = random.standard_normal((20, 8)).astype(np.float32)

    np.testing.assert_array_equal(unit_rows(vectors * 2), unit_rows(vectors))
    np.testing.assert_allclose(unit_rows(vectors * np.float32(0.3)), unit_rows(vectors), atol=1e-6)


def test_similarities_are_cosines(random):
    """
    All pairs at once equal the textbook formula, within [-1, 1] and in float32.
    """
    a, b = (random.standard_normal((n, 6)).astype(np.float32) for n in (30, 20))
    lengths = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)

    similarities = cosine_similarities(a, b)

    assert similarities.dtype == np.float32
    np.testing.assert_allclose(similarities, a @ b.T / lengths, atol=1e-6)
    assert np.abs(cosine_similarities(a, a)).max() <= 1


def test_zeros_are_similar_to_nothing():
    """
    A row of zeros has similarity 0.0 with everything, itself as well.
    """
    vectors = np.array([[0.0, 0.0], [1.0, 2.0]])

    np.testing.assert_allclose(cosine_similarities(vectors, vectors), [[0, 0], [0, 1]])
    assert cosine_similarity(vectors[0], vectors[0]) == 0.0


def test_one_pair_equals_all_pairs(random):
    """
    `cosine_similarity` takes vectors, single rows and lists, and gives a plain float.
    """
    a, b = random.standard_normal((2, 5))
    expected = cosine_similarities(a[None], b[None])[0, 0]

    assert type(cosine_similarity(a, b)) is float
    assert cosine_similarity(a, b) == pytest.approx(expected)
    assert cosine_similarity(a[None], b.tolist()) == pytest.approx(expected)
    assert cosine_similarity(a, a) <= 1.0


@pytest.mark.parametrize(
    ("a", "b"), [([1, 2], [1, 2, 3]), ([[1, 2]] * 2, [[1, 2]] * 2), (1, [1, 2])]
)
def test_what_is_no_pair_is_refused(a, b):
    """
    The error names both shapes.
    """
    with pytest.raises(InputError, match="got shapes"):
        cosine_similarity(a, b)


def test_group_means_are_means(random):
    """
    Each row is the mean of its group; a group without rows gets zeros.
    """
    vectors = random.standard_normal((50, 4)).astype(np.float32)
    group = random.integers(0, 3, size=50)

    means = group_means(vectors, group, 4)

    assert means.dtype == np.float32
    for number in range(3):
        np.testing.assert_allclose(means[number], vectors[group == number].mean(axis=0), atol=1e-6)
    assert not means[3].any()


def test_a_weight_counts_like_copies(random):
    """
    A row of weight 3 counts as three rows, a row of weight 0 as none.
    """
    vectors = random.standard_normal((6, 4))
    group = np.array([0, 1, 0, 1, 2, 0])
    weights = np.array([3, 1, 0, 2, 0, 1])

    weighted = group_means(vectors, group, 3, weights=weights)
    repeated = group_means(vectors.repeat(weights, axis=0), group.repeat(weights), 3)

    np.testing.assert_allclose(weighted, repeated, atol=1e-12)


def test_first_copies_are_those_a_plain_count_keeps(random):
    """
    A row stays exactly if fewer than k identical rows stand above it.
    """
    vectors = random.integers(0, 2, (300, 4)).astype(np.float32)
    for k in (1, 3, 50):
        copies_above = [(vectors[:i] == row).all(axis=1).sum() for i, row in enumerate(vectors)]

        np.testing.assert_array_equal(
            first_copies(vectors, k), np.flatnonzero(np.less(copies_above, k))
        )
