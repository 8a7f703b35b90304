"""Write frames as CSV, TSV, JSON lines and JSON, one frame after the other."""

import csv
from collections.abc import Callable, Iterator
from typing import IO

import pandas as pd

from toolkit.frames.cells import Losses, as_cell, as_json, column_values, spreadsheet_safe

BLOCK_ROWS = 10_000


class DelimitedSink:
    """
    CSV in UTF-8 with "\\n" line ends and quotes only where needed; missing cells are empty.

    Parameters
    ----------
    stream
        Where the bytes go.
    losses
        Where characters that UTF-8 cannot hold are counted.
    delimiter
        Tells what separates the fields; asked once, when the first rows are written.
    safe
        Whether texts that look like formulas get an apostrophe.
    """

    def __init__(
        self, stream: IO[bytes], losses: Losses, *, delimiter: Callable[[], str], safe: bool
    ) -> None:
        self._stream = stream
        self._losses = losses
        self._ask_delimiter = delimiter
        self._delimiter: str | None = None
        self._safe = safe

    def write(self, frame: pd.DataFrame) -> None:
        """Write the rows, and before the first ones the header."""
        if self._delimiter is None:
            self._delimiter = self._ask_delimiter()
            self._write_rows([[name] for name in frame.columns], self._delimiter)
        for block in _blocks(frame):
            self._write_rows([_cells(block[name]) for name in block.columns], self._delimiter)

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""

    def _write_rows(self, columns: list[list[object]], delimiter: str) -> None:
        if self._safe:
            columns = [[spreadsheet_safe(cell) for cell in column] for column in columns]
        lines = _UnixLines()
        # Only with this line end does every Python quote cells that hold a lone \r.
        writer = csv.writer(lines, delimiter=delimiter, lineterminator="\r\n")
        writer.writerows(zip(*columns, strict=True))

        text = "".join(lines.written)
        try:
            content = text.encode()
        except UnicodeEncodeError:
            content = self._losses.without_surrogates(text).encode()
        self._stream.write(content)


class JsonLinesSink:
    """One JSON object a line in UTF-8; what is missing or no number is null."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, frame: pd.DataFrame) -> None:
        """Write a line for each row."""
        for block in _blocks(frame):
            self._stream.write(b"".join(line + b"\n" for line in _objects(block)))

    def close(self) -> None:
        """Nothing is left to write."""

    def discard(self) -> None:
        """Nothing is held."""


class JsonSink:
    """An array of JSON objects in UTF-8, one a line; what is missing or no number is null."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._before = b"[\n"

    def write(self, frame: pd.DataFrame) -> None:
        """Write an object for each row."""
        for line in _objects(frame):
            self._stream.write(self._before + line)
            self._before = b",\n"

    def close(self) -> None:
        """End the array."""
        self._stream.write(b"\n]\n" if self._before == b",\n" else b"[]\n")

    def discard(self) -> None:
        """Nothing is held."""


class _UnixLines:
    """Collects what csv.writer writes, a row a call, with "\\n" at the ends."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        self.written.append(line[:-2] + "\n")


def _cells(column: pd.Series) -> list[object]:
    values = column_values(column)

    return [as_cell(value) for value in values] if column.dtype == object else values


def _blocks(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(frame), BLOCK_ROWS):
        yield frame.iloc[start : start + BLOCK_ROWS]


def _objects(frame: pd.DataFrame) -> Iterator[bytes]:
    names = [str(name) for name in frame.columns]
    columns = [column_values(frame[name]) for name in frame.columns]
    for row in zip(*columns, strict=True):
        yield _json(dict(zip(names, row, strict=True)))


def _json(record: dict[str, object]) -> bytes:
    try:
        return as_json(record).encode()
    except UnicodeEncodeError:
        # JSON can name halves of characters by their numbers, UTF-8 cannot hold them.
        return as_json(record, ascii_only=True).encode()
