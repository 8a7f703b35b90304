"""Checks that columns and rows are there, and picks rows by the value of a column."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from toolkit.errors import TableError
from toolkit.frames.cells import as_cell, column_values

VALUES_SHOWN = 5


def require_columns(table: pd.DataFrame | Sequence[str], names: str | Sequence[str]) -> None:
    """
    Raise a TableError unless a table, given as frame or as its column names, has these columns.

    >>> require_columns(["id", "text"], "txt")
    Traceback (most recent call last):
    ...
    toolkit.errors.TableError: there is no column 'txt'; did you mean 'text'? The columns are: id, text
    """  # noqa: E501 - a message is one line
    columns = list(table.columns if isinstance(table, pd.DataFrame) else table)
    for name in [names] if isinstance(names, str) else names:
        if name not in columns:
            raise TableError(
                f"there is no column {name!r}; {_suggestion(name, columns)} "
                f"columns are: {', '.join(map(str, columns))}"
            )


def require_rows(frame: pd.DataFrame, name: str) -> None:
    """
    Raise a TableError if a table, called by its file's name, has columns but no rows.

    >>> require_rows(pd.DataFrame({"text": ["hello"]}), "tickets.csv")
    """
    if not len(frame):
        raise TableError(f"{name} has a header but no rows: expected at least one row")


def filter_rows(frame: pd.DataFrame, where: str | Sequence[str]) -> pd.DataFrame:
    """
    Keep the rows that meet every condition; the index is kept.

    Parameters
    ----------
    frame
        The table.
    where
        "column=value" or "column!=value", or several of them. Values are compared as they stand
        in a CSV; a missing value is empty.

    Returns
    -------
    pandas.DataFrame
        At least one row; none left is a TableError.

    Examples
    --------
    >>> frame = pd.DataFrame({"text": ["a", "b", "c"], "split": ["train", "test", "train"]})
    >>> filter_rows(frame, "split=train")["text"].tolist()
    ['a', 'c']
    """
    kept = frame
    for condition in [where] if isinstance(where, str) else where:
        name, differs, value = _parsed(condition, list(frame.columns))
        require_columns(frame, name)
        texts = ["" if cell is None else str(as_cell(cell)) for cell in column_values(kept[name])]
        found = kept[[(text == value) != differs for text in texts]]
        if not len(found):
            raise TableError(f"no row meets {condition!r}; {_values_there(name, texts)}")
        kept = found

    return kept


def _suggestion(name: str, columns: Sequence[str]) -> str:
    by_lower = {str(column).lower(): str(column) for column in columns}
    near = difflib.get_close_matches(name.strip().lower(), by_lower, n=1)

    return f"did you mean {by_lower[near[0]]!r}? The" if near else "the"


def _parsed(condition: str, columns: Sequence[str]) -> tuple[str, bool, str]:
    """Split a condition at the first sign that leaves a known column before it, else the first."""
    splits = [
        (condition[: sign.start()], sign.group() == "!=", condition[sign.end() :])
        for sign in re.finditer("!?=", condition)
    ]
    if not splits or not splits[0][0]:
        raise TableError(f"expected a condition like split=train or split!=test, got {condition!r}")
    stripped = [(name.strip(), differs, value.strip()) for name, differs, value in splits]

    return next((split for split in splits + stripped if split[0] in columns), stripped[0])


def _values_there(name: str, texts: Sequence[str]) -> str:
    counts = Counter(texts).most_common(VALUES_SHOWN + 1)
    shown = ", ".join(f"{value!r} ({n:,})" for value, n in counts[:VALUES_SHOWN])
    more = ", ..." if len(counts) > VALUES_SHOWN else ""

    return f"the values of {name!r} are {shown}{more}" if counts else "there are no rows"
