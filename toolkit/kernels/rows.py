"""Rows scaled to length 1, so that their products are cosines."""

import numpy as np

from toolkit.errors import InputError
from toolkit.kernels.arrays import Vectors


def finite_rows(vectors: object) -> Vectors:
    """
    Return rows of finite numbers, as float32 or float64.

    Raises
    ------
    InputError
        If they are no matrix of numbers, or hold NaN or infinity.

    Examples
    --------
    >>> finite_rows([[1, 2]])
    array([[1., 2.]])
    """
    try:
        rows: Vectors = np.asarray(vectors)
        if rows.dtype not in (np.float32, np.float64):
            rows = rows.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected rows of numbers: {error}") from error
    if rows.ndim != 2:
        raise InputError(
            f"expected rows of vectors, as an array of shape (n_rows, n_dimensions), got one of "
            f"shape {rows.shape}"
        )
    if not np.isfinite(rows).all():
        raise InputError("expected finite vectors, got NaN or infinity: embed those texts again")

    return rows


def unit_rows(vectors: Vectors) -> Vectors:
    """
    Scale each row to length 1; rows of zeros stay zeros.

    Any finite row will do, however long or short: it is first divided by its largest
    entry, so that no square overflows or vanishes.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), float32 or float64

    Returns
    -------
    ndarray of the same shape and type

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 5e-324]]))
    array([[0.6, 0.8],
           [0. , 0. ],
           [0. , 1. ]])
    """
    largest = np.maximum(vectors.max(axis=1, initial=0), -vectors.min(axis=1, initial=0))
    units = vectors / np.where(largest > 0, largest, 1)[:, None]

    lengths = np.sqrt(np.vecdot(units, units))
    units /= np.where(lengths > 0, lengths, 1)[:, None]

    return units
