"""The minimum spanning tree of mutual reachability, every edge of it proved."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toolkit.clustering.reachability import reachability
from toolkit.clustering.tree_edges import Edges
from toolkit.clustering.tree_gaps import shortest_ways_out
from toolkit.kernels import Indices, Vectors


@dataclass(frozen=True)
class SpanningTree:
    """
    A minimum spanning tree of the points.

    Attributes
    ----------
    edges : Edges
        The tree's edges, in order: one less than there are points.
    core : ndarray of shape (n_points,), float64
        Core distances.
    proved_share : float
        Share of the edges that the neighbour graph proved by itself, 1 where there are none;
        products of the points concerned with all others proved the rest.
    """

    edges: Edges
    core: Vectors
    proved_share: float


def spanning_tree(vectors: Vectors, weights: Vectors, min_samples: int) -> SpanningTree:
    """
    Join all points by the shortest edges of mutual reachability.

    Trees grow together as in Boruvka's method: the shortest edge that leaves a tree belongs to the
    minimum spanning tree. An edge that is not in the graph of the nearest neighbours is at least as
    long as the way to the farthest neighbour of either end, so the shortest edge in the graph is
    the shortest of all wherever no point of the tree allows for a shorter one. Where one might,
    its products with all points of other trees decide.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Rows of length 1, no two the same.
    weights : ndarray of shape (n_points,), whole numbers
        How many rows each point stands for.
    min_samples : int
        Less than the sum of the weights; see `reachability`.

    Examples
    --------
    >>> angles = np.deg2rad([0, 10, 30, 90])
    >>> vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    >>> tree = spanning_tree(vectors, np.ones(4), 1)
    >>> tree.edges.i, tree.edges.j
    (array([0, 1, 2]), array([1, 2, 3]))
    >>> tree.edges.lengths.round(2)
    array([0.17, 0.35, 1.  ])
    """
    known = reachability(vectors, weights, min_samples)
    forest = _Forest(known.edges, known.bounds)
    forest.grow()
    n_proved_by_graph = forest.n_joined
    while forest.n_trees > 1:
        rows, limits = forest.in_doubt()
        ways = shortest_ways_out(known, rows, limits, forest.tree, forest.bounds)
        forest.learn(ways.edges, rows, ways.bounds)
        forest.grow()

    edges = forest.joints()
    proved_share = n_proved_by_graph / len(edges) if len(edges) else 1.0

    return SpanningTree(edges, known.core, proved_share)


class _Forest:
    """
    Trees that grow together, at first a point each.

    Attributes
    ----------
    tree : ndarray of shape (n_points,)
        The tree of each point.
    n_trees : int
    bounds : ndarray of shape (n_points,)
        No unknown edge from a point to another tree is shorter than this.
    """

    def __init__(self, edges: Edges, bounds: Vectors) -> None:
        self.tree = np.arange(len(bounds))
        self.n_trees = len(bounds)
        self.bounds = bounds
        self._edges = edges
        self._joints: list[Edges] = []

    @property
    def n_joined(self) -> int:
        """Count the edges that were chosen so far."""
        return len(self.tree) - self.n_trees

    def joints(self) -> Edges:
        """Give the edges that were chosen, in order."""
        none = self._edges.taken(slice(0, 0))

        return none.joined(*self._joints)

    def grow(self) -> None:
        """Join trees by edges that are proved to be the shortest way out of one of them."""
        while self.n_trees > 1:
            shortest = self._shortest_ways_out()
            proved = self._lengths(shortest) <= self._least(self.bounds)
            proved &= shortest < len(self._edges)
            if not proved.any():
                break
            self._join(self._edges.taken(np.unique(shortest[proved])))

    def in_doubt(self) -> tuple[Indices, Vectors]:
        """
        Name the points that may have a shorter way out than is known of their tree, tree by tree.

        One tree is left out, for which they are most: every other finds its shortest way, so that
        it is joined at last. The limits are the shortest known ways out, one a tree; that of the
        tree left out is 0.
        """
        limits = self._lengths(self._shortest_ways_out())
        n_in_doubt = np.bincount(self.tree[self.bounds < limits[self.tree]], minlength=self.n_trees)
        limits[n_in_doubt.argmax()] = 0
        rows = np.flatnonzero(self.bounds < limits[self.tree])

        return rows[np.argsort(self.tree[rows], kind="stable")], limits

    def learn(self, edges: Edges, rows: Indices, bounds: Vectors) -> None:
        """Take note of edges, and that no other edge of these points is shorter than `bounds`."""
        self._edges = self._edges.joined(edges)
        self.bounds = self.bounds.copy()
        self.bounds[rows] = np.maximum(self.bounds[rows], bounds)

    def _shortest_ways_out(self) -> Indices:
        """Number the shortest known edge that leaves each tree; `len(edges)` where none does."""
        a, b = self.tree[self._edges.i], self.tree[self._edges.j]
        leaves = a != b
        self._edges, a, b = self._edges.taken(leaves), a[leaves], b[leaves]
        backwards = np.arange(len(a))[::-1]

        first = np.full((2, self.n_trees), len(a))
        first[0, a[::-1]] = backwards  # of repeated places the last value stays
        first[1, b[::-1]] = backwards
        shortest: Indices = first.min(axis=0)

        return shortest

    def _lengths(self, edges: Indices) -> Vectors:
        lengths: Vectors = np.append(self._edges.lengths, np.inf)[edges]

        return lengths

    def _least(self, values: Vectors) -> Vectors:
        least = np.full(self.n_trees, np.inf)
        np.minimum.at(least, self.tree, values)

        return least

    def _join(self, edges: Edges) -> None:
        """Make one tree of those that the edges connect."""
        ends = self.tree[edges.i], self.tree[edges.j]
        shape = self.n_trees, self.n_trees
        self.n_trees, tree = connected_components(
            coo_array((np.ones(len(edges)), ends), shape=shape), directed=False
        )
        self.tree = tree[self.tree].astype(np.intp)
        self._joints.append(edges)
