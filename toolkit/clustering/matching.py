"""Two clusterings of one table: which cluster is still the same, and what became of the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from toolkit.cluster_numbers import NOISE, cluster_numbers
from toolkit.clustering.changes import Overlaps, changes
from toolkit.errors import InputError
from toolkit.kernels.arrays import Indices


@dataclass(frozen=True, eq=False)
class ClusterMatch:
    """
    The clusters of a new clustering under the numbers that they had before.

    Attributes
    ----------
    labels : ndarray or Series of int
        The new clustering with stable numbers; a Series if one came.
    numbers : dict of int to int
        From the numbers of the new clustering to stable ones: the old number of the cluster that it
        goes on, or a number that was never used.
    changes : DataFrame
        A row for each cluster that goes on ("same", "grew", "shrank"), was "born" or "died" or has
        no row in the new clustering ("absent"), and for each part of one that was "split" or
        "merged": ``change``, ``before`` and ``after`` (stable numbers, NA where there is none),
        ``n_before``, ``n_after`` and ``n_shared`` rows.
    n_shared : int
        Rows that both clusterings have.
    """

    labels: Indices | pd.Series
    numbers: dict[int, int]
    changes: pd.DataFrame
    n_shared: int


def match_clusters(
    before: Sequence[int] | Indices | pd.Series,
    after: Sequence[int] | Indices | pd.Series,
    *,
    next_number: int = 0,
) -> ClusterMatch:
    """
    Give the clusters of a new clustering their old numbers, and tell what changed.

    A cluster goes on as the one that it shares most with, each with one other at most, so that the
    sum of their Jaccard similarities is largest; at least half of one of the two must lie in the
    other. What goes on as nothing gets a number that was never used, the largest first.

    Parameters
    ----------
    before, after : list, ndarray or Series of int
        The cluster of each row, -1 for rows in none. Two Series are matched by their index, whose
        labels must be unique, and may have rows of their own; else the rows must be the same.
    next_number : int, default=0
        The smallest number that a new cluster may get, so that those of clusters that died long ago
        are not given again; never one that `before` has.

    Returns
    -------
    ClusterMatch

    Raises
    ------
    InputError
        If the rows cannot be matched, or a cluster is no whole number from -1 on.

    Notes
    -----
    The assignment is the one of H. W. Kuhn, "The Hungarian method for the assignment problem",
    Naval Research Logistics Quarterly 2, 1955, as SciPy has it.

    Examples
    --------
    >>> match = match_clusters([0, 0, 0, 1, 1, -1], [1, 1, 1, 0, 0, 2])
    >>> match.labels
    array([0, 0, 0, 1, 1, 2])
    >>> match.changes[["change", "before", "after", "n_before", "n_after"]]
      change  before  after  n_before  n_after
    0   same       0      0         3        3
    1   same       1      1         2        2
    2   born    <NA>      2         0        1
    """
    old, new = _as_series(before, "before"), _as_series(after, "after")
    by_position = not (isinstance(before, pd.Series) and isinstance(after, pd.Series))
    if by_position and len(old) != len(new):
        raise InputError(
            f"before has {len(old):,} rows and after {len(new):,}, where the same rows were "
            "expected: give both as Series, which are matched by their index"
        )
    overlaps = _overlaps(old, new, by_position=by_position)
    numbers = _stable_numbers(overlaps, next_number)
    labels: pd.Series = new.map({**numbers, NOISE: NOISE}).astype(np.intp)

    return ClusterMatch(
        labels if isinstance(after, pd.Series) else labels.to_numpy(dtype=np.intp),
        numbers,
        changes(overlaps, numbers),
        overlaps.n_rows,
    )


def _as_series(labels: Sequence[int] | Indices | pd.Series, which: str) -> pd.Series:
    numbers = cluster_numbers(labels, of=which)
    if isinstance(labels, pd.Series):
        return pd.Series(numbers, index=labels.index, name=labels.name)

    return pd.Series(numbers)


def _overlaps(old: pd.Series, new: pd.Series, *, by_position: bool) -> Overlaps:
    """Count the rows of each cluster, and those that a pair of an old and a new one shares."""
    if by_position:
        there, here = old.to_numpy(), new.to_numpy()
    else:
        for series, which in ((old, "before"), (new, "after")):
            if not series.index.is_unique:
                repeated = series.index[series.index.duplicated()][0]
                raise InputError(
                    f"the index of {which} has {repeated} more than once, where every row was "
                    "expected to have a label of its own: reset or rename the index"
                )
        shared = old.index.intersection(new.index)
        there, here = old[shared].to_numpy(), new[shared].to_numpy()

    olds, news = (np.unique(labels[labels != NOISE]) for labels in (old, new))
    both = (there != NOISE) & (here != NOISE)
    counts = np.zeros((len(olds), len(news)), dtype=np.intp)
    places = np.searchsorted(olds, there[both]), np.searchsorted(news, here[both])
    np.add.at(counts, places, 1)

    return Overlaps(
        olds,
        news,
        n_before=np.array([(old == number).sum() for number in olds], dtype=np.intp),
        n_after=np.array([(new == number).sum() for number in news], dtype=np.intp),
        n_still_there=np.array([(there == number).sum() for number in olds], dtype=np.intp),
        n_there_before=np.array([(here == number).sum() for number in news], dtype=np.intp),
        counts=counts,
        n_rows=len(there),
    )


def _stable_numbers(overlaps: Overlaps, next_number: int) -> dict[int, int]:
    rows, columns = linear_sum_assignment(overlaps.jaccard, maximize=True)
    goes_on = overlaps.is_much[rows, columns]
    numbers = dict(
        zip(
            overlaps.news[columns[goes_on]].tolist(),
            overlaps.olds[rows[goes_on]].tolist(),
            strict=True,
        )
    )
    unused = max(int(overlaps.olds.max(initial=-1)) + 1, next_number)
    for place in np.argsort(-overlaps.n_after, kind="stable"):
        number = int(overlaps.news[place])
        if number not in numbers:
            numbers[number] = unused
            unused += 1

    return dict(sorted(numbers.items()))
