"""Options that several commands share, said once."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from toolkit.cli.talk import be_quiet

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_PROVIDER = "local:all-MiniLM-L6-v2"


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator for several options; help shows them in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)

        return command

    return decorate


table_argument = click.argument("table", metavar="INPUT")

text_option = click.option(
    "--text",
    metavar="COL[,COL]",
    help="Column that holds the text; several are joined. Guessed, and told, if not given.",
)

label_option = click.option(
    "--label",
    metavar="COL",
    help="Column that holds the label. Guessed, and told, if not given.",
)

id_option = click.option(
    "--id",
    "id_column",
    metavar="COL",
    help="Column that names a row in reports and evidence; else rows count from 0.",
)

where_option = click.option(
    "--where",
    metavar="COL=VALUE",
    multiple=True,
    help="Use only these rows, as split=train or lang!=de; may be repeated.",
)

model_option = click.option(
    "--model", required=True, metavar="FILE", help="The model file, *.toolkit."
)

other_provider_option = click.option(
    "--provider", metavar="NAME", help="Embed with this provider, not the model's own."
)

separator_option = click.option(
    "--separator", metavar="TEXT", help="What parts several labels in a cell, as ';'."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

cost_options = _together(
    click.option(
        "--dry-run",
        is_flag=True,
        help="Only tell how many texts, requests, tokens and dollars it would take.",
    ),
    click.option(
        "--max-cost",
        metavar="USD",
        type=click.FloatRange(min=0),
        help="Stop before an embedding service costs more than this.",
    ),
)

provider_options = _together(
    click.option(
        "--provider",
        default=DEFAULT_PROVIDER,
        show_default=True,
        metavar="NAME",
        help="Embedding provider, as provider:model; `toolkit models` lists them.",
    ),
    click.option("--no-cache", is_flag=True, help="Neither use nor keep vectors in the cache."),
)

input_options = _together(
    click.option(
        "--limit", metavar="N", type=click.IntRange(min=1), help="Read only the first N rows."
    ),
    click.option(
        "--input-format",
        metavar="FORMAT",
        help="Format of INPUT where its name does not tell (csv, tsv, jsonl, ...).",
    ),
)

output_options = _together(
    click.option(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="Output file; standard output if not given.",
    ),
    click.option("--format", metavar="FORMAT", help="Format of the output."),
    click.option(
        "--spreadsheet-safe",
        is_flag=True,
        help="Put ' before cells that a spreadsheet would run as a formula.",
    ),
    click.option("--force", is_flag=True, help="Replace an output file that exists."),
)

rejects_option = click.option(
    "--rejects",
    metavar="FILE",
    help="Write what cannot be read or embedded here, with the reasons.",
)

skip_option = click.option(
    "--on-error",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="A text that cannot be embedded: stop, or leave its row out.",
)

failure_options = _together(
    click.option(
        "--on-error",
        type=click.Choice(["raise", "nan", "skip"]),
        default="raise",
        show_default=True,
        help="A text that cannot be embedded: stop, leave its cells empty, or leave the row out.",
    ),
    rejects_option,
)

talk_options = _together(
    click.option(
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=be_quiet,
        help="Say nothing on stderr but errors.",
    ),
    click.option("--debug", is_flag=True, expose_value=False, help="Show where errors arise."),
)
