"""toolkit dedupe: the rows of a table without those that say the same again."""

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


@click.command("dedupe", short_help="Leave out rows that say the same again.")
@table_argument
@text_option
@click.option("--against", metavar="FILE", help="Leave out what this table has; no more than that.")
@click.option(
    "--threshold",
    metavar="COSINE",
    type=click.FloatRange(0, 1, min_open=True),
    help="Similarity from which on texts are duplicates.  [default: 0.93]",
)
@click.option("--label", metavar="COL", help="Tell where the same text has different labels here.")
@id_option
@click.option("--mark", is_flag=True, help="Keep every row; append duplicate_of and the reason.")
@click.option("--list", "listing", is_flag=True, help="Write only the duplicates, group by group.")
@click.option("--duplicates", metavar="FILE", help="Write the rows that are left out here.")
@provider_options
@cost_options
@input_options
@output_options
@click.option(
    "--on-error",
    type=click.Choice(["raise", "nan"]),
    default="raise",
    show_default=True,
    help="A text that cannot be embedded: stop, or keep it unless the same words are there.",
)
@rejects_option
@json_option
@talk_options
def dedupe_command(**options: Any) -> None:
    """
    Write the table INPUT with one row for each group of rows that say the same.

    Duplicates are the same but for case and white space (exact), or for punctuation, accents and
    doubled letters (spelling), or their similarity reaches the threshold (near). Every row left
    out is a duplicate of the row kept for it, and no two rows kept are duplicates. Columns, cells
    and order stay. The default threshold suits the default model; --list shows what another does.
    """
    from toolkit.cli.deduping import answer, check_usage, compared
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import telling_counts

    check_usage(options)
    named = (options[name] for name in ("table", "output", "against", "duplicates"))
    rejects = Rejects(options["rejects"], not_over=[*filter(None, named)], force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        found = compared(rejects, options)
        if found is not None:
            answer(found, options)
    if failure := rejects.failure():
        raise failure
