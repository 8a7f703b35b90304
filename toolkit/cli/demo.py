"""toolkit demo: the main job on the tickets that come along."""

import contextlib
import shlex
import tempfile
from pathlib import Path

import click

from toolkit.cli.options import provider_options, talk_options
from toolkit.plain_text import cut

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

    tickets, embed = str(sample_table()), ["--provider", provider, *["--no-cache"][: int(no_cache)]]
    columns = ["--text", "text", "--label", "label", "--id", "ticket_id"]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("new.csv").write_text("\n".join(["text", *NEW_TICKETS]) + "\n", encoding="utf-8")
        _show(
            "1. Learn from labelled tickets, and see how it does on rows that were held out",
            ["fit", tickets, *columns, "--where", "split=train", "-o", "tickets.toolkit", *embed],
        )
        _show(
            "2. Sort new tickets, each with the most similar ticket it has learned from",
            [
                "predict",
                "new.csv",
                "--model",
                "tickets.toolkit",
                "--evidence",
                "1",
                "-o",
                "out.csv",
            ],
        )
        _show_predictions("out.csv")
        _show(
            "3. Check it on tickets it has not seen",
            ["evaluate", tickets, "--model", "tickets.toolkit", *columns, "--where", "split=test"],
        )
    click.echo("\nNow with your own table:  toolkit fit yours.csv -o yours.toolkit")


def _show(title: str, arguments: list[str]) -> None:
    from toolkit.cli.commands import toolkit

    shown = [Path(part).name if Path(part).is_absolute() else part for part in arguments]
    click.secho(f"\n{title}", bold=True)
    click.echo(f"$ toolkit {shlex.join(shown)}\n")
    toolkit.main(args=arguments, prog_name="toolkit", standalone_mode=False)


def _show_predictions(path: str) -> None:
    from toolkit.frames import read_frame

    frame = read_frame(path)
    for row in frame.to_dict("records"):
        nearest = cut(row["evidence_1_text"], 70)
        click.echo(f"  {row['text']}")
        click.echo(
            f"    -> {row['prediction']}, {float(row['confidence']):.0%} sure, "
            f"{str(row['status']).replace('_', ' ')}"
        )
        click.echo(f"       like {row['evidence_1_id']}: {nearest}\n")
