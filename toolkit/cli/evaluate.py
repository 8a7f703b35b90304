"""toolkit evaluate: how a classifier does on rows with known labels."""

import json
from typing import Any

import click

from toolkit.cli.options import (
    id_option,
    input_options,
    json_option,
    label_option,
    model_option,
    other_provider_option,
    separator_option,
    table_argument,
    talk_options,
    text_option,
    where_option,
)


@click.command("evaluate", short_help="Report how a classifier does on labelled rows.")
@table_argument
@model_option
@text_option
@label_option
@id_option
@where_option
@separator_option
@click.option("--plot", metavar="FILE", help="Draw confusions and calibration (.png, .svg, .pdf).")
@click.option("--force", is_flag=True, help="Replace a plot that exists.")
@other_provider_option
@input_options
@json_option
@talk_options
def evaluate_command(table: str, model: str, as_json: bool, **options: Any) -> None:
    """Report accuracy, confusions and calibration of a classifier on the rows of INPUT."""
    from toolkit.cli.tables import label_column, text_columns, whole_table, with_ids
    from toolkit.cli.talk import note, notes, telling_counts
    from toolkit.persistence import load
    from toolkit.pipelines import evaluate_classifier, labelled_texts

    classifier = load(model, provider=options["provider"])
    frame = whole_table(
        table,
        input_format=options["input_format"],
        limit=options["limit"],
        where=options["where"],
    )
    own = classifier.embedder_.columns
    text = text_columns(frame, options["text"]) if options["text"] or not own else list(own)
    label = label_column(frame, options["label"], text)
    frame = with_ids(frame, options["id_column"])
    rows = labelled_texts(frame, text, label, separator=options["separator"])
    notes(rows.notes())
    with telling_counts():
        report = evaluate_classifier(classifier, rows)
    click.echo(json.dumps(report.to_dict()) if as_json else report.to_text())
    if options["plot"]:
        from toolkit.evaluation import ClassificationReport, save_evaluation_plot

        if not isinstance(report, ClassificationReport):
            raise click.UsageError("--plot draws one label a row; this model gives several")
        save_evaluation_plot(report, options["plot"], overwrite=options["force"])
        note(f"The plot is in {options['plot']}")
