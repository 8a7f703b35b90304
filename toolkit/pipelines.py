"""What the commands do with tables, step by step, for anyone who works with frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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
from toolkit.frames import require_columns
from toolkit.kernels import cosine_similarity
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, clean_texts, text_values

SIMILARITY_PROVIDER = f"{DEFAULT_PROVIDER}?precision=fp32"
"""Two texts cost nothing, so they are compared in full precision."""

MANY_NUMBERS = 20


def text_similarity(a: str, b: str, provider: str | Provider = SIMILARITY_PROVIDER) -> float:
    """
    Return the cosine similarity of two texts, in [-1, 1].

    >>> round(text_similarity("late parcel", "late parcel", "hashing:64"), 4)
    1.0
    """
    vectors = TextEmbedder(provider, task="similarity").fit_transform([a, b])

    return cosine_similarity(vectors[0], vectors[1])


@dataclass(frozen=True)
class LabelledTexts:
    """
    The rows of a table that can teach a classifier.

    Attributes
    ----------
    frame : DataFrame
        Rows with a text and a label; its index tells the rows apart.
    labels : list
        One label a row, or a list of labels a row where a separator was given.
    n_without_label, n_without_text : int
        Rows that were left out.
    """

    frame: pd.DataFrame
    labels: list[Any]
    n_without_label: int = 0
    n_without_text: int = 0

    def notes(self) -> list[str]:
        """Return a sentence for each reason why rows were left out."""
        total = len(self.frame) + self.n_without_label + self.n_without_text
        reasons = {"no label": self.n_without_label, "no text": self.n_without_text}

        return [
            f"{n:,} of {total:,} rows {'has' if n == 1 else 'have'} {what}: left out"
            for what, n in reasons.items()
            if n
        ]


def labelled_texts(
    frame: pd.DataFrame, text: str | Sequence[str], label: str, *, separator: str | None = None
) -> LabelledTexts:
    """
    Return the rows that have a text and a label, and how many have not.

    Parameters
    ----------
    frame : DataFrame
    text : str or sequence of str
        Columns that hold text.
    label : str
        Column that holds the label.
    separator : str, optional
        What stands between labels where a cell may hold several.

    Raises
    ------
    TableError
        If a column is missing.
    InputError
        If no row has both.

    Examples
    --------
    >>> table = pd.DataFrame({"text": ["late", "", "broken"], "label": ["a", "a", "b"]})
    >>> labelled_texts(table, "text", "label").n_without_text
    1
    """
    columns = [text] if isinstance(text, str) else list(text)
    require_columns(frame, [*columns, label])
    is_labelled = ~clean_texts(list(frame[label])).is_empty
    has_text = ~clean_texts(text_values(frame, columns)).is_empty
    kept = frame[is_labelled & has_text]
    labels = kept[label].tolist()
    if not labels:
        raise InputError(f"no row has both a text and a label in column {label!r}: nothing to use")
    if separator:
        labels = [_parted(cell, separator) for cell in labels]

    return LabelledTexts(
        kept, labels, int((~is_labelled).sum()), int((is_labelled & ~has_text).sum())
    )


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

    >>> table = pd.DataFrame({"text": ["red", "dark red", "red!", "blue", "light blue", "blue!"],
    ...                       "label": ["r", "r", "r", "b", "b", "b"]})
    >>> model = TextClassifier(TextEmbedder("hashing:32", columns=["text"]))
    >>> fit_classifier(labelled_texts(table, "text", "label"), model).report.n_rows
    6
    """
    _check_labels(table.labels)
    notes = [*table.notes(), *_notes_on_classes(table.labels)]
    try:
        probabilities = model.fit_held_out(table.frame, table.labels)
    except TooFewRows as error:
        model.fit(table.frame, table.labels)
        return FittedClassifier(model, None, [*notes, f"no report: {error}"])

    return FittedClassifier(model, report_on(model, table, probabilities, held_out=True), notes)


def evaluate_classifier(
    model: TextClassifier, table: LabelledTexts
) -> ClassificationReport | MultilabelReport:
    """Report on the model by the rows of a table that it has not seen."""
    vectors = model.embed(table.frame)
    probabilities = model.predict_proba(vectors)
    status = model.decide(vectors)["status"].to_numpy()

    return report_on(model, table, probabilities, status)


def report_on(
    model: TextClassifier,
    table: LabelledTexts,
    probabilities: np.ndarray,
    status: np.ndarray | None = None,
    *,
    held_out: bool = False,
) -> ClassificationReport | MultilabelReport:
    """Return the report that fits the labels: one label a row, or several."""
    if model.label_sets_ is not None:
        indicator = model.label_sets_.transform(table.labels)
        return evaluate_multilabel(indicator, probabilities, model.classes_, held_out=held_out)

    return evaluate_classification(
        pd.Series(table.labels, index=table.frame.index),
        probabilities,
        model.classes_,
        texts=clean_texts(text_values(table.frame, model.embedder_.columns)).texts,
        status=status,
        held_out=held_out,
    )


def texts_for(model: TextClassifier, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """
    Return the frame that the model takes, where its texts stand in columns of other names.

    >>> model = TextClassifier(TextEmbedder("hashing:8", columns=["text"]))
    >>> texts_for(model, pd.DataFrame({"body": ["late"]}), ["body"])
       text
    0  late
    """
    own = model.embedder.columns
    own = [own] if isinstance(own, str) else list(own or columns)
    if own == list(columns):
        require_columns(frame, own)
        return frame[own]
    values = text_values(frame, columns)

    return pd.DataFrame(dict.fromkeys(own[1:], "") | {own[0]: values}, index=frame.index)[own]


def with_predictions(
    model: TextClassifier, frame: pd.DataFrame, texts: TextInput, *, n_evidence: int = 0
) -> pd.DataFrame:
    """
    Return the frame with prediction, confidence, margin, status and, if asked for, evidence.

    Each piece of evidence is the id, label and similarity of a training row, and its text where
    the model kept texts. A column of the frame is never replaced: ours is then named ``..._2``.
    """
    vectors = model.embed(texts)
    added = model.decide(vectors)
    if model.label_sets_ is not None:
        added["prediction"] = [", ".join(map(str, labels)) for labels in added["prediction"]]
    if n_evidence:
        found = model.evidence(vectors, k=n_evidence)
        for rank in range(1, int(found["rank"].max()) + 1):
            of_rank = found[found["rank"] == rank].drop(columns=["query", "rank"])
            names = {name: f"evidence_{rank}_{name}" for name in of_rank}
            added = added.join(of_rank.reset_index(drop=True).rename(columns=names))
    added.index = frame.index
    added.columns = pd.Index(_free_names(list(added.columns), list(frame.columns)))

    return pd.concat([frame, added], axis=1)


def _free_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    names = []
    for name in wanted:
        free, number = name, 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        names.append(free)

    return names


def _parted(cell: object, separator: str) -> list[str]:
    return [part.strip() for part in str(cell).split(separator) if part.strip()]


def _check_labels(labels: list[Any]) -> None:
    distinct = set(map(tuple, labels)) if isinstance(labels[0], list) else set(labels)
    if len(distinct) == 1:
        raise InputError(
            f"expected at least two labels, got only {labels[0]!r}: add rows of another label"
        )
    if len(distinct) > MANY_NUMBERS and len(distinct) > len(labels) / 4 and _are_numbers(distinct):
        raise InputError(
            f"expected labels, got {len(distinct):,} different numbers in {len(labels):,} rows: "
            "name the column of classes with --label"
        )


def _are_numbers(labels: set[Any]) -> bool:
    try:
        return all(np.isfinite(float(label)) for label in labels)
    except (TypeError, ValueError):
        return False


def _notes_on_classes(labels: list[Any]) -> list[str]:
    flat = [part for label in labels for part in (label if isinstance(label, list) else [label])]
    counts = pd.Series(flat, dtype=object).value_counts()
    rare = counts[counts == 1]
    if rare.empty:
        return []
    names = ", ".join(map(str, rare.index[:5])) + (", ..." if len(rare) > 5 else "")

    return [
        f"{len(rare):,} labels have only one row ({names}): they are learned but cannot be checked"
    ]
