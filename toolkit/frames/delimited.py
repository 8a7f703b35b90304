"""Reads CSV, TSV and plain lines: every cell stays the exact string that it is."""

import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import IO

import pandas as pd

from toolkit.errors import TableError
from toolkit.frames.dialects import ONE_COLUMN, Dialect, detect_dialect
from toolkit.frames.headers import clean_header
from toolkit.frames.options import ReadOptions
from toolkit.frames.records import Records
from toolkit.frames.report import ReadReport
from toolkit.frames.sources import Source

SAMPLE_CHARACTERS = 1 << 16
BLOCK_ROWS = 20_000
"""Rows turned into columns at a time; more gains no speed and costs memory."""


def read_delimited(
    source: Source, options: ReadOptions, report: ReadReport
) -> Iterator[pd.DataFrame]:
    """Give the table in frames of at most ``options.chunk_rows`` rows, at least one frame."""
    with source.open_text(report, options.encoding, newline="") as text:
        sample = _first_lines(text)
        dialect = _dialect(sample, source, options)
        report.delimiter = None if dialect.delimiter == ONE_COLUMN else dialect.delimiter
        records = Records(chain(io.StringIO(sample, newline=""), text), dialect, report)
        names = _header(records, report)

        rows = islice(_even_rows(records, len(names), report), options.limit)
        yield from _frames(rows, names, options.chunk_rows)


def read_lines(source: Source, options: ReadOptions, report: ReadReport) -> Iterator[pd.DataFrame]:
    """Give one text a line, in the column "text"; blank lines are rows too."""
    with source.open_text(report, options.encoding, newline=None) as text:
        rows = ([line.removesuffix("\n")] for line in islice(text, options.limit))

        yield from _frames(rows, ["text"], options.chunk_rows)


def _first_lines(text: IO[str]) -> str:
    return text.read(SAMPLE_CHARACTERS) + text.readline()


def _dialect(sample: str, source: Source, options: ReadOptions) -> Dialect:
    delimiter = options.delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise TableError(
            f"the delimiter must be one character such as ',' or ';', got {delimiter!r}"
        )
    if delimiter is None and source.format.name == "tsv":
        delimiter = "\t"

    return detect_dialect(sample, delimiter)


def _header(records: Records, report: ReadReport) -> list[str]:
    header = next((row for row in records if row), None)
    if header is None:
        raise TableError(f"{report.source} holds no rows: expected a header line and rows")
    names, changes = clean_header(header)
    report.oddities.extend(changes)

    return names


def _even_rows(records: Records, width: int, report: ReadReport) -> Iterator[list[str]]:
    """Give rows of the same width: short ones are filled up, long ones left out."""
    for row in records if width > 1 else _with_empty_cells(records, report):
        if len(row) == width:
            yield row
        elif not row:
            report.n_blank += 1
        elif len(row) < width:
            report.padded.add(records.line)
            yield row + [""] * (width - len(row))
        elif not any(row[width:]):
            yield row[:width]
        else:
            report.reject(records.line, "had too many fields", records.text)


def _with_empty_cells(records: Records, report: ReadReport) -> Iterator[list[str]]:
    """Give blank lines as rows with one empty cell; a last one is but the end of the file."""
    was_blank = False
    for row in records:
        if was_blank:
            yield [""]
        was_blank = not row
        if row:
            yield row
    report.n_blank += was_blank


def _frames(
    rows: Iterator[list[str]], names: Sequence[str], chunk_rows: int | None
) -> Iterator[pd.DataFrame]:
    frame = _text_frame(rows, names, chunk_rows)
    yield frame

    while chunk_rows is not None and len(frame) == chunk_rows:
        frame = _text_frame(rows, names, chunk_rows)
        if len(frame):
            yield frame


def _text_frame(
    rows: Iterator[list[str]], names: Sequence[str], chunk_rows: int | None
) -> pd.DataFrame:
    """Take the next rows, all or ``chunk_rows``; no rows give a frame without rows."""
    blocks = []
    wanted = islice(rows, chunk_rows)
    while block := list(islice(wanted, BLOCK_ROWS)):
        blocks.append(_text_columns(zip(*block, strict=True), names))
    if not blocks:
        return _text_columns(([] for _ in names), names)

    return blocks[0] if len(blocks) == 1 else pd.concat(blocks, ignore_index=True)


def _text_columns(columns: Iterator[Sequence[str]], names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(list(column), dtype="str")
            for name, column in zip(names, columns, strict=True)
        }
    )
