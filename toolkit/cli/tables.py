"""Tables as the commands take them: read, columns found or guessed, rejects written."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli.failures import SomeRowsFailed
from toolkit.cli.talk import note, notes

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.frames import ReadReport

CHUNK_ROWS = 20_000


def whole_table(
    table: str,
    *,
    input_format: str | None = None,
    limit: int | None = None,
    where: Sequence[str] = (),
) -> "pd.DataFrame":
    """Read a table, tell what did not fit, keep the rows that are asked for."""
    from toolkit.frames import FrameReader, filter_rows, require_rows

    with FrameReader(table, limit=limit, format=input_format) as reader:
        frame = next(iter(reader))
    notes(reader.report.problems())
    require_rows(frame, reader.report.source)

    return filter_rows(frame, list(where)) if where else frame


def text_columns(frame: "pd.DataFrame", text: str | None) -> list[str]:
    """Return the columns named by --text, or the one that looks like text; tell a guess."""
    from toolkit.frames import guess_text_column, require_columns

    if text is not None:
        columns = [text] if text in frame.columns else [part.strip() for part in text.split(",")]
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
    """The lines of the input that could not be read: counted, and written if a file is named."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self._n = 0
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def take(self, report: "ReadReport") -> None:
        """Move the reader's rejected rows to the file."""
        rejected, self._n = list(report.rejects), self._n + len(report.rejects)
        report.rejects.clear()
        if self._path is None or not rejected:
            return
        with self._path.open("a", encoding="utf-8", errors="replace", newline="") as file:
            for row in rejected:
                file.write(f"line {row.line}: {row.reason}: {row.text}\n")

    def finish(self, n_failed: int = 0) -> None:
        """Raise SomeRowsFailed if any row was left out or could not be embedded."""
        parts = []
        if self._n:
            where = f" (see {self._path})" if self._path else " (--rejects FILE keeps them)"
            parts.append(f"{self._n:,} lines of the input could not be read{where}")
        if n_failed:
            parts.append(f"{n_failed:,} texts could not be embedded")
        if parts:
            raise SomeRowsFailed(" and ".join(parts))
