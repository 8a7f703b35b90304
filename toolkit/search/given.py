"""What a user gives an index: vectors, or texts with what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Number
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import InputError
from toolkit.kernels import Vectors, unit_rows
from toolkit.texts import TextInput, clean_texts, row_index, text_values

VectorsOrTexts: TypeAlias = npt.ArrayLike | TextInput

_BLOCK_ROWS = 1 << 16


@dataclass(frozen=True)
class Given:
    """
    Rows as they were given.

    Attributes
    ----------
    n_rows : int
    values : ndarray of float, or list of object
        Vectors as they are, or one text a row.
    index : Index
        Labels of the rows; numbers where they have none.
    has_labels : bool
        Whether the labels are those of a frame or Series.
    columns : DataFrame or None
        The other columns of a frame of texts.
    """

    n_rows: int
    values: np.ndarray | list[object]
    index: pd.Index
    has_labels: bool = False
    columns: pd.DataFrame | None = None

    @property
    def texts(self) -> list[str] | None:
        """The texts, cleaned, or None where there are vectors."""
        return None if isinstance(self.values, np.ndarray) else clean_texts(self.values).texts


def given(X: VectorsOrTexts, text_columns: str | Sequence[str] | None = None) -> Given:
    """
    Tell vectors from texts: a table of numbers is vectors, anything else texts.

    >>> given(np.eye(2)).texts is None
    True
    >>> given(["late", "lost"]).texts
    ['late', 'lost']
    """
    has_labels = isinstance(X, (pd.DataFrame, pd.Series))
    numbers = _numbers(X)
    if numbers is not None:
        return Given(len(numbers), numbers, row_index(X, len(numbers)), has_labels)
    values = text_values(X, text_columns)  # type: ignore[arg-type]
    columns = _other_columns(X, text_columns) if isinstance(X, pd.DataFrame) else None

    return Given(len(values), values, row_index(X, len(values)), has_labels, columns)


def unit_vectors(vectors: np.ndarray) -> Vectors:
    """
    Return a copy as float32 rows of length 1, or 0 where they are zero.

    >>> unit_vectors(np.array([[3, 4], [0, 0]]))
    array([[0.6, 0.8],
           [0. , 0. ]], dtype=float32)
    """
    units = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS]
        block = block.astype(np.float32 if block.dtype == np.float32 else np.float64)
        is_odd = ~np.isfinite(block).all(axis=1)
        if is_odd.any():
            raise InputError(
                f"row {start + int(is_odd.argmax())} of the vectors has a NaN or an infinite "
                "entry, where finite numbers were expected: leave the row out, or fill it with "
                "zeros, which are near nothing"
            )
        units[start : start + _BLOCK_ROWS] = unit_rows(block)

    return units


def check_same_dimensions(vectors: Vectors, n_dimensions: int) -> None:
    """Raise InputError unless vectors have as many dimensions as those of the index."""
    if vectors.shape[1] != n_dimensions:
        raise InputError(
            f"expected vectors of {n_dimensions} dimensions, as the index has, got "
            f"{vectors.shape[1]}: give vectors of the same model"
        )


def _numbers(X: VectorsOrTexts) -> np.ndarray | None:
    """Return a table of numbers as such, None if it is something else."""
    if isinstance(X, (str, pd.Series, pd.Index)):
        return None
    if isinstance(X, pd.DataFrame):
        is_number = len(X.columns) > 1 and all(map(pd.api.types.is_numeric_dtype, X.dtypes))
        return X.to_numpy(dtype=np.float64) if is_number else None
    if isinstance(X, Sequence) and not (len(X) and _is_number_or_row(X[0])):
        return None
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise InputError(
            "expected vectors of one length, got rows of several: give vectors of one model"
        ) from error
    if array.dtype.kind not in "fiu":
        return None
    if array.ndim != 2:
        raise InputError(
            f"expected a table of vectors, or texts, got numbers of shape {array.shape}: one "
            "vector is a table of one row, vector[None]"
        )

    return array


def _is_number_or_row(value: object) -> bool:
    return isinstance(value, (Number, Sequence, np.ndarray)) and not isinstance(value, str)


def _other_columns(X: pd.DataFrame, text_columns: str | Sequence[str] | None) -> pd.DataFrame:
    """The one text column is not repeated; several are, as their text joins them."""
    if text_columns is None:
        return X.drop(columns=list(X.columns))
    names = [text_columns] if isinstance(text_columns, str) else list(text_columns)

    return X.drop(columns=names) if len(names) == 1 else X
