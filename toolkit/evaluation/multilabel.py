"""How good a classifier with several labels a row is: every number of it, and the report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import InputError
from toolkit.evaluation.intervals import wilson_interval
from toolkit.evaluation.judged import checked_probabilities, label_index
from toolkit.evaluation.report_text import multilabel_text
from toolkit.evaluation.scores import score_table
from toolkit.json_ready import records


@dataclass(frozen=True, eq=False)
class MultilabelReport:
    """
    How good the predicted sets of labels are.

    Attributes
    ----------
    n_rows : int
    subset_accuracy : float
        Share of the rows where every label is right.
    subset_accuracy_interval : tuple of two floats
        Its 95 % interval (Wilson).
    micro_f1, macro_f1 : float
        As scikit-learn computes them; what cannot be computed counts as 0.
    n_labels_true, n_labels_predicted : float
        Mean number of labels a row.
    threshold : float
        A label is predicted where its probability is above it.
    per_label : DataFrame
        ``label, precision, recall, f1, support`` of each label.
    held_out : bool
        Whether the rows are training rows, each predicted by a classifier fitted without it.
    """

    n_rows: int
    subset_accuracy: float
    subset_accuracy_interval: tuple[float, float]
    micro_f1: float
    macro_f1: float
    n_labels_true: float
    n_labels_predicted: float
    threshold: float
    per_label: pd.DataFrame
    held_out: bool

    def to_text(self, *, width: int | None = None) -> str:
        """Return the report as plain text, `width` columns wide or, if None, as the terminal is."""
        return multilabel_text(self, width)

    def to_dict(self) -> dict[str, object]:
        """Return the report in plain types, ready for JSON."""
        return {
            "schema_version": 1,
            "kind": "multilabel",
            "n_rows": self.n_rows,
            "held_out": self.held_out,
            "threshold": self.threshold,
            "subset_accuracy": self.subset_accuracy,
            "subset_accuracy_interval": list(self.subset_accuracy_interval),
            "micro_f1": self.micro_f1,
            "macro_f1": self.macro_f1,
            "n_labels_true": self.n_labels_true,
            "n_labels_predicted": self.n_labels_predicted,
            "per_label": records(self.per_label),
        }


def evaluate_multilabel(
    y_true: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    classes: Sequence[object] | np.ndarray,
    *,
    threshold: float = 0.5,
    held_out: bool = False,
) -> MultilabelReport:
    """
    Compare true sets of labels with a classifier's probabilities.

    Parameters
    ----------
    y_true : array-like of shape (n_rows, n_labels)
        1 where a row has the label, else 0.
    probabilities : array-like of shape (n_rows, n_labels)
        What ``predict_proba`` returns.
    classes : array-like of shape (n_labels,)
        The labels of the columns.
    threshold : float, default=0.5
        A label is predicted where its probability is above it, in [0, 1].
    held_out : bool, default=False
        Whether these are training rows that were predicted in cross-validation.

    Returns
    -------
    MultilabelReport

    Raises
    ------
    InputError
        If the arguments do not fit together.

    Examples
    --------
    >>> report = evaluate_multilabel(
    ...     [[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.3]], ["delivery", "refund"]
    ... )
    >>> report.subset_accuracy, round(report.micro_f1, 3)
    (0.5, 0.8)
    """
    labels = label_index(classes, "labels")
    truth = _indicator(y_true, n_labels=len(labels))
    checked = checked_probabilities(probabilities, n_rows=len(truth), n_columns=len(labels))
    if not 0 <= threshold <= 1:
        raise InputError(f"threshold must be from 0 to 1, got {threshold!r}")

    predicted = (checked > threshold).astype(np.int64)
    is_right = (truth == predicted).all(axis=1)
    n_right, n_predicted, n_true = (
        counted.sum(axis=0) for counted in (truth & predicted, predicted, truth)
    )
    n_marks = int(n_predicted.sum() + n_true.sum())
    per_label = score_table(list(labels), n_right=n_right, n_predicted=n_predicted, n_true=n_true)

    return MultilabelReport(
        n_rows=len(truth),
        subset_accuracy=float(is_right.mean()),
        subset_accuracy_interval=wilson_interval(int(is_right.sum()), len(truth)),
        micro_f1=float(2 * n_right.sum() / n_marks) if n_marks else 0.0,
        macro_f1=float(per_label["f1"].mean()),
        n_labels_true=float(n_true.sum() / len(truth)),
        n_labels_predicted=float(n_predicted.sum() / len(truth)),
        threshold=float(threshold),
        per_label=per_label,
        held_out=held_out,
    )


def _indicator(y_true: npt.ArrayLike, *, n_labels: int) -> npt.NDArray[np.int64]:
    indicator = np.asarray(y_true)
    if indicator.ndim != 2 or indicator.shape[1] != n_labels or not len(indicator):
        raise InputError(
            f"expected a row of {n_labels} zeros and ones for each text, got an array of shape "
            f"{indicator.shape}: MultiLabelBinarizer makes such rows from lists of labels"
        )
    if not np.isin(indicator, (0, 1)).all():
        raise InputError("expected only zeros and ones in the true labels, got other values")

    return indicator.astype(np.int64)
