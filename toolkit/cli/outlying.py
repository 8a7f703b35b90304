"""Outliers of a table found, told and written, as the options of a command line ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.failures import CheckFailed
from toolkit.cli.named_texts import embedded, named_texts
from toolkit.cli.tables import (
    Rejects,
    check_written,
    read_whole,
    table_named,
    text_columns,
    write_whole,
)

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.audit import Outliers
    from toolkit.frames import ReadReport

APPENDED = ["is_outlier", "p_value", "nearest", "similarity", "reason"]
FALSE_ALARM_RATE = 0.05


@dataclass(frozen=True)
class Found:
    """
    A table and its outliers.

    Attributes
    ----------
    frame : DataFrame
    report : ReadReport
        How it was read, so that it is written alike.
    outliers : Outliers
    """

    frame: "pd.DataFrame"
    report: "ReadReport"
    outliers: "Outliers"

    def marked(self) -> "pd.DataFrame":
        """Return all rows, each with what was found of it."""
        from toolkit.frames import append_columns

        return append_columns(self.frame, self.outliers.table[APPENDED].round(4))


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise now, not after hours of work, if the command cannot end well."""
    if options["fdr"] is not None and options["false_alarm_rate"] is not None:
        raise click.UsageError("--fdr and --false-alarm-rate are two ways to set one threshold")
    if options["fdr"] is not None and options["reference"] is None:
        raise click.UsageError(
            "--fdr needs --reference FILE: within one table it cannot be told from chance"
        )
    read = [options["table"], options["reference"]]
    if read == ["-", "-"]:
        raise click.UsageError("INPUT and --reference cannot both be standard input")
    check_written("output", read, options)


def found_in(rejects: Rejects, options: Mapping[str, Any]) -> Found | None:
    """Read the table and look for outliers; None if only a forecast was asked for."""
    from toolkit.audit import find_outliers
    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.text_embedder import TextEmbedder

    frame, report = read_whole(
        options["table"], rejects, limit=options["limit"], input_format=options["input_format"]
    )
    columns = text_columns(frame, options["text"])
    texts = named_texts(frame, columns, options["id_column"])
    reference = _reference(columns, rejects, options)
    embedder = TextEmbedder(options["provider"], task="none", cache=not options["no_cache"])
    if options["dry_run"]:
        tell_forecast_of([list(each) for each in (texts, reference) if each is not None], embedder)
        return None

    vectors = embedded(texts, embedder, rejects)
    of_reference = None if reference is None else embedded(reference, embedder, rejects)
    outliers = find_outliers(
        texts,
        vectors,
        reference=reference,
        reference_vectors=of_reference,
        false_alarm_rate=options["false_alarm_rate"] or FALSE_ALARM_RATE,
        fdr=options["fdr"],
    )

    return Found(frame, report, outliers)


def answer(found: Found, options: Mapping[str, Any]) -> CheckFailed | None:
    """Write what is asked for, say what was found; return how it ends if a check failed."""
    from toolkit.frames.cells import as_json, column_values

    if options["output"] != "-" or not options["as_json"]:
        write_whole(
            found.marked(),
            options["output"],
            options,
            like=found.report,
            format=options["format"],
        )
    if options["as_json"]:
        rows = found.outliers.outliers.rename_axis("row").reset_index().round(4)
        cells = zip(*(column_values(rows[name]) for name in rows), strict=True)
        listed = [dict(zip(rows, row, strict=True)) for row in cells]
        told = {"schema_version": 1, "kind": "outliers", **found.outliers.to_dict()}
        click.echo(as_json({**told, "outliers": listed}))
    elif not click.get_current_context().meta.get("toolkit.quiet"):
        click.echo(found.outliers.to_text().rstrip(), err=True)
    n_outliers, limit = len(found.outliers.outliers), options["fail_on"]
    if limit is None or n_outliers <= limit:
        return None

    return CheckFailed(f"{n_outliers:,} texts are flagged, more than {limit:,} (--fail-on)")


def _reference(
    columns: list[str], rejects: Rejects, options: Mapping[str, Any]
) -> "pd.Series[Any] | None":
    reference = options["reference"]
    if reference is None:
        return None
    frame, _ = read_whole(reference, rejects)
    ids = options["id_column"]
    with table_named(reference):
        return named_texts(frame, columns, ids if ids in frame else None)
