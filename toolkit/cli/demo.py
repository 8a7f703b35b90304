"""toolkit demo: the main job on the tickets that come along."""

import shlex
import tempfile
from pathlib import Path

import click

from toolkit.cli.options import provider_options, talk_options

NEW_TICKETS = (
    "my kettle arrived with a big crack in the lid",
    "it says delivered yesterday but there is nothing here",
    "why was i charged two times for one lamp??",
    "what is the capital of Mongolia",
)


@click.command("demo", short_help="Fit, check and use a classifier on sample tickets.")
@provider_options
@talk_options
def demo_command(provider: str, no_cache: bool) -> None:
    """Fit a classifier on sample support tickets, check it on others, and let it sort new ones."""
    from toolkit.sample import sample_table

    tickets = str(sample_table())
    with tempfile.TemporaryDirectory() as folder:
        model, new = str(Path(folder) / "tickets.toolkit"), str(Path(folder) / "new.csv")
        Path(new).write_text("\n".join(["text", *NEW_TICKETS]) + "\n", encoding="utf-8")
        embed = ["--provider", provider, *(["--no-cache"] if no_cache else [])]
        _show(
            "1. Learn from labelled rows",
            [
                "fit",
                tickets,
                "--text",
                "text",
                "--label",
                "label",
                "--id",
                "ticket_id",
                "--where",
                "split=train",
                "-o",
                model,
                *embed,
            ],
        )
        _show(
            "2. Check on rows it has not seen",
            ["evaluate", tickets, "--model", model, "--label", "label", "--where", "split=test"],
        )
        _show("3. Sort new rows", ["predict", new, "--model", model, "--evidence", "1"])
    click.echo("\nNow with your own table:  toolkit fit yours.csv -o yours.toolkit")


def _show(title: str, arguments: list[str]) -> None:
    from toolkit.cli.commands import toolkit

    shown = [Path(part).name if "/" in part else part for part in arguments]
    click.secho(f"\n{title}\n$ toolkit {shlex.join(shown)}\n", bold=True)
    toolkit.main(args=arguments, prog_name="toolkit", standalone_mode=False)
