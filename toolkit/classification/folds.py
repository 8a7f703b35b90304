"""Folds that follow from what the rows hold, never from where they stand in the table."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv

from toolkit.errors import InputError, TooFewRows
from toolkit.kernels import Indices, Vectors


def deal_folds(keys: np.ndarray, group: Indices, n_folds: int) -> Indices:
    """
    Deal the rows of each group in turn to the folds, equal rows to the same fold.

    Within a group the keys give the order, so the answer is the same however the rows are
    shuffled. Where equal rows are in several groups, the first group counts.

    Parameters
    ----------
    keys : ndarray of shape (n_rows,)
        One per row, equal for equal rows: see `toolkit.kernels.keys`.
    group : ndarray of shape (n_rows,)
        What should be spread evenly over the folds, such as the class of each row.
    n_folds : int
        Fewer come back where there are fewer different rows.

    Returns
    -------
    ndarray of shape (n_rows,), fold of each row, from 0

    Examples
    --------
    >>> deal_folds(np.array([3, 1, 2, 3, 5]), np.array([0, 0, 1, 0, 1]), n_folds=2)
    array([1, 0, 0, 1, 1])
    """
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    home = group[first].copy()
    np.minimum.at(home, place, group)

    fold = np.empty(len(first), dtype=np.intp)
    fold[np.argsort(home, kind="stable")] = np.arange(len(first)) % n_folds

    return fold[place]


def count_folds(keys: np.ndarray, group: Indices, at_most: int) -> int:
    """
    Number of folds that the largest group can fill with different rows; 1 means none can.

    Examples
    --------
    >>> count_folds(np.array([3, 1, 2, 3]), np.array([0, 0, 0, 0]), at_most=5)
    3
    """
    order = np.lexsort((keys, group))
    is_repeat = np.diff(keys[order], prepend=keys[order][:1] + 1) == 0
    is_repeat[1:] &= np.diff(group[order]) == 0

    return int(min(at_most, np.bincount(group[order][~is_repeat]).max()))


def choose_folds(
    cv: Any,
    vectors: Vectors,
    labels: np.ndarray,
    *,
    used: Indices,
    keys: np.ndarray,
    group: Indices,
) -> Indices:
    """
    Number the fold of each row in use.

    Parameters
    ----------
    cv : int, cross-validator or iterable of splits
        A number deals the rows out; splits are taken as they are.
    vectors, labels : ndarray of shape (n_rows, ...)
        All rows, which splits count.
    used : ndarray of shape (n_used,)
        The rows in use.
    keys, group : ndarray of shape (n_used,)
        As `deal_folds` takes them.

    Returns
    -------
    ndarray of shape (n_used,), from 0
    """
    if isinstance(cv, Integral):
        if cv < 2:
            raise InputError(f"cv must be a whole number >= 2 or splits, got {cv!r}")
        return deal_folds(keys, group, count_folds(keys, group, int(cv)))

    fold = _tested_in(cv, vectors, labels)[used]

    return np.unique(fold, return_inverse=True)[1]


def _tested_in(cv: Any, vectors: Vectors, labels: np.ndarray) -> Indices:
    """Number the split that tests each row."""
    n_times = np.zeros(len(vectors), dtype=np.intp)
    fold = np.zeros(len(vectors), dtype=np.intp)
    for number, (_, test) in enumerate(check_cv(cv).split(vectors, labels)):
        fold[test] = number
        n_times[test] += 1
    if not (n_times == 1).all():
        raise InputError(
            "cv must be a whole number >= 2 or splits that test each row once, "
            f"got splits that test a row from {n_times.min()} to {n_times.max()} times"
        )

    return fold


def nothing_to_hold_out(vectors: Vectors) -> TooFewRows:
    """Say why held-out probabilities cannot be had."""
    n_rows, n_features = vectors.shape

    return TooFewRows(
        "held-out probabilities need a class with at least 2 different rows, but each class has "
        f"one (n_samples={n_rows}, n_features={n_features}): add rows"
    )
