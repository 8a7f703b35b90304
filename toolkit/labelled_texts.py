"""The rows of a table that can teach or test a classifier, and how many cannot."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from toolkit.embedding import Counts, count, counting
from toolkit.embedding.parts import Failure
from toolkit.errors import InputError
from toolkit.frames import require_columns
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import clean_texts, text_values

_PRINTED_LONG = re.compile(r"(-?[1-9]\d*|0)\.0|(\d{4}-\d\d-\d\d)[ T]00:00:00(?:\.0+)?")
"""Whole numbers as floats print, and dates as points in time do."""


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

    Labels are taken as text, as ``label_texts`` gives it: equal ones are equal in every format.

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


def embeddable(table: LabelledTexts, embedder: TextEmbedder) -> tuple[LabelledTexts, list[Failure]]:
    """
    Return the rows whose text can be embedded, and those that cannot, with the reasons.

    >>> table = pd.DataFrame({"text": ["late", "lost"], "label": ["a", "b"]})
    >>> rows = labelled_texts(table, "text", "label")
    >>> kept, failures = embeddable(rows, TextEmbedder("hashing:8"))
    >>> len(kept.frame), failures
    (2, [])
    """
    lenient = clone(embedder).set_params(on_error="nan", columns=None)
    with counting() as counts:
        lenient.fit_transform(text_values(table.frame, table.columns))
    failed = {failure.row for failure in counts.failures}
    kept = [row for row in range(len(table.frame)) if row not in failed]
    rows = replace(table, frame=table.frame.iloc[kept], labels=[table.labels[row] for row in kept])
    # Those that are kept are counted when they are used.
    n_cached = counts.cached + counts.embedded
    count(Counts(texts=-len(kept), distinct=-counts.distinct, cached=-n_cached))

    return rows, counts.failures


def label_texts(labels: Sequence[object]) -> list[str]:
    """
    Return labels as texts, "" where there is none, so that one label reads the same everywhere.

    Whole numbers lose their ``.0`` and dates their midnight, also where they stand as text: a
    column with gaps turns whole numbers into floats, and many a format turns dates into times.

    >>> label_texts([7, 7.0, "7.0", "7.50", "007", None])
    ['7', '7', '7', '7.50', '007', '']
    >>> label_texts([pd.Timestamp("2025-03-01"), "2025-03-01", "2025-03-01 00:00:00"])
    ['2025-03-01', '2025-03-01', '2025-03-01']
    """
    clean = clean_texts(labels)

    return [
        "" if empty else _shortest(text)
        for text, empty in zip(clean.texts, clean.is_empty, strict=True)
    ]


def _shortest(text: str) -> str:
    found = _PRINTED_LONG.fullmatch(text)

    return (found[1] or found[2]) if found else text


def _labels(cells: list[object], separator: str | None) -> list[Any]:
    lists = (list, tuple, np.ndarray)
    if any(isinstance(cell, lists) for cell in cells):
        return [_filled(cell if isinstance(cell, lists) else [cell]) for cell in cells]
    texts = label_texts(cells)
    if separator is None:
        return texts

    return [_filled(part.strip() for part in text.split(separator)) for text in texts]


def _filled(labels: Iterable[object]) -> list[str]:
    return [text for text in label_texts(list(labels)) if text]
