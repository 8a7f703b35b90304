"""The one number that turns a classifier's logits into honest probabilities."""

import numpy as np
from scipy.optimize import minimize_scalar

from toolkit.classification.links import Link
from toolkit.kernels import Vectors

_RANGE = (0.02, 50.0)


def best_temperature(
    link: Link, logits: Vectors, targets: np.ndarray, weights: Vectors
) -> tuple[float, float]:
    """
    Find the temperature by which held-out logits are divided for the least log loss.

    One more row is added whose class nobody knows, so that a few rows that are all right do not
    promise certainty.

    Parameters
    ----------
    link : Link
    logits : ndarray of shape (n_rows, n_columns)
        From a model that has not seen these rows.
    targets, weights : ndarray of shape (n_rows, ...)

    Returns
    -------
    temperature : float
    loss : float
        Mean log loss at that temperature, with that of the added row.

    References
    ----------
    Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> from toolkit.classification.links import Softmax
    >>> logits = np.array([[4.0, 0.0]] * 4)
    >>> temperature, loss = best_temperature(
    ...     Softmax(2), logits, np.array([0, 0, 0, 1]), weights=np.ones(4)
    ... )
    >>> round(temperature, 1), round(loss, 2)
    (4.7, 0.76)
    """
    total = float(weights.sum())

    def loss(log_temperature: float) -> float:
        tempered = logits / np.asarray(np.exp(log_temperature), dtype=logits.dtype)
        doubt = float(link.doubts(tempered).mean()) / len(logits)
        losses, _ = link.losses_and_residuals(tempered, targets)
        return float(weights @ losses) / total + doubt

    best = minimize_scalar(loss, bounds=np.log(_RANGE), method="bounded", options={"xatol": 0.01})

    return float(np.exp(best.x)), float(best.fun)
