"""Which classes are taken for which, with an example of each confusion."""

import numpy as np
import pandas as pd

from toolkit.evaluation.judged import Judged


def confusion_table(judged: Judged) -> pd.DataFrame:
    """
    Count the rows of each true label (rows) by prediction (columns).

    Labels that the classifier was not fitted on stand last.
    """
    n = len(judged.labels)
    counts = np.bincount(judged.truth * n + judged.predicted, minlength=n * n).reshape(n, n)
    names = pd.Index(judged.labels, dtype=object)

    return pd.DataFrame(counts, index=names.rename("true"), columns=names.rename("predicted"))


def worst_confusions(
    judged: Judged, *, texts: list[str] | None, rows: pd.Index, at_most: int
) -> pd.DataFrame:
    """
    List the most frequent mistakes, each with the row where the classifier was surest of it.

    Parameters
    ----------
    judged : Judged
    texts : list of str, optional
        One a row.
    rows : Index
        What each row is called.
    at_most : int
        How many confusions to list.

    Returns
    -------
    DataFrame
        ``true, predicted, n`` and, of the example, ``confidence, text, row``; the most frequent
        first. ``text`` is None if there are no texts.
    """
    mistakes = _mistakes(judged, texts)
    pairs = mistakes.groupby(["true", "predicted"], sort=True)
    n = pairs.size().sort_values(ascending=False, kind="stable").head(at_most)
    examples = pairs.first().loc[n.index].reset_index()
    names = pd.Index(judged.labels, dtype=object)
    at = examples["row"].to_numpy()

    return pd.DataFrame(
        {
            "true": names[examples["true"]],
            "predicted": names[examples["predicted"]],
            "n": n.to_numpy(),
            "confidence": judged.confidence[at],
            "text": pd.Series([texts[row] if texts else None for row in at], dtype=object),
            "row": rows[at],
        }
    )


def _mistakes(judged: Judged, texts: list[str] | None) -> pd.DataFrame:
    wrong = np.flatnonzero(~judged.is_right)
    mistakes = pd.DataFrame(
        {
            "true": judged.truth[wrong],
            "predicted": judged.predicted[wrong],
            "confidence": judged.confidence[wrong],
            "text": [texts[row] if texts else "" for row in wrong],
            "row": wrong,
        }
    )

    # Of equally sure mistakes the text decides, so that the order of the rows does not.
    return mistakes.sort_values(
        ["confidence", "text"], ascending=[False, True], kind="stable", ignore_index=True
    )
