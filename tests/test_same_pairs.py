"""However rows come in, in whatever order, number or parts, the same pairs are found."""

import numpy as np
import pandas as pd
import pytest

from tests.rows import random_rows
from toolkit import HashingProvider, TextEmbedder
from toolkit.audit import text_overlap
from toolkit.kernels import neighbor_graph, pairs_above, top_k
from toolkit.search import CosineIndex

WORDS = ["late", "parcel", "refund", "card", "lamp", "where", "when", "my", "is", "not", "again"]
MODES = pytest.mark.parametrize("mode", ["semantic", "keyword", "hybrid"])


@pytest.fixture
def vectors():
    return random_rows(0, 60)


@pytest.fixture
def repeated(rng):
    """Numbers of 60 rows, some of them again and again, in any order."""
    return rng.permutation(np.concatenate([np.arange(60), rng.integers(60, size=80)]))


@pytest.fixture
def tickets(rng):
    texts = [" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(80)]

    return pd.DataFrame({"text": texts, "n": range(80)}, index=[f"t{n}" for n in range(80)])


def first_of_each(rows):
    """Leave out what came before, in the order of a list."""
    return list(dict.fromkeys(rows))


def text_index():
    return CosineIndex(TextEmbedder(HashingProvider(64), columns="text"))


def pairs(found):
    """A table of hits without the order of those that tie."""
    names = [name for name in found.columns if name != "rank"]

    return found.sort_values(["query", "id"], ignore_index=True)[names]


def test_pairs_of_repeated_rows_are_those_of_the_rows(vectors, repeated):
    """
    Each pair comes once for each pair of copies, copies pair with one another, and that is all.
    """
    i, j, similarities = pairs_above(vectors, 0.2)
    once = dict(zip(zip(i.tolist(), j.tolist(), strict=True), similarities.tolist(), strict=True))

    found = {}
    for left, right, value in zip(*pairs_above(vectors[repeated], 0.2), strict=True):
        pair = tuple(sorted((int(repeated[left]), int(repeated[right]))))
        found.setdefault(pair, []).append(float(value))

    copies = np.bincount(repeated)
    among = {(row, row): [1.0] * (n * (n - 1) // 2) for row, n in enumerate(copies) if n > 1}
    across = {(a, b): [value] * (copies[a] * copies[b]) for (a, b), value in once.items()}
    assert found == across | among


def test_neighbours_of_repeated_rows_are_those_of_the_rows(vectors, repeated):
    """
    Without the copies of a row and of its neighbours, lists and similarities are what they were.
    """
    neighbours, similarities = neighbor_graph(vectors, 59)
    again, similarities_again = neighbor_graph(vectors[repeated], len(repeated) - 1)

    for row, found, values in zip(
        repeated.tolist(), repeated[again], similarities_again, strict=True
    ):
        others = [other for other in first_of_each(found.tolist()) if other != row]
        assert others == neighbours[row].tolist()
        value_of = dict(zip(found.tolist(), values.tolist(), strict=True))
        assert [value_of[other] for other in others] == similarities[row].tolist()


def test_nearest_of_a_repeated_corpus_are_those_of_the_corpus(vectors, repeated):
    """
    Without the copies, a query finds the same rows in the same order with the same similarities.
    """
    queries = random_rows(1, 9)
    rows, similarities = top_k(queries, vectors, 60)
    again, similarities_again = top_k(queries, vectors[repeated], len(repeated))

    for query in range(9):
        found = repeated[again[query]].tolist()
        assert first_of_each(found) == rows[query].tolist()
        value_of = dict(zip(found, similarities_again[query].tolist(), strict=True))
        assert [value_of[row] for row in rows[query]] == similarities[query].tolist()


@pytest.mark.parametrize("cuts", [[30], [1, 2, 59], [20, 20, 40]])
def test_nearest_of_parts_are_those_of_the_corpus(vectors, cuts):
    """
    Whether queries or the corpus come in parts, of no row as well, the answer is the same.
    """
    queries = random_rows(1, 60)
    rows, similarities = top_k(queries, vectors, 5)

    by_query = [top_k(part, vectors, 5) for part in np.split(queries, cuts)]
    np.testing.assert_array_equal(np.vstack([found for found, _ in by_query]), rows)
    np.testing.assert_array_equal(np.vstack([values for _, values in by_query]), similarities)

    starts = [0, *cuts]
    by_corpus = [top_k(queries, part, 5) for part in np.split(vectors, cuts)]
    found = np.hstack([part + start for start, (part, _) in zip(starts, by_corpus, strict=True)])
    values = np.hstack([part for _, part in by_corpus])
    best = np.argsort(-values, axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(np.take_along_axis(found, best, axis=1), rows)
    np.testing.assert_array_equal(np.take_along_axis(values, best, axis=1), similarities)


def test_an_index_of_repeated_rows_finds_the_same(vectors, repeated):
    """
    A row that is there again under another id stands beside its copy and moves no other.
    """
    queries = random_rows(1, 9)
    once = CosineIndex().fit(vectors, columns={"source": range(60)}).search(queries, 60)
    again = CosineIndex().fit(vectors[repeated], columns={"source": repeated})

    found = again.search(queries, len(repeated)).drop_duplicates(["query", "source"])

    for name in "query", "source", "similarity":
        assert found[name].tolist() == once[name].tolist()


@MODES
def test_texts_added_in_parts_are_found_as_if_at_once(tickets, mode):
    """
    By meaning, by words or by both, it does not matter how many rows came when.
    """
    whole = text_index().fit(tickets)
    parts = text_index()
    for begin, end in (0, 1), (1, 50), (50, 50), (50, 80):
        parts.add(tickets.iloc[begin:end])

    for index in whole, parts:
        index.remove(["t3", "t77"])
    expected = whole.search(["where is my refund", "lamp"], 20, mode=mode)
    pd.testing.assert_frame_equal(
        parts.search(["where is my refund", "lamp"], 20, mode=mode), expected
    )


@MODES
def test_shuffled_texts_are_found_as_before(tickets, mode):
    """
    The order of the rows decides nothing but who comes first of those that tie.
    """
    queries = ["where is my refund", "lamp"]
    shuffled = text_index().fit(tickets.sample(frac=1, random_state=0))

    found = shuffled.search(queries, 80, mode=mode)
    expected = text_index().fit(tickets).search(queries, 80, mode=mode)

    if mode == "hybrid":  # fused from ranks, which ties may exchange
        found, expected = found.drop(columns="score"), expected.drop(columns="score")
    pd.testing.assert_frame_equal(pairs(found), pairs(expected))


def test_overlap_does_not_depend_on_order_or_repeats(rng, tickets, tmp_path):
    """
    Who has a duplicate in the other table, how near and why, is the same for shuffled and repeated
    rows of either, and for vectors in a file.
    """
    vectors = HashingProvider(64).embed(tickets["text"].tolist(), task="none")
    new, old = np.arange(40), np.arange(40, 80)

    def found(new, old, own=vectors):
        texts = tickets["text"]
        overlap = text_overlap(
            texts.iloc[new], texts.iloc[old], vectors=(own[new], own[old]), threshold=0.9
        )
        return overlap.table.drop(columns=["duplicate_of", "other_text"])

    expected = found(new, old)
    assert 0 < (expected["reason"] != "").sum() < 40
    again = np.concatenate([rng.permutation(new), new[:7]])
    old_again = np.concatenate([rng.permutation(old), old[-9:]])
    pd.testing.assert_frame_equal(found(again, old_again), expected.loc[tickets.index[again]])

    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    pd.testing.assert_frame_equal(found(slice(0, 40), slice(40, 80), mapped), expected)
