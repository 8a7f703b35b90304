"""Tables out: one writer for every format, in one or many frames, whole or not at all."""

import os
import warnings
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Protocol, Self

import pandas as pd

from toolkit.errors import TableError, ToolkitWarning
from toolkit.frames.binary_sinks import ArrowSink, WorkbookSink
from toolkit.frames.cells import Losses
from toolkit.frames.formats import written_format
from toolkit.frames.report import ReadReport
from toolkit.frames.targets import Target
from toolkit.frames.text_sinks import DelimitedSink, JsonLinesSink, JsonSink

INDEXED_FORMATS = ("parquet", "feather")


class Sink(Protocol):
    """Turns frames into bytes; ends with ``close`` or, when the work failed, ``discard``."""

    def write(self, frame: pd.DataFrame) -> None: ...

    def close(self) -> None: ...

    def discard(self) -> None: ...


class FrameWriter:
    """
    Write frames to a table that appears only once the ``with`` block ends well.

    Parameters
    ----------
    target
        A path that ends in .csv .tsv .jsonl .json .parquet .feather or .xlsx (text formats also
        with .gz or .zst), or "-" for standard output.
    like
        The report on the table that this one comes from: a CSV then gets the same delimiter.
        It may still be read: the delimiter is asked for with the first frame.
    format
        "csv", "jsonl", "csv.gz" ...; None tells it from the name, and takes "-" for CSV.
    overwrite
        Whether a file of this name may be replaced.
    spreadsheet_safe
        Whether CSV cells that a spreadsheet would run as formulas get an apostrophe before them.

    Notes
    -----
    The index is written where it has a name (Parquet and Feather keep it as index). Only the
    first frame decides the columns; the others must have the same.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "scores.csv"
    >>> with FrameWriter(path) as writer:
    ...     writer.write(pd.DataFrame({"id": ["007"], "score": [0.5]}))
    ...     writer.write(pd.DataFrame({"id": ["008"], "score": [None]}))
    >>> path.read_text()
    'id,score\\n007,0.5\\n008,\\n'
    """

    def __init__(
        self,
        target: str | os.PathLike[str],
        *,
        like: ReadReport | None = None,
        format: str | None = None,
        overwrite: bool = False,
        spreadsheet_safe: bool = False,
    ) -> None:
        self._format = written_format(os.fspath(target), format)
        self._like = like
        self._safe = spreadsheet_safe
        self._target = Target(target, self._format, overwrite=overwrite)
        self._losses = Losses()
        self._sink: Sink | None = None
        self._columns: list[str] | None = None

    def write(self, frame: pd.DataFrame) -> None:
        """Write the rows of a frame after those that are written already."""
        if self._sink is None:
            raise TableError("write frames inside the with block of the FrameWriter")
        if self._format.name not in INDEXED_FORMATS:
            frame = _with_named_index(frame)
        columns = list(frame.columns)
        if self._columns is None:
            _check_columns(columns)
            self._columns = columns
        elif columns != self._columns:
            raise TableError(f"expected the columns {self._columns}, got {columns}")

        self._sink.write(frame)

    def notes(self) -> list[str]:
        """Return a sentence for everything that could not be written as it was."""
        return self._losses.notes()

    def __enter__(self) -> Self:
        stream = self._target.open()
        try:
            self._sink = self._open_sink(stream)
        except BaseException:
            self._target.abandon()
            raise

        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sink, self._sink = self._sink, None
        if sink is None:
            return

        with ExitStack() as undo:
            undo.callback(self._target.abandon)
            undo.callback(sink.discard)
            if kind is None:
                self._commit(sink)
                undo.pop_all()

    def _commit(self, sink: Sink) -> None:
        if self._columns is None:
            raise TableError(f"nothing was written to {self._target.name}: expected a frame")

        sink.close()
        self._target.commit()

    def _open_sink(self, stream: IO[bytes]) -> Sink:
        losses = self._losses
        match self._format.name:
            case "jsonl":
                return JsonLinesSink(stream)
            case "json":
                return JsonSink(stream)
            case "xlsx":
                return WorkbookSink(stream, losses)
            case "parquet" | "feather" as format:
                return ArrowSink(stream, losses, format=format)
            case _:
                return DelimitedSink(stream, losses, delimiter=self._delimiter, safe=self._safe)

    def _delimiter(self) -> str:
        if self._format.name == "tsv":
            return "\t"
        if self._like is None or self._like.format != "csv":
            return ","

        return self._like.delimiter or ","


def write_frame(
    frame: pd.DataFrame,
    target: str | os.PathLike[str],
    *,
    like: ReadReport | None = None,
    format: str | None = None,
    overwrite: bool = False,
    spreadsheet_safe: bool = False,
) -> None:
    """
    Write a whole table; the parameters are those of ``FrameWriter``.

    What could not be written as it was is a ToolkitWarning.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tickets.jsonl"
    >>> write_frame(pd.DataFrame({"text": ["lost parcel"], "stars": [1]}), path)
    >>> path.read_text()
    '{"text": "lost parcel", "stars": 1}\\n'
    """
    writer = FrameWriter(
        target, like=like, format=format, overwrite=overwrite, spreadsheet_safe=spreadsheet_safe
    )
    with writer:
        writer.write(frame)
    for note in writer.notes():
        warnings.warn(note, ToolkitWarning, stacklevel=2)


def _with_named_index(frame: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in frame.index.names if name is not None]
    if not names:
        return frame
    if set(names) & set(frame.columns):
        raise TableError(f"expected the index to have another name than a column, got {names}")

    return frame.reset_index()


def _check_columns(columns: list[str]) -> None:
    if not columns:
        raise TableError("expected a frame with columns, got one without any")
    twice = sorted({str(name) for name in columns if columns.count(name) > 1})
    if twice:
        raise TableError(f"expected columns of different names, got twice: {', '.join(twice)}")
