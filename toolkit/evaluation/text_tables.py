"""The tables of a report: scores by class, and confusions with an example each."""

import pandas as pd

from toolkit.evaluation.plain_text import LABEL_COLUMNS, columns, cut, one_line, padded

_MOST_CLASSES = 20
_NUMBERS = "{:>7}{:>11}{:>8}{:>7}"
_NARROWEST_NOTE = 16


def percent(share: float) -> str:
    """
    Write a share in percent.

    >>> percent(0.1234)
    '12.3 %'
    """
    return f"{100 * share:.1f} %"


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
    n_label = _label_width(confusions["true"], (width - len(indent) - 13) // 2)
    lines = ["most frequent mistakes", ""]
    for row in confusions.itertuples():
        taken_for = cut(row.predicted, width - len(indent) - n_label - 13)
        lines.append(f"  {row.n:>{n_count},} x  {padded(row.true, n_label)}  taken for  {taken_for}")
        lines.append(indent + _example(row.text, row.row, row.confidence, width - len(indent)))

    return "\n".join(lines)


def _label_width(labels: "list[object] | pd.Series", at_most: int) -> int:
    return min(max(columns(one_line(label)) for label in labels), LABEL_COLUMNS, at_most)


def _notes(scores: pd.DataFrame, matrix: pd.DataFrame) -> list[str]:
    """Return the most frequent wrong prediction of each label, and how often it is made."""
    notes = []
    for label in scores["label"]:
        mistakes = matrix.loc[label].drop(label)
        n = 0 if mistakes.empty else int(mistakes.max())
        notes.append(f"{one_line(mistakes.idxmax())} ({n:,})" if n else "")

    return notes


def _with_notes(lines: list[str], notes: list[str], width: int) -> list[str]:
    n_note = width - columns(lines[0]) - 3
    if n_note < _NARROWEST_NOTE:
        return lines

    return [
        f"{line}   {cut(note, n_note)}".rstrip() for line, note in zip(lines, notes, strict=True)
    ]


def _example(text: str | None, row: object, confidence: float, width: int) -> str:
    where = f"(row {cut(row, 20)}, {100 * confidence:.0f} % sure)"
    if text is None:
        return where

    return f'"{cut(text, width - len(where) - 3)}" {where}'
