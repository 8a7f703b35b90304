"""What detectors share that never let a training row speak for itself."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.kernels.keys import row_keys


class LeaveOneOutDetector(OutlierMixin, BaseEstimator, ABC):
    """
    A detector that scores each training row without it, also when it is asked about later.

    Of a kind of detector say how to learn from unit rows and what each of them scores without
    itself (`_learned_scores`), and what other rows score (`_scores`).

    Attributes
    ----------
    fit_scores_ : ndarray of shape (n_train,)
        Score of each training row without itself, high for normal rows.
    offset_ : float
        The score below which rows are outliers: the `contamination` quantile of `fit_scores_`.
    known_keys_, known_scores_ : ndarray of shape (n_different_rows,)
        Keys of the training rows, in ascending order, and the score of each.
    """

    contamination: float
    fit_scores_: Vectors
    offset_: float
    known_keys_: np.ndarray
    known_scores_: Vectors

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Learn what normal rows are like; `y` is not used."""
        self._check_settings()
        vectors: Vectors = validate_data(self, X, dtype=np.float32, ensure_min_samples=2)
        units = unit_rows(vectors)

        self.fit_scores_ = np.asarray(self._learned_scores(units), dtype=np.float64)
        self.offset_ = float(np.quantile(self.fit_scores_, self.contamination))
        self.known_keys_, first = np.unique(row_keys(units), return_index=True)
        self.known_scores_ = self.fit_scores_[first]

        return self

    def fit_predict(self, X: npt.ArrayLike, y: Any = None) -> Indices:
        """Return -1 for the outliers among the rows, each seen without itself, else 1."""
        return _flags(self.fit(X).fit_scores_, self.offset_)

    def predict(self, X: npt.ArrayLike) -> Indices:
        """Return -1 for outliers, else 1, shape (n_rows,); training rows get the answer of fit."""
        scores = self.score_samples(X)

        return _flags(scores, self.offset_)

    def decision_function(self, X: npt.ArrayLike) -> Vectors:
        """Return how far each row is above the threshold, below 0 for outliers, shape (n_rows,)."""
        scores = self.score_samples(X)

        return np.asarray(scores - self.offset_)

    def score_samples(self, X: npt.ArrayLike) -> Vectors:
        """Return the score of each row, high for normal ones, shape (n_rows,)."""
        check_is_fitted(self)
        vectors: Vectors = validate_data(self, X, reset=False, dtype=np.float32)
        units = unit_rows(vectors)

        keys = row_keys(units)
        place = np.minimum(np.searchsorted(self.known_keys_, keys), len(self.known_keys_) - 1)
        scores = self.known_scores_[place]
        others = np.flatnonzero(self.known_keys_[place] != keys)
        if len(others):
            scores[others] = self._scores(units[others])

        return scores

    @abstractmethod
    def _learned_scores(self, units: Vectors) -> Vectors:
        """Learn from unit rows; return the score of each without itself."""

    @abstractmethod
    def _scores(self, units: Vectors) -> Vectors:
        """Return the score of each of other unit rows."""

    def _check_settings(self) -> None:
        if not 0 < self.contamination <= 0.5:
            raise InputError(
                f"contamination must be a share above 0 and at most 0.5, got {self.contamination!r}"
            )


def check_neighbors(n_neighbors: object) -> None:
    """Refuse what is no number of neighbours."""
    if not (isinstance(n_neighbors, int | np.integer) and n_neighbors >= 1):
        raise InputError(f"n_neighbors must be a whole number >= 1, got {n_neighbors!r}")


def _flags(scores: Vectors, offset: float) -> Indices:
    return np.where(scores < offset, -1, 1)
