"""Reads the first sheet of an Excel workbook."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import pandas as pd

from toolkit.errors import MissingDependency, TableError
from toolkit.frames.headers import clean_header
from toolkit.frames.json_records import typed_column
from toolkit.frames.options import ReadOptions
from toolkit.frames.report import ReadReport
from toolkit.frames.sources import Source


def read_workbook(
    source: Source, options: ReadOptions, report: ReadReport
) -> Iterator[pd.DataFrame]:
    """Give the table in frames of at most ``options.chunk_rows`` rows; all of it is in memory."""
    rows = _sheet(source, report)
    header = next((row for row in rows if any(cell != "" for cell in row)), None)
    if header is None:
        raise TableError(f"{report.source} holds no rows: expected a header line and rows")
    names, changes = clean_header([_as_text(cell) for cell in header])
    report.oddities.extend(changes)
    body = rows[rows.index(header) + 1 :][: options.limit]

    frame = pd.DataFrame(
        {name: _column([row[position] for row in body]) for position, name in enumerate(names)}
    )
    step = options.chunk_rows or max(1, len(frame))
    for start in range(0, max(1, len(frame)), step):
        yield frame.iloc[start : start + step]


def _sheet(source: Source, report: ReadReport) -> Sequence[Sequence[object]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise MissingDependency("python-calamine", "excel", "reading .xlsx files") from error

    try:
        with source.open() as stream, CalamineWorkbook.from_filelike(stream) as workbook:
            names = workbook.sheet_names
            rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise TableError(f"{report.source} is no xlsx file: {error}") from error
    if len(names) > 1:
        report.oddities.append(f"read the sheet {names[0]!r}, the first of {len(names)}")

    return rows


def _column(cells: Sequence[object]) -> pd.Series:
    """Return a column; empty cells are "" among texts and missing among other values."""
    filled = [cell for cell in cells if cell != ""]
    if all(isinstance(cell, str) for cell in filled):
        return pd.Series(list(cells), dtype="str")
    values = [_whole(cell) for cell in cells]
    if all(isinstance(cell, date) for cell in filled):
        return typed_column([_moment(cell) for cell in values])

    return typed_column(values)


def _whole(cell: object) -> object:
    """Return what a cell holds: a sheet has one kind of number, whole ones are meant as such."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)

    return None if cell == "" else cell


def _moment(cell: object) -> object:
    """Return a date as a point in time: a sheet tells midnight and the whole day not apart."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)

    return cell


def _as_text(cell: object) -> str:
    return "" if cell == "" else str(_whole(cell))
