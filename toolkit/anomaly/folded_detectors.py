"""Copies of a detector, each fitted without one fold, and what they say of rows."""

from typing import Any

import numpy as np
from sklearn.base import clone

from toolkit.anomaly.calibration import Calibration
from toolkit.anomaly.neighbors import CosineNeighborsDetector
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors


def fit_folds(
    detector: Any, vectors: Vectors, keys: np.ndarray, folds: Indices
) -> tuple[list[Any], Vectors]:
    """
    Fit a copy of the detector without each fold, and let it score that fold.

    Parameters
    ----------
    detector : outlier detector or None
    vectors : ndarray of shape (n_rows, n_dimensions)
    keys : ndarray of shape (n_rows,)
        Equal for equal rows.
    folds : ndarray of shape (n_rows,)
        From 0; rows of -1 are in no fold.

    Returns
    -------
    detectors : list of fitted detectors, one a fold
    scores : ndarray of shape (n_rows,)
        NaN for rows that are in no fold.
    """
    order = np.argsort(keys, kind="stable")
    scores = np.full(len(keys), np.nan)
    detectors = []
    for number in range(folds.max() + 1):
        training = order[folds[order] != number]
        detectors.append(_new_detector(detector).fit(vectors[training]))
        held_out = np.flatnonzero(folds == number)
        scores[held_out] = _scores_of(detectors[-1], vectors[held_out], keys[held_out])

    return detectors, scores


def fold_scores(
    detectors: list[Any], calibration: Calibration, vectors: Vectors, keys: np.ndarray
) -> Vectors:
    """
    Let each detector score each row; a row that calibrates has the score it was given then.

    Returns
    -------
    ndarray of shape (n_detectors, n_rows)
    """
    is_known, known_scores = calibration.known_scores(keys)
    scores = np.tile(known_scores, (len(detectors), 1))
    new = np.flatnonzero(~is_known)
    if len(new):
        for number, detector in enumerate(detectors):
            scores[number, new] = _scores_of(detector, vectors[new], keys[new])

    return scores


def _new_detector(detector: Any) -> Any:
    if detector is None:
        return CosineNeighborsDetector()
    if not (hasattr(detector, "fit") and hasattr(detector, "score_samples")):
        raise InputError(
            f"the detector must have fit and score_samples, high for normal rows, {detector!r} "
            "does not (LocalOutlierFactor has them with novelty=True)"
        )

    return clone(detector)


def _scores_of(detector: Any, vectors: Vectors, keys: np.ndarray) -> Vectors:
    """Score each different row once, in the order of their keys, so that position has no part."""
    _, first, copy = np.unique(keys, return_index=True, return_inverse=True)
    scores = np.asarray(detector.score_samples(vectors[first]), dtype=np.float64)
    if scores.shape != first.shape or np.isnan(scores).any():
        raise InputError(
            f"score_samples must give one number a row, {detector!r} gave {scores.shape} with "
            f"{np.isnan(scores).sum()} NaN for {len(first)} rows"
        )

    return scores[copy]
