"""Logistic regression on the directions of vectors, with nothing left to tune."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, compute_class_weight
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from toolkit.classification.folded_rows import fold_rows
from toolkit.classification.folds import choose_folds, nothing_to_hold_out
from toolkit.classification.links import Sigmoid, Softmax
from toolkit.classification.penalty_search import PenaltySearch
from toolkit.classification.targets import (
    Targets,
    one_label_a_row,
    refuse_missing_labels,
    require_two_classes,
)
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.kernels.keys import row_keys, seed_of


class CosineLogisticClassifier(ClassifierMixin, BaseEstimator):
    """
    Logistic regression on unit rows that finds its own penalty and gives honest probabilities.

    Only directions count: scaling a row, at fit or later, changes nothing. Three things are
    learned besides the coefficients:

    - in which directions rows of one class vary; the L2 penalty is lighter where they vary
      little (half of a within-class whitening, shrunk towards none where rows are few);
    - `C_`, the inverse penalty with the least log loss on held-out rows;
    - `temperature_`, by which held-out logits are divided so that, of the rows given a
      probability of 0.8, about 80 % belong to the class.

    Folds follow from what the rows hold, not from their order: equal rows are never on both
    sides of a split, and a shuffled table gives the same classifier.

    Parameters
    ----------
    Cs : sequence of float, default=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
        Inverse penalties to choose from, > 0. The search starts at the middle one and goes on
        while held-out rows gain. With a single one there is nothing to choose.
    cv : int, cross-validator or iterable of splits, default=5
        Number of folds, >= 2; fewer where no class has as many different rows. Of a large table
        only as many folds are held out as it takes to hold 1,500 rows. Splits that test each
        row exactly once are taken as they are.
    class_weight : {"balanced"}, dict or None, default=None
        Weight of each class; "balanced" lets all classes count the same. Not for multi-label.
    random_state : int, RandomState or None, default=None
        Which rows share a fold. None always gives the same folds.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; the column numbers of a multi-label `y`.
    coef_ : ndarray of shape (n_classes, n_features_in_), or (1, n_features_in_) for two classes
        For unit rows; `temperature_` is already in them.
    intercept_ : ndarray of shape (n_classes,) or (1,)
    C_ : float
    temperature_ : float
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    Notes
    -----
    A matrix of 0 and 1 as `y` asks for several labels a row: each column gets a probability of
    its own, and `predict` gives such a matrix.

    A class with one row cannot be held out: the row is learned from, but has no say in the choice
    of `C_` and `temperature_`. Where every class has only one, they are the middle of `Cs` and 1.

    Of longer vectors only the 1,024 directions in which the rows vary most are learned from.

    References
    ----------
    Hatch, Kajarekar, Stolcke, "Within-class covariance normalization for SVM-based speaker
    recognition", Interspeech 2006. Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural
    networks", ICML 2017.

    Examples
    --------
    >>> X = [[1.0, 0.0], [0.9, 0.1], [0.8, 0.3], [0.0, 1.0], [0.1, 0.9], [0.3, 0.8]]
    >>> y = ["card", "card", "card", "refund", "refund", "refund"]
    >>> classifier = CosineLogisticClassifier().fit(X, y)
    >>> classifier.predict([[5.0, 1.0], [0.1, 0.2]])
    array(['card', 'refund'], dtype='<U6')
    """

    classes_: np.ndarray
    coef_: Vectors
    intercept_: Vectors
    C_: float
    temperature_: float

    def __init__(
        self,
        *,
        Cs: Sequence[float] = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000),
        cv: Any = 5,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.Cs = Cs
        self.cv = cv
        self.class_weight = class_weight
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        """Say that several labels a row are welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True

        return tags

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn the coefficients, the penalty and the temperature; a weight of 0 leaves out."""
        self._learn(*self._check(X, y, sample_weight))

        return self

    def fit_held_out(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Vectors:
        """
        Fit, and return what each row is given when its fold is held out, (n_rows, n_classes).

        A report on these probabilities needs no other cross-validation. A class with one row has
        no chance there, as nothing else tells of it.
        """
        vectors, labels, weights = self._check(X, y, sample_weight)
        search, place = self._learn(vectors, labels, weights)
        if len(search.scatters) == 1:
            raise nothing_to_hold_out(vectors)

        logits = self._logits(vectors)
        is_used = place >= 0
        logits[is_used] = search.held_out_logits()[place[is_used]] / np.float32(self.temperature_)

        return self._probabilities(logits)

    def decision_function(self, X: npt.ArrayLike) -> Vectors:
        """Return tempered logits, shape (n_rows, n_classes), or (n_rows,) for two classes."""
        logits = self._logits(self._vectors(X))

        return logits.ravel() if self._is_binary() else logits

    def predict_proba(self, X: npt.ArrayLike) -> Vectors:
        """Return the probability of each class or label, shape (n_rows, n_classes)."""
        return self._probabilities(self._logits(self._vectors(X)))

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Return the most probable label, shape (n_rows,), or a matrix of 0 and 1."""
        logits = self._logits(self._vectors(X))
        if self._is_multi_label:
            return (logits > 0).astype(np.intp)

        best: Indices = (logits[:, 0] > 0) * 1 if self._is_binary() else logits.argmax(axis=1)

        return self.classes_[best]

    def _check(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None
    ) -> tuple[Vectors, np.ndarray, Vectors]:
        if not (len(self.Cs) and min(self.Cs) > 0):
            raise InputError(f"Cs must be numbers > 0, got {self.Cs!r}")
        refuse_missing_labels(y)
        vectors, labels = validate_data(
            self, X, y, dtype=np.float32, accept_sparse=False, multi_output=True
        )
        self._is_multi_label = type_of_target(labels) == "multilabel-indicator"
        if self._is_multi_label:
            labels = labels.toarray() if issparse(labels) else labels
        else:
            labels = one_label_a_row(labels)
        weights = _check_sample_weight(
            sample_weight, vectors, dtype=np.float64, ensure_non_negative=True
        )

        return unit_rows(vectors), labels, weights

    def _learn(
        self, vectors: Vectors, labels: np.ndarray, weights: Vectors
    ) -> tuple[PenaltySearch, Indices]:
        """Learn everything; return the search, and where each row stands in it or -1."""
        used = np.flatnonzero(weights)
        targets, class_weights = self._targets(labels[used], weights[used])
        keys = row_keys(vectors[used], seed=seed_of(self.random_state))
        fold = choose_folds(self.cv, vectors, labels, used=used, keys=keys, group=targets.group)
        rows, part = fold_rows(
            vectors[used], targets, weights[used] * class_weights, keys=keys, fold=fold
        )

        search = PenaltySearch(rows, self.Cs)
        slopes, intercepts = rows.restore(*search.regression.plain())
        self.C_, self.temperature_ = search.C, search.temperature
        self.coef_ = np.ascontiguousarray(slopes.T) / np.float32(self.temperature_)
        self.intercept_ = intercepts / np.float32(self.temperature_)

        place = np.full(len(vectors), -1, dtype=np.intp)
        place[used] = part

        return search, place

    def _targets(self, labels: np.ndarray, weights: Vectors) -> tuple[Targets, Vectors]:
        """Return what to learn, and how much the class of each row counts."""
        if self._is_multi_label:
            if self.class_weight is not None:
                raise InputError("class_weight must be None for a multi-label y: use sample_weight")
            self.classes_ = np.arange(labels.shape[1])
            return Targets.of_labels(labels), np.ones(len(labels))

        self.classes_, group = np.unique(labels, return_inverse=True)
        require_two_classes(self.classes_)
        class_weights = compute_class_weight(
            self.class_weight, classes=self.classes_, y=labels, sample_weight=weights
        )
        return Targets.of_classes(group, len(self.classes_)), class_weights[group]

    def _vectors(self, X: npt.ArrayLike) -> Vectors:
        check_is_fitted(self)

        return unit_rows(validate_data(self, X, reset=False, dtype=np.float32))

    def _logits(self, vectors: Vectors) -> Vectors:
        return vectors @ self.coef_.T + self.intercept_

    def _is_binary(self) -> bool:
        return not self._is_multi_label and len(self.classes_) == 2

    def _probabilities(self, logits: Vectors) -> Vectors:
        if self._is_multi_label:
            return Sigmoid().probabilities(logits)
        if self._is_binary():
            second = Sigmoid().probabilities(logits)
            return np.hstack([1 - second, second])

        return Softmax(len(self.classes_)).probabilities(logits)
