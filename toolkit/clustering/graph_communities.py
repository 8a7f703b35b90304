"""Communities of a graph: groups with more weight inside than chance would put there."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np

from toolkit.clustering.graph_of_points import PointGraph
from toolkit.kernels import Indices

_ONE_AT_A_TIME = Lock()  # igraph has one source of randomness for the whole process


def communities(graph: PointGraph, resolution: float, *, n_iterations: int = 2) -> Indices:
    """
    Find the communities with the Leiden method: modularity at a resolution.

    Two groups are one as long as the weight between them is more than `resolution` times what
    chance would put there. The method draws lots, always the same ones.

    Parameters
    ----------
    graph : PointGraph
    resolution : float
        More of it makes more and smaller communities; > 0.
    n_iterations : int
        How often to go over all points.

    Returns
    -------
    ndarray of shape (n_points,), numbers from 0

    Examples
    --------
    >>> path = PointGraph(
    ...     np.array([0, 1, 2]), np.array([1, 2, 3]), np.ones(3), np.array([1.0, 2.0, 2.0, 1.0])
    ... )
    >>> communities(path, 1.0)
    array([0, 0, 1, 1])
    """
    if len(graph.weights) == 0:
        return np.arange(len(graph))

    with _the_same_lots():
        found = graph.structure.community_leiden(
            objective_function="CPM",
            weights=graph.weights,
            resolution=resolution / graph.strengths.sum(),
            node_weights=graph.strengths,
            n_iterations=n_iterations,
        )

    return np.array(found.membership, dtype=np.intp)


@contextmanager
def _the_same_lots() -> Iterator[None]:
    import igraph  # which loads matplotlib where that is installed

    with _ONE_AT_A_TIME:
        igraph.set_random_number_generator(random.Random(0))
        try:
            yield
        finally:
            igraph.set_random_number_generator(random)
