"""Duplicates of a table found, told and written, as the options of a command line ask for it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.named_texts import embedded
from toolkit.cli.tables import (
    Rejects,
    check_written,
    read_whole,
    table_named,
    text_columns,
    write_whole,
)
from toolkit.cli.talk import note

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.audit import Duplicates, Overlap
    from toolkit.frames import ReadReport
    from toolkit.text_embedder import TextEmbedder

ROW = "row"
"""What rows are called by where no column names them."""

MARKS = ["duplicate_of", "similarity", "reason"]


@dataclass(frozen=True)
class Compared:
    """
    A table and its duplicates.

    Attributes
    ----------
    frame : DataFrame
    report : ReadReport
        How it was read, so that it is written alike.
    found : Duplicates or Overlap
    has_labels : bool
        Whether labels were asked for.
    """

    frame: "pd.DataFrame"
    report: "ReadReport"
    found: "Duplicates | Overlap"
    has_labels: bool

    def kept(self) -> "pd.DataFrame":
        """Return the rows that are not left out."""
        return self.frame[~self.found.is_duplicate.to_numpy()]

    def marked(self) -> "pd.DataFrame":
        """Return all rows, each with what it is a duplicate of, how near and why."""
        from toolkit.frames import append_columns

        return append_columns(self.frame, self.found.table[MARKS].round(4))

    def left_out(self) -> "pd.DataFrame":
        """Return the rows that are left out, marked."""
        return self.marked()[self.found.is_duplicate.to_numpy()]

    def listed(self, name: str) -> "pd.DataFrame":
        """Return the duplicates side by side: groups, or pairs of rows of two tables."""
        from toolkit.audit import Duplicates

        found = self.found
        rows = found.groups if isinstance(found, Duplicates) else found.pairs
        if not self.has_labels:
            rows = rows.drop(columns=["label", "other_label"], errors="ignore")
        clash = [column for column in rows if column == name]
        rows = rows.rename(columns={column: f"{column}_2" for column in clash})

        return rows.rename_axis(name).reset_index().round({"similarity": 4})


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise now, not after hours of work, if the command cannot end well."""
    if options["mark"] and options["listing"]:
        raise click.UsageError("--mark writes all rows and --list only duplicates: choose one")
    if options["duplicates"] and (options["mark"] or options["listing"]):
        raise click.UsageError("--duplicates is for rows left out; --mark and --list leave none")
    if options["threshold"] is not None and math.isnan(options["threshold"]):
        raise click.UsageError("--threshold nan is no cosine: name a number")
    read = [options["table"], options["against"]]
    if read == ["-", "-"]:
        raise click.UsageError("INPUT and --against cannot both be standard input")
    if options["duplicates"] == "-":
        raise click.UsageError("--duplicates - would mix with the output: name a file")
    check_written("output", read, options)
    check_written("duplicates", [*read, options["output"]], options)


def compared(rejects: Rejects, options: Mapping[str, Any]) -> Compared | None:
    """Read and compare; None if only a forecast was asked for."""
    from toolkit.cli.forecasts import tell_forecast_of

    frame, report = read_whole(
        options["table"], rejects, limit=options["limit"], input_format=options["input_format"]
    )
    columns = text_columns(frame, options["text"])
    tables = [_given(frame, columns, options)]
    if options["against"]:
        other, _ = read_whole(options["against"], rejects)
        with table_named(options["against"]):
            tables.append(_given(other, columns, options))
    embedder = _embedder(options)
    if options["dry_run"]:
        tell_forecast_of([list(table.texts) for table in tables], embedder)
        return None

    found = _found(tables, embedder, rejects, options)

    return Compared(frame, report, found, has_labels=options["label"] is not None)


def _found(
    tables: Sequence["_Given"],
    embedder: "TextEmbedder",
    rejects: Rejects,
    options: Mapping[str, Any],
) -> "Duplicates | Overlap":
    from toolkit.audit import THRESHOLD, near_duplicates, text_overlap

    threshold = options["threshold"] or THRESHOLD
    vectors = [embedded(table.texts, embedder, rejects) for table in tables]
    if len(tables) == 1:
        [own] = tables
        return near_duplicates(own.texts, vectors[0], threshold=threshold, labels=own.labels)

    own, known = tables
    return text_overlap(
        own.texts,
        known.texts,
        vectors=(vectors[0], vectors[1]),
        threshold=threshold,
        labels=None if not own.labels or not known.labels else (own.labels, known.labels),
    )


def answer(compared: Compared, options: Mapping[str, Any]) -> None:
    """Write the table that is asked for, and say what was found."""
    from toolkit.frames.cells import as_json, column_values

    found = compared.found
    if options["output"] != "-" or not options["as_json"]:
        _write(compared, options)
    if options["as_json"]:
        rows = compared.listed(options["id_column"] or ROW)
        cells = zip(*(column_values(rows[name]) for name in rows), strict=True)
        records = [dict(zip(rows, row, strict=True)) for row in cells]
        click.echo(as_json({**found.to_dict(), "duplicates": records}))
    elif not click.get_current_context().meta.get("toolkit.quiet"):
        click.echo(found.to_text().rstrip(), err=True)


@dataclass(frozen=True)
class _Given:
    """The texts of a table, named by their ids or row numbers, and its labels if any are asked."""

    texts: "pd.Series[Any]"
    labels: list[str] | None


def _given(frame: "pd.DataFrame", columns: Sequence[str], options: Mapping[str, Any]) -> _Given:
    import pandas as pd

    from toolkit.frames import require_columns
    from toolkit.labelled_texts import label_texts
    from toolkit.texts import text_values

    ids, label = options["id_column"], options["label"]
    require_columns(frame, [*columns, *filter(None, [ids, label])])
    index: pd.Index[Any] = pd.RangeIndex(len(frame))
    if ids and frame[ids].is_unique and frame[ids].notna().all():
        index = pd.Index(frame[ids])
    elif ids:
        note(f"note: column {ids!r} does not tell rows apart: they are numbered from 0")

    texts = pd.Series(text_values(frame, columns), index=index, dtype=object)

    return _Given(texts, label_texts(list(frame[label])) if label else None)


def _embedder(options: Mapping[str, Any]) -> "TextEmbedder":
    from toolkit.text_embedder import TextEmbedder

    return TextEmbedder(
        options["provider"],
        task="similarity",
        cache=not options["no_cache"],
        on_error=options["on_error"],
    )


def _write(compared: Compared, options: Mapping[str, Any]) -> None:
    if options["listing"]:
        table = compared.listed(options["id_column"] or ROW)
    else:
        table = compared.marked() if options["mark"] else compared.kept()
    if options["duplicates"]:
        write_whole(compared.left_out(), options["duplicates"], options, like=compared.report)
    write_whole(table, options["output"], options, like=compared.report, format=options["format"])
