"""What labels ask of a regression: a link, targets, and groups to spread over the folds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from toolkit.classification.links import Link, Sigmoid, Softmax
from toolkit.errors import InputError
from toolkit.kernels import Indices


@dataclass(frozen=True)
class Targets:
    """
    The labels of some rows, ready for a regression.

    Parameters
    ----------
    link : Link
    values : ndarray of shape (n_rows,) or (n_rows, n_columns)
        As the link wants them.
    group : ndarray of shape (n_rows,)
        Rows with equal labels have equal numbers.
    design : sparse array of shape (n_rows, n_groups)
        What explains the mean of a row.
    """

    link: Link
    values: np.ndarray
    group: Indices
    design: csr_array

    @classmethod
    def of_classes(cls, group: Indices, n_classes: int) -> Self:
        """Take class numbers; two classes need only one logit."""
        n_rows = len(group)
        ones = np.ones(n_rows, dtype=np.float32)
        design = csr_array((ones, group, np.arange(n_rows + 1)), shape=(n_rows, n_classes))
        if n_classes == 2:
            return cls(Sigmoid(), group[:, None].astype(np.float32), group, design)

        return cls(Softmax(n_classes), group, group, design)

    @classmethod
    def of_labels(cls, indicator: np.ndarray) -> Self:
        """Take a matrix of 0 and 1 with a column per label."""
        values = (indicator != 0).astype(np.float32)
        _, group = np.unique(values, axis=0, return_inverse=True)
        always = np.ones((len(values), 1), dtype=np.float32)

        return cls(Sigmoid(), values, group.ravel(), csr_array(np.hstack([values, always])))

    def take(self, rows: Indices) -> "Targets":
        """Return those of some rows."""
        return Targets(self.link, self.values[rows], self.group[rows], self.design[rows])


def require_two_classes(classes: np.ndarray) -> None:
    """Refuse a table whose rows are all of one class."""
    if len(classes) < 2:
        raise InputError(
            f"a classifier needs rows of at least 2 classes, got 1 class: {classes.tolist()}"
        )


def one_label_a_row(labels: np.ndarray) -> np.ndarray:
    """Return labels of shape (n_rows,); refuse several labels a row, and numbers that measure."""
    if type_of_target(labels).startswith("multilabel"):
        raise InputError(
            "expected one label a row, got a matrix of several: fit one classifier for each column"
        )
    check_classification_targets(labels)

    return np.asarray(column_or_1d(labels, warn=True))


def refuse_missing_labels(y: npt.ArrayLike | None) -> None:
    """Refuse labels of which some are None, NaN or NA, also in lists of labels, and count them."""
    if not isinstance(y, Iterable) or getattr(y, "ndim", 1) == 0:
        return
    is_missing = [_is_missing(label) for label in y]
    if any(is_missing):
        raise InputError(
            f"{sum(is_missing):,} of {len(is_missing):,} labels are missing (None or NaN): "
            "leave these rows out"
        )


def _is_missing(label: object) -> bool:
    if isinstance(label, (list, tuple, set, frozenset, np.ndarray)):
        return any(map(_is_missing, label))

    return label is None or label is pd.NA or label is pd.NaT or _is_nan(label)


def _is_nan(label: object) -> bool:
    return isinstance(label, (float, np.floating)) and label != label


def holds_label_sets(y: npt.ArrayLike | None) -> bool:
    """
    Lists of labels; not one label a row, and not an indicator matrix, also if it is a list.

    >>> holds_label_sets([["a"], ["a", "b"], []]), holds_label_sets([[0, 1], [1, 1]])
    (True, False)
    """
    if not isinstance(y, Iterable) or (isinstance(y, np.ndarray) and y.ndim == 2):
        return False
    rows: list[Any] = list(y)
    if not rows or not all(isinstance(row, (list, tuple, set, frozenset)) for row in rows):
        return False
    cells = [cell for labels in rows for cell in labels]
    is_indicator = len({len(row) for row in rows}) == 1 and all(
        isinstance(cell, (int, float, np.number)) and cell in (0, 1) for cell in cells
    )

    return not (cells and is_indicator)
