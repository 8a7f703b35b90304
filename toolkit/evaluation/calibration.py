"""Whether stated confidence is to be believed: reliability by bin, and the calibration error."""

import numpy as np
import pandas as pd

from toolkit.kernels.arrays import Vectors
from toolkit.plain_text import percent

N_BINS = 15
_ENOUGH_ROWS = 20


def reliability_table(confidence: Vectors, is_right: np.ndarray) -> pd.DataFrame:
    """
    Compare stated confidence with accuracy in 15 bins of equal width, as Guo et al. (2017) do.

    Parameters
    ----------
    confidence : ndarray of shape (n_rows,), in [0, 1]
        Probability of the predicted class. A value on an edge belongs to the bin below it.
    is_right : ndarray of bool, shape (n_rows,)

    Returns
    -------
    DataFrame with a row per bin that holds any rows
        ``low, high`` (the bin's edges), ``confidence`` (mean), ``accuracy`` and ``n``.

    Examples
    --------
    >>> table = reliability_table(np.array([0.95, 0.97, 0.52]), np.array([True, False, True]))
    >>> table[["confidence", "accuracy", "n"]]
       confidence  accuracy  n
    0        0.52       1.0  1
    1        0.96       0.5  2
    """
    edges = np.arange(N_BINS + 1) / N_BINS
    bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, N_BINS - 1)
    n = np.bincount(bins, minlength=N_BINS)
    stated = np.bincount(bins, confidence, N_BINS)
    right = np.bincount(bins, is_right, N_BINS)
    filled = np.flatnonzero(n)

    return pd.DataFrame(
        {
            "low": edges[filled],
            "high": edges[filled + 1],
            "confidence": stated[filled] / n[filled],
            "accuracy": right[filled] / n[filled],
            "n": n[filled],
        }
    )


def expected_calibration_error(reliability: pd.DataFrame) -> float:
    """
    Return the mean distance of confidence and accuracy over the bins, weighted by their rows.

    Examples
    --------
    >>> table = reliability_table(np.array([0.95, 0.97, 0.52]), np.array([True, False, True]))
    >>> round(expected_calibration_error(table), 4)
    0.4667
    """
    distance = (reliability["confidence"] - reliability["accuracy"]).abs()

    return float(np.average(distance, weights=reliability["n"]))


def calibration_in_words(reliability: pd.DataFrame) -> str:
    """
    Say what a confidence of about 80 % is worth, or, with few such rows, one of average height.

    Examples
    --------
    >>> table = reliability_table(np.full(50, 0.8), np.arange(50) < 39)
    >>> calibration_in_words(table)
    'a stated confidence of 80 % is right 78 % of the time'
    """
    about_80 = reliability[(reliability["low"] > 0.7) & (reliability["high"] < 0.9)]
    if about_80["n"].sum() >= _ENOUGH_ROWS:
        stated, right = (f"{100 * share:.0f} %" for share in _means(about_80))
        return f"a stated confidence of {stated} is right {right} of the time"
    stated, right = map(percent, _means(reliability))

    return f"it states a confidence of {stated} on average and is right {right} of the time"


def _means(reliability: pd.DataFrame) -> tuple[float, float]:
    stated, right = (
        float(np.average(reliability[name], weights=reliability["n"]))
        for name in ("confidence", "accuracy")
    )

    return stated, right
