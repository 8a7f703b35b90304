"""Coarser and finer clusters that nest, and what numbers clusters get."""

import numpy as np

from toolkit.clustering.graph_communities import communities
from toolkit.clustering.graph_of_points import PointGraph, graph_of_points
from toolkit.clustering.resolution import Partition, best_partition
from toolkit.kernels import Indices, Vectors, group_means, unit_rows

_N_NEIGHBORS = 30  # of a cluster among clusters
_STEP = 4.0  # times the resolution, which makes about 2.5 times the clusters


def nested_levels(
    graph: PointGraph, vectors: Vectors, partition: Partition
) -> tuple[list[Indices], int]:
    """
    Find up to two coarser levels and a finer one that nest with a partition.

    The finer level divides groups at 4 times the resolution. The first coarser one joins groups at
    a quarter of it; the second takes the means of those as points and finds their communities as
    those of points are found. Levels that would be the same as the next one, or put everything in
    one group, are left out.

    Returns
    -------
    list of ndarray of shape (n_points,)
        From coarse to fine.
    int
        Where among them the partition stands.
    """
    levels = [partition.group]
    for wider in (_wider, _widest):
        if _count(levels[0]) <= 2:
            break
        coarser = wider(graph, vectors, levels[0], partition.resolution)
        if 1 < _count(coarser) < _count(levels[0]):
            levels.insert(0, coarser)

    place = len(levels) - 1
    finer = communities(graph.inside(partition.group), partition.resolution * _STEP)
    if _count(finer) > len(partition):
        levels.append(finer)

    return levels, place


def _wider(graph: PointGraph, vectors: Vectors, group: Indices, resolution: float) -> Indices:
    return communities(graph.contracted(group), resolution / _STEP)[group]


def _widest(graph: PointGraph, vectors: Vectors, group: Indices, resolution: float) -> Indices:
    means = unit_rows(group_means(vectors, group, _count(group)))
    best, _ = best_partition(graph_of_points(means, _N_NEIGHBORS), means)

    return best.group[group]


def numbered_by_size(group: Indices, weights: Vectors) -> Indices:
    """
    Number groups from the heaviest to the lightest; of equals the one with the first point first.

    Examples
    --------
    >>> numbered_by_size(np.array([5, 1, 1, 3]), np.array([1.0, 1.0, 1.0, 1.0]))
    array([1, 0, 0, 2])
    """
    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    order = np.lexsort((first, -np.bincount(place, weights, minlength=len(first))))
    number = np.empty_like(order)
    number[order] = np.arange(len(order))

    return number[place]


def _count(group: Indices) -> int:
    return int(group.max(initial=-1)) + 1
