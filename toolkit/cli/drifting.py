"""Two tables compared, told and written, as the options of a command line ask for it."""

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

    from toolkit.audit import Drift
    from toolkit.frames import ReadReport


@dataclass(frozen=True)
class Compared:
    """
    The new table and what changed in it.

    Attributes
    ----------
    frame : DataFrame
    report : ReadReport
        How it was read, so that it is written alike.
    found : Drift
    """

    frame: "pd.DataFrame"
    report: "ReadReport"
    found: "Drift"

    def marked(self) -> "pd.DataFrame":
        """Return all rows, each with its group and what is nearest to it in the old table."""
        from toolkit.frames import append_columns

        found = self.found
        groups = found.groups.set_index("group")
        rows = found.after.rename(columns={"nearest": "nearest_before"}).drop(columns="text")
        for number, column in enumerate(["name", "change"], start=1):
            told = rows["group"].map(groups[column]).fillna("")
            rows.insert(number, {"name": "group_name"}.get(column, column), told)
        texts = found.before["text"]
        place = dict(zip(texts.index, texts, strict=True))
        rows["nearest_text"] = [place.get(name, "") for name in rows["nearest_before"]]

        return append_columns(self.frame, rows.round(4))


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise now, not after hours of work, if the command cannot end well."""
    read = [options["before"], options["table"]]
    if read == ["-", "-"]:
        raise click.UsageError("OLD and NEW cannot both be standard input")
    check_written("output", read, options)


def compared(rejects: Rejects, options: Mapping[str, Any]) -> Compared | None:
    """Read and compare; None if only a forecast was asked for."""
    from toolkit.audit import drift
    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.text_embedder import TextEmbedder

    frame, report = read_whole(
        options["table"], rejects, limit=options["limit"], input_format=options["input_format"]
    )
    columns = text_columns(frame, options["text"])
    old, _ = read_whole(options["before"], rejects, limit=options["limit"])
    with table_named(options["before"]):
        before = named_texts(old, columns, options["id_column"])
    after = named_texts(frame, columns, options["id_column"])
    embedder = TextEmbedder(options["provider"], task="clustering", cache=not options["no_cache"])
    if options["dry_run"]:
        tell_forecast_of([list(before), list(after)], embedder)
        return None

    vectors = embedded(before, embedder, rejects), embedded(after, embedder, rejects)

    return Compared(frame, report, drift(before, after, vectors=vectors, level=options["level"]))


def answer(compared: Compared, options: Mapping[str, Any]) -> CheckFailed | None:
    """Write what is asked for, say what was found; return how it ends if a check failed."""
    from toolkit.frames.cells import as_json

    found = compared.found
    if options["output"] != "-":
        write_whole(
            compared.marked(),
            options["output"],
            options,
            like=compared.report,
            format=options["format"],
        )
    click.echo(as_json(found.to_dict()) if options["as_json"] else found.to_text().rstrip())
    limit = options["fail_on"]
    if limit is None or found.p_value > limit:
        return None

    return CheckFailed(f"the tables differ: p = {found.p_value:.3g}, at most {limit:g} (--fail-on)")
