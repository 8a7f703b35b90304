"""Rows that a clusterer left in no cluster, and where they go if they must."""

import numpy as np

from toolkit.cluster_numbers import NOISE
from toolkit.clustering.assignment import Assignments, assigned
from toolkit.clustering.points import distinct_points, repeated_points
from toolkit.kernels import Indices, Vectors, top_k, unit_rows

_CANDIDATES = 4
"""Points that a row may repeat; no more than a few lie so close together."""


def at_most_noise(vectors: Vectors, labels: Indices, share: float) -> Indices:
    """
    Assign rows in no cluster, the surest first, until at most a share of all rows is in none.

    Rows of zeros stay, and so does everything where there is no cluster. Rows that are equal go
    together.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of length 1 or 0.
    labels : ndarray of shape (n_rows,)
    share : float
        From 0 to 1.

    Returns
    -------
    ndarray of shape (n_rows,)

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.99, 0.14]])
    >>> at_most_noise(vectors, np.array([0, 1, -1, -1]), 0.25)
    array([ 0,  1, -1,  0])
    """
    is_noise = (labels == NOISE) & vectors.any(axis=1)
    n_most = int(share * len(labels)) - int(((labels == NOISE) & ~is_noise).sum())
    n_moved = int(is_noise.sum()) - max(n_most, 0)
    if n_moved <= 0 or (labels == NOISE).all():
        return labels

    found = assigned_or_noise(vectors[is_noise], vectors, labels, to_cluster=True)
    surest = np.sort(found.confidences)[::-1][n_moved - 1]
    labels = labels.copy()
    labels[is_noise] = np.where(found.confidences >= surest, found.labels, NOISE)

    return labels


def assigned_or_noise(
    vectors: Vectors, known: Vectors, labels: Indices, *, to_cluster: bool = False
) -> Assignments:
    """
    Assign rows to the clusters of known rows; what repeats a row in none is in none.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
    known : ndarray of shape (n_known, n_dimensions)
    labels : ndarray of shape (n_known,)
        -1 for rows in no cluster.
    to_cluster : bool
        Whether rows that repeat one in no cluster get a cluster all the same.

    Examples
    --------
    >>> known = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> assigned_or_noise(known, known, np.array([0, 1, -1])).labels
    array([ 0,  1, -1])
    """
    points = distinct_points(known)
    point_labels = np.full(len(points), NOISE, dtype=np.intp)
    used = points.members >= 0
    point_labels[points.members[used]] = labels[used]
    clustered = point_labels != NOISE

    found = assigned(vectors, points.vectors[clustered], point_labels[clustered])
    if to_cluster or clustered.all():
        return found
    units = unit_rows(vectors).astype(np.float32, copy=False)
    repeated = repeated_points(units, points.vectors, *top_k(units, points.vectors, _CANDIDATES))
    is_noise = (repeated >= 0) & ~clustered[repeated]

    return Assignments(
        np.where(is_noise, NOISE, found.labels),
        np.where(is_noise, 0, found.confidences).astype(np.float32),
        found.runners_up,
    )
