"""Kinds of rows that are judged among themselves, such as a label, a language or a length."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.anomaly.calibration import MIN_STRATUM_ROWS
from toolkit.errors import InputError, warn_user
from toolkit.kernels import Indices

_N_NAMES = 5


def learned_strata(
    strata: npt.ArrayLike | None, calibrating: np.ndarray
) -> tuple[np.ndarray, Indices]:
    """
    Name the strata, sorted, and number each row's; warn of those with few calibration rows.

    Parameters
    ----------
    strata : array-like of shape (n_rows,) or None
    calibrating : ndarray of shape (n_rows,), bool

    Examples
    --------
    >>> names, numbers = learned_strata(["nl", "en"] * 20, np.ones(40, dtype=bool))
    >>> names.tolist(), numbers[:2].tolist()
    (['en', 'nl'], [1, 0])
    """
    n_rows = len(calibrating)
    if strata is None:
        return np.empty(0, dtype="<U1"), np.full(n_rows, -1, dtype=np.intp)
    texts, is_missing = _as_texts(strata, n_rows)
    names = np.unique(texts[~is_missing])
    numbers = _numbers(texts, is_missing, names)

    counts = np.bincount(numbers[calibrating & (numbers >= 0)], minlength=len(names))
    small = names[counts < MIN_STRATUM_ROWS]
    if len(small):
        warn_user(
            f"rows of {_listed(small)} are ranked among all rows, as a stratum of fewer than "
            f"{MIN_STRATUM_ROWS} calibration rows is too small: add rows or join strata"
        )

    return names, numbers


def asked_strata(strata: npt.ArrayLike | None, names: np.ndarray, n_rows: int) -> Indices:
    """
    Number the stratum of each row that is asked about; -1, and a warning, where it is unknown.

    >>> asked_strata(["nl", "en"], np.array(["en", "nl"]), 2)
    array([1, 0])
    """
    if strata is None and len(names):
        raise InputError(
            "strata must be given, as they were to fit, but none came: give one a row, or fit "
            "without strata"
        )
    if strata is None:
        return np.full(n_rows, -1, dtype=np.intp)
    if not len(names):
        raise InputError(
            "strata must not be given, as fit knows of none, but some came: fit with strata"
        )
    texts, is_missing = _as_texts(strata, n_rows)
    numbers = _numbers(texts, is_missing, names)
    unknown = np.unique(texts[numbers < 0])
    if len(unknown):
        warn_user(
            f"rows of {_listed(unknown)} are ranked among all rows, as fit has seen none of them: "
            "fit with rows of each stratum"
        )

    return numbers


def _numbers(texts: np.ndarray, is_missing: np.ndarray, names: np.ndarray) -> Indices:
    place = np.minimum(np.searchsorted(names, texts), len(names) - 1)

    return np.where(~is_missing & (names[place] == texts), place, -1)


def _as_texts(strata: npt.ArrayLike, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Give strata as they print, and tell which are missing."""
    cells = np.asarray(strata, dtype=object)
    if cells.shape != (n_rows,):
        raise InputError(
            f"strata must have one entry a row, got {cells.shape} for {n_rows} rows: give None to "
            "rows that belong to none"
        )

    return cells.astype(str), np.asarray(pd.isna(cells), dtype=bool)


def _listed(names: np.ndarray) -> str:
    shown = ", ".join(repr(str(name)) for name in names[:_N_NAMES])
    n_more = len(names) - _N_NAMES

    return f"{shown} and {n_more} more" if n_more > 0 else shown
