"""The numbers of clusters, as everything that takes them expects them: from 0, -1 for none."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import InputError

ClusterNumbers: TypeAlias = Sequence[int] | npt.NDArray[np.integer] | pd.Series

NOISE = -1
"""The number of rows in no cluster."""


def cluster_numbers(
    labels: npt.ArrayLike | pd.Series, n_rows: int | None = None, *, of: str = "labels"
) -> npt.NDArray[np.intp]:
    """
    Return the cluster of each row as a whole number from -1 on.

    Parameters
    ----------
    labels : array-like or Series of shape (n_rows,)
    n_rows : int, optional
        How many there must be.
    of : str, default="labels"
        What an error calls them.

    Raises
    ------
    InputError
        If there is not one a row, or one is no such number.

    Examples
    --------
    >>> cluster_numbers([0, 2.0, -1])
    array([ 0,  2, -1])
    """
    series = pd.Series(np.asarray(labels))
    if n_rows is not None and len(series) != n_rows:
        raise InputError(f"expected one label a row, got {len(series):,} for {n_rows:,} rows")
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    odd = np.flatnonzero(~(numbers >= NOISE) | (numbers != np.floor(numbers)))
    if len(odd):
        value = series.tolist()[odd[0]]
        raise InputError(
            f"{of} has {value!r} in row {odd[0]}, where the number of a cluster, from 0, or -1 for "
            "none was expected: number them, as with pandas.factorize(labels)[0]"
        )

    return numbers.astype(np.intp)
