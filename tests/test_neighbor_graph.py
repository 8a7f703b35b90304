import tracemalloc

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tests.rows import BLOCKS, make_rows, random_rows, slow_top_k
from toolkit.errors import InputError
from toolkit.kernels import neighbor_graph, top_k


def assert_same(found, expected):
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, expected_part)


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_rows", "n_dimensions", "k"), [(90, 90, 1), (70, 3, 5), (50, 2, 49)])
def test_equals_brute_force_with_many_ties(n_rows, n_dimensions, k, dtype, block_bytes):
    """
    Among copies, ties and zeros, rows and similarities equal brute force in float64 bit for bit.
    """
    vectors = make_rows(n_rows, n_rows, n_dimensions, dtype)
    indices, similarities = neighbor_graph(vectors, k, block_bytes=block_bytes)

    assert similarities.dtype == dtype
    assert_same((indices, similarities), slow_top_k(vectors, vectors, k, leave_out_self=True))


@pytest.mark.parametrize("block_bytes", [500, 2**16, 2**24])
def test_equals_top_k_without_the_row(block_bytes):
    """
    The graph is what `top_k` gives for the same rows of any length, but for the row itself.
    """
    vectors = random_rows(0, 700)
    indices, similarities = top_k(vectors, vectors, 9)

    assert (indices[:, 0] == np.arange(len(vectors))).all()
    assert_same(
        neighbor_graph(vectors, 8, block_bytes=block_bytes), (indices[:, 1:], similarities[:, 1:])
    )


@pytest.mark.parametrize("n_copies", [1, 3, 4, 9])
def test_copies_are_neighbours_and_the_row_itself_is_not(n_copies):
    """
    However often a row occurs, its copies come first with similarity 1, and itself never.
    """
    vectors = np.tile(random_rows(0, 60), (n_copies, 1))
    indices, similarities = neighbor_graph(vectors, 3, block_bytes=2000)
    n_found = min(n_copies - 1, 3)

    assert (indices != np.arange(len(vectors))[:, None]).all()
    assert (indices[:, :n_found] % 60 == np.arange(len(vectors))[:, None] % 60).all()
    assert (similarities[:, :n_found] == 1).all()
    assert (similarities[:, n_found:] < 1).all()


@pytest.mark.parametrize("block_bytes", [500, 2**24])
def test_float32_rows_are_told_apart_in_float64_if_asked(block_bytes):
    """
    Asked for float64, rows of float32 get what the same rows in float64 get, bit for bit.
    """
    vectors = make_rows(3, 300, 6, np.float32)
    found = neighbor_graph(vectors, 7, dtype=np.float64, block_bytes=block_bytes)

    assert found[1].dtype == np.float64
    assert_same(found, neighbor_graph(vectors.astype(np.float64), 7, block_bytes=block_bytes))


def test_shuffled_rows_give_the_shuffled_graph():
    """
    Without ties the very same neighbours are found wherever the rows stand.
    """
    vectors = random_rows(0, 500)
    order = np.random.default_rng(1).permutation(len(vectors))

    indices, similarities = neighbor_graph(vectors, 8)
    shuffled_indices, shuffled_similarities = neighbor_graph(vectors[order], 8, block_bytes=9000)

    assert_same(
        (order[shuffled_indices], shuffled_similarities), (indices[order], similarities[order])
    )


def test_shuffled_ties_keep_their_similarities():
    """
    Where ties are cut at k, shuffling may name other rows, but similarities stay to the last bit.
    """
    vectors = make_rows(0, 300, 3)
    order = np.random.default_rng(1).permutation(len(vectors))

    _, similarities = neighbor_graph(vectors, 5)
    _, shuffled_similarities = neighbor_graph(vectors[order], 5)

    np.testing.assert_array_equal(shuffled_similarities, similarities[order])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_near_ties_are_ordered_by_float64(dtype):
    """
    Rows that float32 products cannot tell apart come in their true order, for any block size.
    """
    random = np.random.default_rng(0)
    noise = 1e-6 * random.standard_normal((80, 30))
    vectors = (random.standard_normal((1, 30)) + noise).astype(dtype)
    expected = slow_top_k(vectors, vectors, 4, leave_out_self=True)

    for block_bytes in BLOCKS:
        assert_same(neighbor_graph(vectors, 4, block_bytes=block_bytes), expected)


def test_lengths_do_not_matter():
    """
    Rows doubled or halved have the same graph to the last bit, and any length will do.
    """
    vectors = random_rows(0, 200)
    scales = 2.0 ** np.random.default_rng(0).integers(-40, 40, (200, 1))
    expected = neighbor_graph(vectors, 6)

    assert_same(neighbor_graph(vectors * scales.astype(np.float32), 6), expected)
    indices, similarities = neighbor_graph(vectors * (scales**20), 6)
    np.testing.assert_array_equal(indices, expected[0])
    np.testing.assert_allclose(similarities, expected[1], atol=1e-6)


def test_many_threads_equal_one():
    """
    Threads that share the candidates of a row change nothing in the answer.
    """
    vectors = random_rows(0, 1200, 8)
    with threadpool_limits(1):
        expected = neighbor_graph(vectors, 5)
    with threadpool_limits(4):
        for block_bytes in (2**14, 2**17, 2**24):
            assert_same(neighbor_graph(vectors, 5, block_bytes=block_bytes), expected)


def test_a_file_equals_memory_and_is_not_copied(tmp_path):
    """
    Memory-mapped rows give the same graph, and only blocks of them are in memory.
    """
    vectors = random_rows(0, 3000, 1024)
    np.save(tmp_path / "rows.npy", vectors)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    expected = neighbor_graph(vectors, 3)

    tracemalloc.start()
    found = neighbor_graph(mapped, 3, block_bytes=2**19)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert_same(found, expected)
    assert peak < vectors.nbytes / 2


@pytest.mark.parametrize("spread", [1e-7, 1])
def test_memory_stays_bounded(spread):
    """
    No matrix of all similarities is made, not even where nearly everything ties.
    """
    random = np.random.default_rng(0)
    vectors = (1 + spread * random.standard_normal((3000, 4))).astype(np.float32)

    tracemalloc.start()
    neighbor_graph(vectors, 2, block_bytes=2**16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 12 * 2**20 < 4 * len(vectors) ** 2 / 2


def test_k_beyond_the_others_gives_all_of_them():
    """
    No row is made up: there are as many columns as there are other rows, none for a single row.
    """
    vectors = make_rows(0, 5)

    assert neighbor_graph(vectors, 99)[0].shape == (5, 4)
    assert neighbor_graph(vectors[:1], 3)[0].shape == (1, 0)
    assert neighbor_graph(vectors[:0], 3)[0].shape == (0, 0)


def test_zeros_are_near_nothing():
    """
    A row of zeros has similarity 0 with everything, so it gets the first of the other rows.
    """
    vectors = random_rows(0, 8)
    vectors[[0, 5]] = 0
    indices, similarities = neighbor_graph(vectors, 2)

    assert indices[[0, 5]].tolist() == [[1, 2], [0, 1]]
    assert not similarities[[0, 5]].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", [0, 41, 99])
def test_what_is_no_number_is_refused(bad, dtype, row):
    """
    The sentence names the row.
    """
    vectors = random_rows(0, 100, dtype=dtype)
    vectors[row, 3] = bad

    with pytest.raises(InputError, match=f"row {row} of the vectors has a NaN or an infinite"):
        neighbor_graph(vectors, 3)


def test_odd_calls_get_one_sentence():
    """
    Too small a k and a single vector are told apart from what was expected.
    """
    with pytest.raises(InputError, match="k must be at least 1, got 0"):
        neighbor_graph(np.eye(3), 0)
    with pytest.raises(InputError, match=r"shape \(3,\) came where a table of rows was expected"):
        neighbor_graph(np.ones(3), 1)
