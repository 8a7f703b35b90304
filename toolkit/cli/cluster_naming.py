"""Groups named by a chat model, where a command is told one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.talk import note

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.clustering import ChatNamer, TextClusterer

naming_option = click.option(
    "--name-with",
    metavar="MODEL",
    help="Name groups with a chat model, as openai:gpt-4.1-mini or "
    "openai:MODEL?base_url=http://127.0.0.1:8080/v1; a few texts of each group are sent to it.",
)


def check_namer(options: Mapping[str, Any]) -> None:
    """Raise now, not after hours of work, if the model's name or key is not right."""
    if options["name_with"]:
        namer = _namer(options)
        if options["max_cost"] is not None and namer.price is None:
            raise click.UsageError(
                "--max-cost cannot limit what naming costs, as the price is not known: say it in "
                "--name-with, as ?price=0.4 (USD per million tokens)"
            )
        if not options["dry_run"]:
            namer.check_key()


def name_groups(
    clusterer: "TextClusterer", texts: "pd.Series[Any]", options: Mapping[str, Any]
) -> None:
    """Have the model name the groups of a fitted clusterer, if there is one."""
    if not options["name_with"]:
        return
    clusterer.themes_ = _namer(options).named(clusterer.themes_, texts, clusterer.labels_)
    table = clusterer.themes_.table
    n_named = int((table["named_by"] == "model").sum())
    note(f"{n_named:,} of {len(table):,} groups named by {options['name_with']}")


def tell_naming_forecast(texts: Sequence[object], options: Mapping[str, Any]) -> None:
    """Print what naming the groups will take, if a model is to name them."""
    if not options["name_with"]:
        return
    from toolkit.clustering.chat_forecast import naming_forecast
    from toolkit.texts import clean_texts

    forecast = naming_forecast(_namer(options), clean_texts(texts).texts, options["n_clusters"])
    click.echo(f"\n{forecast.to_text()}")


def _namer(options: Mapping[str, Any]) -> "ChatNamer":
    from toolkit.clustering import ChatNamer

    return ChatNamer(options["name_with"], cache=not options["no_cache"])
