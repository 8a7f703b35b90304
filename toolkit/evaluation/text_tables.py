"""The tables of a report: scores by class, and confusions with an example each."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from toolkit.plain_text import LABEL_COLUMNS, columns, cut, one_line, padded

_MOST_CLASSES = 20
_NUMBERS = "{:>7}{:>11}{:>8}{:>7}"
_NARROWEST_NOTE = 16
_CONFUSION = ("true", "predicted", "n", "confidence", "text", "row")


def class_table(scores: pd.DataFrame, matrix: pd.DataFrame | None, *, width: int) -> str:
    """
    Return a line per class, the worst first, and what it is most often taken for.

    Examples
    --------
    >>> scores = pd.DataFrame(
    ...     {"label": ["card"], "precision": [1.0], "recall": [0.5], "f1": [0.667], "support": [8]}
    ... )
    >>> print(class_table(scores, None, width=60))
    class      F1  precision  recall   rows
    card    0.667      1.000   0.500      8
    """
    ordered = scores.sort_values(["f1", "support"], ascending=[True, False], kind="stable")
    # A single class too many is shown rather than counted.
    n_shown = len(ordered) if len(ordered) <= _MOST_CLASSES + 1 else _MOST_CLASSES
    shown, left_out = ordered.head(n_shown), ordered.iloc[n_shown:]
    n_label = _label_width(["class", *shown["label"]], width - len(_NUMBERS.format(*"    ")) - 1)

    lines = [padded("class", n_label) + _NUMBERS.format("F1", "precision", "recall", "rows")]
    lines += [
        padded(row.label, n_label)
        + _NUMBERS.format(
            f"{row.f1:.3f}", f"{row.precision:.3f}", f"{row.recall:.3f}", f"{row.support:,}"
        )
        for row in shown.itertuples()
    ]
    if matrix is not None:
        lines = _with_notes(lines, ["often taken for", *_notes(shown, matrix)], width)
    if len(left_out):
        lines.append(f"and {len(left_out)} more classes at F1 >= {left_out['f1'].min():.3f}")

    return "\n".join(lines)


def confusion_list(confusions: pd.DataFrame, *, width: int) -> str:
    """
    Return two lines per confusion: which class is taken for which, and an example.

    Examples
    --------
    >>> confusions = pd.DataFrame(
    ...     {"true": ["card"], "predicted": ["loan"], "n": [7], "confidence": [0.91],
    ...      "text": ["where is it"], "row": [4]}
    ... )
    >>> print(confusion_list(confusions, width=60))
    most frequent mistakes
    <BLANKLINE>
      7 x  card  taken for  loan
           "where is it" (row 4, 91 % sure)
    """
    if confusions.empty:
        return ""

    n_count = max(len(f"{n:,}") for n in confusions["n"])
    indent = " " * (n_count + 6)
    room = width - len(indent)
    n_label = _label_width(confusions["true"], (room - 13) // 2)
    lines = ["most frequent mistakes", ""]
    for true, predicted, n, confidence, text, row in zip(
        *(confusions[name] for name in _CONFUSION), strict=True
    ):
        taken_for = cut(predicted, room - n_label - 13)
        lines.append(f"  {n:>{n_count},} x  {padded(true, n_label)}  taken for  {taken_for}")
        where = f"(row {cut(row, 20)}, {100 * confidence:.0f} % sure)"
        lines.append(indent + _example(text, where, room))

    return "\n".join(lines)


def _label_width(labels: Iterable[object], at_most: int) -> int:
    return min(max(columns(one_line(label)) for label in labels), LABEL_COLUMNS, at_most)


def _notes(scores: pd.DataFrame, matrix: pd.DataFrame) -> list[str]:
    """Return the most frequent wrong prediction of each label, and how often it is made."""
    mistakes = matrix.to_numpy(copy=True)
    np.fill_diagonal(mistakes, 0)
    rows = matrix.index.get_indexer(pd.Index(scores["label"], dtype=object))
    worst = mistakes[rows].argmax(axis=1)

    return [
        f"{n:,} x {one_line(matrix.columns[column])}" if n else ""
        for n, column in zip(mistakes[rows, worst], worst, strict=True)
    ]


def _with_notes(lines: list[str], notes: list[str], width: int) -> list[str]:
    n_note = width - columns(lines[0]) - 3
    if n_note < _NARROWEST_NOTE:
        return lines

    return [
        f"{line}   {cut(note, n_note)}".rstrip() for line, note in zip(lines, notes, strict=True)
    ]


def _example(text: str | None, where: str, width: int) -> str:
    return where if text is None else f'"{cut(text, width - columns(where) - 3)}" {where}'
