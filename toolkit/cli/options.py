"""Options that several commands share, said once."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from toolkit.cli.talk import be_quiet

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_PROVIDER = "local:all-MiniLM-L6-v2"


def table_argument(command: Command) -> Command:
    """INPUT, a table to read."""
    return click.argument("table", metavar="INPUT")(command)


def input_options(command: Command) -> Command:
    """Which rows to read, and how."""
    for option in (
        click.option(
            "--input-format",
            metavar="FORMAT",
            help="Format of INPUT where its name does not tell (csv, tsv, jsonl, ...).",
        ),
        click.option("--limit", type=click.IntRange(min=1), help="Read only the first rows."),
    ):
        command = option(command)

    return command


def text_option(command: Command) -> Command:
    """--text: the columns that hold text."""
    return click.option(
        "--text",
        metavar="COL[,COL]",
        help="Column that holds the text; several are joined. Guessed, and told, if not given.",
    )(command)


def label_option(command: Command) -> Command:
    """--label: the column that holds the label."""
    return click.option(
        "--label",
        metavar="COL",
        help="Column that holds the label. Guessed, and told, if not given.",
    )(command)


def id_option(command: Command) -> Command:
    """--id: the column that names rows."""
    return click.option(
        "--id", "id_column", metavar="COL", help="Column that names a row in reports and evidence."
    )(command)


def where_option(command: Command) -> Command:
    """--where: use only some rows."""
    return click.option(
        "--where",
        metavar="COL=VALUE",
        multiple=True,
        help="Use only these rows, as split=train or lang!=de; may be repeated.",
    )(command)


def provider_options(command: Command) -> Command:
    """Who embeds, and whether vectors are kept."""
    for option in (
        click.option("--no-cache", is_flag=True, help="Neither use nor keep vectors in the cache."),
        click.option(
            "--provider",
            default=DEFAULT_PROVIDER,
            show_default=True,
            metavar="NAME",
            help="Embedding provider, as provider:model.",
        ),
    ):
        command = option(command)

    return command


def failure_options(command: Command) -> Command:
    """What happens to rows that fail."""
    for option in (
        click.option(
            "--rejects", metavar="FILE", help="Write the lines of INPUT that cannot be read here."
        ),
        click.option(
            "--on-error",
            type=click.Choice(["raise", "nan"]),
            default="raise",
            show_default=True,
            help="A text that cannot be embedded stops the run, or is counted and left empty.",
        ),
    ):
        command = option(command)

    return command


def output_options(command: Command) -> Command:
    """Where the table goes."""
    for option in (
        click.option("--force", is_flag=True, help="Replace an output file that exists."),
        click.option(
            "--spreadsheet-safe",
            is_flag=True,
            help="Put ' before cells that a spreadsheet would run as a formula.",
        ),
        click.option("--format", metavar="FORMAT", help="Format of the output."),
        click.option(
            "-o",
            "--output",
            default="-",
            metavar="FILE",
            help="Output file; standard output if not given.",
        ),
    ):
        command = option(command)

    return command


def talk_options(command: Command) -> Command:
    """How much is said on stderr; the command itself need not know."""
    for option in (
        click.option("--debug", is_flag=True, expose_value=False, help="Show where errors arise."),
        click.option(
            "--quiet",
            is_flag=True,
            expose_value=False,
            callback=be_quiet,
            help="Say nothing on stderr but errors.",
        ),
    ):
        command = option(command)

    return command


def json_option(command: Command) -> Command:
    """--json: one JSON object instead of a text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)
