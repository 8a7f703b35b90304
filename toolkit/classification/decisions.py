"""Decisions of classifiers that never doubt, and of rows that no classifier can judge."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.preprocessing import MultiLabelBinarizer

from toolkit.kernels import Vectors


def one_label_decisions(probabilities: Vectors, classes: np.ndarray) -> pd.DataFrame:
    """
    Return prediction, confidence and margin of each row, and always "ok".

    >>> one_label_decisions(np.array([[0.25, 0.75]]), np.array(["card", "refund"]))
      prediction  confidence  margin status
    0     refund        0.75     0.5     ok
    """
    # A classifier of one class has no second.
    none = np.zeros((len(probabilities), 1))
    second, confidence = np.sort(np.hstack([none, probabilities]), axis=1)[:, -2:].T

    return _decisions(classes[probabilities.argmax(axis=1)], confidence, confidence - second)


def several_label_decisions(
    probabilities: Vectors, label_sets: MultiLabelBinarizer | None
) -> pd.DataFrame:
    """Return the same for several labels a row; confidence is that of the least certain label."""
    indicator = (probabilities > 0.5).astype(int)
    labels: Sequence[Any] = (
        list(indicator) if label_sets is None else label_sets.inverse_transform(indicator)
    )
    confidence = np.maximum(probabilities, 1 - probabilities).min(axis=1)

    return _decisions(labels, confidence, 2 * confidence - 1)


def _decisions(labels: Sequence[Any], confidence: Vectors, margin: Vectors) -> pd.DataFrame:
    return pd.DataFrame(
        {"prediction": list(labels), "confidence": confidence, "margin": margin, "status": "ok"}
    )


def judge_by_vectors(decisions: pd.DataFrame, vectors: Vectors) -> pd.DataFrame:
    """
    Put rows of zeros out of scope, and mark rows of NaN as failed, without prediction.

    >>> decisions = one_label_decisions(np.ones((3, 1)), np.array(["card"]))
    >>> judge_by_vectors(decisions, np.array([[1.0], [0.0], [np.nan]]))["status"].tolist()
    ['ok', 'out_of_scope', 'failed']
    """
    is_failed = np.asarray(np.isnan(vectors).any(axis=1))
    is_zero = ~vectors.any(axis=1)
    status = np.where(is_zero, "out_of_scope", decisions["status"].to_numpy(dtype=object))
    judged = decisions.assign(status=np.where(is_failed, "failed", status))

    return blank(judged, ["prediction"], is_failed).assign(
        confidence=judged["confidence"].mask(is_failed), margin=judged["margin"].mask(is_failed)
    )


def blank(frame: pd.DataFrame, columns: Sequence[str], rows: np.ndarray) -> pd.DataFrame:
    """
    Put None into some rows of some columns; without such rows types stay as they are.

    >>> blank(pd.DataFrame({"id": [4, 5]}), ["id"], np.array([False, True]))["id"].tolist()
    [4, None]
    """
    if not rows.any():
        return frame
    blanked = {}
    for name in columns:
        cells = frame[name].to_numpy(dtype=object, copy=True)
        cells[rows] = None
        blanked[name] = pd.Series(cells, index=frame.index, dtype=object)

    return frame.assign(**blanked)
