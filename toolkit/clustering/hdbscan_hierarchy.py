"""The order in which rows come together, in the form that the hdbscan package cuts."""

from itertools import pairwise

import numpy as np

from toolkit.clustering.points import Points
from toolkit.clustering.spanning_tree import SpanningTree
from toolkit.kernels import Indices, Vectors

_TIED = 1e-12  # distances that differ by less do so by rounding only

# A condensed tree, in the form of the hdbscan package.
TREE_COLUMNS = np.dtype(
    [("parent", np.intp), ("child", np.intp), ("lambda_val", float), ("child_size", np.intp)]
)


def places(points: Points) -> Indices:
    """
    Number the rows that are points, copies side by side: an order that shuffling leaves as it is.

    >>> places(Points(np.eye(2), np.array([1, 2]), np.array([1, -1, 0, 1])))
    array([2, 0, 3])
    """
    order = np.argsort(points.members, kind="stable")

    return order[np.count_nonzero(points.members < 0) :]


def single_linkage(points: Points, tree: SpanningTree) -> Vectors:
    """
    Join rows into clusters of growing size, along the edges of a spanning tree.

    Rows stand at their places, see `places`. Copies of a row come together at the core distance of
    their point. Whatever comes together at one distance does so at once, so that the hierarchy is
    the same whichever of several equally short spanning trees it is made from.

    Parameters
    ----------
    points : Points
        Two rows at least.
    tree : SpanningTree

    Returns
    -------
    ndarray of shape (n_places - 1, 4), float64
        As scipy's linkage: what is joined, at what distance, and how many rows that makes.

    Examples
    --------
    >>> from toolkit.clustering.points import distinct_points
    >>> from toolkit.clustering.spanning_tree import spanning_tree
    >>> points = distinct_points(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    >>> single_linkage(points, spanning_tree(points.vectors, points.weights, 1)).round(2)
    array([[1.  , 2.  , 0.  , 2.  ],
           [0.  , 3.  , 1.41, 3.  ]])
    """
    n_copies = points.weights.astype(np.intp)
    first = np.cumsum(n_copies) - n_copies
    copies = np.setdiff1d(np.arange(n_copies.sum()), first, assume_unique=True)
    of_copies = np.repeat(np.arange(len(points)), n_copies - 1)

    ends = np.append(first[of_copies], first[tree.edges.i]), np.append(copies, first[tree.edges.j])
    lengths = np.append(tree.core[of_copies], tree.edges.lengths)

    return linkage_along(*ends, lengths)


def linkage_along(a: Indices, b: Indices, lengths: Vectors) -> Vectors:
    """
    Join clusters along the edges of a spanning tree, those at one distance as if at once.

    Parameters
    ----------
    a, b : ndarray of shape (n_places - 1,)
        The places that each edge joins.
    lengths : ndarray of shape (n_places - 1,), float64

    Returns
    -------
    ndarray of shape (n_places - 1, 4), float64

    Examples
    --------
    >>> linkage_along(np.array([0, 1, 3]), np.array([1, 2, 2]), np.array([0.5, 0.5, 0.1]))
    array([[2. , 3. , 0.1, 2. ],
           [4. , 0. , 0.5, 3. ],
           [5. , 1. , 0.5, 4. ]])
    """
    order = np.argsort(lengths, kind="stable")
    lengths = lengths[order]
    starts = np.flatnonzero(np.diff(lengths, prepend=-1.0) > _TIED)
    edges = list(zip(a[order].tolist(), b[order].tolist(), strict=True))

    clusters = _Clusters(len(edges) + 1)
    for start, end in pairwise([*starts.tolist(), len(edges)]):
        clusters.join(edges[start:end])
    merges = np.array(clusters.merges, dtype=np.float64).reshape(-1, 3)

    return np.insert(merges, 2, lengths, axis=1)


class _Clusters:
    """
    Clusters that grow, numbered in the order in which they came about.

    Attributes
    ----------
    merges : list of (cluster, cluster, size)
        What was joined, and how many rows that made.
    """

    def __init__(self, n_rows: int) -> None:
        self.merges: list[tuple[int, int, int]] = []
        self._parents = list(range(2 * n_rows - 1))
        self._sizes = [1] * n_rows
        self._first = list(range(n_rows))

    def join(self, edges: list[tuple[int, int]]) -> None:
        """
        Join what edges of one length connect, the largest first.

        So a row that lies between two clusters, as far from the one as from the other, leaves when
        they part, and is counted to neither.
        """
        if len(edges) == 1:  # nearly always
            a, b = self._root(edges[0][0]), self._root(edges[0][1])
            self._merge(*((a, b) if self._first[a] < self._first[b] else (b, a)))
            return

        roots = [(self._root(a), self._root(b)) for a, b in edges]
        for together in _connected(roots):
            together.sort(key=lambda cluster: (-self._sizes[cluster], self._first[cluster]))
            whole = together[0]
            for part in together[1:]:
                whole = self._merge(whole, part)

    def _merge(self, a: int, b: int) -> int:
        cluster, size = len(self._sizes), self._sizes[a] + self._sizes[b]
        self._parents[a] = self._parents[b] = cluster
        self._sizes.append(size)
        self._first.append(min(self._first[a], self._first[b]))
        self.merges.append((a, b, size))

        return cluster

    def _root(self, node: int) -> int:
        """Climb to the cluster that holds all, and leave a shorter way for the next time."""
        parents = self._parents
        root = node
        while parents[root] != root:
            root = parents[root]
        while parents[node] != root:
            parents[node], node = root, parents[node]

        return root


def _connected(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """
    Put together what the pairs connect.

    >>> _connected([(1, 2), (3, 4), (2, 5)])
    [[2, 1, 5], [4, 3]]
    """
    group: dict[int, list[int]] = {}
    for pair in pairs:
        small, large = sorted((group.setdefault(node, [node]) for node in pair), key=len)
        if small is not large:
            large.extend(small)
            group.update(dict.fromkeys(small, large))

    return list({id(nodes): nodes for nodes in group.values()}.values())


def linkage_of_rows(linkage: Vectors, rows: Indices, n_rows: int) -> Vectors:
    """
    Number rows as in the table; those that are no points join last, at an infinite distance.

    Parameters
    ----------
    linkage : ndarray of shape (n_places - 1, 4)
    rows : ndarray of shape (n_places,)
        The row at each place.
    n_rows : int

    Examples
    --------
    >>> linkage_of_rows(np.array([[0.0, 1.0, 0.5, 2.0]]), np.array([2, 0]), 3)
    array([[2. , 0. , 0.5, 2. ],
           [3. , 1. , inf, 3. ]])
    """
    others = np.setdiff1d(np.arange(n_rows), rows)
    renamed = linkage.copy()
    renamed[:, :2] = _renamed(linkage[:, :2].astype(np.intp), rows, n_rows)
    last = n_rows + len(linkage) - 1 + np.arange(len(others))
    distances, sizes = np.full(len(others), np.inf), len(rows) + 1.0 + np.arange(len(others))

    return np.concatenate([renamed, np.stack([last, others, distances, sizes], axis=1)])


def condensed_tree_of_rows(tree: np.ndarray, rows: Indices, n_rows: int) -> np.ndarray:
    """
    Number rows as in the table; those that are no points leave the root at once.

    Copies that are never apart leave at twice the largest density of all others, so that the tree
    can be drawn: no axis reaches to infinity.

    Parameters
    ----------
    tree : ndarray with the columns parent, child, lambda_val and child_size
    rows : ndarray of shape (n_places,)
        The row at each place.
    n_rows : int
    """
    others = np.setdiff1d(np.arange(n_rows), rows)
    renamed = np.zeros(len(others) + len(tree), dtype=TREE_COLUMNS)
    renamed["parent"][: len(others)] = n_rows
    renamed["child"][: len(others)] = others
    renamed["child_size"][: len(others)] = 1

    of_points = renamed[len(others) :]
    of_points[:] = tree
    for column in ("parent", "child"):
        of_points[column] = _renamed(tree[column], rows, n_rows)
    densities = of_points["lambda_val"]
    is_finite = np.isfinite(densities)
    densities[~is_finite] = 2 * densities[is_finite].max(initial=0.5)

    return renamed


def _renamed(nodes: Indices, rows: Indices, n_rows: int) -> Indices:
    """Name rows for places; what are clusters are numbered from `n_rows`."""
    is_place = nodes < len(rows)
    places = np.where(is_place, nodes, 0)

    return np.where(is_place, rows[places], nodes - len(rows) + n_rows)
