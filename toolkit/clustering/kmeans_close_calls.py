"""Points that lie nearly as near to another center: remembered, so that copies of them follow."""

from dataclasses import dataclass

import numpy as np

from toolkit.clustering.kmeans_nearest import Nearest, nearest_centers
from toolkit.clustering.points import repeated_points
from toolkit.kernels import Indices, Vectors, top_k

# Copies of a point are within 1e-4 of it, so that their margins differ by at most twice as much.
_CLOSE = 3e-4
_COPIES = 16


@dataclass(frozen=True)
class CloseCalls:
    """
    Points whose copies could fall to another center, and the center they have.

    Attributes
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
    labels : ndarray of shape (n_points,)
    """

    vectors: Vectors
    labels: Indices


def close_calls(vectors: Vectors, found: Nearest) -> CloseCalls:
    """
    Pick the points that lie about as near to a second center.

    >>> points = np.array([[1.0, 0.0], [0.7071, 0.7071]], dtype=np.float32)
    >>> close_calls(points, nearest_centers(points, np.eye(2, dtype=np.float32))).labels
    array([0])
    """
    close = np.flatnonzero(found.margins <= _CLOSE)

    return CloseCalls(vectors[close], found.labels[close])


def nearest_or_known(units: Vectors, centers: Vectors, known: CloseCalls) -> Nearest:
    """
    Find the nearest center of each row; copies of a known point get the center that it has.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions), float32
        Rows of length 1 or 0.
    centers : ndarray of shape (n_centers, n_dimensions), float32
    known : CloseCalls

    Returns
    -------
    Nearest
    """
    found = nearest_centers(units, centers)
    close = np.flatnonzero((found.margins <= _CLOSE) & (found.labels >= 0))
    if len(close) == 0 or len(known.vectors) == 0:
        return found

    indices, similarities = top_k(units[close], known.vectors, _COPIES)
    repeated = repeated_points(units[close], known.vectors, indices, similarities)
    labels = np.where(repeated >= 0, known.labels[repeated], found.labels[close])
    differs = np.flatnonzero(labels != found.labels[close])
    rows = close[differs]
    found.seconds[rows] = found.labels[rows]
    found.labels[rows], found.margins[rows] = labels[differs], 0

    return found
