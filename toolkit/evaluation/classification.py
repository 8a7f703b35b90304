"""How good a classifier with one label a row is: every number of it, and the report."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import InputError
from toolkit.evaluation.answered import Answered, count_answers
from toolkit.evaluation.calibration import expected_calibration_error, reliability_table
from toolkit.evaluation.confusions import confusion_table, worst_confusions
from toolkit.evaluation.intervals import wilson_interval
from toolkit.evaluation.judged import Judged, judge
from toolkit.evaluation.report_text import classification_text
from toolkit.evaluation.scores import score_table
from toolkit.json_ready import plain, records
from toolkit.texts import TextInput, clean_texts, text_values


@dataclass(frozen=True, eq=False)
class ClassificationReport:
    """
    How good the predictions of a classifier are.

    Attributes
    ----------
    n_rows : int
    accuracy, macro_f1, balanced_accuracy : float
        As scikit-learn computes them; what cannot be computed counts as 0.
    accuracy_interval : tuple of two floats
        95 % interval of the accuracy (Wilson).
    baseline_accuracy : float
        What always answering the most frequent label of these rows would get.
    calibration_error : float
        Expected calibration error over 15 bins of equal width (Guo et al., 2017).
    per_class : DataFrame
        ``label, precision, recall, f1, support`` of each label that is true or predicted anywhere.
    confusions : DataFrame
        The most frequent mistakes: ``true, predicted, n`` and, of the row where the classifier
        was surest of it, ``confidence, text, row``.
    confusion_matrix : DataFrame of shape (n_labels, n_labels)
        Rows are true labels, columns predictions.
    reliability : DataFrame
        ``low, high, confidence, accuracy, n`` of each bin of confidence that holds rows.
    unseen_labels : tuple
        True labels that are no class of the classifier; their rows count as wrong.
    answered : Answered or None
        Coverage and precision where the classifier may decline to answer.
    held_out : bool
        Whether the rows are training rows, each predicted by a classifier fitted without it.
    """

    n_rows: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    balanced_accuracy: float
    baseline_accuracy: float
    calibration_error: float
    per_class: pd.DataFrame
    confusions: pd.DataFrame
    confusion_matrix: pd.DataFrame
    reliability: pd.DataFrame
    unseen_labels: tuple[object, ...]
    answered: Answered | None
    held_out: bool

    def to_text(self, *, width: int | None = None) -> str:
        """Return the report as plain text, `width` columns wide or, if None, as the terminal is."""
        return classification_text(self, width)

    def to_dict(self) -> dict[str, object]:
        """Return the report in plain types, ready for JSON; the examples' texts are in it."""
        matrix = self.confusion_matrix

        return {
            "schema_version": 1,
            "kind": "classification",
            "n_rows": self.n_rows,
            "held_out": self.held_out,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "macro_f1": self.macro_f1,
            "balanced_accuracy": self.balanced_accuracy,
            "baseline_accuracy": self.baseline_accuracy,
            "calibration_error": self.calibration_error,
            "answered": asdict(self.answered) if self.answered else None,
            "unseen_labels": [plain(label) for label in self.unseen_labels],
            "per_class": records(self.per_class),
            "confusions": records(self.confusions),
            "confusion_matrix": {
                "labels": [plain(label) for label in matrix.index],
                "counts": matrix.to_numpy().tolist(),
            },
            "reliability": records(self.reliability),
        }


def evaluate_classification(
    y_true: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    classes: Sequence[object] | np.ndarray,
    *,
    texts: TextInput | None = None,
    status: npt.ArrayLike | None = None,
    n_confusions: int = 8,
    held_out: bool = False,
) -> ClassificationReport:
    """
    Compare true labels with a classifier's probabilities.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,)
        One label a row. A Series names the examples' rows by its index, else they are counted
        from 0. Labels that are not among the classes count as wrong.
    probabilities : array-like of shape (n_rows, n_classes)
        What ``predict_proba`` returns; the largest is the prediction.
    classes : array-like of shape (n_classes,)
        What ``classes_`` holds, the labels of the columns.
    texts : list, Series or one-column DataFrame, optional
        One a row, to show examples of mistakes.
    status : array-like of shape (n_rows,), optional
        ``"ok"``, ``"unsure"`` or ``"out_of_scope"``, as ``SelectiveClassifier.decide`` returns.
    n_confusions : int, default=8
        How many confusions to list.
    held_out : bool, default=False
        Whether these are training rows that were predicted in cross-validation.

    Returns
    -------
    ClassificationReport

    Raises
    ------
    InputError
        If labels are missing, or the arguments do not fit together.

    Examples
    --------
    >>> report = evaluate_classification(
    ...     ["card", "refund", "card"], [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], ["card", "refund"]
    ... )
    >>> round(report.accuracy, 3), round(report.macro_f1, 3)
    (0.667, 0.667)
    >>> report.confusions[["true", "predicted", "n", "row"]]
       true predicted  n  row
    0  card    refund  1    2
    """
    if n_confusions < 0:
        raise InputError(f"n_confusions must be >= 0, got {n_confusions!r}")
    judged = judge(y_true, probabilities, classes)
    n_rows = len(judged.truth)
    rows = y_true.index if isinstance(y_true, pd.Series) else pd.RangeIndex(n_rows)

    confusions = worst_confusions(
        judged, texts=_one_text_a_row(texts, rows), rows=rows, at_most=n_confusions
    )
    answered = None if status is None else count_answers(status, judged.is_right)

    return _report(judged, confusions, answered, held_out=held_out)


def _one_text_a_row(texts: TextInput | None, rows: pd.Index) -> list[str] | None:
    if texts is None:
        return None
    clean = clean_texts(text_values(texts)).texts
    if len(clean) != len(rows):
        raise InputError(f"expected a text for each of {len(rows)} rows, got {len(clean)} texts")

    return clean


def _report(
    judged: Judged, confusions: pd.DataFrame, answered: Answered | None, *, held_out: bool
) -> ClassificationReport:
    n_rows = len(judged.truth)
    matrix = confusion_table(judged)
    per_class = _per_class(matrix)
    reliability = reliability_table(judged.confidence, judged.is_right)

    return ClassificationReport(
        n_rows=n_rows,
        accuracy=float(judged.is_right.mean()),
        accuracy_interval=wilson_interval(int(judged.is_right.sum()), n_rows),
        macro_f1=float(per_class["f1"].mean()),
        balanced_accuracy=float(per_class.loc[per_class["support"] > 0, "recall"].mean()),
        baseline_accuracy=float(per_class["support"].max() / n_rows),
        calibration_error=expected_calibration_error(reliability),
        per_class=per_class,
        confusions=confusions,
        confusion_matrix=matrix,
        reliability=reliability,
        unseen_labels=tuple(judged.labels[judged.n_classes :]),
        answered=answered,
        held_out=held_out,
    )


def _per_class(matrix: pd.DataFrame) -> pd.DataFrame:
    counts = matrix.to_numpy()
    n_predicted, n_true = counts.sum(axis=0), counts.sum(axis=1)
    scores = score_table(
        list(matrix.index), n_right=np.diag(counts), n_predicted=n_predicted, n_true=n_true
    )

    occurs = np.flatnonzero(n_predicted + n_true)

    return scores.take(occurs).reset_index(drop=True)
