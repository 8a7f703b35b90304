"""Characters by what they are for, as parts of regular expressions."""

import unicodedata

_MOST = 0x10000
_VARIATIONS = range(0xFE00, 0xFE10)
_ACCENTS = range(0x300, 0x370)


def _of(*categories: str) -> str:
    """Return the characters of the first plane in these categories of Unicode, as in a set."""
    found = (code for code in range(_MOST) if unicodedata.category(chr(code)) in categories)
    kept = (code for code in found if code not in _ACCENTS and code not in _VARIATIONS)

    return "".join(f"\\u{code:04x}" for code in kept)


VOWEL_SIGNS = _of("Mn", "Mc")
"""Marks that are letters, as in Hindi and Thai, where an accent (U+0300 to U+036F) is none."""

SYMBOLS = _of("So", "Sc", "Sm") + "\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
"""Currencies, signs of arithmetic, emoji but for their skin; they say something, unlike commas."""
