"""Tables in: one reader for every format, in whole or in chunks."""

import os
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import pandas as pd

from toolkit.errors import TableError, ToolkitWarning
from toolkit.frames.arrow_tables import read_arrow
from toolkit.frames.delimited import read_delimited, read_lines
from toolkit.frames.json_records import read_json, read_json_lines
from toolkit.frames.options import ReadOptions
from toolkit.frames.report import ReadReport
from toolkit.frames.sources import Source
from toolkit.frames.workbooks import read_workbook

Read = Callable[[Source, ReadOptions, ReadReport], Iterator[pd.DataFrame]]

READERS: dict[str, Read] = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "txt": read_lines,
    "jsonl": read_json_lines,
    "json": read_json,
    "parquet": read_arrow,
    "feather": read_arrow,
    "xlsx": read_workbook,
}


class FrameReader:
    """
    Read a table as pandas DataFrames; iterate over it to get them.

    Cells of CSV, TSV and text files stay the exact strings that they are ("007", "NA", "");
    other formats keep their types. There is always at least one frame, without rows where the
    table has none, and the row numbers go on from frame to frame.

    Parameters
    ----------
    source
        A path that ends in .csv .tsv .txt .jsonl .json .parquet .feather or .xlsx (text formats
        also with .gz or .zst), or "-" for standard input.
    chunk_rows
        Rows a frame at most; None gives one frame. CSV, TSV, text, JSON lines and Parquet are
        then read in bounded memory.
    limit
        Rows to read at most.
    delimiter
        What separates the fields of a CSV; None finds it.
    encoding
        A codec such as "cp1252"; None finds it.
    format
        "csv", "jsonl", "csv.gz" ...; None tells it from the name, and takes "-" for CSV.

    Attributes
    ----------
    report : ReadReport
        How the table was read and what did not fit; complete once the last frame is out. It
        stays the same object and starts anew with every pass.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tickets.csv"
    >>> _ = path.write_text("id,text\\n007,lost parcel\\n008,refund\\n009\\n")
    >>> with FrameReader(path, chunk_rows=2) as reader:
    ...     [frame["id"].tolist() for frame in reader]
    [['007', '008'], ['009']]
    >>> reader.report.notes()
    ['1 row had too few fields and was filled up with empty cells (line 4)']
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        chunk_rows: int | None = None,
        limit: int | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        format: str | None = None,
    ) -> None:
        if chunk_rows is not None and chunk_rows < 1:
            raise TableError(f"chunk_rows must be at least 1, got {chunk_rows}")
        if limit is not None and limit < 1:
            raise TableError(f"limit must be at least 1 row, got {limit}")

        self._source = Source(source, format)
        self._options = ReadOptions(chunk_rows, limit, delimiter, encoding)
        self._frames: Iterator[pd.DataFrame] = iter(())
        self.report = ReadReport(self._source.name, self._source.format.name)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        self._close_frames()
        self.report.restart()
        self._frames = self._numbered(self.report)

        return self._frames

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close_frames()
        self._source.close()

    def _close_frames(self) -> None:
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()

    def _numbered(self, report: ReadReport) -> Iterator[pd.DataFrame]:
        read = READERS[self._source.format.name]
        with _explained(self._source):
            for frame in read(self._source, self._options, report):
                if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None:
                    frame.index = pd.RangeIndex(report.n_rows, report.n_rows + len(frame))
                report.n_rows += len(frame)
                yield frame


def read_frame(
    source: str | os.PathLike[str],
    *,
    limit: int | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    format: str | None = None,
) -> pd.DataFrame:
    """
    Read a whole table; the parameters are those of ``FrameReader``.

    What a person should see (rows left out or filled up, a guessed encoding) is a ToolkitWarning.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tickets.jsonl"
    >>> _ = path.write_text('{"text": "lost parcel", "stars": 1}')
    >>> read_frame(path)
              text  stars
    0  lost parcel      1
    """
    with FrameReader(
        source, limit=limit, delimiter=delimiter, encoding=encoding, format=format
    ) as reader:
        (frame,) = reader
    for problem in reader.report.problems():
        warnings.warn(f"{reader.report.source}: {problem}", ToolkitWarning, stacklevel=2)

    return frame


@contextmanager
def _explained(source: Source) -> Iterator[None]:
    """Turn what the libraries below say about a broken file into one sentence."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise TableError(
            f"{source.name} is not valid {error.encoding} ({error.reason}): "
            "leave the encoding out to have it found, or save the file as UTF-8"
        ) from error
    except PermissionError as error:
        raise TableError(f"{source.name} may not be read: you lack the permission") from error
    except (EOFError, OSError, zlib.error) as error:
        reason = str(error) or type(error).__name__
        raise TableError(
            f"{source.name} cannot be read as {source.format.name}; "
            f"it may be damaged or cut short ({reason})"
        ) from error
