"""toolkit predict: the label of each row, how sure, and why."""

from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.options import (
    cost_options,
    failure_options,
    input_options,
    model_option,
    other_provider_option,
    output_options,
    table_argument,
    talk_options,
    text_option,
)

if TYPE_CHECKING:
    import pandas as pd


@click.command("predict", short_help="Append the label of each row, and how sure it is.")
@table_argument
@model_option
@text_option
@click.option(
    "--evidence",
    metavar="K",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Append the K most similar training rows.",
)
@other_provider_option
@cost_options
@input_options
@output_options
@failure_options
@talk_options
def predict_command(table: str, model: str, output: str, **options: Any) -> None:
    """
    Append prediction, confidence, margin and status to each row of the table INPUT.

    Rows keep their order and their columns, and tables larger than memory are fine. `status` is
    ok, unsure (too close to call) or out_of_scope (unlike anything in the training rows).
    """
    from toolkit.cli.forecasts import tell_forecast
    from toolkit.cli.streams import stream
    from toolkit.persistence import load, read_manifest
    from toolkit.pipelines import JOINT, own_columns, texts_for, with_predictions

    classifier = load(model, provider=options["provider"])
    on_error = "raise" if options["on_error"] == "raise" else "nan"
    classifier.embedder_.set_params(on_error=on_error)
    separator = read_manifest(model)["training"].get("separator")

    def step(frame: "pd.DataFrame", columns: list[str]) -> "pd.DataFrame":
        texts = texts_for(classifier, frame, columns)
        return with_predictions(
            classifier,
            frame,
            texts,
            n_evidence=options["evidence"],
            joint=separator or JOINT,
            skip_failed=options["on_error"] == "skip",
        )

    text = options["text"] or own_columns(classifier)
    if options["dry_run"]:
        tell_forecast(table, classifier.embedder_, text=text, options=options)
        return
    stream(table, output, step, text=text, options={**options, "model": model})
