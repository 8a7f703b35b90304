"""Precision, recall and F1 of each label."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd


def score_table(
    labels: Sequence[object],
    *,
    n_right: npt.NDArray[np.integer],
    n_predicted: npt.NDArray[np.integer],
    n_true: npt.NDArray[np.integer],
) -> pd.DataFrame:
    """
    Score each label; what cannot be computed counts as 0, as in scikit-learn.

    Parameters
    ----------
    labels : sequence of n_labels
    n_right, n_predicted, n_true : ndarray of shape (n_labels,)
        How often each label is predicted and true, predicted, and true.

    Returns
    -------
    DataFrame with a row per label
        ``label, precision, recall, f1, support``, in the order of `labels`.

    Examples
    --------
    >>> counts = {"n_right": [1, 1], "n_predicted": [1, 2], "n_true": [2, 1]}
    >>> score_table(["card", "refund"], **{k: np.array(n) for k, n in counts.items()}).round(2)
        label  precision  recall    f1  support
    0    card        1.0     0.5  0.67        2
    1  refund        0.5     1.0  0.67        1
    """
    return pd.DataFrame(
        {
            "label": pd.Series(list(labels), dtype=object),
            "precision": _share(n_right, n_predicted),
            "recall": _share(n_right, n_true),
            "f1": _share(2 * n_right, n_predicted + n_true),
            "support": n_true,
        }
    )


def _share(
    part: npt.NDArray[np.integer], whole: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    shares = np.zeros(len(part))
    np.divide(part, whole, out=shares, where=whole > 0)

    return shares
