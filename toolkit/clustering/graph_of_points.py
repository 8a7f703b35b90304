"""Which points are near each other and how much so: the graph that communities are found in."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from toolkit.kernels import Indices, Vectors, neighbor_graph, unit_rows

if TYPE_CHECKING:
    import igraph

_HALVINGS = 32  # of the interval in which the width of a point's surroundings lies


@dataclass(frozen=True)
class PointGraph:
    """
    Points and the weights between them.

    Attributes
    ----------
    sources, targets : ndarray of shape (n_edges,)
        The two points of each edge; no pair twice.
    weights : ndarray of shape (n_edges,), > 0
    strengths : ndarray of shape (n_points,)
        All weight at each point, also that of edges which are not in this graph.
    """

    sources: Indices
    targets: Indices
    weights: Vectors
    strengths: Vectors

    def __len__(self) -> int:
        return len(self.strengths)

    @cached_property
    def structure(self) -> "igraph.Graph":
        """The edges as igraph has them."""
        import igraph

        return igraph.Graph(n=len(self), edges=np.stack([self.sources, self.targets], axis=1))

    def inside(self, group: Indices) -> "PointGraph":
        """Leave out the edges between groups."""
        same = group[self.sources] == group[self.targets]

        return PointGraph(
            self.sources[same], self.targets[same], self.weights[same], self.strengths
        )

    def contracted(self, group: Indices) -> "PointGraph":
        """
        Make each group one point.

        Examples
        --------
        >>> path = PointGraph(
        ...     np.array([0, 1, 2]), np.array([1, 2, 3]), np.ones(3), np.array([1.0, 2.0, 2.0, 1.0])
        ... )
        >>> halves = path.contracted(np.array([0, 0, 1, 1]))
        >>> halves.weights, halves.strengths
        (array([1.]), array([3., 3.]))
        """
        strengths = _sums(group, self.strengths)
        ends = np.sort([group[self.sources], group[self.targets]], axis=0)
        shape = (len(strengths), len(strengths))
        between = sparse.coo_array((self.weights, (ends[0], ends[1])), shape=shape).tocsr().tocoo()
        apart = between.row != between.col

        return PointGraph(
            between.row[apart].astype(np.intp),
            between.col[apart].astype(np.intp),
            between.data[apart],
            strengths,
        )


def centred(vectors: Vectors) -> Vectors:
    """
    Directions as seen from the mean of all rows: what every text has in common tells none apart.

    Examples
    --------
    >>> centred(np.array([[0.6, 0.8], [0.6, -0.8]]))
    array([[ 0.,  1.],
           [ 0., -1.]])
    """
    if len(vectors) == 0:
        return vectors
    mean = vectors.mean(axis=0, dtype=np.float64).astype(vectors.dtype)

    return unit_rows(vectors - mean)


def graph_of_points(vectors: Vectors, n_neighbors: int) -> PointGraph:
    """
    Join each point to those most similar to it.

    A weight tells how surely the two are neighbours, each seen from the surroundings of the other:
    the nearest neighbour counts 1, further ones the less the denser the surroundings are. All of a
    point's weights make ``log2(n_neighbors)``, as in UMAP, and the two views of one pair are joined
    as two chances of the same event.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, n_dimensions)
    n_neighbors : int
        How many, >= 1; not more than the square root of the number of points, but at least 2.

    Returns
    -------
    PointGraph

    Examples
    --------
    >>> graph = graph_of_points(np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.0]]), 1)
    >>> graph.sources, graph.targets, graph.weights
    (array([0, 1]), array([1, 2]), array([1., 1.]))
    """
    n_points = len(vectors)
    n_neighbors = min(n_neighbors, max(2, int(np.ceil(np.sqrt(n_points)))))
    indices, similarities = neighbor_graph(vectors, n_neighbors)
    if indices.size == 0:
        nothing = np.zeros(0, dtype=np.intp)
        return PointGraph(nothing, nothing, np.zeros(0), np.zeros(n_points))

    rows = np.repeat(np.arange(n_points), indices.shape[1])
    chances = _chances(similarities).ravel()
    one_way = sparse.coo_array((chances, (rows, indices.ravel())), shape=(n_points, n_points))
    seen, back = one_way.tocsr(), one_way.T.tocsr()
    either = sparse.coo_array(seen + back - seen * back)
    upper = (either.row < either.col) & (either.data > 0)

    return PointGraph(
        either.row[upper].astype(np.intp),
        either.col[upper].astype(np.intp),
        either.data[upper],
        _sums(either.row, either.data, n_points),
    )


def _chances(similarities: Vectors) -> Vectors:
    """
    Tell how surely each neighbour is one, in [0, 1]; the nearest first.

    They fade exponentially with the distance beyond the nearest, at the pace at which each row
    makes ``log2(n_neighbors)``, or as near to it as can be.
    """
    beyond = (similarities[:, :1] - similarities).astype(np.float64)
    wanted = max(1.0, np.log2(similarities.shape[1]))
    widest = np.maximum(beyond[:, -1:], 1e-6) * similarities.shape[1]
    low, high = np.zeros_like(widest), widest
    for _ in range(_HALVINGS):
        width = (low + high) / 2
        too_much = np.exp(-beyond / width).sum(axis=1, keepdims=True) > wanted
        low, high = np.where(too_much, low, width), np.where(too_much, width, high)

    chances: Vectors = np.exp(-beyond / high)

    return chances


def _sums(group: Indices, weights: Vectors, n_groups: int = 0) -> Vectors:
    sums: Vectors = np.bincount(group, weights, minlength=n_groups).astype(np.float64)

    return sums
