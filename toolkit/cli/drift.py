"""toolkit drift: whether the texts of a new table are still like those of an old one."""

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
    talk_options,
    text_option,
)


@click.command("drift", short_help="Tell whether, and in what, a new table differs from an old.")
@click.argument("before", metavar="OLD")
@click.argument("table", metavar="NEW")
@text_option
@id_option
@click.option(
    "--level",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="False alarms that are accepted: p-values above it are taken for chance.",
)
@click.option(
    "--fail-on",
    metavar="P",
    type=click.FloatRange(0, 1, min_open=True),
    help="End with exit code 4 if the p-value is at most P.",
)
@provider_options
@cost_options
@input_options
@output_options
@rejects_option
@json_option
@talk_options
def drift_command(**options: Any) -> None:
    """
    Tell whether the texts of NEW differ from those of OLD by more than chance, and in what.

    Three tests answer the first, each by its p-value; groups of the texts of both tables that are
    new, vanished, grew or shrank the second, each with a name and an example. With -o the rows of
    NEW are written with their group, what became of it, and the most similar text of OLD.
    """
    from toolkit.cli.drifting import answer, check_usage, compared
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import telling_counts

    check_usage(options)
    named = (options[name] for name in ("table", "before", "output"))
    rejects = Rejects(options["rejects"], not_over=[*filter(None, named)], force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        found = compared(rejects, options)
        failed = None if found is None else answer(found, options)
    if failure := rejects.failure():
        raise failure
    if failed is not None:
        raise failed
