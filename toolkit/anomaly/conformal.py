"""Flags whose false alarms are as rare as asked for, whatever detector gives the scores."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from toolkit.anomaly.calibration import Calibration, discovery_threshold
from toolkit.anomaly.conformal_settings import calibrates_every_row, check_settings, checked_rows
from toolkit.anomaly.folded_detectors import fit_folds, fold_scores
from toolkit.anomaly.near_groups import assign_folds, group_rows
from toolkit.anomaly.power import Power, warn_if_powerless
from toolkit.anomaly.strata import asked_strata, learned_strata
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.keys import row_keys, row_uniforms, seed_of


class ConformalDetector(MetaEstimatorMixin, OutlierMixin, BaseEstimator):
    """
    Flag rows with the false-alarm rate that was asked for, by the scores of any detector.

    The p-value of a row is the share of the calibration rows that look at least as odd, itself
    counted in. Of rows that are like those, at most 5 % get 0.05 or less: the false-alarm rate, for
    which no share of outliers is guessed. It is not how probable it is that a row is normal.

    Against a reference, ``fit(reference)`` and ``predict(new)``: the reference should be normal.
    Outliers in it cost power. They raise false alarms at most by their share, from 5 % to 5.6 % if
    they are a tenth of it, and only those that look more normal than normal rows do. To check a
    table against itself, ``fit_predict(X)``: each row is ranked among all, so about the asked share
    is flagged whether anything is wrong or not; these are the first to look at.

    By default every row calibrates (cross-conformal): for each fold a copy of the detector is
    fitted on the other folds, and rows are ranked among those of a fold by the copy that has not
    seen it. With `calibration_size` some rows calibrate and the others fit one detector (split
    conformal): faster to ask, proven for any detector, less sharp. Near-duplicates share a fold,
    as copies vouch for each other. A row that equals a calibration row gets the p-value of that
    row; equal rows get equal p-values, and the order of the rows changes nothing.

    Parameters
    ----------
    detector : outlier detector, default=None
        Any with `fit` and a `score_samples` that is high for normal rows, which must score a row
        by itself, whatever stands beside it. None stands for ``CosineNeighborsDetector()``.
    false_alarm_rate : float, default=0.05
        Share of the normal rows that may be flagged, above 0 and below 1.
    fdr : float, default=None
        False discovery rate: share of the flagged rows that may be normal, on average, above 0 and
        below 1. Where given, it takes the place of `false_alarm_rate`. What is flagged then depends
        on all rows that are asked about together. It needs a reference.
    n_folds : int, default=5
        >= 2. More folds come closer to the rate asked for, from below, and take more time and
        memory; with 5, a rate of 10 % gives 8.7 to 9.7 % on four tables of short texts.
    calibration_size : float, default=None
        Share of the rows that only calibrate, above 0 and below 1. None lets every row calibrate.
    group_threshold : float, default=0.95
        Cosine from which on rows are near-duplicates, in [-1, 1]. Where a group would have more
        rows than a fold, only its equal rows stay together. Given `groups` take its place.
    random_ties : bool, default=False
        Whether a row that scores the same as calibration rows takes a random place among them. If
        not, all of them count as odd, so scores with few different values give fewer false alarms.
    random_state : int, RandomState or None, default=0
        Which rows share a fold, and how ties are broken. None always gives the same.

    Attributes
    ----------
    detectors_ : list of detectors
        One a fold, fitted without it; a single one with `calibration_size`.
    groups_ : ndarray of shape (n_train,)
        Number of each row's group of near-duplicates, or of its given group and its copies.
    folds_ : ndarray of shape (n_train,)
        Number of the detector that has not seen each row; -1 for rows that do not calibrate.
    calibration_scores_ : ndarray of shape (n_calibration,)
        What that detector says of each row that calibrates.
    calibration_strata_, calibration_keys_ : ndarray of shape (n_calibration,)
        Position of its stratum in `strata_`, or -1, and a number that is equal for equal rows.
    fit_p_values_ : ndarray of shape (n_train,)
        P-value of each row within its own table; NaN for rows that do not calibrate.
    strata_ : ndarray of shape (n_strata,)
        Names of the strata, sorted, as they print.
    seed_ : int
        What `random_state` came to.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    References
    ----------
    Bates et al., "Testing for outliers with conformal p-values", Annals of Statistics 2023, arXiv
    2104.08279. Vovk, "Cross-conformal predictors", Annals of Mathematics and AI 2015. Benjamini,
    Hochberg, "Controlling the false discovery rate", JRSS B 1995. Bashari et al., "Robust conformal
    outlier detection under contaminated reference data", ICML 2025, arXiv 2502.04807.

    Examples
    --------
    >>> reference = np.random.default_rng(0).normal(size=(99, 8)) + 5 * np.eye(8)[0]
    >>> detector = ConformalDetector(false_alarm_rate=0.1).fit(reference)
    >>> detector.predict([3 * np.eye(8)[0], -np.eye(8)[1]])
    array([ 1, -1])
    >>> detector.p_values([-np.eye(8)[1]])
    array([0.01])
    >>> print(detector.power().to_text())
    With 99 calibration rows the smallest p-value is 0.01: at a false-alarm rate of 0.1 a row is
    flagged if no more than 9 of them are as odd.
    """

    detectors_: list[Any]
    groups_: Indices
    folds_: Indices
    calibration_scores_: Vectors
    calibration_strata_: Indices
    calibration_keys_: np.ndarray
    fit_p_values_: Vectors
    strata_: np.ndarray
    seed_: int

    def __init__(
        self,
        detector: Any = None,
        *,
        false_alarm_rate: float = 0.05,
        fdr: float | None = None,
        n_folds: int = 5,
        calibration_size: float | None = None,
        group_threshold: float = 0.95,
        random_ties: bool = False,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.detector = detector
        self.false_alarm_rate = false_alarm_rate
        self.fdr = fdr
        self.n_folds = n_folds
        self.calibration_size = calibration_size
        self.group_threshold = group_threshold
        self.random_ties = random_ties
        self.random_state = random_state

    def fit(
        self,
        X: npt.ArrayLike,
        y: Any = None,
        *,
        groups: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
    ) -> Self:
        """
        Fit the detector, and learn how odd normal rows look.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_dimensions)
        y : ignored
        groups : array-like of shape (n_rows,), optional
            Rows of one group share a fold; None or NaN stands for no group.
        strata : array-like of shape (n_rows,), optional
            A kind for each row, such as its label or language. Rows are then ranked among those of
            their kind, so that each kind has the false-alarm rate (Mondrian p-values); a kind with
            fewer than 20 calibration rows is ranked among all.
        """
        check_settings(self)
        vectors = validate_data(self, X, dtype=np.float32, ensure_min_samples=2)
        keys = row_keys(vectors)
        self.seed_ = seed_of(self.random_state)
        self.groups_ = group_rows(
            vectors, keys, groups, threshold=self.group_threshold, n_folds=self.n_folds
        )
        self.folds_ = assign_folds(
            self.groups_,
            row_keys(vectors, seed=self.seed_),
            n_folds=self.n_folds,
            calibration_size=self.calibration_size,
        )
        calibrating = self.folds_ >= 0
        self.strata_, numbers = learned_strata(strata, calibrating)
        self.calibration_strata_, self.calibration_keys_ = numbers[calibrating], keys[calibrating]
        self.detectors_, scores = fit_folds(self.detector, vectors, keys, self.folds_)
        self.calibration_scores_ = scores[calibrating]
        self.fit_p_values_ = np.full(len(vectors), np.nan)
        self.fit_p_values_[calibrating] = self._ranked(vectors[calibrating], numbers[calibrating])
        if self.fdr is None:
            warn_if_powerless(self.power())

        return self

    @available_if(calibrates_every_row)  # type: ignore[untyped-decorator]
    def fit_predict(
        self,
        X: npt.ArrayLike,
        y: Any = None,
        *,
        groups: npt.ArrayLike | None = None,
        strata: npt.ArrayLike | None = None,
    ) -> Indices:
        """
        Return -1 for the rows that are odd within their own table, else 1, shape (n_rows,).

        The arguments are those of `fit`; the p-values are then in `fit_p_values_`.
        """
        if self.fdr is not None:
            raise InputError(
                f"fit_predict needs fdr=None, got {self.fdr!r}: among n rows the r oddest have "
                "p-values of r / n, which no false discovery rate can tell from chance; fit on "
                "rows known to be normal and predict the others, or set false_alarm_rate"
            )

        return self.fit(X, groups=groups, strata=strata)._flags(self.fit_p_values_)

    def predict(self, X: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> Indices:
        """Return -1 for the rows that are flagged, else 1, shape (n_rows,)."""
        return self._flags(self.p_values(X, strata))

    def p_values(self, X: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> Vectors:
        """
        Return the p-value of each row, in (0, 1], shape (n_rows,).

        `strata` must be given if they were to `fit`; an unknown kind is ranked among all rows.
        """
        vectors = self._vectors(X)

        return self._ranked(vectors, asked_strata(strata, self.strata_, len(vectors)))

    def score_samples(self, X: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> Vectors:
        """Return the p-values, which are high for normal rows, shape (n_rows,)."""
        return self.p_values(X, strata)

    def decision_function(self, X: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> Vectors:
        """
        Return how far each row is above the threshold, below 0 if it is flagged, shape (n_rows,).

        With `fdr` the threshold depends on all rows of `X`.
        """
        p_values = self.p_values(X, strata)

        # A p-value that equals the threshold is flagged, so it must end up below 0.
        return np.asarray(p_values - np.nextafter(self._threshold(p_values), 1))

    def detector_scores(self, X: npt.ArrayLike) -> Vectors:
        """
        Return what the detectors say of each row, on average, high is normal, shape (n_rows,).

        Rows that are odder than all calibration rows share one p-value; these scores rank them.
        """
        vectors = self._vectors(X)
        scores = fold_scores(self.detectors_, self._calibration(), vectors, row_keys(vectors))

        return np.asarray(scores.mean(axis=0))

    @property
    def offset_(self) -> float:
        """Greatest p-value that is flagged, but for rounding; there is none with `fdr`."""
        if self.fdr is not None:
            raise AttributeError("offset_ depends on the rows that are asked about, as fdr is set")
        return float(np.nextafter(self.false_alarm_rate, 1))

    def power(self, n_rows: int = 1) -> Power:
        """
        Tell what can be flagged at all, from the number of rows alone.

        `n_rows` (>= 1) is how many are asked about together; it matters for `fdr` only. With strata
        it speaks of the one with the fewest calibration rows.
        """
        check_is_fitted(self)
        n_calibration = int(self._calibration().pool_sizes().min())

        return Power(n_calibration, self.false_alarm_rate, self.fdr, checked_rows(n_rows))

    def _vectors(self, X: npt.ArrayLike) -> Vectors:
        check_is_fitted(self)
        vectors: Vectors = validate_data(self, X, reset=False, dtype=np.float32)

        return vectors

    def _calibration(self) -> Calibration:
        return Calibration(
            self.calibration_scores_,
            self.folds_[self.folds_ >= 0],
            self.calibration_strata_,
            self.calibration_keys_,
        )

    def _ranked(self, vectors: Vectors, strata: Indices) -> Vectors:
        keys, calibration = row_keys(vectors), self._calibration()
        scores = fold_scores(self.detectors_, calibration, vectors, keys)
        uniforms = row_uniforms(vectors, seed=self.seed_ + 1) if self.random_ties else None

        return calibration.p_values(scores, keys, strata, uniforms)

    def _threshold(self, p_values: Vectors) -> float:
        if self.fdr is None:
            return self.false_alarm_rate
        warn_if_powerless(self.power(len(p_values)))

        return discovery_threshold(p_values, self.fdr)

    def _flags(self, p_values: Vectors) -> Indices:
        return np.where(p_values <= self._threshold(p_values), -1, 1)
