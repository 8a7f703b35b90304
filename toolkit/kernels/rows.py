"""Rows scaled to length 1, so that their products are cosines."""

import numpy as np

from toolkit.kernels.arrays import Vectors


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
