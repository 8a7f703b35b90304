"""toolkit evaluate: how a classifier does on rows with known labels."""

import json
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.options import (
    cost_options,
    id_option,
    input_options,
    json_option,
    label_option,
    model_option,
    other_provider_option,
    rejects_option,
    separator_option,
    skip_option,
    table_argument,
    talk_options,
    text_option,
    where_option,
)

if TYPE_CHECKING:
    from toolkit.classification import TextClassifier
    from toolkit.cli.tables import Rejects
    from toolkit.evaluation import ClassificationReport, MultilabelReport
    from toolkit.labelled_texts import LabelledTexts


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
@cost_options
@input_options
@skip_option
@rejects_option
@json_option
@talk_options
def evaluate_command(table: str, model: str, as_json: bool, **options: Any) -> None:
    """Report accuracy, confusions and calibration of a classifier on the rows of INPUT."""
    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import note, notes, telling_counts
    from toolkit.cli.text_models import classifier as classifier_in
    from toolkit.evaluation import ClassificationReport, save_evaluation_plot
    from toolkit.pipelines import notes_on_known_rows
    from toolkit.texts import text_values

    if options["plot"]:
        _check_plot(options["plot"], table, model, force=options["force"])
    classifier = classifier_in(model, options["provider"])
    if options["plot"] and classifier.is_multilabel_:
        raise click.UsageError("--plot draws one label a row; this model gives several")
    others = [table, model, *filter(None, [options["plot"]])]
    rejects = Rejects(options["rejects"], not_over=others, force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        rows = _rows(table, model, classifier, rejects, options)
        notes([*rows.notes(), *notes_on_known_rows(classifier, rows)])
        if options["dry_run"]:
            tell_forecast_of([text_values(rows.frame, rows.columns)], classifier.embedder_)
            return
        report = _report(rows, classifier, rejects, options)
    click.echo(json.dumps(report.to_dict()) if as_json else report.to_text())
    if options["plot"] and isinstance(report, ClassificationReport):
        save_evaluation_plot(report, options["plot"], overwrite=options["force"])
        note(f"The plot is in {options['plot']}")
    if failure := rejects.failure():
        raise failure


def _report(
    rows: "LabelledTexts", classifier: "TextClassifier", rejects: "Rejects", options: dict[str, Any]
) -> "ClassificationReport | MultilabelReport":
    """Judge by the rows, or by those whose text can be embedded."""
    from toolkit.cli.tables import rows_named
    from toolkit.pipelines import evaluate_classifier

    if options["on_error"] == "skip":
        rows = rejects.without_failed(rows, classifier.embedder_)
    with rows_named(list(rows.frame.index)):
        return evaluate_classifier(classifier, rows)


def _check_plot(plot: str, table: str, model: str, *, force: bool) -> None:
    """Raise now, not after the work, if the picture cannot be written."""
    from toolkit.cli.tables import check_output, same_file
    from toolkit.evaluation.figures import picture_format

    picture_format(plot)
    if same_file(plot, table) or same_file(plot, model):
        raise click.UsageError(f"--plot {plot} is also read: name another file")
    check_output(plot, force=force)


def _rows(
    table: str,
    model: str,
    classifier: "TextClassifier",
    rejects: "Rejects",
    options: dict[str, Any],
) -> "LabelledTexts":
    from toolkit.cli.tables import label_column, text_columns, whole_table, with_ids
    from toolkit.labelled_texts import labelled_texts
    from toolkit.persistence import read_manifest
    from toolkit.pipelines import own_columns

    frame = whole_table(
        table,
        rejects=rejects,
        input_format=options["input_format"],
        limit=options["limit"],
        where=options["where"],
    )
    text = text_columns(frame, options["text"] or own_columns(classifier))
    training = read_manifest(model)["training"]
    label = options["label"] or training.get("label")
    label = label_column(frame, label if label in frame.columns else options["label"], text)
    separator = options["separator"] or training.get("separator")

    return labelled_texts(with_ids(frame, options["id_column"]), text, label, separator=separator)
