import math
from collections import Counter

import numpy as np
import pytest

from toolkit.search.fusion import fused_by_rank
from toolkit.search.hits import Hits
from toolkit.search.keyword import K1, B, KeywordSearch, words

TEXTS = ["the parcel is late", "the refund is late late", "the refund", "", "退款 在哪里", "Straße"]


def bm25(query, texts):
    """The formula as it is written, text by text."""
    counts = [Counter(words(text)) for text in texts]
    mean_length = sum(map(len, map(words, texts))) / len(texts)

    def score(of_text):
        total = 0.0
        for word in words(query):
            n_with = sum(word in each for each in counts)
            rarity = math.log(1 + (len(texts) - n_with + 0.5) / (n_with + 0.5))
            times = of_text[word]
            length = 1 - B + B * of_text.total() / mean_length
            total += rarity * times * (K1 + 1) / (times + K1 * length)
        return total

    return [score(each) for each in counts]


@pytest.mark.parametrize("query", ["late refund", "the the parcel", "late zzz", "refund"])
def test_scores_are_those_of_the_formula(query):
    """
    The sparse matrix gives what the formula of BM25 gives for each text.
    """
    hits = KeywordSearch(TEXTS).best([query], len(TEXTS))
    expected = bm25(query, TEXTS)

    assert hits.values == pytest.approx([expected[row] for row in hits.rows], rel=1e-5)
    assert sorted(hits.rows) == [row for row, score in enumerate(expected) if score]
    assert (np.diff(hits.values) <= 0).all()


@pytest.mark.parametrize(
    ("query", "row"), [("退款", 4), ("STRASSE", 5), ("ｐａｒｃｅｌ", 0), ("parcel?!", 0)]
)
def test_words_are_found_in_any_script_and_case(query, row):
    """
    Case, width and punctuation do not matter, nor do languages need spaces.
    """
    assert KeywordSearch(TEXTS).best([query], 1).rows.tolist() == [row]


def test_texts_without_words_are_searched_in_vain():
    """
    A table without one word is no error.
    """
    assert len(KeywordSearch(["", "?!"]).best(["late", ""], 5).rows) == 0


def test_rows_that_tie_come_in_their_order():
    """
    Equal texts get equal scores, and the one that stands higher comes first.
    """
    hits = KeywordSearch(["late"] * 5 + ["lost"]).best(["late", "late"], 3)

    assert hits.rows.tolist() == [0, 1, 2] * 2
    assert len(set(hits.values.tolist())) == 1


def test_many_queries_are_as_one_at_a_time(rng):
    """
    Queries are answered in blocks that nobody notices.
    """
    vocabulary = np.array([f"w{number}" for number in range(50)])
    texts = [" ".join(rng.choice(vocabulary, 6)) for _ in range(80)]
    search = KeywordSearch(texts)

    together = search.best(texts * 2, 3)

    for number in (0, 63, 64, 159):
        alone = search.best([(texts * 2)[number]], 3)
        assert together.rows[together.queries == number].tolist() == alone.rows.tolist()


def test_fusion_rewards_rows_that_both_rankings_have():
    """
    Ranks alone count: the values of the rankings may be of any kind, and weights shift them.
    """

    def ranking(*rows):
        return Hits(np.zeros(len(rows), int), np.array(rows), -np.arange(len(rows), dtype=float))

    rankings = [ranking(1, 2, 3), ranking(3, 4)]

    assert fused_by_rank(rankings, [1, 1], k=9).rows.tolist() == [3, 1, 2, 4]
    assert fused_by_rank(rankings, [1, 0], k=3).rows.tolist() == [1, 2, 3]
    assert fused_by_rank([ranking(), ranking()], [1, 1], k=3).rows.tolist() == []
