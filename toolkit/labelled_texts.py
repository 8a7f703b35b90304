"""The rows of a table that can teach or test a classifier, and how many cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.frames import require_columns
from toolkit.texts import clean_texts, text_values


@dataclass(frozen=True)
class LabelledTexts:
    """
    Rows with a text and a label.

    Attributes
    ----------
    frame : DataFrame
        The rows; its index tells them apart.
    columns : list of str
        The columns that hold text.
    labels : list
        One label a row as text, or a list of labels a row.
    n_without_label, n_without_text : int
        Rows that were left out.
    """

    frame: pd.DataFrame
    columns: list[str]
    labels: list[Any]
    n_without_label: int = 0
    n_without_text: int = 0

    @property
    def has_label_sets(self) -> bool:
        """Whether each row has a list of labels."""
        return isinstance(self.labels[0], list)

    def notes(self) -> list[str]:
        """Return a sentence for each reason why rows were left out."""
        total = len(self.frame) + self.n_without_label + self.n_without_text
        reasons = {"no label": self.n_without_label, "no text": self.n_without_text}

        return [
            f"{n:,} of {total:,} rows {'has' if n == 1 else 'have'} {what}: left out"
            for what, n in reasons.items()
            if n
        ]


def labelled_texts(
    frame: pd.DataFrame, text: str | Sequence[str], label: str, *, separator: str | None = None
) -> LabelledTexts:
    """
    Return the rows that have a text and a label, and how many have not.

    Labels are taken as text, so that 7, 7.0 and "7" are one label whatever the table's format.

    Parameters
    ----------
    frame : DataFrame
    text : str or sequence of str
        Columns that hold text.
    label : str
        Column that holds the label, or lists of labels.
    separator : str, optional
        What stands between labels where a cell may hold several.

    Raises
    ------
    TableError
        If a column is missing.
    InputError
        If no row has both.

    Examples
    --------
    >>> table = pd.DataFrame({"text": ["late", "", "broken"], "label": ["a", "a", "b"]})
    >>> labelled_texts(table, "text", "label").n_without_text
    1
    """
    columns = [text] if isinstance(text, str) else list(text)
    require_columns(frame, [*columns, label])
    labels = _labels(list(frame[label]), separator)
    is_labelled = np.array([bool(of_row) for of_row in labels], dtype=bool)
    has_text = ~clean_texts(text_values(frame, columns)).is_empty
    kept = is_labelled & has_text
    if not kept.any():
        raise InputError(f"no row has both a text and a label in column {label!r}: nothing to use")

    return LabelledTexts(
        frame[kept],
        columns,
        [labels[row] for row in np.flatnonzero(kept)],
        int((~is_labelled).sum()),
        int((is_labelled & ~has_text).sum()),
    )


def _labels(cells: list[object], separator: str | None) -> list[Any]:
    if any(isinstance(cell, (list, tuple, np.ndarray)) for cell in cells):
        return [[text for text in _as_texts(cell) if text] for cell in cells]
    texts = _as_texts(cells)
    if separator is None:
        return texts

    return [[part.strip() for part in text.split(separator) if part.strip()] for text in texts]


def _as_texts(cells: object) -> list[str]:
    """Whole numbers lose their ``.0``: a column with gaps turns whole numbers into floats."""
    values = list(cells) if isinstance(cells, (list, tuple, np.ndarray)) else [cells]
    whole = [
        int(value)
        if isinstance(value, (float, np.floating)) and float(value).is_integer()
        else value
        for value in values
    ]
    clean = clean_texts(whole)

    return ["" if empty else text for text, empty in zip(clean.texts, clean.is_empty, strict=True)]
