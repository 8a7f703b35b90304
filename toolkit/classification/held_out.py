"""What a classifier says of rows that it has not seen."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from toolkit.classification.folds import choose_folds, nothing_to_hold_out
from toolkit.errors import InputError, TooFewRows
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.keys import row_keys


def fit_held_out(
    estimator: Any,
    vectors: Vectors,
    labels: np.ndarray,
    weights: Vectors | None,
    *,
    cv: Any,
    seed: int,
) -> Vectors:
    """
    Fit a classifier, and return what each row is given when its fold is held out.

    A classifier with a `fit_held_out` of its own is asked; of any other a copy is fitted for each
    fold. Equal rows share a fold. A class with one different row has its row in every copy, so
    that no class is unknown; the row itself is then given no chance of its class, as nothing else
    tells of it.

    Returns
    -------
    ndarray of shape (n_rows, n_classes), probabilities in the order of ``estimator.classes_``
    """
    if not hasattr(estimator, "predict_proba"):
        raise InputError(f"the estimator must have predict_proba, {estimator!r} has none")
    if weights is not None and not has_fit_parameter(estimator, "sample_weight"):
        raise InputError(f"sample_weight must be None, as {estimator!r} takes no weights")
    options = [] if weights is None else [weights]
    if hasattr(estimator, "fit_held_out"):
        return np.asarray(estimator.fit_held_out(vectors, labels, *options))

    estimator.fit(vectors, labels, *options)
    keys = row_keys(vectors, seed=seed)
    group = np.searchsorted(estimator.classes_, labels)
    everything = np.arange(len(vectors))
    fold = choose_folds(cv, vectors, labels, used=everything, keys=keys, group=group)
    if not fold.any():
        raise nothing_to_hold_out(vectors)

    probabilities = np.zeros((len(vectors), len(estimator.classes_)))
    is_lone = _of_lone_rows(keys, group)[group]
    for number in np.unique(fold):
        test, train = np.flatnonzero(fold == number), np.flatnonzero((fold != number) | is_lone)
        _require_two_classes_without(number, group[train])
        copy = clone(estimator).fit(vectors[train], labels[train], *(w[train] for w in options))
        columns = np.searchsorted(estimator.classes_, copy.classes_)
        probabilities[np.ix_(test, columns)] = copy.predict_proba(vectors[test])

    return _without_own_class(probabilities, group, np.flatnonzero(is_lone))


def _of_lone_rows(keys: np.ndarray, group: Indices) -> np.ndarray:
    """Tell which classes have only one different row."""
    pairs = np.unique(np.column_stack([group.astype(np.uint64), keys]), axis=0)

    is_lone: np.ndarray = np.bincount(pairs[:, 0].astype(np.intp)) == 1

    return is_lone


def _require_two_classes_without(number: int, group: Indices) -> None:
    if len(np.unique(group)) < 2:
        raise TooFewRows(
            f"each training part needs rows of at least 2 classes, but without fold {number} "
            "there is one class only: add rows, or give other splits as cv"
        )


def _without_own_class(probabilities: Vectors, group: Indices, rows: Indices) -> Vectors:
    """Share what some rows give their own class among the others."""
    probabilities[rows, group[rows]] = 0
    totals = probabilities[rows].sum(axis=1, keepdims=True)
    even = np.ones_like(probabilities[rows])
    even[np.arange(len(rows)), group[rows]] = 0
    probabilities[rows] = np.where(totals > 0, probabilities[rows], even)
    probabilities[rows] /= probabilities[rows].sum(axis=1, keepdims=True)

    return probabilities
