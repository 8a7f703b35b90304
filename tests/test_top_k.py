import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tests.rows import BLOCKS, make_rows, random_rows, slow_top_k
from toolkit.errors import InputError
from toolkit.kernels import nearest, neighbor_graph, pairs_above, top_k, unit_rows
from toolkit.kernels.threads import n_threads


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_queries", "n_corpus", "k"), [(3, 90, 1), (50, 70, 5), (40, 30, 30)])
def test_equals_brute_force_with_many_ties(n_queries, n_corpus, k, dtype, block_bytes):
    """
    Whatever the block size, rows and similarities equal brute force in float64, bit for bit.
    """
    queries, corpus = (make_rows(n, n, dtype=dtype) for n in (n_queries, n_corpus))

    indices, similarities = top_k(queries, corpus, k, block_bytes=block_bytes)
    expected_indices, expected_similarities = slow_top_k(queries, corpus, k)

    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_array_equal(similarities, expected_similarities)
    assert similarities.dtype == dtype


def test_equals_brute_force_where_copies_are_left_out(monkeypatch):
    """
    Rows that occur more than k times are dropped before the search, and nobody can tell.
    """
    monkeypatch.setattr(nearest, "_QUERIES_WORTH_A_LOOK_AT_COPIES", 1)
    corpus = make_rows(3, 200, n_dimensions=2)

    indices, similarities = top_k(corpus[:50], corpus, 6, block_bytes=3000)
    expected_indices, expected_similarities = slow_top_k(corpus[:50], corpus, 6)

    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_array_equal(similarities, expected_similarities)


@pytest.mark.parametrize("k", [1, 5, 60])
def test_a_matrix_against_itself_equals_the_same_against_its_copy(monkeypatch, k):
    """
    With copies, zeros and ties: that each pair is multiplied once is not to be seen.
    """
    monkeypatch.setattr(nearest, "_QUERIES_WORTH_A_THREAD", 1)
    corpus = make_rows(5, 200, n_dimensions=2)

    indices, similarities = top_k(corpus, corpus, k)
    expected_indices, expected_similarities = top_k(corpus.copy(), corpus, k)

    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_array_equal(similarities, expected_similarities)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_near_ties_are_ordered_by_float64(dtype):
    """
    Rows that differ in their last bits only come in their true order, for any block size.
    """
    random = np.random.default_rng(0)
    corpus = random.standard_normal((1, 50)) + 1e-7 * random.standard_normal((300, 50))
    corpus = unit_rows(corpus.astype(dtype))
    queries = unit_rows(random.standard_normal((20, 50)).astype(dtype))
    expected_indices, expected_similarities = slow_top_k(queries, corpus, 9)

    for block_bytes in BLOCKS:
        indices, similarities = top_k(queries, corpus, 9, block_bytes=block_bytes)

        np.testing.assert_array_equal(indices, expected_indices)
        np.testing.assert_array_equal(similarities, expected_similarities)


def test_many_threads_equal_one():
    """
    The answer does not depend on how many threads share the work, nor on calls at the same time.
    """
    corpus = unit_rows(np.random.default_rng(0).standard_normal((700, 24)).astype(np.float32))
    with threadpool_limits(1):
        expected = top_k(corpus, corpus, 5)
    with threadpool_limits(2), ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: top_k(corpus, corpus, 5), range(8)))

    for answer in answers:
        np.testing.assert_array_equal(answer, expected)


def test_thread_settings_are_given_back():
    """
    After a search, numpy may use as many threads as before.
    """
    corpus = make_rows(0, 600)
    with threadpool_limits(2):
        before = n_threads()
        top_k(corpus, corpus, 5)

        assert n_threads() == before


def test_shuffled_rows_give_shuffled_answers():
    """
    Similarities do not depend on where rows stand, and rows without ties are found wherever.
    """
    random = np.random.default_rng(0)
    corpus = unit_rows(random.standard_normal((500, 16)).astype(np.float32))
    order = random.permutation(len(corpus))

    indices, similarities = top_k(corpus[:40], corpus, 8)
    shuffled_indices, shuffled_similarities = top_k(corpus[:40], corpus[order], 8)

    np.testing.assert_array_equal(order[shuffled_indices], indices)
    np.testing.assert_array_equal(shuffled_similarities, similarities)


def test_lengths_do_not_matter():
    """
    Rows doubled or halved have the same similarities to the last bit, and any length will do.
    """
    queries, corpus = random_rows(0, 30), random_rows(1, 500)
    scales = 2.0 ** np.random.default_rng(0).integers(-40, 40, (500, 1))
    expected = top_k(queries, corpus, 6)

    for scaled in (corpus * scales.astype(np.float32), corpus * scales**20):
        indices, similarities = top_k(queries, scaled, 6)

        np.testing.assert_array_equal(indices, expected[0])
        np.testing.assert_array_equal(similarities.astype(np.float32), expected[1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n_queries", [1, 300])
def test_what_is_no_number_is_refused(bad, n_queries):
    """
    The sentence names the row, whether it asks or is asked for.
    """
    good, vectors = random_rows(0, n_queries), random_rows(1, 400)
    vectors[333, 2] = bad

    for queries, corpus in [(good, vectors), (vectors, good)]:
        with pytest.raises(InputError, match="row 333 of the vectors has a NaN or an infinite"):
            top_k(queries, corpus, 3)


def test_zeros_are_near_nothing():
    """
    A query of zeros gets the first rows and similarities of 0, whatever was left out as a copy.
    """
    corpus = np.tile(random_rows(0, 2), (200, 1))
    queries = np.zeros((300, 16), dtype=np.float32)
    indices, similarities = top_k(queries, corpus, 3)

    assert (indices == np.arange(3)).all()
    assert not similarities.any()


def test_copies_tie_exactly_and_the_higher_row_comes_first():
    """
    A row and its copies, far apart in the corpus, have the same similarity to the last bit.
    """
    corpus = unit_rows(np.random.default_rng(0).standard_normal((997, 33)).astype(np.float32))
    corpus[[100, 500, 996]] = corpus[3]

    indices, similarities = top_k(corpus[3:4], corpus, 4, block_bytes=33 * 4 * 10)

    assert indices.tolist() == [[3, 100, 500, 996]]
    assert len(np.unique(similarities)) == 1


def test_k_beyond_the_corpus_gives_all_of_it():
    """
    No row is made up: there are as many columns as the corpus has rows.
    """
    corpus = make_rows(0, 5)

    assert top_k(corpus, corpus, 99)[0].shape == (5, 5)
    assert top_k(corpus, corpus[:0], 3)[0].shape == (5, 0)
    assert top_k(corpus[:0], corpus, 3)[0].shape == (0, 3)


def test_memory_mapped_corpus_equals_one_in_memory(tmp_path):
    """
    A corpus larger than memory may stay on disk.
    """
    corpus = make_rows(0, 300)
    np.save(tmp_path / "corpus.npy", corpus)
    mapped = np.load(tmp_path / "corpus.npy", mmap_mode="r")

    for part, expected in zip(top_k(mapped, mapped, 5), top_k(corpus, corpus, 5), strict=True):
        np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_stays_bounded(dtype):
    """
    The work needs some blocks and the answer, not a matrix of all similarities.
    """
    corpus = unit_rows(np.random.default_rng(0).standard_normal((100_000, 8)).astype(dtype))

    tracemalloc.start()
    top_k(corpus[:500], corpus, 4, block_bytes=2**20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 20 * 2**20 < 500 * len(corpus) * 4 / 8


def test_memory_stays_bounded_where_everything_ties():
    """
    Rows that cannot be told apart in float32 do not pile up.
    """
    random = np.random.default_rng(0)
    corpus = unit_rows((1 + 1e-7 * random.standard_normal((20_000, 8))).astype(np.float32))

    tracemalloc.start()
    top_k(corpus[:100], corpus, 4, block_bytes=2**18)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 20 * 2**20 < 100 * len(corpus) * 20


@pytest.mark.parametrize(
    ("queries", "corpus", "k", "message"),
    [
        (np.eye(3), np.eye(3), 0, "k must be at least 1, got 0"),
        (np.eye(3), np.eye(2), 1, "vectors with 3 dimensions came with others that have 2"),
        (np.ones(3), np.eye(3), 1, r"shape \(3,\) came where a table of rows was expected"),
    ],
)
def test_what_cannot_be_searched_is_refused(queries, corpus, k, message):
    """
    Too small a k, vectors of two models and a single vector each get one clear sentence.
    """
    with pytest.raises(InputError, match=message):
        top_k(queries, corpus, k)


def test_plain_lists_are_rows_too():
    """
    Whoever tries a kernel by hand need not wrap lists into arrays.
    """
    rows = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]

    for found in (top_k(rows, rows, 1)[0], top_k(np.array(rows), np.array(rows), 1)[0]):
        np.testing.assert_array_equal(found.ravel(), [0, 1, 2])
    np.testing.assert_array_equal(neighbor_graph(rows, 1)[0].ravel(), [2, 2, 1])
    np.testing.assert_array_equal(pairs_above(rows, 0.7)[0], [1])


def test_what_is_no_float_is_refused():
    """
    Whole numbers would make whole similarities.
    """
    with pytest.raises(InputError, match="vectors of type int64 came where float32 or float64"):
        top_k(np.eye(3, dtype=np.int64), np.eye(3), 1)


@pytest.mark.parametrize("n_queries", [1, 7, 600])
def test_few_queries_share_the_corpus_among_threads(n_queries):
    """
    Whether queries or the corpus are cut for the threads, the answer is the same.
    """
    queries, corpus = random_rows(0, n_queries), random_rows(1, 3000)
    with threadpool_limits(1):
        expected = top_k(queries, corpus, 5)
    with threadpool_limits(3):
        found = top_k(queries, corpus, 5, block_bytes=2**14)

    np.testing.assert_array_equal(found, expected)
