"""Tables as the commands take them: read, columns found or guessed, rejects written."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from toolkit.cli.failures import SomeRowsFailed
from toolkit.cli.talk import note, notes
from toolkit.plain_text import one_line

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.embedding.parts import Failure
    from toolkit.frames import ReadReport
    from toolkit.labelled_texts import LabelledTexts
    from toolkit.text_embedder import TextEmbedder

CHUNK_ROWS = 20_000


def check_output(path: str, *, force: bool) -> None:
    """Raise now, not after hours of work, if the file cannot be written."""
    from toolkit.frames.formats import Format
    from toolkit.frames.targets import Target

    Target(path, Format("output"), overwrite=force)


def whole_table(
    table: str,
    *,
    rejects: "Rejects",
    input_format: str | None = None,
    limit: int | None = None,
    where: Sequence[str] = (),
) -> "pd.DataFrame":
    """Read a table, tell what did not fit, keep the rows that are asked for."""
    from toolkit.frames import filter_rows

    frame, _ = read_whole(table, rejects, limit=None if where else limit, input_format=input_format)

    return filter_rows(frame, list(where)).head(limit or len(frame)) if where else frame


def read_whole(
    table: str, rejects: "Rejects", *, limit: int | None = None, input_format: str | None = None
) -> tuple["pd.DataFrame", "ReadReport"]:
    """Read a table and how it is written, and tell what did not fit."""
    from toolkit.frames import FrameReader, require_rows

    with FrameReader(table, limit=limit, format=input_format) as reader:
        frame = next(iter(reader))
    rejects.take(reader.report)
    notes(reader.report.problems())
    require_rows(frame, reader.report.source)

    return frame, reader.report


def write_whole(
    frame: "pd.DataFrame",
    target: str,
    options: Mapping[str, Any],
    *,
    like: "ReadReport | None" = None,
    format: str | None = None,
) -> None:
    """Write a table as the output options say, in the format and dialect of the one read."""
    from toolkit.frames import FrameWriter

    writer = FrameWriter(
        target,
        like=like,
        format=format,
        overwrite=options["force"],
        spreadsheet_safe=options["spreadsheet_safe"],
    )
    with writer:
        writer.write(frame)
    notes(writer.notes())


def check_written(option: str, others: Sequence[str | None], options: Mapping[str, Any]) -> None:
    """Raise now if the table that an option names is also read or written, or cannot be."""
    path = options[option]
    if path is not None:
        check_table_format(path, options["format"] if option == "output" else None)
    check_place(option, others, options)


def check_place(option: str, others: Sequence[str | None], options: Mapping[str, Any]) -> None:
    """Raise now if the file that an option names is also read or written, or cannot be."""
    path = options[option]
    if path in (None, "-"):
        return
    if any(other is not None and same_file(other, path) for other in others):
        raise click.UsageError(f"--{option} {path} is also read or written: name another file")
    check_output(path, force=options["force"])


def check_table_format(path: str, format: str | None) -> None:
    """Raise now, not after hours of work, if no table can be written under this name."""
    from toolkit.errors import TableError
    from toolkit.frames.formats import written_format

    try:
        written_format(path, format)
    except TableError as error:
        raise click.UsageError(str(error)) from error


def text_columns(frame: "pd.DataFrame", text: str | Sequence[str] | None) -> list[str]:
    """Return the columns named by --text, or the one that looks like text; tell a guess."""
    from toolkit.frames import guess_text_column, require_columns

    if text is not None:
        columns = list(text) if not isinstance(text, str) else _named(text, list(frame.columns))
        require_columns(frame, columns)
        return columns
    guess = guess_text_column(frame)
    note(f"text: column {guess.column!r} ({guess.reason}); another one with --text")

    return [guess.column]


def label_column(frame: "pd.DataFrame", label: str | None, text: Sequence[str]) -> str:
    """Return the column named by --label, or the one that looks like labels; tell a guess."""
    from toolkit.frames import guess_label_column, require_columns

    if label is not None:
        require_columns(frame, [label])
        return label
    guess = guess_label_column(frame, list(text))
    note(f"label: column {guess.column!r} ({guess.reason}); another one with --label")

    return guess.column


def with_ids(frame: "pd.DataFrame", column: str | None) -> "pd.DataFrame":
    """Put the column named by --id on the index; tell if it does not tell rows apart."""
    from toolkit.frames import require_columns

    if column is None:
        return frame
    require_columns(frame, [column])
    n_repeated = int(frame[column].duplicated().sum())
    if n_repeated:
        note(f"note: {n_repeated:,} rows repeat an id in column {column!r}: evidence may mislead")

    return frame.set_index(column, drop=False).rename_axis(None)


class Rejects:
    """
    What could not be read or embedded: counted, and written with reasons if a file is named.

    A context manager: the file appears whole when the block ends well, as every output does.
    """

    def __init__(self, path: str | None, *, not_over: Sequence[str], force: bool) -> None:
        from toolkit.frames.formats import Format
        from toolkit.frames.targets import Target

        self._path, self._n, self._n_failed = path, 0, 0
        if path == "-":
            raise click.UsageError("--rejects - would mix with the output: name a file")
        same = [name for name in not_over if path and same_file(name, path)]
        if same:
            raise click.UsageError(f"--rejects {path} is also read or written: name another file")
        self._target = Target(path, Format("txt"), overwrite=force) if path else None
        self._stream = self._target.open() if self._target else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._target is not None and kind is None:
            self._target.commit()
        elif self._target is not None:
            self._target.abandon()

    def take(self, report: "ReadReport") -> None:
        """Move the reader's rejected rows to the file."""
        self._n += len(report.rejects)
        for row in report.rejects:
            self._write(f"line {row.line}: {row.reason}: {row.text}")
        report.rejects.clear()

    def take_failures(
        self, failures: Sequence["Failure"], texts: Sequence[object], names: Sequence[object]
    ) -> None:
        """Note the rows whose texts could not be embedded, by their numbers or ids."""
        self._n_failed += len(failures)
        for failure in failures:
            name, text = names[failure.row], one_line(texts[failure.row])
            self._write(f"row {name}: {failure.reason}: {text}")

    def without_failed(self, rows: "LabelledTexts", embedder: "TextEmbedder") -> "LabelledTexts":
        """Embed all texts, note those that cannot be, and return the other rows."""
        from toolkit.labelled_texts import embeddable
        from toolkit.texts import text_values

        kept, failures = embeddable(rows, embedder)
        self.take_failures(failures, text_values(rows.frame, rows.columns), list(rows.frame.index))

        return kept

    def failure(self) -> SomeRowsFailed | None:
        """Return what to raise at the very end if any row was left out or not embedded."""
        parts = []
        if self._n:
            lines = "line" if self._n == 1 else "lines"
            parts.append(f"{self._n:,} {lines} of the input could not be read")
        if self._n_failed:
            texts = "text" if self._n_failed == 1 else "texts"
            parts.append(f"{self._n_failed:,} {texts} could not be embedded")
        where = f"see {self._path}" if self._path else "--rejects FILE keeps the reasons"

        return SomeRowsFailed(f"{' and '.join(parts)} ({where})") if parts else None

    def _write(self, line: str) -> None:
        if self._stream is not None:
            self._stream.write(f"{line}\n".encode("utf-8", "replace"))


def _named(text: str, columns: list[str]) -> list[str]:
    """A column's name may itself hold a comma."""
    return [text] if text in columns else [part.strip() for part in text.split(",")]


def same_file(a: str, b: str) -> bool:
    """Return whether two paths lead to one file."""
    return a != "-" and os.path.realpath(a) == os.path.realpath(b)


@contextmanager
def rows_named(names: Sequence[object]) -> Iterator[None]:
    """Let texts that cannot be embedded be told by the numbers or ids that their rows have."""
    from toolkit.errors import TextsFailed

    try:
        yield
    except TextsFailed as error:
        named = {names[int(str(row))]: reason for row, reason in error.reasons.items()}
        raise TextsFailed(named, error.n_texts) from None


@contextmanager
def table_named(table: str) -> Iterator[None]:
    """Say which of two tables an error is about."""
    from toolkit.errors import TableError

    try:
        yield
    except TableError as error:
        raise TableError(f"{table}: {error}") from error
