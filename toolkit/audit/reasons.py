"""Why one text duplicates another."""

import numpy as np
import pandas as pd

from toolkit.kernels import Indices

EXACT, SPELLING, NEAR, NONE = "exact", "spelling", "near", ""


def reasons(is_exact: np.ndarray, is_spelling: np.ndarray) -> np.ndarray:
    """
    Name the reason of each duplicate; what is neither exact nor a matter of spelling is near.

    >>> reasons(np.array([True, False]), np.array([False, False])).tolist()
    ['exact', 'near']
    """
    return np.select([is_exact, is_spelling], [EXACT, SPELLING], NEAR).astype(object)


def count(reason: pd.Series) -> dict[str, int]:
    """
    Count the duplicates by reason.

    >>> count(pd.Series(["exact", "", "near", "exact"]))
    {'n_exact': 2, 'n_spelling': 0, 'n_near': 1}
    """
    return {f"n_{name}": int((reason == name).sum()) for name in (EXACT, SPELLING, NEAR)}


def as_column(values: pd.Index, rows: Indices, index: pd.Index) -> pd.Series:
    """
    Give the values at these rows, None for -1, as a column on `index`.

    >>> as_column(pd.Index(["a", "b"]), np.array([-1, 0]), pd.Index([7, 8])).to_dict()
    {7: None, 8: 'a'}
    """
    column = values.to_numpy(dtype=object)[rows]
    column[rows < 0] = None

    return pd.Series(column, index=index, dtype=object)
