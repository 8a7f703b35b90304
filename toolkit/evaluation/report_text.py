"""A report as plain text that is a joy to read on a terminal."""

import shutil
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.errors import InputError
from toolkit.evaluation.calibration import calibration_in_words
from toolkit.evaluation.text_tables import class_table, confusion_list
from toolkit.plain_text import LABEL_COLUMNS, cut, percent, wrapped

if TYPE_CHECKING:
    from toolkit.evaluation.classification import ClassificationReport
    from toolkit.evaluation.multilabel import MultilabelReport

_NARROWEST, _WIDEST = 60, 120
_MOST_NAMES = 5


def classification_text(report: "ClassificationReport", width: int | None) -> str:
    """Return the headline, what was answered, the scores by class and the worst confusions."""
    width = checked_width(width)
    paragraphs = [
        in_lines(_headline(report), width),
        class_table(report.per_class, report.confusion_matrix, width=width),
        confusion_list(report.confusions, width=width),
    ]

    return "\n\n".join(filter(None, paragraphs)) + "\n"


def multilabel_text(report: "MultilabelReport", width: int | None) -> str:
    """Return the headline and the scores by label."""
    width = checked_width(width)
    low, high = report.subset_accuracy_interval
    sentences = [
        f"Micro-F1 {report.micro_f1:.3f}, macro-F1 {report.macro_f1:.3f}, "
        f"{_rows_judged(report.n_rows, held_out=report.held_out)}.",
        f"Every label of a row is right in {percent(report.subset_accuracy)} of the rows "
        f"(95 % interval {100 * low:.1f} to {100 * high:.1f}).",
        f"A row has {report.n_labels_true:.2f} labels on average; predicted are "
        f"{report.n_labels_predicted:.2f}, those with a probability above {report.threshold:g}.",
    ]

    return f"{in_lines(sentences, width)}\n\n{class_table(report.per_label, None, width=width)}\n"


def checked_width(width: int | None) -> int:
    """Return the columns of a report; if None, those of the terminal, within reason."""
    if width is None:
        here = shutil.get_terminal_size((100, 24)).columns
        return min(max(here, _NARROWEST), _WIDEST)
    if width < _NARROWEST:
        raise InputError(f"width must be at least {_NARROWEST} columns, got {width!r}")

    return width


def in_lines(sentences: list[str], width: int) -> str:
    """Return sentences one below the other, wrapped."""
    return "\n".join(wrapped(sentence, width) for sentence in sentences)


def _headline(report: "ClassificationReport") -> list[str]:
    low, high = report.accuracy_interval
    most_frequent = report.per_class["label"].iloc[int(report.per_class["support"].argmax())]
    sentences = [
        f"Accuracy {percent(report.accuracy)} (95 % interval {100 * low:.1f} to {100 * high:.1f}), "
        f"macro-F1 {report.macro_f1:.3f}, {_rows_judged(report.n_rows, held_out=report.held_out)}.",
        f"Always answering {cut(most_frequent, LABEL_COLUMNS)}, the most frequent class, "
        f"would be right {percent(report.baseline_accuracy)} of the time.",
        f"Calibration error {report.calibration_error:.3f}: "
        f"{calibration_in_words(report.reliability)}.",
    ]

    return [*sentences, *_answer_sentence(report), *_label_sentences(report)]


def _rows_judged(n_rows: int, *, held_out: bool) -> str:
    rows = ("held-out " if held_out else "") + ("row" if n_rows == 1 else "rows")

    return f"on {n_rows:,} {rows}"


def _answer_sentence(report: "ClassificationReport") -> list[str]:
    if report.answered is None:
        return []

    n_rows, precision = report.answered.n_rows, report.answered.precision
    right = "" if precision is None else f", {percent(precision)} of those right"
    return [
        f"Answered {n_rows['ok']:,} rows ({percent(report.answered.coverage)}){right}; "
        f"unsure about {n_rows['unsure']:,}, out of scope {n_rows['out_of_scope']:,}."
    ]


def _label_sentences(report: "ClassificationReport") -> list[str]:
    sentences = []
    unseen = report.per_class[report.per_class["label"].isin(report.unseen_labels)]
    if len(unseen):
        n_rows = int(unseen["support"].sum())
        carry = "1 row carries a label" if n_rows == 1 else f"{n_rows:,} rows carry labels"
        wrong = "counts" if n_rows == 1 else "count"
        sentences.append(
            f"{carry} that the model never learned and {wrong} as wrong: {_names(unseen)}."
        )
    if n_absent := len(report.confusion_matrix) - len(report.per_class):
        n_classes = len(report.confusion_matrix) - len(report.unseen_labels)
        occur = "occurs" if n_absent == 1 else "occur"
        sentences.append(f"{n_absent} of {n_classes} classes {occur} nowhere in these rows.")

    return sentences


def _names(unseen: pd.DataFrame) -> str:
    shown = [cut(label, LABEL_COLUMNS) for label in unseen["label"][:_MOST_NAMES]]
    n_more = len(unseen) - len(shown)

    return ", ".join(shown) + (f" and {n_more} more" if n_more else "")
