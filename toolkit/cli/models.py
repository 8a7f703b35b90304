"""toolkit models: the known models as a table to choose from."""

import json
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.options import json_option, talk_options
from toolkit.cli.talk import note

if TYPE_CHECKING:
    from toolkit.embedding.models import Wanted

ORDERS = ("classification", "clustering", "overall", "price", "memory", "dimensions", "name")
BENCHMARKS = ("english-v2", "english-v1", "multilingual")


@click.command("models", short_help="Show known embedding models: lengths, prices, scores.")
@click.argument("search", default="", required=False)
@click.option("--local", "place", flag_value="local", help="Only those that run on this machine.")
@click.option("--service", "place", flag_value="service", help="Only those that a service runs.")
@click.option("--provider", metavar="KIND", help="Only this kind, as openai or ollama.")
@click.option(
    "--language",
    type=click.Choice(["en", "multilingual"]),
    help="Made for English alone, or for many languages.",
)
@click.option("--max-memory", metavar="MB", type=float, help="Weights of at most so many MB.")
@click.option(
    "--max-price", metavar="USD", type=float, help="At most so many dollars for a million tokens."
)
@click.option("--sort", type=click.Choice(ORDERS), help="High scores, or what is small, first.")
@click.option(
    "--benchmark",
    type=click.Choice(BENCHMARKS),
    help="Only models scored on this version of MTEB, with those scores.",
)
@json_option
@talk_options
def models_command(as_json: bool, sort: Any, **options: Any) -> None:
    """
    Show the known embedding models whose name holds SEARCH, or all.

    The first column is what to write after --provider. Scores come from MTEB, prices from a dated
    table; both are somebody's figures: try models on your own table with `toolkit evaluate`.
    """
    from toolkit.cli.model_table import models_text
    from toolkit.embedding.models import all_models, as_row, ordered

    wanted, benchmark = _wanted(options), options["benchmark"]
    models = [model for model in all_models() if wanted.fits(model)]
    if sort:
        models = ordered(models, sort, benchmark=benchmark)
    if as_json:
        rows = [as_row(model, benchmark) for model in models]
        click.echo(json.dumps({"models": rows}, ensure_ascii=False))
        return
    if not models:
        note("no known model is like that; leave an option out")
        return
    click.echo(models_text(models, sort, benchmark=benchmark))


def _wanted(options: dict[str, Any]) -> "Wanted":
    from toolkit.embedding.models import Wanted, all_models

    kinds = dict.fromkeys(model.provider for model in all_models())
    if options["provider"] not in (None, *kinds):
        raise click.UsageError(
            f"no known model is of the kind {options['provider']!r}: kinds are {', '.join(kinds)}"
        )

    return Wanted(
        place=options["place"],
        provider=options["provider"],
        languages=options["language"],
        max_memory=options["max_memory"],
        max_price=options["max_price"],
        benchmark=options["benchmark"],
        text=options["search"],
    )
