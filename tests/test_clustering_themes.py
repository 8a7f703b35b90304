import json

import numpy as np
import pandas as pd
import pytest

from toolkit.clustering.terms import surfaces, terms_of
from toolkit.clustering.theme_stems import forms_of_one_word
from toolkit.clustering.theme_words import units_of
from toolkit.clustering.themes import themes
from toolkit.errors import InputError
from toolkit.kernels import unit_rows

# A language that nobody speaks: small words everywhere, a theme in each cluster, plurals in -um.
SMALL = ["ba", "te", "olo", "nim", "sar"]
THEMES = [["kraval", "mentor"], ["fisket", "dorna"], ["gulpan", "wesch"], ["taroni", "plubek"]]

SCRIPTS = {
    "chinese": [
        ("我要退款/请退款给我/什么时候退款", "退款"),
        ("包裹在哪里/包裹丢了/包裹到了吗", "包裹"),
    ],
    "japanese": [
        ("返品したい/返品の方法/返品できますか", "返品"),
        ("配送は/配送が遅い/配送状況", "配送"),
    ],
    "thai": [
        ("ขอเงินคืน/เงินคืนเมื่อไหร่/ได้เงินคืนไหม", "เงินคืน"),
        ("พัสดุอยู่ไหน/พัสดุหาย/รอพัสดุ", "พัสดุ"),
    ],
    "russian": [
        ("мой возврат/возврат денег/где возврат", "возврат"),
        ("моя посылка/посылка где/нет посылка", "посылка"),
    ],
    "hindi": [("मेरा पैसा वापस/पैसा कब/पैसा नहीं", "पैसा"), ("मेरा पार्सल/पार्सल कब/पार्सल नहीं", "पार्सल")],
    "emoji": [("😡 late/so 😡/😡😡", "😡"), ("🎉 nice/so 🎉/🎉🎉", "🎉")],
    "unspaced": [
        ("wegoldenrefundxxabcdef/arefundisduetomebyall/qrefundandmorerefundok", "refund"),
        ("bparcelislostsomewhere/theparcelyousentmegone/zzparcelnotthereyetnow", "parcel"),
    ],
}


def invented(n_rows=400, seed=0):
    """Return texts about one theme each, their clusters, and vectors that tell themes apart."""
    random = np.random.default_rng(seed)
    labels = random.integers(len(THEMES), size=n_rows)
    texts = []
    for label in labels:
        word = random.choice(THEMES[label], p=[0.7, 0.3])
        ending = random.choice(["", "um"], p=[0.6, 0.4])
        before, after = random.choice(SMALL, size=3), random.choice(SMALL, size=2)
        texts.append(" ".join([*before, word + ending, *after, f"x{random.integers(30)}"]))
    vectors = np.eye(len(THEMES))[labels] + random.normal(scale=0.2, size=(n_rows, len(THEMES)))

    return texts, labels, vectors


def words_of(term):
    return term.casefold().split()


def table_of(*arguments, **settings):
    return themes(*arguments, **settings).table.drop(columns=["cohesion"])


@pytest.fixture(params=["vectors", "words"])
def corpus(request):
    texts, labels, vectors = invented()

    return texts, labels, vectors if request.param == "vectors" else None


def test_names_are_what_sets_clusters_apart(corpus):
    """
    In a language that nobody speaks, the theme's words name it, and small words never stand alone.
    """
    table = themes(*corpus).table

    for themed, terms in zip(THEMES, table["terms"], strict=True):
        stems = {word.removesuffix("um") for term in terms for word in words_of(term)}
        assert set(themed) <= stems
        ends = {words_of(term)[end] for term in terms for end in (0, -1)}
        assert ends.isdisjoint(SMALL)


def test_forms_of_a_word_are_one_term(corpus):
    """
    A plural and its singular are one term, shown in the form that is typed more often.
    """
    for terms in themes(*corpus).table["terms"]:
        words = [word.removesuffix("um") for term in terms for word in words_of(term)]
        assert len(words) == len(set(words))
        assert not any(word.endswith("um") for term in terms for word in words_of(term))


def test_shuffled_rows_give_the_same_themes(corpus):
    """
    The order of the rows has no part in any of it.
    """
    texts, labels, vectors = corpus
    order = np.random.default_rng(1).permutation(len(texts))

    shuffled = table_of(
        [texts[row] for row in order],
        labels[order],
        None if vectors is None else vectors[order],
    )

    pd.testing.assert_frame_equal(shuffled, table_of(*corpus))


def test_other_numbers_give_the_same_names(corpus):
    """
    What a cluster is called does not depend on its number.
    """
    texts, labels, vectors = corpus
    names = themes(*corpus).names

    renumbered = themes(texts, np.array([30, 10, 20, 0])[labels], vectors).names

    assert renumbered == {30: names[0], 10: names[1], 20: names[2], 0: names[3]}


def test_rows_in_no_cluster_are_left_out(corpus):
    """
    They count for the share alone.
    """
    texts, labels, vectors = corpus
    noise = ["kraval " * 20, "", "fisket gulpan"]
    longer = None if vectors is None else np.concatenate([vectors, np.ones((3, 4))])

    found = themes(texts + noise, [*labels, -1, -1, -1], longer)

    assert (found.n_rows, found.n_noise) == (403, 3)
    np.testing.assert_allclose(found.table["share"], found.table["n_rows"] / 403)
    pd.testing.assert_frame_equal(
        found.table.drop(columns="share"), themes(*corpus).table.drop(columns="share")
    )


def test_repeated_texts_count_once_for_names_and_each_time_for_shares():
    """
    A thousand copies of one text do not rename a cluster, whatever their case.
    """
    texts, labels, vectors = invented()
    before = themes(texts, labels, vectors)
    spam = ["BA te kraval Nim", "ba te  kraval nim"] * 500

    after = themes(
        texts + spam, [*labels, *[0] * 1000], np.concatenate([vectors, [vectors[0]] * 1000])
    )

    assert set(after.table["terms"][0]) == set(before.table["terms"][0])
    assert after.table["n_rows"][0] == before.table["n_rows"][0] + 1000
    assert after.table["supports"][0][0] > 0.9


def test_no_two_names_are_the_same():
    """
    Clusters of the same texts get more terms, or else a number.
    """
    texts = ["wrong pin typed", "wrong pin today", "pin is wrong again"] * 4
    labels = np.repeat(np.arange(4), 3)

    names = list(themes(texts, labels, n_terms=1).names.values())

    assert len({name.casefold() for name in names}) == 4


def test_a_phrase_stands_for_the_words_that_mostly_stand_in_it():
    """
    "exchange rate" is a term, "rate" and "exchange" alone are not.
    """
    rates = [f"the exchange rate {end}" for end in ("is bad", "today", "of the day", "was off")]
    cards = [f"the card {end}" for end in ("is bad", "today", "of the day", "was off")]

    first, second = themes(rates + cards, [0] * 4 + [1] * 4).table["terms"]

    assert "exchange rate" in first
    assert {"exchange", "rate"}.isdisjoint(first)
    assert "card" in second


def test_numbers_are_no_terms():
    """
    Digits alone say nothing, although they may stand in a phrase.
    """
    texts = ["404 404 parcel 17", "404 parcel late 17", "500 refund 99", "500 refund now 99"]

    for terms in themes(texts, [0, 0, 1, 1]).table["terms"]:
        assert terms
        assert not any(term.replace(" ", "").isnumeric() for term in terms)


def test_a_term_stands_in_two_texts_where_any_does():
    """
    A word of one text names a cluster only if no word is in two.
    """
    texts = ["refund please", "refund never", "parcel xylophone", "letter bassoon"]

    first, second = themes(texts, [0, 0, 1, 1]).table["terms"]

    assert first == ["refund"]
    assert second


@pytest.mark.parametrize("script", SCRIPTS)
def test_any_script_is_named(script):
    """
    Words are found in any script, also where none are written apart.
    """
    (first, ours), (second, theirs) = SCRIPTS[script]
    texts = first.split("/") + second.split("/")

    names = themes(texts, [0] * 3 + [1] * 3).names

    assert ours in names[0]
    assert theirs in names[1]


def test_odd_tables_have_names():
    """
    No rows, no clusters, no text, one cluster, one row a cluster, no words.
    """
    assert themes([], []).names == {}
    assert themes(["a"], [-1]).names == {}
    assert themes(["", None, "  "], [0, 0, 1]).names == {0: "(no text)", 1: "(no text) (2)"}
    assert themes(["?!", "..."], [0, 1]).names == {0: "?!", 1: "..."}
    assert themes(["12 34", "56"], [0, 1]).names == {0: "12 34", 1: "56"}
    assert "parcel" in themes(["my parcel", "the parcel", "parcel, late"], [0, 0, 0]).names[0]
    assert themes(["lost parcel", "refund"], [0, 1], np.eye(2)).names[1] == "refund"
    assert themes(["refund"] * 5, [0] * 5, np.zeros((5, 3))).table["cohesion"][0] == 0


def test_coverage_and_support_are_shares_of_rows():
    """
    They are counted over the cluster's rows, those without text among them.
    """
    texts = ["refund please", "a refund", "a refund", "hello there", "", "parcel a", "parcel b"]

    first = themes(texts, [0] * 5 + [1] * 2, n_terms=1).table.iloc[0]

    assert first["terms"] == ["refund"]
    assert first["supports"] == [3 / 5]
    assert first["coverage"] == 3 / 5


def test_texts_shown_are_the_middle_the_breadth_and_the_border():
    """
    The medoid is the text nearest to the mean, the exemplars start with it and are unlike each
    other, and the border is nearest to the other cluster.
    """
    angles = np.radians([0, 10, 20, 30, 40, 150, 160, 170])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)])
    texts = [f"text {angle}" for angle in (0, 10, 20, 30, 40, 150, 160, 170)]

    first = themes(texts, [0] * 5 + [1] * 3, vectors).table.iloc[0]

    assert first["medoid"] == "text 20"
    assert first["exemplars"][0] == "text 20"
    assert set(first["exemplars"]).isdisjoint(first["boundary"])
    assert "text 40" in first["boundary"] + first["exemplars"]
    means = unit_rows(vectors[:5].mean(axis=0)[None])
    assert first["cohesion"] == pytest.approx((vectors[:5] @ means.T).mean())


def test_without_vectors_there_is_no_cohesion():
    """
    A cosine of words would not compare with one of vectors.
    """
    texts, labels, _ = invented(60)

    assert themes(texts, labels).table["cohesion"].isna().all()


def test_capitals_are_kept_but_those_of_a_sentence():
    """
    "PIN" and "iPhone" are shown as they are typed, "Refund" at the beginning is not.
    """
    units = units_of(["Refund my PIN", "Refund the PIN. Refund! my iPhone"])
    stem = np.array([form.casefold() in ("refund", "pin", "iphone") for form in units.forms])
    number = np.where(stem, np.cumsum(stem) - 1, -1)

    written = surfaces(terms_of(units, number, 2), np.arange(3))

    assert set(written.values()) == {"refund", "PIN", "iPhone"}


def test_phrases_end_where_a_sentence_does():
    """
    No phrase goes across a full stop, a bracket or a line.
    """
    units = units_of(["late parcel. refund", "late parcel) refund", "late\nparcel refund"])
    number = {form.casefold(): at for at, form in enumerate(["late", "parcel", "refund"])}
    stem = np.array([number.get(form, -1) for form in units.forms])

    phrases = terms_of(units, stem, 3).stems[3:].tolist()

    assert phrases == [[0, 1]]


def test_words_that_only_look_alike_stay_apart():
    """
    "car" and "card" differ as "refun" and "refund" do, but they are not used alike.
    """
    words = ["car", "card", "fee", "feed", "bar", "bard", "use", "used"]
    meanings = np.eye(len(words))
    meanings[7] = meanings[6]  # but for one pair of four

    numbers = forms_of_one_word(words, meanings)

    assert len(set(numbers.tolist())) == len(words)


def test_themes_print_and_go_to_json():
    """
    Plain types, and one line a cluster.
    """
    texts, labels, _ = invented(60)
    found = themes(pd.Series(texts, index=range(100, 160)), pd.Series(labels))

    told = json.loads(json.dumps(found.to_dict()))

    assert [row["name"] for row in told["clusters"]] == list(found.names.values())
    assert told["clusters"][0]["cohesion"] is None
    assert all(name in found.to_text() for name in found.names.values())


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        ((["a", "b"], [0]), {}, "one label a row, got 1 for 2 rows"),
        ((["a"], ["x"]), {}, "has 'x' in row 0, where the number of a cluster.*factorize"),
        ((["a"], [-2]), {}, "number of a cluster"),
        ((["a"], [0], np.ones((2, 3))), {}, r"shape \(2, 3\) for 1 texts"),
        ((["a"], [0], [[np.nan, 1.0]]), {}, "finite vectors"),
        ((["a"], [0]), {"n_terms": 0}, "n_terms must be at least 1, got 0"),
        (("a", [0]), {}, "list of texts"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, settings, message):
    """
    With what was expected, what came and what to do.
    """
    with pytest.raises(InputError, match=message):
        themes(*arguments, **settings)
