import tracemalloc

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tests.rows import BLOCKS, make_rows, random_rows, slow_cosines
from toolkit.errors import InputError
from toolkit.kernels import pair_indices_above, pairs_above


def assert_same(found, expected):
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, expected_part)


def slow_pairs(vectors, threshold, other=None):
    """The promise in plain words: compare all, keep what is enough, in order."""
    cosines = slow_cosines(vectors, vectors if other is None else other)
    above = cosines >= threshold
    if other is None:
        above = np.triu(above, 1)
    i, j = np.nonzero(above)

    return i, j, cosines[i, j]


def as_set(i, j):
    return {frozenset(pair) for pair in zip(i.tolist(), j.tolist(), strict=True)}


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threshold", [-1, 0, 0.5, 0.8, 1])
def test_equals_brute_force(threshold, dtype, block_bytes):
    """
    Whatever the block size, pairs and similarities equal brute force in float64 bit for bit.
    """
    vectors, other = make_rows(1, 60, 3, dtype), make_rows(2, 41, 3, dtype)

    found = pairs_above(vectors, threshold, block_bytes=block_bytes)
    assert_same(found, slow_pairs(vectors, threshold))
    assert found[2].dtype == dtype
    assert_same(
        pairs_above(vectors, threshold, other=other, block_bytes=block_bytes),
        slow_pairs(vectors, threshold, other),
    )


def test_a_threshold_that_is_a_similarity_includes_it():
    """
    What float32 cannot tell from the threshold is decided by the similarity that is returned.
    """
    vectors = random_rows(0, 200)
    _, _, similarities = pairs_above(vectors, 0.3)

    for threshold in similarities[:25]:
        for block_bytes in BLOCKS[1:]:
            _, _, above = pairs_above(vectors, threshold, block_bytes=block_bytes)
            assert (above >= threshold).all()
            assert len(above) == (similarities >= threshold).sum()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_copies_are_those_with_similarity_one(dtype):
    """
    At a threshold of 1, each row pairs with its copies, scaled or not, and with nothing else.
    """
    vectors = np.concatenate([random_rows(0, 100, dtype=dtype)] * 3)
    vectors[150] *= 8

    i, j, similarities = pairs_above(vectors, 1.0)

    assert as_set(i, j) == {
        frozenset(pair)
        for row in range(100)
        for pair in [(row, row + 100), (row, row + 200), (row + 100, row + 200)]
    }
    assert (similarities == 1).all()


def test_shuffled_rows_give_the_same_pairs():
    """
    The pairs do not depend on where rows stand, ties or not.
    """
    for vectors in (random_rows(0, 300), make_rows(0, 300, 4)):
        order = np.random.default_rng(1).permutation(len(vectors))
        i, j, similarities = pairs_above(vectors, 0.4)
        shuffled_i, shuffled_j, shuffled = pairs_above(vectors[order], 0.4, block_bytes=3000)

        assert as_set(order[shuffled_i], order[shuffled_j]) == as_set(i, j)
        np.testing.assert_array_equal(np.sort(shuffled), np.sort(similarities))


def test_other_rows_are_other_rows():
    """
    A set with itself as `other` gives each pair both ways and each row with itself.
    """
    vectors = random_rows(0, 80)
    i, j, _ = pairs_above(vectors, 0.2)
    both_i, both_j, _ = pairs_above(vectors, 0.2, other=vectors)

    expected = sorted(
        [*zip(i, j, strict=True), *zip(j, i, strict=True), *((n, n) for n in range(80))]
    )
    assert list(zip(both_i, both_j, strict=True)) == expected


def test_splitting_the_rows_changes_nothing():
    """
    The pairs of a set are those of its parts and those across them.
    """
    vectors = random_rows(0, 150)
    first, second = vectors[:60], vectors[60:]
    i, j, _ = pairs_above(second, 0.3)
    across_i, across_j, _ = pairs_above(first, 0.3, other=second)
    parts = as_set(*pairs_above(first, 0.3)[:2]) | as_set(i + 60, j + 60)

    assert parts | as_set(across_i, across_j + 60) == as_set(*pairs_above(vectors, 0.3)[:2])


def test_many_threads_equal_one():
    """
    The answer and its order do not depend on how many threads share the work.
    """
    vectors = random_rows(0, 1500, 8)
    with threadpool_limits(1):
        expected = pairs_above(vectors, 0.7)
    with threadpool_limits(4):
        assert_same(pairs_above(vectors, 0.7, block_bytes=2**16), expected)


def test_a_file_equals_memory_and_is_not_copied(tmp_path):
    """
    Memory-mapped rows give the same pairs, and only blocks of them are in memory.
    """
    vectors = random_rows(0, 3000, 1024)
    vectors[2000] = vectors[7]
    np.save(tmp_path / "rows.npy", vectors)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    expected = pairs_above(vectors, 0.1)

    tracemalloc.start()
    found = pairs_above(mapped, 0.1, block_bytes=2**19)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert_same(found, expected)
    assert [7, 2000] in np.transpose(found[:2]).tolist()
    assert peak < vectors.nbytes / 2


@pytest.mark.parametrize("other", [None, make_rows(1, 1100, 4)])
def test_too_many_pairs_are_refused(other):
    """
    Before the memory is full, one sentence says about how many there are and what to do.
    """
    vectors = make_rows(0, 1100, 4)
    n_pairs = len(pairs_above(vectors, 0.2, other=other)[0])

    assert len(pairs_above(vectors, 0.2, other=other, max_pairs=n_pairs)[0]) == n_pairs
    with pytest.raises(InputError, match="more than 5,000 pairs .* raise the threshold") as error:
        pairs_above(vectors, 0.2, other=other, max_pairs=5000, block_bytes=10_000)

    told = int(str(error.value).split("about ")[1].split()[0].replace(",", ""))
    assert n_pairs / 2 < told < n_pairs * 2


def test_the_limit_is_the_number_of_pairs_whatever_the_blocks():
    """
    One pair more than allowed is refused for any block size, as many as allowed are not.
    """
    vectors = random_rows(0, 100)
    n_pairs = len(pairs_above(vectors, 0.2)[0])

    for block_bytes in BLOCKS:
        pairs_above(vectors, 0.2, max_pairs=n_pairs, block_bytes=block_bytes)
        with pytest.raises(InputError, match=f"more than {n_pairs - 1:,} pairs"):
            pairs_above(vectors, 0.2, max_pairs=n_pairs - 1, block_bytes=block_bytes)


@pytest.mark.parametrize("n_rows", [0, 1])
def test_fewer_than_two_rows_have_no_pairs(n_rows):
    """
    An empty answer has the types of any other.
    """
    i, j, similarities = pairs_above(random_rows(0, n_rows), -1)

    assert len(i) == len(j) == len(similarities) == 0
    assert (i.dtype, j.dtype, similarities.dtype) == (np.intp, np.intp, np.float32)
    assert len(pairs_above(random_rows(0, 3), -1, other=random_rows(0, n_rows))[0]) == 3 * n_rows


@pytest.mark.parametrize("threshold", [1.01, -2, float("nan")])
def test_what_is_no_cosine_is_refused(threshold):
    """
    A threshold no pair or every pair can reach is a slip.
    """
    with pytest.raises(InputError, match="threshold must be a cosine, from -1 to 1, got"):
        pairs_above(np.eye(3), threshold)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(bad):
    """
    The sentence names the row, in either set.
    """
    vectors, good = random_rows(0, 50), random_rows(1, 20)
    vectors[33, 0] = bad

    for call in [(vectors, None), (vectors, good), (good, vectors)]:
        with pytest.raises(InputError, match="row 33 of the vectors has a NaN or an infinite"):
            pairs_above(call[0], 0.5, other=call[1])


def test_vectors_of_two_models_are_refused():
    """
    The sentence names both numbers of dimensions.
    """
    with pytest.raises(InputError, match="vectors with 3 dimensions came with others that have 2"):
        pairs_above(np.eye(3), 0.5, other=np.eye(2))


def test_indices_alone_are_those_of_the_pairs():
    """
    Without the similarities nothing is found that is not, and nothing is missed.
    """
    rows, other = make_rows(1, 150), make_rows(2, 60)
    for threshold in (-1.0, 0.3, 1.0):
        for against in (None, other):
            i, j, _ = pairs_above(rows, threshold, other=against)
            np.testing.assert_array_equal(
                pair_indices_above(rows, threshold, other=against), (i, j)
            )
