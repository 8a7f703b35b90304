"""Write frames as Parquet, Feather and Excel, one frame after the other."""

import io
from contextlib import suppress
from datetime import datetime
from typing import IO

import pandas as pd
import pyarrow as pa

from toolkit.errors import MissingDependency, TableError
from toolkit.frames.cells import Losses, as_cell, column_values

MAX_CELL = 32_767
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_EXACT = 1 << 53
"""Whole numbers above it are changed by a spreadsheet and are written as text."""


class ArrowSink:
    """
    Parquet or Feather; the first frame sets the types, and whether there is an index to keep.

    Parameters
    ----------
    stream
        Where the bytes go.
    losses
        Where characters that UTF-8 cannot hold are counted.
    format
        "parquet" or "feather".
    """

    def __init__(self, stream: IO[bytes], losses: Losses, *, format: str) -> None:
        self._stream = stream
        self._losses = losses
        self._format = format
        self._has_index = False
        self._writer: pa.ipc.RecordBatchFileWriter | None = None
        self._schema: pa.Schema | None = None

    def write(self, frame: pd.DataFrame) -> None:
        """Write the rows; the types of the first frame hold for all."""
        if self._writer is None:
            self._has_index = not _is_numbered(frame.index)
            table = _without_null_types(self._table(frame))
            self._schema = table.schema
            self._writer = self._open(table.schema)
        else:
            table = self._like_the_first(self._table(frame))
        self._writer.write_table(table)

    def close(self) -> None:
        """Write the end of the file."""
        if self._writer is not None:
            self._writer.close()

    def discard(self) -> None:
        """Let go of the file; pyarrow would try to end it later, when it is closed already."""
        with suppress(OSError, ValueError, pa.ArrowException):
            self.close()

    def _table(self, frame: pd.DataFrame) -> pa.Table:
        try:
            try:
                return pa.Table.from_pandas(frame, preserve_index=self._has_index)
            except UnicodeEncodeError:
                clean = _without_surrogates(frame, self._losses)
                return pa.Table.from_pandas(clean, preserve_index=self._has_index)
        except OverflowError as error:
            raise TableError(
                f"{_place_beyond_64_bits(frame)} holds whole numbers of more than 64 bits, which "
                f"{self._format} cannot; write .csv or .jsonl instead"
            ) from error
        except pa.ArrowException as error:
            raise TableError(
                f"a {self._format} column holds one type only: {'; '.join(map(str, error.args))}; "
                "write .csv or .jsonl instead"
            ) from error

    def _open(self, schema: pa.Schema) -> pa.ipc.RecordBatchFileWriter:
        if self._format == "feather":
            return pa.ipc.new_file(self._stream, schema)

        from pyarrow.parquet import ParquetWriter

        return ParquetWriter(self._stream, schema)

    def _like_the_first(self, table: pa.Table) -> pa.Table:
        schema = table.schema if self._schema is None else self._schema
        for expected, field in zip(schema, table.schema, strict=True):
            if not _fits(field.type, expected.type):
                raise TableError(
                    f"column {field.name!r} holds {expected.type} in the first rows and "
                    f"{field.type} further down; write .csv or .jsonl instead"
                )
        try:
            return table.cast(schema)
        except pa.ArrowException as error:
            raise TableError(f"{error}; write .csv or .jsonl instead") from error


def _is_numbered(index: pd.Index) -> bool:
    return isinstance(index, pd.RangeIndex) and index.name is None


def _place_beyond_64_bits(frame: pd.DataFrame) -> str:
    for name in frame.columns:
        try:
            with suppress(UnicodeEncodeError, pa.ArrowException):
                pa.array(frame[name], from_pandas=True)
        except OverflowError:
            return f"column {name!r}"

    return "the index"


def _without_surrogates(frame: pd.DataFrame, losses: Losses) -> pd.DataFrame:
    def clean(value: object) -> object:
        return losses.without_surrogates(value) if isinstance(value, str) else value

    texts = frame.select_dtypes(include=["object", "string"])

    return frame.assign(**{name: texts[name].map(clean) for name in texts.columns}).rename(
        columns=clean
    )


def _without_null_types(table: pa.Table) -> pa.Table:
    """Make columns without any value text columns, so that texts further down fit."""
    fields = [
        field.with_type(pa.string()) if pa.types.is_null(field.type) else field
        for field in table.schema
    ]

    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


def _fits(given: pa.DataType, expected: pa.DataType) -> bool:
    if given == expected or pa.types.is_null(given):
        return True

    return any(
        is_kind(given) and is_kind(expected)
        for is_kind in (_is_number, _is_text, pa.types.is_timestamp)
    )


def _is_number(type: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type) or pa.types.is_floating(type))


def _is_text(type: pa.DataType) -> bool:
    return bool(pa.types.is_string(type) or pa.types.is_large_string(type))


class WorkbookSink:
    """An Excel sheet; texts stay texts, also where they look like formulas, links or numbers."""

    def __init__(self, stream: IO[bytes], losses: Losses) -> None:
        try:
            import xlsxwriter
        except ImportError as error:
            raise MissingDependency("xlsxwriter", "excel", "writing .xlsx files") from error

        self._stream = stream
        self._losses = losses
        self._content = io.BytesIO()
        self._workbook = xlsxwriter.Workbook(
            self._content,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd hh:mm:ss",
            },
        )
        self._sheet = self._workbook.add_worksheet()
        self._n_rows = 0

    def write(self, frame: pd.DataFrame) -> None:
        """Write the rows, and before the first ones the header."""
        if self._n_rows == 0:
            self._write_row(list(frame.columns))
        columns = [_sheet_values(frame[name]) for name in frame.columns]
        for row in zip(*columns, strict=True):
            self._write_row(row)

    def close(self) -> None:
        """Write the file, which exists in one piece only."""
        self._workbook.close()
        self._stream.write(self._content.getvalue())

    def discard(self) -> None:
        """Nothing is held outside memory."""

    def _write_row(self, row: list[object] | tuple[object, ...]) -> None:
        if self._n_rows == MAX_ROWS or len(row) > MAX_COLUMNS:
            raise TableError(
                f"a sheet has {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns at most; "
                "write .csv or .parquet instead"
            )
        for position, value in enumerate(row):
            self._write_cell(position, as_cell(value))
        self._n_rows += 1

    def _write_cell(self, position: int, value: object) -> None:
        place = (self._n_rows, position)
        if value is None:
            return
        if isinstance(value, bool):
            self._sheet.write_boolean(*place, value)
        elif isinstance(value, datetime) and value.tzinfo is not None:
            self._sheet.write_string(*place, self._losses.zoned(value))
        elif isinstance(value, datetime):
            self._sheet.write_datetime(*place, value)
        elif isinstance(value, int | float) and abs(value) <= MAX_EXACT:
            self._sheet.write_number(*place, value)
        else:
            text = self._losses.without_surrogates(str(value))
            self._sheet.write_string(*place, self._losses.cut(text, MAX_CELL))


def _sheet_values(column: pd.Series) -> list[object]:
    if column.dtype.kind == "M":
        return [None if pd.isna(moment) else moment.to_pydatetime() for moment in column]

    return column_values(column)
