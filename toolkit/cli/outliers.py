"""toolkit outliers: the texts that do not belong."""

from typing import Any

import click

from toolkit.cli.options import (
    cost_options,
    id_option,
    input_options,
    json_option,
    output_options,
    provider_options,
    rejects_option,
    table_argument,
    talk_options,
    text_option,
)

_share = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command("outliers", short_help="Flag texts that do not belong.")
@table_argument
@text_option
@id_option
@click.option("--reference", metavar="FILE", help="A table of normal texts, with the same columns.")
@click.option(
    "--false-alarm-rate",
    metavar="SHARE",
    type=_share,
    help="Share of the normal texts that may be flagged.  [default: 0.05]",
)
@click.option(
    "--fdr",
    metavar="SHARE",
    type=_share,
    help="Instead: share of the flagged texts that may be normal; needs --reference.",
)
@click.option(
    "--fail-on",
    metavar="N",
    type=click.IntRange(min=0),
    help="End with exit code 4 if more than N texts are flagged.",
)
@provider_options
@cost_options
@input_options
@output_options
@rejects_option
@json_option
@talk_options
def outliers_command(**options: Any) -> None:
    """
    Append is_outlier, p_value, the nearest text and a reason to each row of the table INPUT.

    With --reference, at most the asked share of the texts that are like it is flagged. Without it
    each text is compared with all others, and about that share is flagged whatever the table
    holds: the first to look at. What the number of rows allows is told first.
    """
    from toolkit.cli.outlying import answer, check_usage, found_in
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import telling_counts

    check_usage(options)
    named = (options[name] for name in ("table", "reference", "output"))
    rejects = Rejects(options["rejects"], not_over=[*filter(None, named)], force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        found = found_in(rejects, options)
        failed = None if found is None else answer(found, options)
    if failure := rejects.failure():
        raise failure
    if failed is not None:
        raise failed
