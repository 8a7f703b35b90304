import pytest

from toolkit.audit.wording import same_words
from toolkit.search.keyword import words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The new app is great 👍", "The new app is great 👎"),
        ("do you sell AA batteries", "do you sell AAA batteries"),
        ("I ordered a size XL", "I ordered a size XXL"),
        ("i was charged $50 twice", "i was charged €50 twice"),
        ("my balance is -50 today", "my balance is 50 today"),
        ("please turn the lamp of", "please turn the lamp off"),
        ("मेरा दिल कहाँ है", "मेरी दाल कहाँ है"),
    ],
)
def test_what_says_something_else_is_not_spelled_alike(one, other):
    """
    Short words, currencies, signs, emoji and vowel signs count.
    """
    assert same_words(one) != same_words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("my parcell is late!!", "My parcel is late"),
        ("le café est fermé", "Le cafe est ferme."),
        ("where - is my parcel", "where is my parcel"),
        ("thank you so much 👍🏻", "thank you so much 👍🏿"),
    ],
)
def test_slips_are_spelled_alike(one, other):
    """
    Punctuation, accents, doubled letters of long words, and the skin of an emoji.
    """
    assert same_words(one) == same_words(other) != ""


def test_words_keep_their_vowel_signs():
    """
    A search for a heart finds no lentils, in Hindi or in Thai.
    """
    assert words("मेरा दिल") == ["मेरा", "दिल"]
    assert words("ปี ปู") == ["ปี", "ปู"]
    assert words("wo bleibt 荷物?") == ["wo", "bleibt", "荷", "物"]
