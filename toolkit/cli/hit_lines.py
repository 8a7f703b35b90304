"""What a search found, as lines on a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from toolkit.plain_text import ELLIPSIS, columns, cut, one_line, padded

if TYPE_CHECKING:
    import pandas as pd

LONGEST_CELL = 24
NARROWEST_TEXT = 20
GAP = "  "
BEFORE_A_WORD = 0.75
"""A word that stands within this share of the width is seen without moving the text."""


def hit_lines(
    hits: "pd.DataFrame",
    id_title: str,
    shown: Mapping[str, str],
    *,
    width: int,
    words: Sequence[str] = (),
) -> str:
    """
    Return a line a hit, best first: rank, how near, id, the columns to show, the text.

    Parameters
    ----------
    hits : DataFrame
        What ``CosineIndex.search`` found for one query, at least one row.
    id_title : str
        What ids are called.
    shown : mapping of str to str
        Columns of the hits by their titles.
    width : int
        Terminal columns to fit in, by cutting the text.
    words : sequence of str
        Words to be seen of a text that is cut, where it has them.

    Examples
    --------
    >>> import pandas as pd
    >>> hits = pd.DataFrame({"rank": [1], "id": ["T-7"], "similarity": [0.8124], "text": ["late"]})
    >>> print(hit_lines(hits, "ticket", {}, width=60))
       cosine  ticket  text
    1   0.812  T-7     late
    """
    cells = [_to_the_right("", hits["rank"].map(str).tolist()), _numbers(hits)]
    for title, name in {id_title: "id", **shown}.items():
        cells.append(_to_the_left(title, [_cell(value) for value in hits[name]]))
    starts = [GAP.join(row) + GAP for row in zip(*cells, strict=True)]
    room = max(width - columns(starts[0]), NARROWEST_TEXT)
    texts = ["text", *(excerpt(text, words, room) for text in hits["text"])]

    return "\n".join((start + text).rstrip() for start, text in zip(starts, texts, strict=True))


def excerpt(text: object, words: Sequence[str], width: int) -> str:
    """
    Return a text cut to the width; it begins later if the longest of the words stands later.

    >>> excerpt("my parcel went to a neighbour who moved", ["moved", "who"], 20)
    '…neighbour who moved'
    >>> excerpt("my parcel went to a neighbour who moved", [], 20)
    'my parcel went to a…'
    """
    line = one_line(text)
    places = [line.casefold().find(word) for word in sorted(words, key=len, reverse=True)]
    place = next((place for place in places if place >= 0), 0)
    if columns(line) <= width or place < width * BEFORE_A_WORD:
        return cut(line, width)

    return cut(ELLIPSIS + line[line.rfind(" ", 0, place - width // 4) + 1 :], width)


def _numbers(hits: "pd.DataFrame") -> list[str]:
    title, name = ("cosine", "similarity") if "similarity" in hits else ("BM25", "score")

    return _to_the_right(title, [f"{value:.3f}" for value in hits[name]])


def _cell(value: object) -> str:
    return "" if value is None or value != value else cut(value, LONGEST_CELL)


def _to_the_right(title: str, cells: Sequence[str]) -> list[str]:
    width = max(map(columns, [title, *cells]))

    return [cell.rjust(width) for cell in [title, *cells]]


def _to_the_left(title: str, cells: Sequence[str]) -> list[str]:
    width = max(map(columns, [cut(title, LONGEST_CELL), *cells]))

    return [padded(cell, width) for cell in [title, *cells]]
