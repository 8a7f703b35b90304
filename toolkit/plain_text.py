"""Any text as one harmless line of a known width on a terminal."""

import unicodedata

ELLIPSIS = "…"
LABEL_COLUMNS = 48
"""Longer labels are cut."""

_MOST_CHARACTERS = 2_000


def one_line(value: object) -> str:
    r"""
    Return what a value prints as, on one line and with nothing that steers a terminal.

    Control characters and line breaks become spaces, invisible marks go, halves of characters
    become U+FFFD. Only the first 2,000 characters are looked at.

    >>> one_line("late\r\n \x1b[31magain")
    'late [31magain'
    """
    text = str(value).lstrip()[:_MOST_CHARACTERS]
    if text.isascii() and text.isprintable():
        return " ".join(text.split())

    return " ".join("".join(map(_harmless, text)).split())


def cut(value: object, width: int) -> str:
    """
    Return one line of at most `width` terminal columns; what was left out is an ellipsis.

    >>> cut("where is my parcel", 12)
    'where is my…'
    """
    line = one_line(value)
    if columns(line) <= width:
        return line

    kept, used = [], columns(ELLIPSIS)
    for character in line:
        used += _width(character)
        if used > width:
            break
        kept.append(character)

    return "".join(kept).rstrip() + ELLIPSIS


def padded(value: object, width: int) -> str:
    """
    Return one line of exactly `width` terminal columns.

    >>> padded("late", 6) + "|"
    'late  |'
    """
    line = cut(value, width)

    return line + " " * (width - columns(line))


def columns(line: str) -> int:
    """
    Return how many terminal columns a line takes: two for wide characters, none for accents.

    >>> columns("abc"), columns("退款")
    (3, 4)
    """
    return len(line) if line.isascii() else sum(map(_width, line))


def wrapped(sentence: str, width: int) -> str:
    """
    Return a sentence in lines of at most `width` terminal columns, the later ones indented.

    >>> print(wrapped("Accuracy 90.0 % on 100 rows.", 20))
    Accuracy 90.0 % on
      100 rows.
    """
    lines = [""]
    for word in sentence.split(" "):
        if columns(lines[-1]) + columns(word) > width:
            lines.append("  ")
        lines[-1] += word + " "

    return "\n".join(map(str.rstrip, lines))


def percent(share: float) -> str:
    """
    Write a share in percent.

    >>> percent(0.1234)
    '12.3 %'
    """
    return f"{100 * share:.1f} %"


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0

    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Cs":
        return "\ufffd"

    return " " if category in ("Cc", "Zl", "Zp", "Zs") else character
