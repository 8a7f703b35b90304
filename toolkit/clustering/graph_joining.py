"""Fewer groups of a graph, made by joining those that belong together most."""

import numpy as np

from toolkit.clustering.graph_of_points import PointGraph
from toolkit.kernels import Indices, Vectors, group_means, unit_rows


def joined(graph: PointGraph, vectors: Vectors, group: Indices, n_groups: int) -> Indices:
    """
    Join the two groups with most weight between them for their sizes, until few enough are left.

    Where no weight is left between any groups, those whose means are most similar are joined.

    Parameters
    ----------
    graph : PointGraph
    vectors : ndarray of shape (n_points, n_dimensions)
    group : ndarray of shape (n_points,)
        Numbers from 0, none left out.
    n_groups : int
        How many there shall be, >= 1.

    Returns
    -------
    ndarray of shape (n_points,)

    Examples
    --------
    >>> path = PointGraph(
    ...     np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([1.0, 2.0, 1.0]), np.ones(4)
    ... )
    >>> joined(path, np.eye(4), np.arange(4), 3)
    array([0, 1, 1, 2])
    """
    small = graph.contracted(group)
    place = np.arange(len(small))
    while (n_left := len(small)) > n_groups:
        a, b = _closest(small) or _most_similar(vectors, place[group], n_left)
        step = np.arange(n_left)
        step[b] = a
        step -= step > b
        small, place = small.contracted(step), step[place]

    return place[group]


def _closest(graph: PointGraph) -> tuple[int, int] | None:
    if len(graph.weights) == 0:
        return None
    chance = graph.strengths[graph.sources] * graph.strengths[graph.targets]
    most = int((graph.weights / chance).argmax())

    return int(graph.sources[most]), int(graph.targets[most])


def _most_similar(vectors: Vectors, group: Indices, n_groups: int) -> tuple[int, int]:
    means = unit_rows(group_means(vectors, group, n_groups))
    similarities = np.triu(means @ means.T + 2, 1)
    a, b = divmod(int(similarities.argmax()), n_groups)

    return a, b
