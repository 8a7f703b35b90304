"""Frames beside the estimator that they belong to, as JSON: whatever the cells are, no code."""

import json
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import ToolkitWarning

_DTYPE = re.compile(
    r"object|str|string|bool|boolean|category|u?int(8|16|32|64)|U?Int(8|16|32|64)|"
    r"[fF]loat(32|64)|timedelta64\[(s|ms|us|ns)\]|"
    r"datetime64\[(s|ms|us|ns)(, [A-Za-z0-9_+:/-]{1,40})?\]"
)


@dataclass(frozen=True)
class StoredFrame:
    """Stands for a frame where the estimator had it."""

    member: str


def frame_to_json(frame: pd.DataFrame) -> bytes:
    """
    Return a frame's columns; the index is not kept.

    Numbers, texts, dates, missing values, lists and tuples of them come back as they are, with the
    dtype of their column. Anything else comes back as it prints, and a ToolkitWarning says so.

    >>> frame_to_json(pd.DataFrame({"id": [7, 8]}))
    b'[{"name":"id","dtype":"int64","cells":[7,8]}]'
    """
    columns = [_column(str(name), frame[name]) for name in frame.columns]

    return json.dumps(columns, separators=(",", ":")).encode()


def frame_from_json(text: bytes) -> pd.DataFrame:
    """
    Return the frame that ``frame_to_json`` was given.

    >>> frame_from_json(b'[{"name": "id", "dtype": "int64", "cells": [7, 8]}]')
       id
    0   7
    1   8
    """
    return pd.DataFrame({column["name"]: _series(**column) for column in json.loads(text)})


def _column(name: str, values: pd.Series) -> dict[str, Any]:
    dtype, printed = str(values.dtype), set[str]()
    cells = [_cell(value, printed) for value in values.tolist()]
    if printed:
        warnings.warn(
            f"column {name!r} holds values of type {', '.join(sorted(printed))}: "
            "the model file keeps them as they print",
            ToolkitWarning,
            stacklevel=2,
        )
        dtype = "object"

    return {"name": name, "dtype": dtype if _DTYPE.fullmatch(dtype) else "object", "cells": cells}


def _cell(value: object, printed: set[str]) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return {"tuple": [_cell(item, printed) for item in value]}
        case list():
            return {"list": [_cell(item, printed) for item in value]}
        case _ if value is pd.NaT or value is pd.NA:
            return None
        case pd.Timestamp() | pd.Timedelta():
            return {"time": value.isoformat()}
    printed.add(type(value).__name__)

    return str(value)


def _series(name: str, dtype: str, cells: list[object]) -> pd.Series:
    if not _DTYPE.fullmatch(dtype):
        raise ValueError(f"the column {name!r} has the unknown type {dtype!r}")

    return pd.Series([_value(cell) for cell in cells], dtype=dtype)


def _value(cell: object) -> object:
    match cell:
        case {"tuple": list(items)}:
            return tuple(map(_value, items))
        case {"list": list(items)}:
            return list(map(_value, items))
        case {"time": str(text)}:
            return pd.Timedelta(text) if text.lstrip("-").startswith("P") else pd.Timestamp(text)
        case None | bool() | int() | float() | str():
            return cell
    raise ValueError(f"a cell holds {type(cell).__name__}")
