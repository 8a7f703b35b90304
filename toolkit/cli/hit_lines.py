"""What a search found, as lines on a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from toolkit.plain_text import columns, cut, padded

if TYPE_CHECKING:
    import pandas as pd

LONGEST_CELL = 24
NARROWEST_TEXT = 20
GAP = "  "


def hit_lines(hits: "pd.DataFrame", id_title: str, shown: Mapping[str, str], *, width: int) -> str:
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
    texts = ["text", *(cut(text, room) for text in hits["text"])]

    return "\n".join((start + text).rstrip() for start, text in zip(starts, texts, strict=True))


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
