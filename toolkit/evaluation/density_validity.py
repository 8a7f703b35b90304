"""How dense clusters are within against how sparse it is between them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.clustering.points import distinct_points
from toolkit.clustering.reachability import distances
from toolkit.clustering.spanning_tree import SpanningTree, spanning_tree
from toolkit.kernels import Indices, Vectors

_ROWS_AT_ONCE = 1024

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Skeleton:
    """The inner points of the tree of a cluster, and the longest way between two of them."""

    vectors: Vectors
    core: Vectors
    longest: float


def density_validities(vectors: Vectors, labels: Indices, *, min_samples: int = 5) -> Floats:
    """
    Return the validity of each cluster by density, in the order of their numbers.

    A cluster is as sparse as the longest edge between inner points of its spanning tree of mutual
    reachability, and as separate as the shortest such edge to an inner point of another one. The
    validity is the gap between the two over the larger one: 1 where a cluster is dense and far
    from the others, -1 where gaps run through it. Its mean over all rows is the DBCV of D. Moulavi
    et al., "Density-based clustering validation", SIAM Data Mining 2014, but for one thing: a core
    distance is that to the `min_samples`-th nearest row of the cluster, as in HDBSCAN*. Theirs, a
    power mean with the number of dimensions as exponent, is the distance to the nearest row and no
    more where there are hundreds of dimensions.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of any length; those of zeros are in no cluster.
    labels : ndarray of shape (n_rows,)
        The cluster of each row, from 0; -1 for none.
    min_samples : int, default=5
        >= 1; fewer in clusters that have no more rows.

    Returns
    -------
    ndarray of shape (n_clusters,)
        In [-1, 1]; 0 for a cluster of one row, and for one that has no other beside it.

    Examples
    --------
    >>> angles = np.deg2rad([0, 1, 2, 3, 90, 91, 92, 93])
    >>> vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> density_validities(vectors, np.array([0, 0, 0, 0, 1, 1, 1, 1])).round(2)
    array([0.96, 0.96])
    >>> density_validities(vectors, np.array([0, 1, 0, 1, 0, 1, 0, 1]), min_samples=1).round(2)
    array([-0.97, -0.97])
    """
    numbers = np.unique(labels[labels >= 0])
    found = [_skeleton(vectors[labels == number], min_samples) for number in numbers]
    known = [place for place, skeleton in enumerate(found) if skeleton is not None]
    skeletons = [skeleton for skeleton in found if skeleton is not None]
    validities = np.zeros(len(numbers))
    if len(skeletons) < 2:
        return validities

    longest = np.array([skeleton.longest for skeleton in skeletons])
    shortest = _shortest_ways(skeletons)
    validities[known] = (shortest - longest) / np.maximum(np.maximum(shortest, longest), 1e-12)

    return validities


def _skeleton(vectors: Vectors, min_samples: int) -> _Skeleton | None:
    """Return what counts of a cluster, None if it has fewer than two rows with a direction."""
    points = distinct_points(vectors)
    n_rows = int(points.weights.sum())
    if n_rows < 2:
        return None
    tree = spanning_tree(points.vectors, points.weights, min(min_samples, n_rows - 1))
    inner = _inner(tree)
    edges = tree.edges
    is_inner = inner[edges.i] & inner[edges.j]
    lengths = edges.lengths[is_inner] if is_inner.any() else edges.lengths

    return _Skeleton(points.vectors[inner], tree.core[inner], float(lengths.max(initial=0)))


def _inner(tree: SpanningTree) -> npt.NDArray[np.bool_]:
    """Say which points have more than one edge; all, if none has."""
    n_points = len(tree.core)
    degrees = np.bincount(np.append(tree.edges.i, tree.edges.j), minlength=n_points)

    return degrees > 1 if (degrees > 1).any() else np.ones(n_points, dtype=bool)


def _shortest_ways(skeletons: list[_Skeleton]) -> Floats:
    """Return the shortest edge of mutual reachability from each skeleton to any other."""
    vectors = np.vstack([skeleton.vectors for skeleton in skeletons])
    core = np.concatenate([skeleton.core for skeleton in skeletons])
    ends = np.cumsum([len(skeleton.core) for skeleton in skeletons])
    # Of unit rows the nearest is the one with the largest cosine: no root is taken of a pair.
    cosine_of_core = (1 - np.square(core) / 2).astype(vectors.dtype)

    ways = np.zeros(len(skeletons))
    for place, (start, end) in enumerate(zip(ends - np.diff(ends, prepend=0), ends, strict=True)):
        largest = -1.0
        for at in range(start, end, _ROWS_AT_ONCE):
            rows = slice(at, min(at + _ROWS_AT_ONCE, end))
            cosines = vectors[rows] @ vectors.T
            cosines[:, start:end] = -1
            np.minimum(cosines, cosine_of_core, out=cosines)
            nearest = np.minimum(cosines.max(axis=1), cosine_of_core[rows])
            largest = max(largest, float(nearest.max()))
        ways[place] = distances(np.array(largest))

    return ways
