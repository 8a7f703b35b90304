"""Clusters around centers, numbered by size, and the labels of rows."""

import numpy as np

from toolkit.clustering.kmeans_close_calls import CloseCalls, nearest_or_known
from toolkit.clustering.kmeans_nearest import Nearest, nearest_centers
from toolkit.clustering.kmeans_sums import group_sums
from toolkit.clustering.points import Points
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.blocks import slices

_ROWS_AT_ONCE = 512


def numbered(points: Points, centers: Vectors) -> tuple[Vectors, Nearest]:
    """
    Put centers in the order of their weight, the heaviest first, and give each point its center.

    Centers that no point of any weight is nearest to are left out.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 0.995]], dtype=np.float32)
    >>> points = Points(vectors, np.ones(3), np.arange(3))
    >>> centers, found = numbered(points, np.array([[1, 0], [-1, 0], [0, 1]], dtype=np.float32))
    >>> centers
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    >>> found.labels
    array([1, 0, 0])
    """
    found = nearest_centers(points.vectors, centers)
    order = heaviest_first(found.labels, points.weights, len(centers))
    if len(order) < len(centers):
        return numbered(points, centers[order])

    return centers[order], found.renumbered(order)


def heaviest_first(group: Indices, weights: Vectors, n_groups: int) -> Indices:
    """
    Name groups of any weight, the heaviest first; of equals the one with the first point.

    >>> heaviest_first(np.array([3, 1, 1, 0]), np.ones(4), 5)
    array([1, 3, 0])
    """
    used = np.flatnonzero(weights > 0)
    totals = np.bincount(group[used], weights[used], minlength=n_groups)
    first = np.full(n_groups, len(group))
    np.minimum.at(first, group[used], used)
    order = np.lexsort((first, -totals))

    return order[: np.count_nonzero(totals > 0)]


def gathered(points: Points, labels: Indices, n_clusters: int) -> tuple[Vectors, Vectors]:
    """Add up the points of each cluster, and their weights."""
    used = np.flatnonzero(points.weights > 0)
    vectors, weights, labels = points.vectors[used], points.weights[used], labels[used]
    totals = np.bincount(labels, weights, minlength=n_clusters)

    return group_sums(vectors, weights, labels, n_clusters), totals.astype(np.float64)


def row_labels(
    units: Vectors, points: Points, labels: Indices, centers: Vectors, known: CloseCalls
) -> Indices:
    """
    Give each row the label of its point; one that is not quite its point is asked about anew.

    So rows have the labels that `nearest_or_known` finds for them, without asking about all.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions), float32
        The rows that the points are of, at length 1 or 0.
    points : Points
    labels : ndarray of shape (n_points,)
    centers : ndarray of shape (n_centers, n_dimensions), float32
    known : CloseCalls

    Returns
    -------
    ndarray of shape (n_rows,)
        -1 for rows of zeros.
    """
    spread = points.spread(labels)
    differs = np.zeros(len(units), dtype=bool)
    for part in slices(0, len(units), _ROWS_AT_ONCE):
        members = points.members[part]
        differs[part] = members >= 0
        if len(points):
            differs[part] &= (units[part] != points.vectors[members]).any(axis=1)
    strays = np.flatnonzero(differs)
    spread[strays] = nearest_or_known(units[strays], centers, known).labels

    return spread
