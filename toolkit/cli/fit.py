"""toolkit fit: a labelled table to a classifier in one file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.options import (
    cost_options,
    id_option,
    input_options,
    json_option,
    label_option,
    provider_options,
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
    from toolkit.labelled_texts import LabelledTexts
    from toolkit.pipelines import FittedClassifier

HEADS = ("logistic", "knn", "centroid")


@click.command("fit", short_help="Learn labels from a table; keep the classifier in a file.")
@table_argument
@text_option
@label_option
@id_option
@where_option
@click.option("-o", "--output", required=True, metavar="FILE", help="The model file, *.toolkit.")
@click.option("--force", is_flag=True, help="Replace a model file that exists.")
@click.option(
    "--head",
    type=click.Choice(HEADS),
    default="logistic",
    show_default=True,
    help="What learns labels from vectors.",
)
@click.option(
    "--precision",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.95,
    show_default=True,
    help="Share of answers that should be right; rows below are marked unsure.",
)
@click.option(
    "--coverage",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of rows to answer, in place of --precision.",
)
@click.option("--balanced", is_flag=True, help="Let rare labels count as much as common ones.")
@separator_option
@click.option("--no-texts", is_flag=True, help="Keep no training texts in the model file.")
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0, 2**32 - 1),
    help="Other folds than the usual ones, for another look at the figures.",
)
@provider_options
@cost_options
@input_options
@skip_option
@rejects_option
@json_option
@talk_options
def fit_command(table: str, output: str, as_json: bool, **options: Any) -> None:
    """
    Learn labels from the table INPUT and keep the classifier in a file.

    Prints how it does on rows that were held out, which labels it confuses, and how far its
    confidence can be trusted.
    """
    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import notes, telling_counts
    from toolkit.texts import text_values

    _check_request(table, output, options)
    rejects = Rejects(options["rejects"], not_over=[table, output], force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        rows, label = _rows(table, rejects, options)
        model = _model(rows, options)
        if options["dry_run"]:
            tell_forecast_of([text_values(rows.frame, rows.columns)], model.embedder)
            return
        rows, fitted = _fitted(rows, model, rejects, options)
    notes([*_note_on_separator(rows, label, options["separator"]), *fitted.notes])
    training = {
        "table": Path(table).name,
        "n_rows": len(rows.frame),
        "label": label,
        "separator": options["separator"],
    }
    _keep(fitted, output, training, overwrite=options["force"])
    _tell(fitted, output, as_json)
    if failure := rejects.failure():
        raise failure


def _check_request(table: str, output: str, options: dict[str, Any]) -> None:
    """Raise now, not after the work, if the command cannot end well."""
    from toolkit.cli.tables import check_output, same_file

    if same_file(table, output):
        raise click.UsageError(f"-o {output} is the table itself: name another file")
    if options["on_error"] == "skip" and options["no_cache"]:
        raise click.UsageError("--on-error skip embeds first and learns then: it needs the cache")
    if options["separator"] == "":
        raise click.UsageError("--separator must not be empty")
    check_output(output, force=options["force"])


def _fitted(
    rows: "LabelledTexts", model: "TextClassifier", rejects: "Rejects", options: dict[str, Any]
) -> tuple["LabelledTexts", "FittedClassifier"]:
    """Learn from the rows, or from those whose text can be embedded; return which they were."""
    from toolkit.cli.tables import rows_named
    from toolkit.pipelines import fit_classifier

    if options["on_error"] == "skip":
        rows = rejects.without_failed(rows, model.embedder)
    with rows_named(list(rows.frame.index)):
        return rows, fit_classifier(rows, model)


def _keep(
    fitted: "FittedClassifier", output: str, training: dict[str, Any], *, overwrite: bool
) -> None:
    """Write the model file, with the figures of its report."""
    from toolkit.persistence import save

    report = fitted.report.to_dict() if fitted.report else {}
    metrics = {key: value for key, value in report.items() if isinstance(value, (int, float))}

    save(fitted.model, output, training=training, metrics=metrics, overwrite=overwrite)


def _note_on_separator(rows: "LabelledTexts", label: str, separator: str | None) -> list[str]:
    if not separator or max(map(len, rows.labels)) > 1:
        return []

    return [
        f"no cell of column {label!r} holds {separator!r}, but the model may give a row several "
        "labels: leave --separator out if it should give one"
    ]


def _rows(table: str, rejects: "Rejects", options: dict[str, Any]) -> tuple["LabelledTexts", str]:
    from toolkit.cli.tables import label_column, text_columns, whole_table, with_ids
    from toolkit.labelled_texts import labelled_texts

    frame = whole_table(
        table,
        rejects=rejects,
        input_format=options["input_format"],
        limit=options["limit"],
        where=options["where"],
    )
    text = text_columns(frame, options["text"])
    label = label_column(frame, options["label"], text)
    frame = with_ids(frame, options["id_column"])

    return labelled_texts(frame, text, label, separator=options["separator"]), label


def _model(rows: "LabelledTexts", options: dict[str, Any]) -> "TextClassifier":
    from toolkit.classification import SelectiveClassifier, TextClassifier
    from toolkit.text_embedder import TextEmbedder

    embedder = TextEmbedder(
        options["provider"],
        columns=rows.columns,
        task="classification",
        cache=not options["no_cache"],
    )
    head = _head(options, several=rows.has_label_sets)
    if not rows.has_label_sets:
        head = SelectiveClassifier(
            head,
            precision=options["precision"],
            coverage=options["coverage"],
            random_state=options["seed"],
        )

    return TextClassifier(embedder, head, keep_texts=not options["no_texts"])


def _head(options: dict[str, Any], *, several: bool) -> Any:
    from toolkit.classification import (
        CosineCentroidClassifier,
        CosineKNNClassifier,
        CosineLogisticClassifier,
    )

    if several and (options["coverage"] or options["balanced"]):
        raise click.UsageError("--coverage and --balanced are for one label a row")
    if options["head"] == "logistic":
        return CosineLogisticClassifier(
            class_weight="balanced" if options["balanced"] else None, random_state=options["seed"]
        )
    if several or options["balanced"]:
        raise click.UsageError(
            "several labels a row and --balanced need --head logistic, "
            f"got --head {options['head']}"
        )

    return CosineKNNClassifier() if options["head"] == "knn" else CosineCentroidClassifier()


def _tell(fitted: "FittedClassifier", output: str, as_json: bool) -> None:
    from toolkit.cli.reports import answered_line

    report = fitted.report
    if as_json:
        click.echo(json.dumps({"model": output, **(report.to_dict() if report else {})}))
        return
    if report:
        click.echo(report.to_text().rstrip() + "\n")
        click.echo(answered_line(fitted.model))
    click.echo(f"The classifier is in {output}; next:  toolkit predict new.csv --model {output}")
