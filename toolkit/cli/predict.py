"""toolkit predict: the label or the group of each row, how sure, and why."""

from collections.abc import Mapping
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

    from toolkit.classification import TextClassifier
    from toolkit.cli.streams import Step
    from toolkit.clustering import TextClusterer


@click.command("predict", short_help="Append the label or group of each row, and how sure it is.")
@table_argument
@model_option
@text_option
@click.option(
    "--evidence",
    metavar="K",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Append the K most similar training rows (classifiers).",
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
    ok, unsure (too close to call) or out_of_scope (unlike anything in the training rows). With the
    groups that toolkit cluster --model wrote: cluster, cluster_name, confidence and next_cluster.
    """
    from toolkit.cli.forecasts import tell_forecast
    from toolkit.cli.streams import stream
    from toolkit.cli.text_models import is_clusterer, text_model
    from toolkit.pipelines import own_columns

    found: Any = text_model(model, options["provider"])
    on_error = "raise" if options["on_error"] == "raise" else "nan"
    found.embedder_.set_params(on_error=on_error)
    has_groups = is_clusterer(found)
    if has_groups and options["evidence"]:
        raise click.UsageError(
            f"--evidence is for classifiers, and {model} holds groups: their most typical texts "
            "stand in the table that toolkit cluster --clusters writes"
        )

    text = options["text"] or own_columns(found)
    if options["dry_run"]:
        tell_forecast(table, found.embedder_, text=text, options=options)
        return
    step = (_with_groups if has_groups else _with_labels)(found, model, options)
    stream(table, output, step, text=text, options={**options, "model": model})


def _with_labels(classifier: "TextClassifier", path: str, options: Mapping[str, Any]) -> "Step":
    from toolkit.persistence import read_manifest
    from toolkit.pipelines import JOINT, texts_for, with_predictions

    separator = read_manifest(path)["training"].get("separator")

    def step(frame: "pd.DataFrame", columns: list[str]) -> "pd.DataFrame":
        return with_predictions(
            classifier,
            frame,
            texts_for(classifier, frame, columns),
            n_evidence=options["evidence"],
            joint=separator or JOINT,
            skip_failed=options["on_error"] == "skip",
        )

    return step


def _with_groups(clusterer: "TextClusterer", path: str, options: Mapping[str, Any]) -> "Step":
    from toolkit.clustered_frames import with_clusters
    from toolkit.pipelines import texts_for

    def step(frame: "pd.DataFrame", columns: list[str]) -> "pd.DataFrame":
        texts = texts_for(clusterer, frame, columns)
        return with_clusters(clusterer, frame, texts, skip_failed=options["on_error"] == "skip")

    return step
