import builtins
import json
import os

import numpy as np
import pandas as pd
import pytest

from toolkit.embedding import HashingProvider
from toolkit.errors import InputError, MissingDependency, ModelFileError, TableError
from toolkit.search import CosineIndex
from toolkit.search import approximate as approximate_module
from toolkit.search import stored_vectors as stored_module
from toolkit.text_embedder import TextEmbedder

TEXTS = ["late parcel", "parcel is lost", "refund please", "my refund is late", "card blocked"]
LABELS = ["delivery", "delivery", "refund", "refund", "card"]


@pytest.fixture
def vectors(rng):
    return rng.standard_normal((300, 16)).astype(np.float32)


@pytest.fixture
def queries(rng):
    return rng.standard_normal((7, 16)).astype(np.float32)


@pytest.fixture
def tickets():
    return pd.DataFrame({"key": list("abcde"), "text": TEXTS, "label": LABELS})


@pytest.fixture
def embedder():
    return TextEmbedder(HashingProvider(512), columns="text", task="document")


@pytest.fixture
def index(tickets, embedder):
    return CosineIndex(embedder).fit(tickets, ids="key")


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


def test_texts_come_with_all_that_is_known(index):
    """
    A frame's other columns stand beside the text, and ids are those of the named column.
    """
    found = index.search("late parcel", k=2)

    assert found.columns.tolist() == ["query", "rank", "id", "similarity", "text", "label"]
    assert found["id"].tolist()[0] == "a"
    assert found["label"].tolist()[0] == "delivery"


def test_one_text_and_a_list_of_one_are_the_same(index):
    """
    A lone string is one query.
    """
    pd.testing.assert_frame_equal(index.search("late parcel"), index.search(["late parcel"]))


def test_queries_keep_their_labels(index):
    """
    The column `query` holds the index of a Series of queries.
    """
    found = index.search(pd.Series(["late", "card"], index=["x", "y"]), k=1)

    assert found["query"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    "filter",
    [
        {"label": "refund"},
        {"label": ["refund"]},
        {"label": ["refund", "none"], "text": TEXTS},
        [False, False, True, True, False],
        pd.Series([False, False, True, True, False]),
    ],
    ids=["value", "list", "two columns", "bools", "Series"],
)
@pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])
def test_a_filter_searches_some_rows_only(index, filter, mode):
    """
    Rows that a filter leaves out are not found, and do not count towards k.
    """
    found = index.search("late refund parcel", k=2, filter=filter, mode=mode)

    assert set(found["id"]) == {"c", "d"}


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


def test_models_with_prompts_tell_queries_from_documents():
    """
    Rows are embedded as documents, queries as queries; another task is used for both.
    """

    class Recorder:
        fingerprint, is_cheap = "recorder", True

        def __init__(self):
            self.tasks = []

        def __sklearn_clone__(self):
            return self

        def embed(self, texts, *, task="none"):
            self.tasks.append(task)
            return np.ones((len(texts), 2), np.float32)

    default, similarity = Recorder(), Recorder()
    CosineIndex(default).fit(["a"]).search("b")
    CosineIndex(TextEmbedder(similarity, task="similarity")).fit(["a"]).search("b")

    assert default.tasks == ["document", "query"]
    assert similarity.tasks == ["similarity", "similarity"]


def test_texts_that_cannot_be_embedded_are_found_by_words_only():
    """
    With on_error="nan" such a row is similar to nothing, and its words can still be found.
    """

    class Picky(HashingProvider):
        def stream(self, texts, *, task="none"):
            from toolkit.embedding.parts import Failure, Part

            for row, text in enumerate(texts):
                if "bad" in text:
                    yield Failure(row, "refused")
                else:
                    yield Part(np.array([row]), self.embed([text], task=task))

    embedder = TextEmbedder(Picky(64), on_error="nan", cache=False)
    with pytest.warns(UserWarning, match="1 of 2"):
        index = CosineIndex(embedder).fit(["good text", "bad text"])

    assert index.search("text", k=2)["id"].tolist() == [0]
    assert index.search("bad", mode="keyword")["id"].tolist() == [1]


def test_words_need_no_embedder(tickets):
    """
    An index without an embedder takes texts and finds them by words.
    """
    index = CosineIndex().fit(tickets["text"], columns=tickets[["label"]])

    assert index.search("refund", mode="keyword")["label"].tolist() == ["refund", "refund"]
    with pytest.raises(InputError, match="with an embedder only"):
        index.search("refund")


def test_vectors_and_text_queries_go_together(tickets, embedder, index):
    """
    Vectors that are there already are given with their texts; queries are embedded.
    """
    given = CosineIndex(embedder).fit(embedder.fit_transform(tickets), ids="key", columns=tickets)

    for mode in ("semantic", "keyword", "hybrid"):
        pd.testing.assert_frame_equal(
            given.search("late refund", mode=mode), index.search("late refund", mode=mode)
        )


def test_hybrid_search_finds_what_either_way_finds(index):
    """
    Rows that both rankings have come first; similarities are cosines, scores sums over ranks.
    """
    found = index.search("late parcel", k=5, mode="hybrid")

    semantic = index.search("late parcel", k=5).set_index("id")["similarity"]
    assert found["id"].tolist()[0] == "a"
    assert found["score"].tolist()[0] == pytest.approx(2 / 61)
    assert found["score"].is_monotonic_decreasing
    assert found["similarity"].tolist() == semantic[found["id"]].tolist()


def test_a_threshold_holds_in_hybrid_search(index):
    """
    A row that only shares words is left out where it is not near enough.
    """
    found = index.search("my parcel is late", k=5, mode="hybrid", threshold=0.5)

    assert len(found)
    assert (found["similarity"] >= 0.5).all()


def test_an_empty_query_finds_nothing(index):
    """
    White space is similar to nothing and has no words; the embedder tells it.
    """
    for mode in ("semantic", "hybrid"):
        with pytest.warns(UserWarning, match="empty"):
            assert index.search([" "], mode=mode).empty
    assert index.search("", mode="keyword").empty


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])
def test_a_saved_index_gives_the_same_answers(index, tmp_path, mmap, mode):
    """
    Memory-mapped or read whole, a loaded index is the saved one.
    """
    index.remove(["b"]).save(tmp_path / "tickets.index")

    loaded = CosineIndex.load(tmp_path / "tickets.index", mmap=mmap)

    pd.testing.assert_frame_equal(
        loaded.search("late refund", mode=mode), index.search("late refund", mode=mode)
    )


def test_a_memory_mapped_index_can_change(vectors, queries, tmp_path):
    """
    Rows are added to, and removed from, an index whose vectors lie in a file.
    """
    CosineIndex().fit(vectors[:200]).save(tmp_path / "index")
    loaded = CosineIndex.load(tmp_path / "index")
    loaded.add(vectors[200:]).remove([0, 1]).save(tmp_path / "index", overwrite=True)

    expected = CosineIndex().fit(vectors).remove([0, 1]).search(queries)

    pd.testing.assert_frame_equal(loaded.search(queries), expected)
    pd.testing.assert_frame_equal(CosineIndex.load(tmp_path / "index").search(queries), expected)
    assert os.listdir(tmp_path) == ["index"]


def test_a_loaded_index_refuses_another_model(tickets, embedder, tmp_path):
    """
    Vectors of two models are never compared.
    """
    CosineIndex(embedder).fit(tickets).save(tmp_path / "index")

    with pytest.raises(ModelFileError, match="256 dimensions, and 512"):
        CosineIndex.load(tmp_path / "index", provider="hashing:256")


def test_a_failed_save_leaves_what_was_there(vectors, tmp_path, monkeypatch):
    """
    A folder appears whole or not at all, and the older one stays until then.
    """
    CosineIndex().fit(vectors[:3]).save(tmp_path / "index")
    monkeypatch.setattr(np, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))

    with pytest.raises(ModelFileError, match="disk full"):
        CosineIndex().fit(vectors).save(tmp_path / "index", overwrite=True)

    assert len(CosineIndex.load(tmp_path / "index")) == 3
    assert os.listdir(tmp_path) == ["index"]


def test_only_an_index_is_replaced(vectors, tmp_path):
    """
    Neither a folder of something else nor, unasked, an index is overwritten.
    """
    index = CosineIndex().fit(vectors)
    (tmp_path / "photos").mkdir()
    index.save(tmp_path / "index")

    with pytest.raises(ModelFileError, match="is no index"):
        index.save(tmp_path / "photos", overwrite=True)
    with pytest.raises(ModelFileError, match="overwrite=True"):
        index.save(tmp_path / "index")
    with pytest.raises(ModelFileError, match="there is no folder"):
        index.save(tmp_path / "nowhere" / "index")


def broken(folder, name, content):
    (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: broken(folder, "vectors.npy", b"\x93NUMPY"),
        lambda folder: np.save(folder / "vectors.npy", np.zeros((2, 2), np.float32)),
        lambda folder: np.save(folder / "vectors.npy", np.array([{}]), allow_pickle=True),
        lambda folder: np.save(folder / "zero_rows.npy", np.array([10**6])),
        lambda folder: broken(folder, "rows.parquet", b"PAR1"),
        lambda folder: (folder / "rows.parquet").unlink(),
        lambda folder: broken(folder, "manifest.json", b"{"),
        lambda folder: broken(folder, "manifest.json", b'{"kind": "CosineIndex", "format": 9}'),
        lambda folder: broken(folder, "manifest.json", b'{"kind": "CosineIndex", "format": 1}'),
    ],
)
def test_a_damaged_index_is_told(vectors, tmp_path, damage):
    """
    Whatever is wrong with a folder is one sentence, and arrays of objects are never read.
    """
    CosineIndex().fit(vectors).save(tmp_path / "index")
    damage(tmp_path / "index")

    with pytest.raises(ModelFileError, match="copy it again|is no index|upgrade"):
        CosineIndex.load(tmp_path / "index")


def test_a_folder_chooses_no_address(tickets, tmp_path):
    """
    An index that names a service at an address of its own is refused without the reader's word.
    """
    CosineIndex(TextEmbedder(HashingProvider(8), columns="text")).fit(tickets).save(tmp_path / "i")
    manifest = json.loads((tmp_path / "i" / "manifest.json").read_text())
    manifest["provider"]["name"] = "openai:m?base_url=http://elsewhere.example/v1"
    (tmp_path / "i" / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelFileError, match="address"):
        CosineIndex.load(tmp_path / "i")


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda index: index.search([[1.0, 2.0]]), "512 dimensions, as the index has, got 2"),
        (lambda index: index.add(np.ones((1, 3)), ids=["z"]), "512 dimensions"),
        (lambda index: index.search(np.full((1, 512), np.nan)), "row 0 .* NaN"),
        (lambda index: index.search("a", k=0), "k must be a whole number"),
        (lambda index: index.search("a", threshold=2), r"cosine in \[-1, 1\]"),
        (lambda index: index.search("a", mode="fuzzy"), "semantic, keyword, hybrid; got 'fuzzy'"),
        (lambda index: index.search("a", mode="keyword", threshold=0.1), "has none"),
        (lambda index: index.search(np.ones((1, 512)), mode="keyword"), "give the queries as"),
        (lambda index: index.search([]), "at least one query"),
        (lambda index: index.search("a", filter=[True]), "5 rows of the index"),
        (lambda index: index.search("a", filter={"colour": 1}), "no column 'colour'; .*label"),
        (lambda index: index.remove(["q", "r"]), "got 'q' and 1 more that it does not have"),
        (lambda index: index.add(pd.DataFrame({"text": ["x"], "b": [1]}), "b"), "give the same"),
        (
            lambda index: index.add(pd.DataFrame({"text": ["x"], "label": ["y"]}, index=["a"])),
            "different id for each row, got 'a' 2 times",
        ),
    ],
)
def test_odd_input_is_one_sentence(index, act, message):
    """
    What cannot be done is told by what was expected and what came, and changes nothing.
    """
    before = index.search("late parcel")

    with pytest.raises((InputError, TableError), match=message) as error:
        act(index)

    assert "\n" not in str(error.value)
    pd.testing.assert_frame_equal(index.search("late parcel"), before)


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


@pytest.fixture
def many(rng):
    """Rows in clusters, more than are searched exactly in these tests."""
    centers = rng.standard_normal((60, 16))

    return (centers[rng.integers(60, size=4000)] + rng.standard_normal((4000, 16)) / 3).astype(
        np.float32
    )


@pytest.fixture
def few_exact(monkeypatch):
    pytest.importorskip("faiss")
    monkeypatch.setattr(approximate_module, "EXACT_ROWS", 500)


def test_approximate_search_is_nearly_exact(many, few_exact):
    """
    Nearly all neighbours are found, the recall says how many, and cosines are exact.
    """
    index, exact = CosineIndex(approximate=True).fit(many), CosineIndex().fit(many)

    found = index.search(many[:50], k=10).set_index(["query", "id"])["similarity"]
    true = exact.search(many[:50], k=10).set_index(["query", "id"])["similarity"]

    shared = found.index.intersection(true.index)
    assert index.recall > 0.95
    assert exact.recall is None
    assert len(shared) > 0.95 * len(true)
    pd.testing.assert_series_equal(found[shared], true[shared])


def test_approximate_search_follows_its_rows(many, few_exact, tmp_path):
    """
    Added, removed, filtered, saved and loaded rows are found as in an exact search.
    """
    index = CosineIndex(approximate=True).fit(many[:3000])
    index.search(many[:1])
    index.add(many[3000:]).remove(list(range(100)))
    even = index.rows["id"].to_numpy() % 2 == 0

    index.save(tmp_path / "index")
    loaded = CosineIndex.load(tmp_path / "index")

    for each in (index, loaded):
        nearest = each.search(many[3000:3100], k=1)
        assert nearest["id"].tolist() == list(range(3000, 3100))
        assert each.search(many[:100], k=1)["id"].min() >= 100
        assert (each.search(many[3000:3100], k=5, filter=even)["id"] % 2 == 0).all()
        assert each.recall > 0.95


def test_few_rows_are_searched_exactly(vectors, queries):
    """
    A small set needs neither faiss nor an approximation.
    """
    index = CosineIndex(approximate=True).fit(vectors)

    pd.testing.assert_frame_equal(index.search(queries), CosineIndex().fit(vectors).search(queries))
    assert index.recall is None


def test_without_faiss_the_cure_is_told(many, monkeypatch):
    """
    The message holds the line that installs what is missing.
    """
    real = builtins.__import__

    def without_faiss(name, *arguments, **more):
        if name == "faiss":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(approximate_module, "EXACT_ROWS", 500)
    monkeypatch.setattr(builtins, "__import__", without_faiss)

    with pytest.raises(MissingDependency, match=r"text-embedding-toolkit\[search\]"):
        CosineIndex(approximate=True).fit(many).search(many[:1])
