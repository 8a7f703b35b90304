"""Mutual reachability: how far apart points are, where sparse surroundings count as distance."""

from dataclasses import dataclass

import numpy as np

from toolkit.clustering.tree_edges import Edges
from toolkit.kernels import Indices, Vectors, neighbor_graph
from toolkit.kernels.directions import Directions, exact_cosines

_MORE_NEIGHBORS = 12  # these cost little, and prove edges that else cost many products


@dataclass(frozen=True)
class Reachability:
    """
    The short edges of the complete graph of mutual reachability, and what is known of the others.

    Attributes
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Rows of length 1.
    core : ndarray of shape (n_points,), float64
        Core distances.
    edges : Edges
        The known edges, in order.
    bounds : ndarray of shape (n_points,), float64
        No edge of a point that is missing among `edges` is shorter than this.
    """

    vectors: Vectors
    core: Vectors
    edges: Edges
    bounds: Vectors

    def edges_of(self, a: Indices, b: Indices) -> Edges:
        """Measure the edges between pairs of points in float64."""
        ends = Directions(self.vectors[np.append(a, b)].astype(np.float64))
        at = np.arange(len(a))
        gaps = distances(exact_cosines(ends, ends, at, at + len(a)))

        return _edges(self.core, a, b, gaps)


def distances(cosines: Vectors) -> Vectors:
    """
    Give the euclidean distance between rows of length 1 for the cosine between them.

    >>> distances(np.array([1.0, 0.5, -1.0]))
    array([0., 1., 2.])
    """
    return np.sqrt(np.maximum(2 - 2 * cosines, 0))


def reachability(vectors: Vectors, weights: Vectors, min_samples: int) -> Reachability:
    """
    Find each point's core distance and its edges to its nearest neighbours.

    A point of weight w stands for w equal rows. Its core distance is that from one of its rows to
    the `min_samples`-th nearest of all other rows. The edge of two points is as long as the largest
    of their distance and their two core distances.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Rows of length 1, no two the same.
    weights : ndarray of shape (n_points,), whole numbers
    min_samples : int
        At least 1, and less than the sum of the weights unless that is 1.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=np.float32)
    >>> found = reachability(vectors, np.array([1, 1, 2]), 1)
    >>> found.core.round(3)
    array([0.894, 0.632, 0.   ])
    >>> found.edges.lengths.round(3)
    array([0.632, 0.894, 1.414])
    """
    n_points = len(vectors)
    indices, cosines = neighbor_graph(vectors, min_samples + _MORE_NEIGHBORS, dtype=np.float64)
    gaps = distances(cosines)
    core = core_distances(gaps, indices, weights, weights - 1, min_samples)

    n_neighbors = indices.shape[1]
    is_complete = n_neighbors >= n_points - 1
    farthest = np.full(n_points, np.inf) if is_complete else gaps[:, -1]
    i, j = np.repeat(np.arange(n_points), n_neighbors), indices.ravel()
    told_once = np.flatnonzero((i < j) | (gaps.ravel() >= farthest[j]))
    edges = _edges(core, i[told_once], j[told_once], gaps.ravel()[told_once])

    return Reachability(vectors, core, edges, np.maximum(core, farthest))


def _edges(core: Vectors, i: Indices, j: Indices, gaps: Vectors) -> Edges:
    return Edges(i, j, np.maximum(np.maximum(core[i], core[j]), gaps)).in_order()


def core_distances(
    gaps: Vectors, indices: Indices, weights: Vectors, n_copies: Vectors, min_samples: int
) -> Vectors:
    """
    Tell how far the `min_samples`-th nearest row is from each of some rows.

    Parameters
    ----------
    gaps, indices : ndarray of shape (n_rows, n_neighbors)
        The distances of the nearest points, in ascending order, and which they are.
    weights : ndarray of shape (n_points,)
        How many rows each point stands for.
    n_copies : ndarray of shape (n_rows,)
        How many rows are at no distance at all, apart from the nearest points.
    min_samples : int

    Returns
    -------
    ndarray of shape (n_rows,)

    Examples
    --------
    >>> gaps, indices = np.array([[0.1, 0.2]] * 3), np.array([[0, 1]] * 3)
    >>> core_distances(gaps, indices, np.array([2, 1]), np.array([0, 1, 3]), 3)
    array([0.2, 0.1, 0. ])
    """
    if gaps.size == 0:
        return np.zeros(len(gaps))

    n_rows = n_copies[:, None] + np.cumsum(weights[indices], axis=1)
    enough = (n_rows >= min_samples).argmax(axis=1)
    core: Vectors = np.where(n_copies >= min_samples, 0.0, gaps[np.arange(len(gaps)), enough])

    return core
