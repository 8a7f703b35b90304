"""What a text says, apart from how it was typed: two measures of "the same text"."""

import re
import unicodedata

_WORD = re.compile(r"\w+")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
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
    there, as it does not know the word ``pasword``. Digits stay as they are.

    >>> same_words("Reset my pasword, doesnt work")
    'reset my pasword doesnt work'
    >>> same_words("reset my password: doesn't work!!")
    'reset my pasword doesnt work'
    """
    folded = text.casefold().translate(_APOSTROPHES)
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded)
        folded = "".join(mark for mark in apart if not unicodedata.combining(mark))
    words = _WORD.findall(folded)

    return _DOUBLED.sub(r"\1", " ".join(words)) if len(words) >= FEWEST_WORDS else ""
