"""A classifier that answers only where it may."""

from typing import Any, Self
from warnings import warn

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from toolkit.classification.doubts import Evidence, weigh
from toolkit.classification.held_out import fit_held_out
from toolkit.classification.logistic import CosineLogisticClassifier
from toolkit.classification.ranks import rank_in, rank_table
from toolkit.classification.references import choose_references, numbers_of
from toolkit.classification.targets import (
    one_label_a_row,
    refuse_missing_labels,
    require_two_classes,
)
from toolkit.classification.thresholds import ANSWER_NOTHING, choose_point
from toolkit.errors import InputError, TooFewRows, ToolkitWarning
from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.kernels.keys import row_keys, seed_of

_MAX_REFERENCES = 20_000
_OUT_OF_SCOPE_SHARE = 0.01


class SelectiveClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """
    Let a classifier answer only where its answers are as right as asked for.

    A row is judged by two numbers: how probable its class is, and how similar it is, on average,
    to the nearest training rows of that class. The rank of each is the share of the training
    rows, held out for that, which have no more; the score is the product of the two ranks
    (Fisher's way to combine p-values). It is low where classes compete, and low where nothing
    like the row was seen. `predict` always gives a label; `decide` tells which to believe.

    Parameters
    ----------
    estimator : classifier, default=None
        Any with `predict_proba`; None stands for ``CosineLogisticClassifier()`` with `cv` and
        `random_state`.
    precision : float, default=0.95
        Share of the answers that should be right, above 0 and at most 1. Where no threshold gives
        as much on held-out rows, or none can be held out, nothing is answered, and a warning says
        so.
    coverage : float, default=None
        Share of the rows that should be answered, above 0 and at most 1. Where given, it takes
        the place of `precision`.
    n_neighbors : int, default=5
        How many of the nearest training rows count, >= 1.
    cv : int, cross-validator or iterable of splits, default=5
        How rows are held out, for an estimator that has no `fit_held_out` of its own.
    random_state : int, RandomState or None, default=None
        Which rows share a fold. None always gives the same folds.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on all rows.
    classes_ : ndarray of shape (n_classes,)
    threshold_ : float
        Least score of a row that is answered; infinite where nothing is.
    scope_threshold_ : float
        Least similarity, to the nearest training rows of its class, of a row that is not out of
        scope; 1 % of the held-out rows have less. A row with a similarity of 0 never is in scope.
    precision_ : float
        Share of the answers that are right, among held-out rows; NaN where nothing is answered.
    coverage_ : float
        Share of the held-out rows that are answered.
    references_ : ndarray of shape (n_references, n_features_in_)
        The training rows, scaled to length 1 and each only once. Of more than 20,000 different
        ones every class keeps the same share.
    reference_group_ : ndarray of shape (n_references,)
        Position of each one's label in `classes_`.
    confidence_ranks_, nearness_ranks_ : ndarray of shape (2, n_different + 1)
        Probabilities and similarities of the held-out rows, and the share that has no more.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    References
    ----------
    Fisher, "Statistical methods for research workers", 1932. Geifman, El-Yaniv, "Selective
    classification for deep neural networks", NeurIPS 2017.

    Examples
    --------
    >>> X = [[1.0, 0.0], [0.9, 0.1], [0.8, 0.3], [0.0, 1.0], [0.1, 0.9], [0.3, 0.8]]
    >>> y = ["card", "card", "card", "refund", "refund", "refund"]
    >>> classifier = SelectiveClassifier(coverage=1.0).fit(X, y)
    >>> classifier.decide([[5.0, 1.0], [1.0, -1.0]])[["prediction", "status"]]
      prediction        status
    0       card            ok
    1       card  out_of_scope
    """

    estimator_: Any
    classes_: np.ndarray
    threshold_: float
    scope_threshold_: float
    precision_: float
    coverage_: float
    references_: Vectors
    confidence_ranks_: Vectors
    nearness_ranks_: Vectors
    reference_group_: Indices

    def __init__(
        self,
        estimator: Any = None,
        *,
        precision: float = 0.95,
        coverage: float | None = None,
        n_neighbors: int = 5,
        cv: Any = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.precision = precision
        self.coverage = coverage
        self.n_neighbors = n_neighbors
        self.cv = cv
        self.random_state = random_state

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Fit the classifier, and learn on held-out rows when it may answer."""
        try:
            self.fit_held_out(X, y, sample_weight)
        except TooFewRows as error:
            self._fit_unmeasured(*self._check(X, y, sample_weight))
            warn(f"nothing is answered: {error}", ToolkitWarning, stacklevel=2)

        return self

    def fit_held_out(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Vectors:
        """Fit, and return what each row is given when it is held out, (n_rows, n_classes)."""
        vectors, labels, weights = self._check(X, y, sample_weight)
        self.estimator_ = self._new_estimator()
        probabilities = fit_held_out(
            self.estimator_, vectors, labels, weights, cv=self.cv, seed=seed_of(self.random_state)
        )
        weights = np.ones(len(vectors)) if weights is None else weights
        used = np.flatnonzero(weights)
        units = unit_rows(vectors[used])
        group, own = self._keep_references(units, labels[used])
        self._learn_thresholds(self._weigh(units, probabilities[used], own), group, weights[used])

        return probabilities

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Return the most probable label of each row, answered or not, shape (n_rows,)."""
        best: Indices = self.predict_proba(X).argmax(axis=1)

        return self.classes_[best]

    def predict_proba(self, X: npt.ArrayLike) -> Vectors:
        """Return the classifier's probabilities, shape (n_rows, n_classes)."""
        vectors = self._vectors(X)

        return np.asarray(self.estimator_.predict_proba(vectors))

    def score_samples(self, X: npt.ArrayLike) -> Vectors:
        """Return how sure it is that each row is in scope and right, in (0, 1], (n_rows,)."""
        return self._scores(self._evidence(self._vectors(X)))

    def decide(self, X: npt.ArrayLike) -> pd.DataFrame:
        """
        Return prediction, confidence, margin, score and status of each row.

        `confidence` is the probability of the prediction, `margin` how much the second class has
        less, `status` one of ``"ok"``, ``"unsure"`` and ``"out_of_scope"``. The index of a frame
        is kept.
        """
        evidence = self._evidence(self._vectors(X))
        scores = self._scores(evidence)
        is_sure = scores >= self.threshold_
        is_in_scope = self._is_in_scope(evidence)

        return pd.DataFrame(
            {
                "prediction": self.classes_[evidence.best],
                "confidence": evidence.confidence,
                "margin": evidence.margin,
                "score": scores,
                "status": np.where(is_in_scope, np.where(is_sure, "ok", "unsure"), "out_of_scope"),
            },
            index=X.index if isinstance(X, pd.DataFrame) else None,
        )

    def _check(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None
    ) -> tuple[Vectors, np.ndarray, Vectors | None]:
        self._check_parameters()
        refuse_missing_labels(y)
        vectors, labels = validate_data(self, X, y, dtype=np.float32, multi_output=True)
        labels = one_label_a_row(labels)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, vectors, dtype=np.float64, ensure_non_negative=True
            )
        require_two_classes(np.unique(labels if weights is None else labels[weights > 0]))

        return vectors, labels, weights

    def _check_parameters(self) -> None:
        asked = "precision" if self.coverage is None else "coverage"
        share = getattr(self, asked)
        if not 0 < share <= 1:
            raise InputError(f"{asked} must be above 0 and at most 1, got {share!r}")
        if not (isinstance(self.n_neighbors, int | np.integer) and self.n_neighbors >= 1):
            raise InputError(f"n_neighbors must be a whole number >= 1, got {self.n_neighbors!r}")

    def _new_estimator(self) -> Any:
        if self.estimator is None:
            return CosineLogisticClassifier(cv=self.cv, random_state=self.random_state)

        return clone(self.estimator)

    def _fit_unmeasured(
        self, vectors: Vectors, labels: np.ndarray, weights: Vectors | None
    ) -> None:
        """Fit where nothing can be held out, so that nothing may be answered."""
        options = [] if weights is None else [weights]
        self.estimator_ = self._new_estimator().fit(vectors, labels, *options)
        used = slice(None) if weights is None else weights > 0
        self._keep_references(unit_rows(vectors[used]), labels[used])

        nothing = rank_table(np.empty(0), np.empty(0))
        self.confidence_ranks_, self.nearness_ranks_ = nothing, nothing.copy()
        self.scope_threshold_ = 0.0
        self.threshold_, self.precision_, self.coverage_ = ANSWER_NOTHING

    def _keep_references(self, units: Vectors, labels: np.ndarray) -> tuple[Indices, Indices]:
        """Return the class number of each row, and the number of its reference or -1."""
        self.classes_ = self.estimator_.classes_
        group: Indices = np.searchsorted(self.classes_, labels)
        keys = row_keys(units)
        kept = choose_references(keys, group, at_most=_MAX_REFERENCES)
        self.references_, self.reference_group_ = units[kept], group[kept]

        return group, numbers_of(keys, group, kept)

    def _learn_thresholds(self, held_out: Evidence, group: Indices, weights: Vectors) -> None:
        self.confidence_ranks_ = rank_table(held_out.confidence, weights)
        self.nearness_ranks_ = rank_table(held_out.nearness, weights)

        nearness, shares = self.nearness_ranks_
        # The first column stands below all rows, so a small table gives its least similar row.
        self.scope_threshold_ = float(
            nearness[max(1, np.searchsorted(shares, _OUT_OF_SCOPE_SHARE))]
        )
        self.threshold_, self.precision_, self.coverage_ = choose_point(
            np.where(self._is_in_scope(held_out), self._scores(held_out), -np.inf),
            held_out.best == group,
            weights,
            precision=self.precision,
            coverage=self.coverage,
        )

    def _is_in_scope(self, evidence: Evidence) -> np.ndarray:
        is_near: np.ndarray = evidence.nearness >= self.scope_threshold_

        return is_near & (evidence.nearness > 0)

    def _vectors(self, X: npt.ArrayLike) -> Vectors:
        check_is_fitted(self)
        vectors: Vectors = validate_data(self, X, reset=False, dtype=np.float32)

        return vectors

    def _evidence(self, vectors: Vectors) -> Evidence:
        probabilities = np.asarray(self.estimator_.predict_proba(vectors))

        return self._weigh(unit_rows(vectors), probabilities, None)

    def _scores(self, evidence: Evidence) -> Vectors:
        likely = rank_in(self.confidence_ranks_, evidence.confidence)
        near = rank_in(self.nearness_ranks_, evidence.nearness)

        return likely * near

    def _weigh(self, units: Vectors, probabilities: Vectors, own: Indices | None) -> Evidence:
        return weigh(
            units,
            probabilities,
            references=self.references_,
            group=self.reference_group_,
            n_neighbors=int(self.n_neighbors),
            own=own,
        )
