"""Whatever a user calls texts, as a list of strings and a mark on each empty one."""

import datetime
import difflib
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import pandas as pd

from toolkit.errors import InputError

TextInput: TypeAlias = Sequence[object] | np.ndarray | pd.Series | pd.Index | pd.DataFrame
"""Lists, tuples, arrays, Series, Index, or a frame with the columns that hold text."""

JOINT = "\n"


@dataclass(frozen=True)
class Texts:
    """
    Clean texts, one a row, in the order of the rows.

    Attributes
    ----------
    texts : list of str
        Valid Unicode; "" where there was nothing.
    is_empty : ndarray of bool, shape (n_rows,)
        Rows that hold None, NaN, an empty text or white space.
    n_converted, n_repaired : int
        Values that were not strings, and strings that held lone surrogates.
    """

    texts: list[str]
    is_empty: np.ndarray
    n_converted: int = 0
    n_repaired: int = 0


def clean_texts(values: Sequence[object]) -> Texts:
    """
    Return each value as a text: missing becomes "", numbers and dates become what they print.

    Raises
    ------
    InputError
        If a value is neither text nor missing nor a number or date; the message names its row.

    Examples
    --------
    >>> clean_texts(["late", None, 7]).texts
    ['late', '', '7']
    """
    texts, n_converted, n_repaired = [], 0, 0
    for row, value in enumerate(values):
        if not isinstance(value, str):
            value = _printed(value, row)
            n_converted += bool(value)
        elif not value.isascii() and (repaired := _valid_unicode(value)) != value:
            value = repaired
            n_repaired += 1
        texts.append(value)
    is_empty = np.array([not text or text.isspace() for text in texts], dtype=bool)

    return Texts(texts, is_empty, n_converted, n_repaired)


def text_values(X: TextInput, columns: str | Sequence[str] | None = None) -> list[object]:
    """
    Return one value a row; the columns of a frame are joined by a line break.

    Where one column is asked for, a list or a Series stands for that column.

    >>> text_values(pd.DataFrame({"title": ["Lamp"], "body": ["It broke"]}), ["title", "body"])
    ['Lamp\\nIt broke']
    """
    if isinstance(X, (str, bytes)):
        raise InputError(f"expected a list of texts, got one {type(X).__name__}: write [text]")
    if hasattr(X, "columns"):
        return _frame_values(cast(pd.DataFrame, X), columns)
    if columns is not None and not isinstance(columns, str) and len(columns) != 1:
        raise InputError(
            f"columns={columns!r} need a DataFrame that has them, got {type(X).__name__}"
        )
    if not hasattr(X, "__len__"):
        raise InputError(f"expected a list, Series or DataFrame of texts, got {type(X).__name__}")
    array = X if isinstance(X, (list, tuple)) else np.asarray(X, dtype=object)
    if isinstance(array, np.ndarray) and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if isinstance(array, np.ndarray) and array.ndim != 1:
        raise InputError(f"expected one column of texts, got an array of shape {array.shape}")

    return list(array)


def column_names(X: TextInput) -> list[str] | None:
    """Return the names of a frame's columns, None for anything else."""
    return [str(name) for name in X.columns] if hasattr(X, "columns") else None


def row_index(X: object, n_rows: int) -> pd.Index:
    """Return the index of a Series or frame, else the row numbers."""
    return X.index if isinstance(X, (pd.Series, pd.DataFrame)) else pd.RangeIndex(n_rows)


def _frame_values(X: pd.DataFrame, columns: str | Sequence[str] | None) -> list[object]:
    there = list(X.columns)
    chosen = [columns] if isinstance(columns, str) else list(there if columns is None else columns)
    if columns is None and len(there) != 1:
        raise InputError(
            f"the frame has {len(there)} columns ({', '.join(map(str, there[:20]))}): "
            "say which hold text, as TextEmbedder(columns=[...])"
        )
    _check_columns(chosen, there)
    if len(chosen) == 1:
        return list(X[chosen[0]])
    parts = [clean_texts(list(X[name])).texts for name in chosen]

    return [JOINT.join(filter(None, row)) for row in zip(*parts, strict=True)]


def _check_columns(chosen: list[str], there: Sequence[object]) -> None:
    listed = f"columns are {', '.join(map(str, there[:20]))}"
    if not chosen:
        raise InputError(f"columns must name at least one column, got none: the {listed}")
    missing = [name for name in chosen if name not in there]
    if missing:
        raise InputError(
            f"there is no column {', '.join(map(repr, missing))}: "
            f"{_suggestion(missing[0], there)} {listed}"
        )
    for name in chosen:
        if there.count(name) > 1:
            raise InputError(
                f"expected one column {name!r}, got {there.count(name)} of that name: rename one"
            )


def _suggestion(name: str, columns: Sequence[object]) -> str:
    by_lower = {str(column).lower(): column for column in columns}
    near = difflib.get_close_matches(str(name).strip().lower(), by_lower, n=1)

    return f"did you mean {by_lower[near[0]]!r}? The" if near else "the"


def _printed(value: object, row: int) -> str:
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (numbers.Number, np.generic)):
        return "" if value != value else str(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return str(value)
    raise InputError(f"expected text in row {row}, got {type(value).__name__}: convert it first")


def _valid_unicode(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")

    return text
