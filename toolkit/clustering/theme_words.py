"""Texts cut into words, in any script: what counts as a word, and where a phrase must end."""

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from toolkit.kernels import Indices

BREAK, WORD, CHARACTER, LETTER, EMOJI = -1, 0, 1, 2, 3
"""
What a unit is; in a phrase, words stand next to words and characters next to characters.

Characters say something by themselves, as in Chinese; letters, as in Thai, do not.
"""

_MOST_CHARACTERS = 4_000  # of a longer text, only the beginning tells what it is about
_LONG, _LOOKED_AT = 20, 1_000

# Chinese and Japanese are written without spaces, and so are Thai, Lao, Burmese and Khmer.
_IDEOGRAPHS = (
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED = rf"\u0e00-\u0e4f\u0e80-\u0ecf\u1000-\u109f\u1780-\u17d3{_IDEOGRAPHS}"
_PICTURES = "\u2600-\u27bf\u2b50\u2b55\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
_JOINING = "\ufe0f\U0001f3fb-\U0001f3ff"
_BREAKS = r"[^\w\s\-\u2010-\u2015'/&.@*+#]|\.(?=\s|$)|(?<=\s)[\-\u2010-\u2015](?=\s)|[\r\n]+"
_ASCII = re.compile(rf"[A-Za-z](?:\+\+|#)(?!\w)|[^\W_]+(?:'[^\W_]{{1,2}}(?![^\W_]))?|{_BREAKS}")
_APOSTROPHES = str.maketrans("’ʼ`´", "''''")


@dataclass(frozen=True)
class Units:
    """
    The words of all texts, one after the other.

    Attributes
    ----------
    forms : list of str
        The different words as they are typed.
    kinds : ndarray of shape (n_forms,)
        BREAK, WORD, CHARACTER, LETTER or EMOJI.
    form : ndarray of shape (n_units,)
        Which of them stands at each place.
    text : ndarray of shape (n_units,)
        The text that each place belongs to, ascending.
    """

    forms: list[str]
    kinds: Indices
    form: Indices
    text: Indices


def units_of(texts: Sequence[str]) -> Units:
    """
    Cut texts into words, and breaks that no phrase crosses.

    >>> units = units_of(["Wrong PIN, twice!", "退款"])
    >>> [units.forms[form] for form in units.form]
    ['Wrong', 'PIN', ',', 'twice', '!', '退', '款']
    >>> units.kinds[units.form]
    array([ 0,  0, -1,  0, -1,  1,  1])
    """
    is_split = _is_split(texts)
    number: dict[str, int] = {}
    form, lengths = array("q"), array("q")
    for text in texts:
        pieces = _pieces(text) if is_split else _characters(text)
        form.extend([number.setdefault(piece, len(number)) for piece in pieces])
        lengths.append(len(pieces))
    kinds = [_kind(piece, is_split=is_split) for piece in number]

    return Units(
        list(number),
        np.array(kinds, np.intp),
        np.array(form, np.intp),
        np.repeat(np.arange(len(texts)), np.array(lengths, np.intp)),
    )


def _is_split(texts: Sequence[str]) -> bool:
    """Whether there are words: texts without a single space are looked at by characters."""
    some = [_pieces(text) for text in texts[:: 1 + len(texts) // _LOOKED_AT]]
    long = sum(len(pieces) == 1 and len(pieces[0]) > _LONG for pieces in some)

    return 2 * long <= sum(map(bool, some))


def _pieces(text: str) -> list[str]:
    """Find words, characters of scripts without spaces, emoji and breaks."""
    text = text[:_MOST_CHARACTERS]
    if text.isascii():
        return _ASCII.findall(text)

    return _any_script().findall(unicodedata.normalize("NFC", text).translate(_APOSTROPHES))


def _characters(text: str) -> list[str]:
    return [letter for piece in _pieces(text) for letter in piece]


@cache
def _any_script() -> re.Pattern[str]:
    """Marks are part of words (vowels in Hindi, accents): `re` does not count them as letters."""
    marks = "".join(
        chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code))[0] == "M"
    )
    letters = rf"[^\W_{_UNSPACED}]"
    word = rf"{letters}+(?:[{marks}\u200c\u200d]+{letters}*)*"
    emoji = rf"[{_PICTURES}][{_JOINING}]*(?:\u200d[{_PICTURES}][{_JOINING}]*)*"

    return re.compile(
        rf"[A-Za-z](?:\+\+|#)(?!\w)|{word}(?:'{letters}{{1,2}}(?!{letters}))?"
        rf"|[{_UNSPACED}][{marks}]*|{emoji}|{_BREAKS}"
    )


def _kind(piece: str, *, is_split: bool) -> int:
    if re.match(f"[{_PICTURES}]", piece):
        return EMOJI
    if not piece[0].isalnum():
        return BREAK

    if re.match(f"[{_IDEOGRAPHS}]", piece):
        return CHARACTER

    return WORD if is_split and not re.match(f"[{_UNSPACED}]", piece) else LETTER
