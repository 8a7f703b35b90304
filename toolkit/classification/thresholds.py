"""How sure a classifier must be to answer, so that its answers are as right as asked for."""

from typing import NamedTuple
from warnings import warn

import numpy as np

from toolkit.errors import ToolkitWarning
from toolkit.kernels import Vectors


class OperatingPoint(NamedTuple):
    """
    What answering from a threshold on gives.

    Parameters
    ----------
    threshold : float
        Least score that is answered; infinite where nothing is.
    precision : float
        Share of the answers that are right; NaN where there is none.
    coverage : float
        Share of the rows that are answered.
    """

    threshold: float
    precision: float
    coverage: float


ANSWER_NOTHING = OperatingPoint(threshold=np.inf, precision=np.nan, coverage=0.0)


def choose_point(
    scores: Vectors,
    is_right: np.ndarray,
    weights: Vectors,
    *,
    precision: float,
    coverage: float | None,
) -> OperatingPoint:
    """
    Find what gives the coverage, if given, or else the precision; if none does, warn.

    Rather than be less precise than asked for, it answers nothing.

    Examples
    --------
    >>> scores, is_right = np.array([0.9, 0.8, 0.7, 0.1]), np.array([1, 1, 0, 0])
    >>> choose_point(scores, is_right, np.ones(4), precision=0.9, coverage=None).threshold
    0.8
    """
    if not np.isfinite(scores).any():
        _warn_of_no_answers("no held-out row is similar to others of its class", "add rows")
        return ANSWER_NOTHING
    if coverage is not None:
        return threshold_for_coverage(scores, is_right, weights, coverage=coverage)

    point = threshold_for_precision(scores, is_right, weights, precision=precision)
    if point.precision < precision:
        _warn_of_no_answers(
            f"no threshold gives a precision of {precision}: the best that held-out rows reach is "
            f"{point.precision:.3f}, at a coverage of {point.coverage:.3f}",
            "ask for a lower precision, or for a coverage",
        )
        return ANSWER_NOTHING

    return point


def _warn_of_no_answers(reason: str, cure: str) -> None:
    # Points at who called fit of the classifier.
    warn(f"{reason}; so nothing is answered: {cure}", ToolkitWarning, stacklevel=6)


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
