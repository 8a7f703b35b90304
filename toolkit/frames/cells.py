"""Columns as plain Python values, ready to be written."""

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

SURROGATE = re.compile(r"[\ud800-\udfff]")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass
class Losses:
    """Counts what could not be written as it was."""

    n_replaced: int = 0
    n_cut: int = 0
    n_zoned: int = 0

    def without_surrogates(self, text: str) -> str:
        """Replace halves of characters, which UTF-8 cannot hold, by U+FFFD."""
        clean, n = SURROGATE.subn("\ufffd", text)
        self.n_replaced += n

        return clean

    def cut(self, text: str, n_characters: int) -> str:
        """Cut a text to a length."""
        self.n_cut += len(text) > n_characters

        return text[:n_characters]

    def zoned(self, moment: datetime) -> str:
        """Return a time with a time zone as ISO text."""
        self.n_zoned += 1

        return moment.isoformat(sep=" ")

    def notes(self) -> list[str]:
        """Return a sentence for each kind of loss."""
        notes = []
        if self.n_replaced:
            were = (
                "1 half of a character was"
                if self.n_replaced == 1
                else (f"{self.n_replaced:,} halves of characters were")
            )
            notes.append(f"{were} replaced by '\ufffd', as UTF-8 has no bytes for them")
        if self.n_cut:
            were = "1 cell was" if self.n_cut == 1 else f"{self.n_cut:,} cells were"
            notes.append(f"{were} cut to what a sheet can hold; write .csv to keep all")
        if self.n_zoned:
            were = "1 time was" if self.n_zoned == 1 else f"{self.n_zoned:,} times were"
            notes.append(f"{were} written as text, as a sheet knows no time zones")

        return notes


def column_values(column: pd.Series) -> list[object]:
    """
    Return the values of a column as Python objects; missing ones are None.

    float32 gives the shortest number that stands for it, points in time give text.

    >>> column_values(pd.Series([0.3, None], dtype="float32"))
    [0.3, None]
    """
    if column.dtype.kind == "f":
        width = f"f{getattr(column.dtype, 'itemsize', 8)}"
        numbers = shortest_floats(column.to_numpy(dtype=width, na_value=np.nan))
        values: list[object] = numbers.tolist()
    elif column.dtype.kind in "mM":
        values = [str(moment) for moment in column]
    else:
        values = column.astype(object).tolist()

    missing = column.isna().to_numpy()
    if missing.any():
        values = [None if gone else value for value, gone in zip(values, missing, strict=True)]

    return values


def shortest_floats(numbers: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """
    Return float64 numbers that print as short as the narrower ones they come from.

    >>> shortest_floats(np.array([0.3], dtype=np.float32)).tolist()
    [0.3]
    """
    if numbers.dtype == np.float64:
        return numbers

    return numbers.astype(str).astype(np.float64)


def as_cell(value: object) -> object:
    """
    Return a value as it stands in a CSV or a sheet: lists and objects as JSON.

    >>> as_cell({"a": [1]}), as_cell("text")
    ('{"a": [1]}', 'text')
    """
    if isinstance(value, dict | list | tuple | np.ndarray):
        return as_json(value)

    return value


def as_json(value: object, *, ascii_only: bool = False) -> str:
    """
    Return a value as JSON, which has no NaN and no infinity: they become null.

    >>> as_json({"é": [0.5, math.nan], "vector": np.array([np.inf, 1.0])})
    '{"é": [0.5, null], "vector": [null, 1.0]}'
    """
    try:
        return json.dumps(value, ensure_ascii=ascii_only, default=plain, allow_nan=False)
    except ValueError:
        finite = _finite(value)
        return json.dumps(finite, ensure_ascii=ascii_only, default=plain, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        value = plain(value)
    if isinstance(value, dict):
        return {_finite(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]

    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain(value: object) -> object:
    """Return a value of numpy, or of a type that JSON does not know, as one that it knows."""
    if isinstance(value, np.ndarray):
        return shortest_floats(value).tolist() if value.dtype.kind == "f" else value.tolist()
    if isinstance(value, np.floating):
        return float(str(value))
    if isinstance(value, np.generic):
        return value.item()

    return str(value)


def spreadsheet_safe(value: object) -> object:
    """
    Put an apostrophe before a text that a spreadsheet would run as a formula.

    >>> spreadsheet_safe("=1+1"), spreadsheet_safe(-5)
    ("'=1+1", -5)
    """
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS)

    return f"'{value}" if is_formula else value
