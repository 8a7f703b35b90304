"""What a text says, apart from how it was typed: two measures of "the same text"."""

import re
import unicodedata

from toolkit.characters import SYMBOLS, VOWEL_SIGNS

_WORD = re.compile(rf"(?:(?<!\S)[-−](?=\d))?[\w{VOWEL_SIGNS}]+")
_WORD_OR_SYMBOL = re.compile(rf"{_WORD.pattern}|[{SYMBOLS}]")
_ACCENT = re.compile("[\u0300-\u036f]")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_LONG = 5
"""Letters of a word in which a doubled one may be a slip; AAA, XXL and off are other words."""

_APOSTROPHES = str.maketrans("", "", "'’`´")

FEWEST_WORDS = 4
"""Shorter texts may be names, where every letter counts."""


def same_text(text: str) -> str:
    r"""
    Return the text with its case folded, its white space collapsed and its accents composed.

    Two texts are exact duplicates if this is the same for both.

    >>> same_text("  Where is\n my PARCEL?")
    'where is my parcel?'
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFC", text).casefold()

    return " ".join(unicodedata.normalize("NFC", folded).split())


def same_words(text: str) -> str:
    """
    Return the words without punctuation, accents and doubled letters; "" for fewer than 4 words.

    Two texts are spelled alike if this is the same for both. A model of meaning can be far off
    there, as it does not know the word ``pasword``. Digits, short words, currencies, signs and
    emoji stay as they are.

    >>> same_words("Reset my pasword, doesnt work")
    'reset my pasword doesnt work'
    >>> same_words("reset my password: doesn't work!!")
    'reset my pasword doesnt work'
    """
    folded = text.casefold().translate(_APOSTROPHES)
    if not folded.isascii():
        folded = _ACCENT.sub("", unicodedata.normalize("NFKD", folded))
    if len(_WORD.findall(folded)) < FEWEST_WORDS:
        return ""

    return " ".join(
        _DOUBLED.sub(r"\1", word) if len(word) >= _LONG else word
        for word in _WORD_OR_SYMBOL.findall(folded)
    )
