"""Silhouettes of a clustering in which some rows are in no cluster."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.kernels.silhouettes import silhouettes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClusterSilhouettes:
    """
    Each clustered row's place between its cluster and the next one.

    Attributes
    ----------
    widths, cohesions : ndarray of shape (n_rows,)
        As in `toolkit.kernels.silhouettes`; NaN for rows in no cluster.
    next_clusters : ndarray of shape (n_rows,)
        The nearest of the other clusters; -1 where there is none.
    """

    widths: Floats
    next_clusters: Indices
    cohesions: Floats


def cosine_silhouettes(vectors: Vectors, labels: Indices) -> ClusterSilhouettes:
    """
    Return the silhouettes of a clustering by cosine.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of any length.
    labels : ndarray of shape (n_rows,)
        The cluster of each row, from 0; -1 for none.

    Returns
    -------
    ClusterSilhouettes

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> cosine_silhouettes(vectors, np.array([0, 0, 1, -1])).widths
    array([ 1.,  1.,  0., nan])
    """
    widths, cohesions = np.full((2, len(labels)), np.nan)
    nexts = np.full(len(labels), -1, dtype=np.intp)
    clustered = np.flatnonzero(labels >= 0)
    if len(clustered):
        numbers, place = np.unique(labels[clustered], return_inverse=True)
        units = unit_rows(np.asarray(vectors, dtype=np.float64)[clustered])
        found = silhouettes(units, place)
        widths[clustered], cohesions[clustered] = found.widths, found.cohesions
        nexts[clustered] = np.append(numbers, -1)[found.next_groups]

    return ClusterSilhouettes(widths, nexts, cohesions)
