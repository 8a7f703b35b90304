"""Read a table chunk by chunk, do something to each chunk, write it; memory stays bounded."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.cli.tables import CHUNK_ROWS, Rejects, check_table_format, rows_named, text_columns
from toolkit.cli.talk import notes, telling_counts

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.frames import FrameReader, FrameWriter

Step = Callable[["pd.DataFrame", list[str]], "pd.DataFrame"]


def stream(
    table: str,
    output: str,
    step: Step,
    *,
    text: str | Sequence[str] | None,
    options: Mapping[str, Any],
) -> None:
    """
    Write ``step(chunk, text columns)`` for every chunk of the table, in order, whole or not at all.

    Columns that are not named are guessed from the first chunk.
    """
    from toolkit.frames import FrameReader, FrameWriter

    check_table_format(output, options["format"])
    reader = FrameReader(
        table, chunk_rows=CHUNK_ROWS, limit=options["limit"], format=options["input_format"]
    )
    others = [table, output, *filter(None, [options.get("model")])]
    rejects = Rejects(options["rejects"], not_over=others, force=options["force"])
    with rejects, reader, telling_counts(options["max_cost"]):
        writer = FrameWriter(
            output,
            like=reader.report,
            format=options["format"],
            overwrite=options["force"],
            spreadsheet_safe=options["spreadsheet_safe"],
        )
        with writer:
            _write(reader, writer, step, text, rejects)
        notes([*reader.report.problems(), *writer.notes()])
    if failure := rejects.failure():
        raise failure


def _write(
    reader: "FrameReader",
    writer: "FrameWriter",
    step: Step,
    text: str | Sequence[str] | None,
    rejects: Rejects,
) -> None:
    """Write each chunk after the step; rows that fail are told by their numbers in the table."""
    from toolkit.embedding import counting
    from toolkit.frames import require_rows
    from toolkit.texts import text_values

    columns: list[str] | None = None
    n_rows = 0
    for frame in reader:
        require_rows(frame, reader.report.source)
        columns = columns or text_columns(frame, text)
        names = range(n_rows, n_rows + len(frame))
        with counting() as counts, rows_named(names):
            done = step(frame, columns)
        writer.write(done)
        rejects.take(reader.report)
        rejects.take_failures(counts.failures, text_values(frame, columns), names)
        n_rows += len(frame)
