"""Cosine similarities of all pairs, or of one."""

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError
from toolkit.kernels.arrays import Vectors
from toolkit.kernels.rows import unit_rows


def cosine_similarities(a: Vectors, b: Vectors) -> Vectors:
    """
    Cosine of each row of `a` with each row of `b`; a row of zeros is similar to nothing.

    Parameters
    ----------
    a : ndarray of shape (n_a, n_dimensions), float32 or float64
    b : ndarray of shape (n_b, n_dimensions), float32 or float64

    Returns
    -------
    ndarray of shape (n_a, n_b), values in [-1, 1]
        float32 where both are float32.

    Examples
    --------
    >>> cosine_similarities(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 3.0]]))
    array([[1., 0.],
           [0., 0.]])
    """
    similarities = unit_rows(a) @ unit_rows(b).T

    return np.clip(similarities, -1, 1, out=similarities)


def cosine_similarity(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """
    Cosine of two vectors; 0.0 where one of them is all zeros.

    Parameters
    ----------
    a, b : array-like of shape (n_dimensions,) or (1, n_dimensions)

    Returns
    -------
    float in [-1, 1]

    Examples
    --------
    >>> cosine_similarity([1, 0], [1, 1])
    0.7071067811865475
    >>> cosine_similarity([1, 0], [0, 0])
    0.0
    """
    row_a, row_b = (np.atleast_2d(np.asarray(vector, dtype=np.float64)) for vector in (a, b))
    if len(row_a) != 1 or row_a.shape != row_b.shape:
        raise InputError(
            "cosine_similarity needs two vectors with equally many dimensions, got shapes "
            f"{np.shape(a)} and {np.shape(b)}: cosine_similarities compares many at once"
        )

    cosine = float(np.vecdot(unit_rows(row_a), unit_rows(row_b))[0])

    return min(1.0, max(-1.0, cosine))
