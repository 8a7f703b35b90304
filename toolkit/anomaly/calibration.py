"""How many of the rows that are known to be normal look as odd as another: p-values."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from toolkit.kernels import Indices, Vectors

MIN_STRATUM_ROWS = 20


@dataclass(frozen=True)
class Calibration:
    """
    Scores of rows by detectors that have not seen them.

    Parameters
    ----------
    scores : ndarray of shape (n_calibration,), float64
        High is normal.
    folds : ndarray of shape (n_calibration,)
        Number of the detector that gave the score.
    strata : ndarray of shape (n_calibration,)
        Number of each row's stratum, or -1.
    keys : ndarray of shape (n_calibration,)
        Equal for equal rows, which have equal scores.
    """

    scores: Vectors
    folds: Indices
    strata: Indices
    keys: np.ndarray

    def known_scores(self, keys: np.ndarray) -> tuple[np.ndarray, Vectors]:
        """Tell which rows equal one of these, and what that one scored; the others get NaN."""
        known, first = np.unique(self.keys, return_index=True)
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        is_known = known[place] == keys

        return is_known, np.where(is_known, self.scores[first[place]], np.nan)

    def pool_sizes(self) -> Indices:
        """Count the rows against which each row of these is judged."""
        counts = np.bincount(self.strata + 1)[self.strata + 1]
        has_own = (self.strata >= 0) & (counts >= MIN_STRATUM_ROWS)

        return np.where(has_own, counts, len(self.strata))

    def p_values(
        self, scores: Vectors, keys: np.ndarray, strata: Indices, uniforms: Vectors | None = None
    ) -> Vectors:
        """
        Rank rows among those of their stratum, or among all where those are fewer than 20.

        Parameters
        ----------
        scores : ndarray of shape (n_folds, n_rows)
            What each detector says of each row.
        keys, strata : ndarray of shape (n_rows,)
        uniforms : ndarray of shape (n_rows,), optional
            Numbers in [0, 1) that break ties; without them all ties count.

        Returns
        -------
        ndarray of shape (n_rows,), in (0, 1]
        """
        p_values = np.empty(len(keys))
        for stratum in np.unique(strata):
            rows = np.flatnonzero(strata == stratum)
            pool = self.strata == stratum
            if stratum < 0 or pool.sum() < MIN_STRATUM_ROWS:
                pool = np.ones(len(self.strata), dtype=bool)
            lower, tied = self._counts(pool, scores[:, rows])
            # A row that is in the pool itself is not counted as one that is as odd.
            is_inside = np.isin(keys[rows], self.keys[pool]).astype(np.intp)
            tied = tied - is_inside
            if uniforms is not None:
                tied = np.floor(uniforms[rows] * (tied + 1)).astype(np.intp)
            p_values[rows] = (1 + lower + tied) / (1 + pool.sum() - is_inside)

        return p_values

    def _counts(self, pool: np.ndarray, scores: Vectors) -> tuple[Indices, Indices]:
        """Count what scores lower than each row, and what scores the same, fold by fold."""
        lower = np.zeros(scores.shape[1], dtype=np.intp)
        not_higher = np.zeros_like(lower)
        for number, values in enumerate(scores):
            own = np.sort(self.scores[pool & (self.folds == number)])
            lower += np.searchsorted(own, values, side="left")
            not_higher += np.searchsorted(own, values, side="right")

        return lower, not_higher - lower


def discovery_threshold(p_values: Vectors, fdr: float) -> float:
    """
    Find the largest p-value that may be flagged, 0 if none: Benjamini and Hochberg's procedure.

    Examples
    --------
    >>> discovery_threshold(np.array([0.01, 0.04, 0.3, 0.9]), 0.1)
    0.04
    >>> discovery_threshold(np.array([0.2, 0.9]), 0.1)
    0.0
    """
    adjusted = false_discovery_control(p_values)
    # Rounding must not part what is equal on paper.
    found = p_values[adjusted <= fdr * (1 + 1e-12)]

    return float(found.max(initial=0.0))
