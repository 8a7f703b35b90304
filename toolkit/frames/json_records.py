"""Reads JSON and JSON lines: every value keeps its type."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

import pandas as pd

from toolkit.errors import TableError
from toolkit.frames.options import ReadOptions
from toolkit.frames.report import ReadReport
from toolkit.frames.sources import Source

Record: TypeAlias = Mapping[str, object]


def read_json_lines(
    source: Source, options: ReadOptions, report: ReadReport
) -> Iterator[pd.DataFrame]:
    """
    Give one object a line, in frames of at most ``options.chunk_rows`` rows.

    The columns are all keys in the order in which they come up. To give every chunk the same
    ones, the file is read twice where it is read in chunks.
    """
    names = _all_keys(source, options) if options.chunk_rows is not None else None
    with source.open_text(report, options.encoding, newline="\n") as lines:
        records = islice(_records(lines, report), options.limit)
        frame = _frame(list(islice(records, options.chunk_rows)), names)
        yield frame

        while options.chunk_rows is not None and len(frame) == options.chunk_rows:
            frame = _frame(list(islice(records, options.chunk_rows)), names)
            if len(frame):
                yield frame


def read_json(source: Source, options: ReadOptions, report: ReadReport) -> Iterator[pd.DataFrame]:
    """Give an array of objects, or an object of columns, as a table; all of it is in memory."""
    with source.open_text(report, options.encoding, newline=None) as text:
        try:
            content: object = json.load(text)
        except (ValueError, RecursionError) as error:
            raise TableError(_why_no_json(source.name, error)) from error
    frame = _table(content, source.name)
    if options.limit is not None:
        frame = frame.iloc[: options.limit]
    step = options.chunk_rows or max(1, len(frame))

    for start in range(0, max(1, len(frame)), step):
        yield frame.iloc[start : start + step]


def typed_column(values: Sequence[object]) -> pd.Series:
    """
    Return values as a column of the narrowest type that holds all of them; None is missing.

    Whole numbers stay whole beside missing ones, which pandas by itself would make floats, and
    beside fractions where a float cannot hold them.

    >>> str(typed_column([1, None]).dtype), str(typed_column([1, "a"]).dtype)
    ('Int64', 'object')
    >>> typed_column([0.5, 2**53 + 1]).tolist()
    [0.5, 9007199254740993]
    """
    types = {type(value) for value in values}
    try:
        if types == {int, type(None)}:
            return pd.Series(values, dtype="Int64")
        if {int, float} <= types <= {int, float, type(None)}:
            exact = all(float(value) == value for value in values if isinstance(value, int))
            return pd.Series(values, dtype=float if exact else object)
        return pd.Series(values)
    except (OverflowError, UnicodeEncodeError, TypeError):
        # Numbers beyond 64 bits and lone surrogates fit in no typed column.
        return pd.Series(values, dtype=object)


def _all_keys(source: Source, options: ReadOptions) -> list[str]:
    unused = ReadReport(source.name, source.format.name)
    with source.open_text(unused, options.encoding, newline="\n") as lines:
        return _keys(islice(_records(lines, unused), options.limit))


def _records(lines: Iterable[str], report: ReadReport) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            report.n_blank += 1
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            yield record
        else:
            report.reject(number, "held no JSON object", line)


def _keys(records: Iterable[Record]) -> list[str]:
    keys: dict[str, None] = {}
    for record in records:
        keys.update(dict.fromkeys(record))

    return list(keys)


def _frame(records: Sequence[Record], names: Sequence[str] | None) -> pd.DataFrame:
    if names is None:
        names = _keys(records)

    return pd.DataFrame(
        {name: typed_column([record.get(name) for record in records]) for name in names},
        index=pd.RangeIndex(len(records)),
    )


def _table(content: object, name: str) -> pd.DataFrame:
    if isinstance(content, list) and all(isinstance(item, dict) for item in content):
        return _frame(content, None)
    if isinstance(content, dict) and content:
        columns = [_column_values(column) for column in content.values()]
        lengths = {None if column is None else len(column) for column in columns}
        if len(lengths) == 1 and None not in lengths:
            return pd.DataFrame(
                {
                    key: typed_column(column or [])
                    for key, column in zip(content, columns, strict=True)
                }
            )

    raise TableError(
        f"{name} holds no table: expected an array of objects, or an object of equally long columns"
    )


def _column_values(column: object) -> list[object] | None:
    """Return a column's values; pandas writes columns as objects with row numbers as keys."""
    if isinstance(column, dict):
        return list(column.values())

    return column if isinstance(column, list) else None


def _why_no_json(name: str, error: ValueError | RecursionError) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return f"{name} holds JSON that is nested too deeply, or numbers that are too long"
    if error.msg == "Extra data":
        return (
            f"{name} holds more than one JSON value; if it is one object a line, "
            "name it .jsonl or say format='jsonl'"
        )

    return f"{name} is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}"
