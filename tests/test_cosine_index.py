import numpy as np
import pandas as pd
import pytest

from toolkit.errors import InputError
from toolkit.search import CosineIndex
from toolkit.search import stored_vectors as stored_module


@pytest.fixture
def vectors(rng):
    return rng.standard_normal((300, 16)).astype(np.float32)


@pytest.fixture
def queries(rng):
    return rng.standard_normal((7, 16)).astype(np.float32)


def brute_force(queries, vectors, k):
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = (queries / np.linalg.norm(queries, axis=1, keepdims=True)) @ units.T
    best = np.argsort(-cosines, axis=1)[:, :k]

    return best.ravel(), np.take_along_axis(cosines, best, axis=1).ravel()


def test_search_returns_the_most_similar_rows_in_order(vectors, queries):
    """
    A tidy table: for each query its rows from the nearest on, with their cosines.
    """
    found = CosineIndex().fit(vectors).search(queries, k=5)

    rows, cosines = brute_force(queries, vectors, 5)
    assert found.columns.tolist() == ["query", "rank", "id", "similarity"]
    assert found["id"].tolist() == rows.tolist()
    assert found["similarity"].to_numpy() == pytest.approx(cosines, abs=1e-6)
    assert found["query"].tolist() == np.repeat(range(7), 5).tolist()
    assert found["rank"].tolist() == [1, 2, 3, 4, 5] * 7


@pytest.mark.parametrize("cuts", [[1], [150], [10, 11, 200], list(range(1, 300, 7))])
def test_adding_in_parts_is_fitting_at_once(vectors, queries, cuts):
    """
    However the rows come in, the answers are the same to the last bit.
    """
    whole = CosineIndex().fit(vectors).search(queries)
    first, *others = np.split(vectors, cuts)

    index = CosineIndex().fit(first)
    for part in others:
        index.add(part)

    pd.testing.assert_frame_equal(index.search(queries), whole)
    assert len(index) == 300


def test_shuffled_rows_give_the_same_answers(vectors, queries, rng):
    """
    The order of the rows does not matter.
    """
    order = rng.permutation(len(vectors))

    shuffled = CosineIndex().fit(vectors[order], ids=order)

    pd.testing.assert_frame_equal(
        shuffled.search(queries), CosineIndex().fit(vectors).search(queries)
    )


@pytest.mark.parametrize("block_rows", [1, 7, 100])
def test_the_size_of_blocks_changes_nothing(vectors, queries, block_rows, monkeypatch):
    """
    With removed rows and filters, rows are copied block by block: the answer stays.
    """
    kept = np.arange(250) % 3 > 0
    index = CosineIndex().fit(vectors).remove(list(range(50)))
    expected = index.search(queries, filter=kept)

    monkeypatch.setattr(stored_module, "BLOCK_ROWS", block_rows)

    pd.testing.assert_frame_equal(index.search(queries, filter=kept), expected)


@pytest.mark.parametrize("n_removed", [3, 100, 200, 299, 300])
def test_removed_rows_are_as_if_never_there(vectors, queries, n_removed, rng):
    """
    After a removal, few rows or most, the index answers as one that is fitted on the rest.
    """
    removed = rng.permutation(300)[:n_removed]
    rest = np.setdiff1d(np.arange(300), removed)

    index = CosineIndex().fit(vectors).remove(removed)

    assert len(index) == len(rest)
    assert index.rows["id"].tolist() == rest.tolist()
    if len(rest):
        expected = CosineIndex().fit(vectors[rest], ids=rest).search(queries)
        pd.testing.assert_frame_equal(index.search(queries), expected)
    assert not set(index.search(queries)["id"]) & set(removed)


def test_an_id_may_be_removed_and_added_again(vectors, queries):
    """
    A row is replaced by removing and adding it.
    """
    index = CosineIndex().fit(vectors).remove([5]).add(queries[:1], ids=[5])

    first = index.search(queries[:1], k=1)

    assert first["id"].tolist() == [5]
    assert first["similarity"].tolist() == [1.0]


def test_an_index_of_no_rows_finds_nothing(vectors, queries):
    """
    When the last row is gone, a search gives an empty table with the usual columns.
    """
    found = CosineIndex().fit(vectors).remove(list(range(300))).search(queries)

    assert found.columns.tolist() == ["query", "rank", "id", "similarity"]
    assert found.empty


def test_k_may_be_larger_than_the_set(vectors):
    """
    All rows come where there are fewer than k.
    """
    assert len(CosineIndex().fit(vectors[:4]).search(vectors[:2], k=100)) == 8


def test_zeros_are_similar_to_nothing(vectors):
    """
    A row of zeros is never found, not even among rows that point away, and as query finds nothing.
    """
    rows = np.vstack([np.zeros((1, 16), np.float32), -vectors[:1], vectors[:1]])
    index = CosineIndex().fit(rows)

    assert index.search(vectors[:1], k=3)["id"].tolist() == [2, 1]
    assert index.search(rows[:1]).empty


def test_a_threshold_cuts_the_list(vectors, queries):
    """
    What is less similar than the threshold is left out, whatever k.
    """
    index = CosineIndex().fit(vectors)
    every = index.search(queries, k=300)

    found = index.search(queries, k=300, threshold=0.3)

    expected = every[every["similarity"] >= 0.3].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)


def test_columns_of_our_names_are_renamed():
    """
    A table's own columns never replace ours: they are called name_2.
    """
    table = pd.DataFrame({"rank": [9], "similarity": ["high"], "id": ["own"]})

    found = CosineIndex().fit(np.eye(1, 2), columns=table).search(np.eye(1, 2))

    assert found["rank"].tolist() == [1]
    assert found[["rank_2", "similarity_2", "id_2"]].to_numpy().tolist() == [[9, "high", "own"]]


def test_the_index_is_the_owner_of_its_vectors(vectors, queries):
    """
    Changing an array after it was given changes nothing.
    """
    index = CosineIndex().fit(vectors)
    before = index.search(queries)

    vectors[:] = 0

    pd.testing.assert_frame_equal(index.search(queries), before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0], [np.inf]],), "row 1 of the vectors has a NaN or an infinite"),
        (([[1.0], [1.0, 2.0]],), "vectors of one length"),
        ((np.empty((0, 3)),), "at least one row"),
        ((np.eye(3), ["a", "b", "a"]), "got 'a' 2 times"),
        ((np.eye(3), ["a", None, "c"]), "got none in row 1"),
        ((np.eye(3), ["a"]), "ids for 3 rows, got 1"),
        ((np.eye(3), None, {"label": ["x"]}), "columns for 3 rows, got 1"),
        ((np.eye(3), "key", {"label": list("abc")}), "no column 'key'"),
        (("late parcel",), "expected a list of texts"),
        (([0.1, 0.2],), r"numbers of shape \(2,\): one vector is a table of one row"),
        ((np.zeros((2, 2, 2)),), r"numbers of shape \(2, 2, 2\)"),
    ],
)
def test_rows_that_cannot_be_indexed_are_told(arguments, message):
    """
    An index is built of sound rows only.
    """
    with pytest.raises(InputError, match=message):
        CosineIndex().fit(*arguments)


def test_an_index_is_fitted_first():
    """
    Searching before there are rows says so, and adding is then fitting.
    """
    with pytest.raises(InputError, match="fit it first"):
        CosineIndex().search(np.eye(2))
    with pytest.raises(InputError, match="embedder must be"):
        CosineIndex(np.eye(2))

    assert len(CosineIndex().add(np.eye(2)).add(np.empty((0, 2)))) == 2
