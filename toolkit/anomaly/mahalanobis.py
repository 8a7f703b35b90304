"""Outliers are where the spread of all rows hardly reaches."""

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from sklearn.covariance import ledoit_wolf

from toolkit.anomaly.leave_one_out import LeaveOneOutDetector
from toolkit.kernels import Vectors

_ROWS_AT_ONCE = 4096
_LEAST_SPREAD = 1e-9


class CosineMahalanobisDetector(LeaveOneOutDetector):
    """
    Score rows by their Mahalanobis distance to the mean, with a shrunk covariance of unit rows.

    A second view beside `CosineNeighborsDetector`: it keeps a mean and a covariance, no training
    rows, so that asking costs the same however many there were. It suits rows of one kind better
    than rows of many topics. A training row never counts itself: what it would score without it
    follows from what it scores with it.

    Parameters
    ----------
    contamination : float, default=0.05
        Share of the training rows that `predict` calls outliers, above 0 and at most 0.5.

    Attributes
    ----------
    location_ : ndarray of shape (n_features_in_,)
        The mean of the unit rows.
    covariance_ : ndarray of shape (n_features_in_, n_features_in_)
        Shrunk towards a multiple of the identity.
    shrinkage_ : float
        How far, from 0 to 1.
    fit_scores_ : ndarray of shape (n_train,)
        Minus the distance of each training row to the mean of the others.
    offset_ : float
        The score below which rows are outliers.
    known_keys_, known_scores_ : ndarray of shape (n_different_rows,)
        By which training rows are known again.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    References
    ----------
    O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
    Journal of Multivariate Analysis 88, 2004.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1], [1.0, 0.2], [-1.0, 0.2]])
    >>> CosineMahalanobisDetector(contamination=0.2).fit_predict(X)
    array([ 1,  1,  1,  1, -1])
    """

    location_: Vectors
    covariance_: Vectors
    shrinkage_: float

    def __init__(self, *, contamination: float = 0.05) -> None:
        self.contamination = contamination

    def _learned_scores(self, units: Vectors) -> Vectors:
        rows = units.astype(np.float64)
        self.location_ = rows.mean(axis=0)
        self.covariance_, shrinkage = ledoit_wolf(rows)
        self.shrinkage_ = float(shrinkage)

        return -np.sqrt(self._squares_without_each(rows))

    def _scores(self, units: Vectors) -> Vectors:
        return -np.sqrt(_squares(units - self.location_, self.covariance_))

    def _squares_without_each(self, rows: Vectors) -> Vectors:
        """
        Return the squared distance of each row to the mean of the others, by their covariance.

        Without a row the covariance differs by a product of the row's gap with itself, whose
        inverse is known (Sherman and Morrison); the shrinkage stays.
        """
        n = len(rows)
        n_features = len(self.location_)
        spread = np.trace(self.covariance_) / n_features  # shrinking keeps it
        target = self.shrinkage_ * spread * np.eye(n_features)
        most = (self.covariance_ - target) * (n / (n - 1)) + target
        squares = _squares(rows - self.location_, most)
        own = (1 - self.shrinkage_) * n / (n - 1) ** 2

        return np.asarray((n / (n - 1)) ** 2 * squares / np.maximum(1 - own * squares, 1e-12))


def _squares(gaps: Vectors, covariance: Vectors) -> Vectors:
    """Return the squared Mahalanobis length of each gap, shape (n_rows,)."""
    n_features = len(covariance)
    floor = max(np.trace(covariance) / n_features, _LEAST_SPREAD) * _LEAST_SPREAD
    root = cholesky(covariance + floor * np.eye(n_features), lower=True)
    squares = np.empty(len(gaps))
    for start in range(0, len(gaps), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        white = solve_triangular(root, gaps[rows].T, lower=True)
        squares[rows] = np.square(white).sum(axis=0)

    return squares
