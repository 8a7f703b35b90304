"""Each row's true class beside the predicted one, checked and as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import InputError
from toolkit.kernels.arrays import Indices, Vectors


@dataclass(frozen=True)
class Judged:
    """
    What is true and what was predicted, row by row.

    Attributes
    ----------
    labels : list
        The classes, then the labels that the classifier was not fitted on.
    n_classes : int
        How many of the labels are classes.
    truth, predicted : ndarray of shape (n_rows,)
        Positions in `labels`.
    confidence : ndarray of shape (n_rows,)
        Probability of the predicted class.
    """

    labels: list[object]
    n_classes: int
    truth: Indices
    predicted: Indices
    confidence: Vectors

    @property
    def is_right(self) -> np.ndarray:
        """Whether each prediction is true, shape (n_rows,)."""
        return np.equal(self.truth, self.predicted)


def judge(
    y_true: npt.ArrayLike, probabilities: npt.ArrayLike, classes: Sequence[object] | np.ndarray
) -> Judged:
    """
    Compare true labels with the most probable classes.

    Examples
    --------
    >>> judged = judge(["card", "loan"], [[0.9, 0.1], [0.2, 0.8]], ["card", "refund"])
    >>> judged.labels, judged.truth, judged.predicted
    (['card', 'refund', 'loan'], array([0, 2]), array([0, 1]))
    """
    known = label_index(classes, "classes")
    true_labels = label_index(y_true, "true labels")
    checked = checked_probabilities(probabilities, n_rows=len(true_labels), n_columns=len(known))
    if not known.is_unique:
        raise InputError(f"expected each class once, got {list(known)}")

    truth = known.get_indexer(true_labels)
    unseen = _unseen_labels(true_labels[truth < 0], known)
    truth[truth < 0] = len(known) + unseen.get_indexer(true_labels[truth < 0])

    return Judged(
        [*known, *unseen],
        len(known),
        truth,
        checked.argmax(axis=1),
        checked.max(axis=1).astype(np.float64),
    )


def label_index(values: npt.ArrayLike | Sequence[object], what: str) -> pd.Index:
    """Return labels as they are, one a row; missing ones are an error."""
    labels = np.asarray(values, dtype=object)
    if labels.ndim != 1:
        raise InputError(f"expected one column of {what}, got an array of shape {labels.shape}")
    n_missing = int(pd.isna(labels).sum())
    if n_missing or not len(labels):
        came = f"{n_missing} of {len(labels)} are missing: leave those out" if n_missing else "none"
        raise InputError(f"expected {what} to evaluate with, but got {came}")

    index: pd.Index = pd.Index(labels, dtype=object)

    return index


def checked_probabilities(
    probabilities: npt.ArrayLike, *, n_rows: int, n_columns: int
) -> npt.NDArray[np.floating]:
    """Return probabilities as an array, if there is one for each row and class."""
    checked = np.asarray(probabilities)
    if checked.dtype.kind != "f":
        checked = checked.astype(np.float64)
    if checked.shape != (n_rows, n_columns):
        raise InputError(
            f"expected probabilities of shape {(n_rows, n_columns)}, for {n_rows} rows and "
            f"{n_columns} classes, got {checked.shape}"
        )
    if not np.all((checked >= 0) & (checked <= 1.0001)):
        raise InputError(
            "expected probabilities from 0 to 1, got others: pass what predict_proba returns"
        )

    limited: npt.NDArray[np.floating] = np.minimum(checked, 1)

    return limited


def _unseen_labels(labels: pd.Index, known: pd.Index) -> pd.Index:
    unseen: pd.Index = pd.Index(sorted(set(labels), key=str), dtype=object)
    alike = {str(label) for label in unseen} & {str(label) for label in known}
    if alike:
        example = min(alike)
        raise InputError(
            f"the label {example!r} is text in one place and a number in the other, among the "
            "true labels and the classes: convert one of them"
        )

    return unseen
