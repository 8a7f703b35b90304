"""toolkit audit: what speaks against a table of texts and labels."""

from typing import Any

import click

from toolkit.cli.options import (
    cost_options,
    id_option,
    input_options,
    json_option,
    label_option,
    output_options,
    provider_options,
    rejects_option,
    table_argument,
    talk_options,
    text_option,
)


@click.command("audit", short_help="List what is wrong or doubtful in a labelled table.")
@table_argument
@text_option
@label_option
@id_option
@click.option("--against", metavar="FILE", help="A test table: tell which of its rows are here.")
@click.option(
    "--fdr",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    show_default=True,
    help="Share of the labels listed as wrong that may be right.",
)
@click.option(
    "--false-alarm-rate",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default=True,
    help="Share of the texts that are listed as outliers.",
)
@click.option(
    "--fail-on",
    metavar="KIND=N",
    multiple=True,
    help="End with exit code 4 if there are more than N findings of a kind; may be repeated.",
)
@provider_options
@cost_options
@input_options
@output_options
@rejects_option
@json_option
@talk_options
def audit_command(**options: Any) -> None:
    """
    Write a list of findings on the table INPUT, a row each with its reason and what to do.

    Kinds: conflicting_label (the same text under different labels), label_issue (a label that is
    probably wrong, with another one), leak (a row of --against that is here, too), exact_duplicate,
    near_duplicate, dense_group (a small group far from the rest), outlier, empty_text, rare_label,
    alike_label.
    """
    from toolkit.cli.auditing import answer, check_usage, found_in
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import telling_counts

    check_usage(options)
    named = (options[name] for name in ("table", "against", "output"))
    rejects = Rejects(options["rejects"], not_over=[*filter(None, named)], force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        found = found_in(rejects, options)
        failed = None if found is None else answer(found, options)
    if failure := rejects.failure():
        raise failure
    if failed is not None:
        raise failed
