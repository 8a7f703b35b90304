"""A table audited, told and written, as the options of a command line ask for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.failures import CheckFailed
from toolkit.cli.named_texts import embedded, named_texts
from toolkit.cli.tables import (
    Rejects,
    check_written,
    label_column,
    read_whole,
    table_named,
    text_columns,
    write_whole,
)
from toolkit.cli.talk import note

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.audit import Findings, LabelIssues, Outliers, Overlap
    from toolkit.embedding import Embeddings
    from toolkit.text_embedder import TextEmbedder


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise now, not after hours of work, if the command cannot end well."""
    limits_of(options)
    read = [options["table"], options["against"]]
    if read == ["-", "-"]:
        raise click.UsageError("INPUT and --against cannot both be standard input")
    check_written("output", read, options)


def limits_of(options: Mapping[str, Any]) -> dict[str, int]:
    """Return how many findings of each kind are allowed."""
    from toolkit.audit.findings import KINDS

    limits = {}
    for given in options["fail_on"]:
        kind, equals, number = given.partition("=")
        if not equals or kind not in KINDS or not number.isdecimal():
            raise click.UsageError(
                f"--fail-on {given}: expected KIND=N, as label_issue=10; the kinds are "
                f"{', '.join(KINDS)}"
            )
        limits[kind] = int(number)

    return limits


def found_in(rejects: Rejects, options: Mapping[str, Any]) -> "Findings | None":
    """Read the table and look for what speaks against it; None if only a forecast was asked for."""
    from toolkit.audit import dense_groups, findings, near_duplicates
    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.labelled_texts import label_texts
    from toolkit.text_embedder import TextEmbedder

    frame, _ = read_whole(
        options["table"], rejects, limit=options["limit"], input_format=options["input_format"]
    )
    columns = text_columns(frame, options["text"])
    labels = label_texts(list(frame[label_column(frame, options["label"], columns)]))
    texts = named_texts(frame, columns, options["id_column"])
    other = _other(columns, rejects, options)
    embedder = TextEmbedder(options["provider"], task="none", cache=not options["no_cache"])
    if options["dry_run"]:
        tell_forecast_of([list(each) for each in (texts, other) if each is not None], embedder)
        return None

    vectors = embedded(texts, embedder, rejects)

    return findings(
        duplicates=near_duplicates(texts, vectors, labels=labels),
        labels=_label_issues(texts, labels, vectors, options),
        outliers=_outliers(texts, vectors, options),
        groups=dense_groups(texts, vectors),
        leaks=None if other is None else _leaks(other, texts, vectors, embedder, rejects),
    )


def answer(found: "Findings", options: Mapping[str, Any]) -> CheckFailed | None:
    """Write what is asked for, say what was found; return how it ends if a check failed."""
    from toolkit.frames.cells import as_json
    from toolkit.frames.formats import written_format

    output = options["output"]
    if output != "-" or not options["as_json"]:
        table = found.table.round(4)
        if written_format(output, options["format"]).name in ("csv", "tsv", "xlsx"):
            table["evidence"] = [" | ".join(map(str, names)) for names in table["evidence"]]
        write_whole(table, output, options, format=options["format"])
    if options["as_json"]:
        click.echo(as_json(found.to_dict()))
    elif not click.get_current_context().meta.get("toolkit.quiet"):
        click.echo(found.to_text().rstrip(), err=True)
    limits = limits_of(options)
    over = [
        f"{found.counts[kind]:,} findings of kind {kind}, more than {limit:,}"
        for kind, limit in limits.items()
        if found.counts[kind] > limit
    ]

    return CheckFailed(f"{'; '.join(over)} (--fail-on)") if over else None


def _label_issues(
    texts: "pd.Series[Any]", labels: list[str], vectors: "Embeddings", options: Mapping[str, Any]
) -> "LabelIssues | None":
    """Judge the labels, if there are enough to judge them by."""
    from toolkit.audit import label_issues
    from toolkit.errors import TooFewRows

    try:
        return label_issues(texts, labels, vectors, fdr=options["fdr"])
    except TooFewRows as error:
        note(f"note: labels were not judged: {error}")
        return None


def _outliers(
    texts: "pd.Series[Any]", vectors: "Embeddings", options: Mapping[str, Any]
) -> "Outliers | None":
    """Look for outliers, if there are enough texts to compare."""
    from toolkit.audit import find_outliers
    from toolkit.errors import TooFewRows

    try:
        return find_outliers(texts, vectors, false_alarm_rate=options["false_alarm_rate"])
    except TooFewRows as error:
        note(f"note: outliers were not looked for: {error}")
        return None


def _other(
    columns: list[str], rejects: Rejects, options: Mapping[str, Any]
) -> "pd.Series[Any] | None":
    against = options["against"]
    if against is None:
        return None
    frame, _ = read_whole(against, rejects)
    ids = options["id_column"]
    with table_named(against):
        return named_texts(frame, columns, ids if ids in frame else None)


def _leaks(
    other: "pd.Series[Any]",
    texts: "pd.Series[Any]",
    vectors: "Embeddings",
    embedder: "TextEmbedder",
    rejects: Rejects,
) -> "Overlap":
    from toolkit.audit import text_overlap

    return text_overlap(other, texts, vectors=(embedded(other, embedder, rejects), vectors))
