"""What the commands do with tables, step by step, for anyone who works with frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from toolkit.classification import TextClassifier
from toolkit.embedding import DEFAULT_PROVIDER, Provider
from toolkit.errors import InputError, TooFewRows
from toolkit.evaluation import (
    ClassificationReport,
    MultilabelReport,
    evaluate_classification,
    evaluate_multilabel,
)
from toolkit.frames import append_columns, require_columns
from toolkit.kernels import cosine_similarity
from toolkit.labelled_texts import LabelledTexts, label_texts
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, clean_texts, text_values

if TYPE_CHECKING:
    from toolkit.clustering import TextClusterer

TextModel: TypeAlias = "TextClassifier | TextClusterer"
"""What takes texts by an embedder of its own."""

SIMILARITY_PROVIDER = f"{DEFAULT_PROVIDER}?precision=fp32"
"""Two texts cost nothing, so they are compared in full precision."""

MANY_NUMBERS = 20
JOINT = ", "


def text_similarity(a: str, b: str, provider: str | Provider = SIMILARITY_PROVIDER) -> float:
    """
    Return the cosine similarity of two texts, in [-1, 1].

    >>> round(text_similarity("late parcel", "late parcel", "hashing:64"), 4)
    1.0
    """
    vectors = TextEmbedder(provider, task="similarity").fit_transform([a, b])

    return cosine_similarity(vectors[0], vectors[1])


@dataclass(frozen=True)
class FittedClassifier:
    """
    A classifier and what is known of it.

    Attributes
    ----------
    model : TextClassifier
    report : ClassificationReport, MultilabelReport or None
        On held-out rows; None where no row could be held out.
    notes : list of str
        What a user should know of the table.
    """

    model: TextClassifier
    report: ClassificationReport | MultilabelReport | None
    notes: list[str] = field(default_factory=list)


def fit_classifier(table: LabelledTexts, model: TextClassifier) -> FittedClassifier:
    """
    Fit the model on the table, and report on it by rows that were held out.

    Raises
    ------
    InputError
        If the labels cannot teach a classifier: only one, or a column of measurements.

    Examples
    --------
    >>> from toolkit.labelled_texts import labelled_texts
    >>> table = pd.DataFrame({"text": ["red", "dark red", "red!", "blue", "light blue", "blue!"],
    ...                       "label": ["r", "r", "r", "b", "b", "b"]})
    >>> model = TextClassifier(TextEmbedder("hashing:32", columns=["text"]))
    >>> fit_classifier(labelled_texts(table, "text", "label"), model).report.n_rows
    6
    """
    _check_labels(table)
    notes = [*table.notes(), *_notes_on_classes(table)]
    try:
        probabilities = model.fit_held_out(table.frame, table.labels)
    except TooFewRows as error:
        model.fit(table.frame, table.labels)
        return FittedClassifier(model, None, [*notes, f"no report: {error}"])

    return FittedClassifier(model, report_on(model, table, probabilities, held_out=True), notes)


def evaluate_classifier(
    model: TextClassifier, table: LabelledTexts
) -> ClassificationReport | MultilabelReport:
    """
    Report on the model by the rows of a table that it has not seen.

    Raises
    ------
    InputError
        If the model gives several labels a row and the table has one, or the other way round.
    """
    if table.has_label_sets != model.is_multilabel_:
        raise InputError(
            "the table has several labels a row and the model gives one: leave the separator out"
            if table.has_label_sets
            else "the model gives several labels a row and the table has one: say what parts "
            "labels in a cell with separator= (--separator on the command line)"
        )
    vectors = model.embed(texts_for(model, table.frame, table.columns))
    status = None if table.has_label_sets else model.decide(vectors)["status"].to_numpy()

    return report_on(model, table, model.predict_proba(vectors), status)


def notes_on_known_rows(model: TextClassifier, table: LabelledTexts) -> list[str]:
    """Say how many of the texts stand among those that the model learned from, if it kept them."""
    if "text" not in model.training_rows_:
        return []
    learned = set(model.training_rows_["text"])
    texts = clean_texts(text_values(table.frame, table.columns)).texts
    n_known = sum(text in learned for text in texts)
    if not n_known:
        return []

    return [
        f"{n_known:,} of {len(texts):,} texts also stand among those that the model learned from: "
        "the report flatters it"
    ]


def report_on(
    model: TextClassifier,
    table: LabelledTexts,
    probabilities: np.ndarray,
    status: np.ndarray | None = None,
    *,
    held_out: bool = False,
) -> ClassificationReport | MultilabelReport:
    """Return the report that fits the labels: one label a row, or several."""
    if table.has_label_sets:
        return _report_on_sets(model, table, probabilities, held_out=held_out)
    # Labels of a table are texts; those of a model made in Python may be numbers.
    own = dict(zip(label_texts(list(model.classes_)), model.classes_, strict=True))
    labels = [own.get(label, label) for label in table.labels]
    unseen = {label for label in table.labels if label not in own}
    if unseen and not all(isinstance(label, str) for label in model.classes_):
        raise InputError(
            f"the model's labels are {type(model.classes_[0]).__name__}s and never were "
            f"{', '.join(sorted(unseen)[:5])}: evaluate rows of labels that it knows"
        )

    return evaluate_classification(
        pd.Series(labels, index=table.frame.index),
        probabilities,
        model.classes_,
        texts=clean_texts(text_values(table.frame, table.columns)).texts,
        status=status,
        held_out=held_out,
    )


def own_columns(model: TextModel) -> list[str] | None:
    """Return the text columns that the model asks for, None if it takes any."""
    columns = getattr(model.embedder_, "columns", None)

    return [columns] if isinstance(columns, str) else list(columns) if columns else None


def texts_for(
    model: TextModel, frame: pd.DataFrame, columns: Sequence[str]
) -> pd.DataFrame | pd.Series:
    """
    Return what the model takes, where its texts stand in columns of any names.

    >>> from toolkit import CosineCentroidClassifier
    >>> embedder = TextEmbedder("hashing:8", columns=["text"])
    >>> model = TextClassifier(embedder, CosineCentroidClassifier())
    >>> model.fit(pd.DataFrame({"text": ["a", "b", "c", "d"]}), [0, 0, 1, 1]).classes_
    array([0, 1])
    >>> texts_for(model, pd.DataFrame({"body": ["late"]}), ["body"])
       text
    0  late
    """
    require_columns(frame, columns)
    values, own = text_values(frame, columns), own_columns(model)
    if own is None:
        return pd.Series(values, index=frame.index, dtype=object)
    if own == list(columns):
        return frame[own]

    return pd.DataFrame(dict.fromkeys(own[1:], "") | {own[0]: values}, index=frame.index)[own]


def with_predictions(
    model: TextClassifier,
    frame: pd.DataFrame,
    texts: TextInput,
    *,
    n_evidence: int = 0,
    joint: str = JOINT,
    skip_failed: bool = False,
) -> pd.DataFrame:
    """
    Return the frame with prediction, confidence, margin, status and, if asked for, evidence.

    Each piece of evidence is the id, label and similarity of a training row, and its text where
    the model kept texts. Several labels stand in one cell, joined by `joint`. A column of the
    frame is never replaced: ours is then named ``..._2``. Rows whose text cannot be embedded,
    where the embedder allows it, have the status ``failed``, or are left out if `skip_failed`.
    """
    vectors = model.embed(texts)
    added = model.decide(vectors)
    if model.label_sets_ is not None:
        added["prediction"] = [joint.join(map(str, labels or ())) for labels in added["prediction"]]
    if n_evidence:
        found = model.evidence(vectors, k=n_evidence)
        for rank in range(1, int(found["rank"].max()) + 1):
            of_rank = found[found["rank"] == rank].drop(columns=["query", "rank"])
            names = {name: f"evidence_{rank}_{name}" for name in of_rank}
            added = added.join(of_rank.reset_index(drop=True).rename(columns=names))
    whole = append_columns(frame, added)

    return whole.loc[np.asarray(~np.isnan(vectors).any(axis=1))] if skip_failed else whole


def _report_on_sets(
    model: TextClassifier, table: LabelledTexts, probabilities: np.ndarray, *, held_out: bool
) -> MultilabelReport:
    """Labels that the model never learned count: it gives them a probability of 0."""
    own = label_texts(list(model.classes_))
    unseen = sorted({label for labels in table.labels for label in labels} - set(own))
    if unseen and model.label_sets_ is None:
        raise InputError(
            f"the model was fitted on an indicator matrix, so its labels are the numbers {own[0]} "
            f"to {own[-1]} of the columns, and the table has {', '.join(unseen[:5])}: use these "
            "numbers as labels, or fit on lists of labels"
        )
    classes = np.array([*own, *unseen])
    indicator = np.array([np.isin(classes, labels) for labels in table.labels], dtype=int)
    padded = np.hstack([probabilities, np.zeros((len(probabilities), len(unseen)))])
    order = np.argsort(classes)

    return evaluate_multilabel(
        indicator[:, order], padded[:, order], classes[order], held_out=held_out
    )


def _check_labels(table: LabelledTexts) -> None:
    distinct = {str(label) for label in table.labels}
    if len(distinct) == 1:
        raise InputError(
            f"expected at least two labels, got only {table.labels[0]!r}: add rows of another label"
        )
    is_many = len(distinct) > max(MANY_NUMBERS, len(table.labels) / 4)
    if is_many and not table.has_label_sets and _are_numbers(distinct):
        raise InputError(
            f"expected labels, got {len(distinct):,} different numbers in "
            f"{len(table.labels):,} rows: name the column of classes with --label"
        )


def _are_numbers(labels: set[str]) -> bool:
    try:
        return all(np.isfinite(float(label)) for label in labels)
    except ValueError:
        return False


def _notes_on_classes(table: LabelledTexts) -> list[str]:
    flat: list[Any] = (
        [label for labels in table.labels for label in labels]
        if table.has_label_sets
        else table.labels
    )
    counts = pd.Series(flat, dtype=object).value_counts()
    rare = counts[counts == 1]
    if rare.empty:
        return []
    names = ", ".join(map(str, rare.index[:5])) + (", ..." if len(rare) > 5 else "")
    what = "1 label has" if len(rare) == 1 else f"{len(rare):,} labels have"

    return [f"{what} only one row ({names}): learned, but nothing to check it by"]
