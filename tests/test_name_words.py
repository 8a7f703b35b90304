import numpy as np
import pytest

from toolkit.clustering.name_words import NameWords, hold_a_word_of, words_of
from toolkit.clustering.theme_documents import documents_of

TEXTS = [
    *("please refund me for the lamp", "the refund is for me", "refunded for the chair?"),
    *("the parcel for me is late", "parcels for the house", "where is the parcel for me"),
]
LABELS = [0, 0, 0, 1, 1, 1]


def words_in(texts, labels):
    place = np.array(labels)

    return NameWords(documents_of(texts, place, None), np.bincount(place))


def test_support_is_the_share_of_rows_with_a_word_of_the_name():
    """
    Forms of a word count, and a word that is not there does not.
    """
    words = words_in(TEXTS, LABELS)

    assert words.supports("Refunds").tolist() == [1, 0]
    assert words.supports("Late delivery").tolist() == pytest.approx([0, 1 / 3])
    assert words.supports("Weather").tolist() == [0, 0]
    assert words.supports("!?").tolist() == [0, 0]


def test_words_that_stand_everywhere_support_nothing():
    """
    "For" and "the" are found to say nothing by the texts themselves.
    """
    words = words_in(TEXTS, LABELS)

    assert words.supports("For the").tolist() == [0, 0]
    assert words.own_words("Refunds for the house", 0) == ["refunds"]
    assert words.own_words("Refunds for the house", 1) == ["house"]


def test_repeated_rows_count_as_often_as_they_are_there():
    """
    Support is a share of rows, as coverage is.
    """
    words = words_in(["my card", "my card", "my card", "my bank", "a parcel"], [0, 0, 0, 0, 1])

    assert words.supports("Cards")[0] == 0.75


def test_the_order_of_rows_has_no_part(rng):
    """
    Shuffled rows give the same shares.
    """
    order = rng.permutation(len(TEXTS))
    shuffled = words_in([TEXTS[row] for row in order], np.array(LABELS)[order])

    for name in ("Late refunds", "Parcel for me"):
        assert np.array_equal(shuffled.supports(name), words_in(TEXTS, LABELS).supports(name))


def test_one_cluster_has_no_others():
    """
    With nothing to compare with, every word counts.
    """
    assert words_in(["a late parcel", "a parcel"], [0, 0]).supports("Parcels").tolist() == [1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Cancellations", "cancel it"),
        ("Deliveries", "it was delivered"),
        ("Kündigung", "kündigen"),
        ("Ｒｅｆｕｎｄ", "refund"),
        ("退款申请", "我要退款"),
        ("C++ problems", "in c++"),
        ("🚀 launches", "go 🚀"),
    ],
)
def test_forms_of_words_are_found_in_any_script(name, text):
    """
    What begins alike is one word; where there are no spaces two characters are.
    """
    assert words_in([text, "xyz"], [0, 1]).supports(name).tolist() == [1, 0]


@pytest.mark.parametrize(("one", "other"), [("car", "card"), ("refuse", "refund"), ("pin", "pink")])
def test_words_that_only_look_alike_are_two(one, other):
    """
    A short word, or too little in common, is another word.
    """
    assert words_in([other, "xyz"], [0, 1]).supports(one).tolist() == [0, 0]


def test_names_of_brands_are_known_by_their_capitals():
    """
    A word with a capital within sentences is a name; at a beginning, or shouted, it need not be.
    """
    texts = [f"my parcel number is late {word}" for word in ("today", "again", "now", "here")]
    texts += ["my order from Acme is late", "Parcels are late", "WHERE IS MY LAMP"]
    words = words_in([*texts, "a cat"], [0] * 7 + [1])

    assert words.proper_names("Late Acme Parcels", 0) == (["acme"], 1 / 7)
    assert words.proper_names("Late Parcels", 0) is None
    assert words.proper_names("Late Lamp", 0) is None


def test_numbers_are_names_too():
    """
    A number that few texts hold is as much theirs alone as a brand is.
    """
    words = words_in(["my phone 14 is broken", "broken phone", "it broke", "a cat"], [0, 0, 0, 1])

    assert words.proper_names("Broken phone 14", 0) == (["14"], pytest.approx(1 / 3))


def test_capitals_say_nothing_where_they_are_many():
    """
    In German, where nouns have capitals, none is taken for a brand.
    """
    texts = ["die Lampe aus dem Laden", "wo ist die Sendung mit dem Stuhl", "das Geld ist weg"]
    words = words_in([*texts, "eine Katze"], [0, 0, 0, 1])

    assert words.proper_names("Sendung mit Lampe", 0) is None


def test_words_of_a_name_are_folded_and_different():
    """
    Each word once, in lower case; a long one is not cut up.
    """
    assert words_of("Kontoeröffnungsprobleme") == ["kontoeröffnungsprobleme"]
    assert words_of("PIN, pin & Pin") == ["pin"]


def test_terms_bear_a_name_out():
    """
    One word in common, in any form, is enough.
    """
    assert hold_a_word_of("Refunded orders", ["money back", "refund"])
    assert not hold_a_word_of("Login problems", ["password", "reset"])
    assert not hold_a_word_of("Login problems", [])
