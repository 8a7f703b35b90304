"""toolkit embed: texts to vectors, written beside the rows."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.options import (
    cost_options,
    failure_options,
    input_options,
    output_options,
    provider_options,
    table_argument,
    talk_options,
    text_option,
)
from toolkit.cli.talk import notes

if TYPE_CHECKING:
    from toolkit.text_embedder import TextEmbedder

LIST_FORMATS = ("parquet", "feather", "json", "jsonl")


@click.command("embed", short_help="Write the vector of each text.")
@table_argument
@text_option
@click.option(
    "--task",
    type=click.Choice(["none", "classification", "clustering", "similarity", "query", "document"]),
    default="none",
    show_default=True,
    help="What the vectors are for; matters for models trained with prompts.",
)
@provider_options
@cost_options
@input_options
@output_options
@failure_options
@talk_options
def embed_command(table: str, text: str | None, output: str, **options: Any) -> None:
    """
    Write the table INPUT with the vector of each row's text.

    Parquet, Feather and JSON files get one column `embedding` that holds a list; CSV, TSV and
    Excel files one column a dimension. An interrupted run goes on where it was: run the same
    command again.
    """
    from toolkit.cli.forecasts import tell_forecast
    from toolkit.cli.streams import stream
    from toolkit.cli.tables import check_table_format
    from toolkit.embedded_frames import with_embeddings
    from toolkit.frames.formats import format_of
    from toolkit.text_embedder import TextEmbedder

    check_table_format(output, options["format"])
    on_error = options["on_error"]
    embedder = TextEmbedder(
        options["provider"],
        task=options["task"],
        cache=not options["no_cache"],
        on_error="raise" if on_error == "raise" else "nan",
    )
    _note_on_task(embedder)
    if options["dry_run"]:
        tell_forecast(table, embedder, text=text, options=options)
        return
    step = partial(
        with_embeddings,
        embedder=embedder,
        as_list=format_of(output, options["format"]).name in LIST_FORMATS,
        skip_failed=on_error == "skip",
    )

    stream(table, output, step, text=text, options=options)


def _note_on_task(embedder: "TextEmbedder") -> None:
    """Say if the task that was asked for is nothing to the provider."""
    from toolkit.embedding.cache import task_as_sent

    provider = embedder.caching_provider()
    asked, none = task_as_sent(provider, embedder.task), task_as_sent(provider, "none")
    if embedder.task != "none" and asked == none:
        notes([f"--task {embedder.task} changes nothing: {embedder.provider} makes no difference"])
