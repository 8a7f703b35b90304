"""How sure a classifier must be to answer, so that its answers are as right as asked for."""

from typing import NamedTuple

import numpy as np

from toolkit.kernels import Vectors


class OperatingPoint(NamedTuple):
    """
    What answering from a threshold on gives.

    Parameters
    ----------
    threshold : float
        Least score that is answered.
    precision : float
        Share of the answers that are right.
    coverage : float
        Share of the rows that are answered.
    """

    threshold: float
    precision: float
    coverage: float


def operating_points(scores: Vectors, is_right: np.ndarray, weights: Vectors) -> list[np.ndarray]:
    """
    Give threshold, precision and coverage for each score that could be the threshold.

    Rows of score -inf are never answered, but count as rows.

    Returns
    -------
    list of three ndarrays of shape (n_thresholds,), from the highest threshold to the lowest

    Examples
    --------
    >>> scores = np.array([0.9, 0.8, 0.8, 0.1])
    >>> for column in operating_points(scores, np.array([1, 1, 0, 1]), np.ones(4)):
    ...     print(column.round(2))
    [0.9 0.8 0.1]
    [1.   0.67 0.75]
    [0.25 0.75 1.  ]
    """
    order = np.argsort(-scores, kind="stable")
    order = order[np.isfinite(scores[order])]
    thresholds = scores[order]
    is_last = np.append(thresholds[1:] != thresholds[:-1], True)[: len(order)]

    n_answered = np.cumsum(weights[order])[is_last]
    n_right = np.cumsum((weights * is_right)[order])[is_last]

    return [thresholds[is_last], n_right / n_answered, n_answered / weights.sum()]


def threshold_for_precision(
    scores: Vectors, is_right: np.ndarray, weights: Vectors, *, precision: float
) -> OperatingPoint:
    """
    Find the least threshold whose answers are as precise as asked, or else the most precise one.

    Examples
    --------
    >>> scores = np.array([0.9, 0.8, 0.7, 0.1])
    >>> threshold_for_precision(scores, np.array([1, 1, 0, 0]), np.ones(4), precision=0.9)
    OperatingPoint(threshold=0.8, precision=1.0, coverage=0.5)
    """
    thresholds, precisions, coverages = operating_points(scores, is_right, weights)
    enough = min(precision, precisions.max())
    last = np.flatnonzero(precisions >= enough)[-1]

    return OperatingPoint(float(thresholds[last]), float(precisions[last]), float(coverages[last]))


def threshold_for_coverage(
    scores: Vectors, is_right: np.ndarray, weights: Vectors, *, coverage: float
) -> OperatingPoint:
    """
    Find the highest threshold that answers as many rows as asked, or else the lowest.

    Examples
    --------
    >>> scores = np.array([0.9, 0.8, 0.7, 0.1])
    >>> threshold_for_coverage(scores, np.array([1, 1, 0, 0]), np.ones(4), coverage=0.7)
    OperatingPoint(threshold=0.7, precision=0.6666666666666666, coverage=0.75)
    """
    thresholds, precisions, coverages = operating_points(scores, is_right, weights)
    first = min(int(np.searchsorted(coverages, coverage - 1e-9)), len(coverages) - 1)

    return OperatingPoint(
        float(thresholds[first]), float(precisions[first]), float(coverages[first])
    )
