import numpy as np
import pandas as pd
import pytest

from toolkit.embedding import HashingProvider
from toolkit.embedding.parts import Failure, Part
from toolkit.errors import InputError, TableError
from toolkit.search import CosineIndex
from toolkit.text_embedder import TextEmbedder

TEXTS = ["late parcel", "parcel is lost", "refund please", "my refund is late", "card blocked"]


@pytest.fixture
def tickets():
    labels = ["delivery", "delivery", "refund", "refund", "card"]

    return pd.DataFrame({"key": list("abcde"), "text": TEXTS, "label": labels})


@pytest.fixture
def embedder():
    return TextEmbedder(HashingProvider(512), columns="text", task="document")


@pytest.fixture
def index(tickets, embedder):
    return CosineIndex(embedder).fit(tickets, ids="key")


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


def test_a_query_is_one_text_whatever_the_columns():
    """
    Rows may be embedded from several columns; they are filtered by each, and asked with one text.
    """
    table = pd.DataFrame({"title": ["lamp", "parcel"], "body": ["it broke", "it is late"]})
    index = CosineIndex(TextEmbedder(HashingProvider(512), columns=["title", "body"])).fit(table)

    found = index.search("late parcel", k=1)
    by_frame = index.search(pd.DataFrame({"title": ["lamp"], "body": ["broke"]}), k=1)

    assert found["text"].tolist() == ["parcel\nit is late"]
    assert by_frame["id"].tolist() == [0]
    assert index.search("lamp", filter={"title": "parcel"})["id"].tolist() == [1]


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


def test_words_need_texts(embedder):
    """
    An index of bare vectors has no words to find.
    """
    index = CosineIndex(embedder).fit(np.eye(3, 512))

    assert len(index.search("late parcel")) == 3
    with pytest.raises(InputError, match="knows no texts"):
        index.search("late parcel", mode="keyword")


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


def test_equal_texts_have_one_score_in_hybrid_search(embedder):
    """
    Rows of one value share a rank, so that where they stand in the table has no part in it.
    """
    texts = ["refund please", "late parcel", "card blocked", "late parcel", "late parcel"]
    index = CosineIndex(embedder).fit(pd.DataFrame({"text": texts}))

    found = index.search("late parcel", k=5, mode="hybrid").set_index("text")["score"]

    assert found.loc["late parcel"].nunique() == 1


@pytest.mark.parametrize(
    ("first", "then"), [(slice(3, 5), slice(0, 2)), (slice(0, 2), slice(2, 5))]
)
def test_labels_of_a_frame_stay_whatever_comes_first(embedder, first, then):
    """
    Rows that count from 0 are numbered on only behind rows that do.
    """
    frame = pd.DataFrame({"text": TEXTS})

    index = CosineIndex(embedder).fit(frame[first]).add(frame[then])

    assert index.rows["id"].tolist() == [*frame.index[first], *frame.index[then]]
    assert (index.rows["text"] == frame["text"][index.rows["id"]].to_numpy()).all()


def test_a_mask_is_taken_by_its_labels(index):
    """
    One bool for each id, in any order.
    """
    mask = pd.Series(index.rows["label"].to_numpy() == "refund", index=index.rows["id"])

    found = index.search("late parcel", filter=mask.sample(frac=1, random_state=0))

    assert set(found["label"]) == {"refund"}
