"""Flat clusters from a hierarchy, chosen by the hdbscan package."""

from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, get_args

import numpy as np
from hdbscan._hdbscan_tree import compute_stability, condense_tree, get_clusters

from toolkit.clustering.hdbscan_hierarchy import TREE_COLUMNS
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors

Method: TypeAlias = Literal["eom", "leaf"]


@dataclass(frozen=True)
class CutSettings:
    """How a hierarchy is cut; the names and meanings are those of the hdbscan package."""

    min_cluster_size: int = 5
    cluster_selection_method: Method = "eom"
    cluster_selection_epsilon: float = 0.0
    max_cluster_size: int | None = None
    allow_single_cluster: bool = False

    def checked(self) -> Self:
        """Refuse what makes no sense."""
        _check_whole("min_cluster_size", self.min_cluster_size)
        if self.max_cluster_size is not None:
            _check_whole("max_cluster_size", self.max_cluster_size)
        if self.cluster_selection_method not in get_args(Method):
            raise InputError(
                'cluster_selection_method must be "eom" or "leaf", got '
                f"{self.cluster_selection_method!r}"
            )
        if not self.cluster_selection_epsilon >= 0:
            raise InputError(
                "cluster_selection_epsilon must be a distance >= 0, got "
                f"{self.cluster_selection_epsilon!r}"
            )

        return self


def _check_whole(name: str, value: object) -> None:
    if not (isinstance(value, int | np.integer) and value >= 2):
        raise InputError(f"{name} must be a whole number >= 2, got {value!r}")


@dataclass(frozen=True)
class Cut:
    """
    Clusters of rows that stand at their places.

    Attributes
    ----------
    tree : ndarray
        The condensed tree.
    labels : ndarray of shape (n_places,)
        Clusters are numbered from the largest to the smallest, those of one size by their first
        place; -1 is noise.
    probabilities : ndarray of shape (n_places,), float64
    persistence : ndarray of shape (n_clusters,), float64
    """

    tree: np.ndarray
    labels: Indices
    probabilities: Vectors
    persistence: Vectors


def cut(linkage: Vectors, n_places: int, settings: CutSettings) -> Cut:
    """
    Choose clusters from a hierarchy.

    >>> linkage = np.array([[0, 1, 0.1, 2], [2, 3, 0.1, 2], [4, 5, 0.5, 4]])
    >>> cut(linkage, 4, CutSettings(2)).labels
    array([0, 0, 1, 1])
    """
    tree = condensed(linkage, n_places, settings.min_cluster_size)
    if len(tree) == 0:
        return Cut(tree, np.full(n_places, -1), np.zeros(n_places), np.zeros(0))

    labels, probabilities, persistence = get_clusters(
        tree,
        compute_stability(tree),
        settings.cluster_selection_method,
        settings.allow_single_cluster,
        cluster_selection_epsilon=float(settings.cluster_selection_epsilon),
        max_cluster_size=settings.max_cluster_size or 0,
    )
    order = _largest_first(labels, len(persistence))
    numbers = np.full(len(persistence) + 1, -1, dtype=np.intp)
    numbers[order] = np.arange(len(order))

    return Cut(tree, numbers[labels], probabilities, persistence[order])


def condensed(linkage: Vectors, n_places: int, min_cluster_size: int) -> np.ndarray:
    """Keep of a hierarchy the splits into parts of some size, and when rows leave the parts."""
    if n_places < 2:
        return np.zeros(0, dtype=TREE_COLUMNS)
    _check_hierarchy(linkage, n_places)
    _check_whole("min_cluster_size", min_cluster_size)

    tree: np.ndarray = condense_tree(linkage, min_cluster_size)

    return tree


def _check_hierarchy(linkage: Vectors, n_places: int) -> None:
    """Refuse what is no hierarchy: the compiled code trusts the places that it is given."""
    is_tree = linkage.dtype == np.float64 and linkage.shape == (n_places - 1, 4)
    if is_tree:
        parts, sizes = linkage[:, :2], np.append(np.ones(n_places), linkage[:, 3])
        nodes = np.arange(2 * n_places - 2)
        is_tree = np.array_equal(np.sort(parts, axis=None), nodes)
        is_tree = is_tree and bool((parts < n_places + np.arange(n_places - 1)[:, None]).all())
    if is_tree:
        is_tree = np.array_equal(sizes[parts.astype(np.intp)].sum(axis=1), linkage[:, 3])
        is_tree = is_tree and bool((linkage[:, 2] >= 0).all())
    if not is_tree:
        raise InputError(
            f"expected a hierarchy of {n_places:,} rows, got something else: fit the model again"
        )


def _largest_first(labels: Indices, n_clusters: int) -> Indices:
    """Put clusters in order, without those that kept no row."""
    places = np.flatnonzero(labels >= 0)
    sizes = np.bincount(labels[places], minlength=n_clusters)
    first = np.zeros(n_clusters, dtype=np.intp)
    first[labels[places[::-1]]] = places[::-1]

    return np.lexsort((first, -sizes))[: np.count_nonzero(sizes)]


def exemplars(flat: Cut) -> list[Indices]:
    """
    Name the places that stay longest in the densest parts of each cluster.

    >>> linkage = np.array([[0, 1, 0.1, 2], [2, 3, 0.2, 2], [4, 5, 0.5, 4]])
    >>> exemplars(cut(linkage, 4, CutSettings(2)))
    [array([0, 1]), array([2, 3])]
    """
    parents, places, lambdas = (flat.tree[name] for name in ("parent", "child", "lambda_val"))
    is_place = places < len(flat.labels)
    is_leaf = np.ones(parents.max(initial=-1) + 1, dtype=bool)
    is_leaf[parents[~is_place]] = False
    peaks = _peaks(flat.tree)

    chosen = is_place & is_leaf[parents] & (lambdas == peaks[parents])
    found = np.sort(places[chosen])
    found = found[flat.labels[found] >= 0]

    return [found[flat.labels[found] == number] for number in range(len(flat.persistence))]


def spans(flat: Cut) -> tuple[Vectors, Vectors]:
    """
    Tell at what density each cluster begins, and the most at which rows or parts leave it.

    Densities are one by distance, (n_clusters,) both.

    >>> linkage = np.array([[0, 1, 0.1, 2], [2, 3, 0.2, 2], [4, 5, 0.5, 4]])
    >>> spans(cut(linkage, 4, CutSettings(2)))
    (array([2., 2.]), array([10.,  5.]))
    """
    if len(flat.persistence) == 0:
        return np.zeros(0), np.zeros(0)

    parents, children, lambdas = (flat.tree[name] for name in ("parent", "child", "lambda_val"))
    births = np.zeros(parents.max() + 1)
    is_cluster = children > len(flat.labels)
    births[children[is_cluster]] = lambdas[is_cluster]
    clusters = _clusters(flat)

    return births[clusters], _peaks(flat.tree)[clusters]


def _peaks(tree: np.ndarray) -> Vectors:
    peaks = np.zeros(tree["parent"].max(initial=-1) + 1)
    np.maximum.at(peaks, tree["parent"], tree["lambda_val"])

    return peaks


def _clusters(flat: Cut) -> Indices:
    """Find the node of the condensed tree that each cluster is: the one with as many rows."""
    root = len(flat.labels)
    above = np.full(flat.tree["parent"].max() + 1, root, dtype=np.intp)
    above[flat.tree["child"]] = flat.tree["parent"]
    sizes = np.zeros(len(above), dtype=np.intp)
    sizes[flat.tree["child"]] = flat.tree["child_size"]
    sizes[root] = root

    _, first, counts = np.unique(
        flat.labels[flat.labels >= 0], return_index=True, return_counts=True
    )
    nodes = above[np.flatnonzero(flat.labels >= 0)[first]]
    for number, count in enumerate(counts):
        while sizes[nodes[number]] < count:
            nodes[number] = above[nodes[number]]

    # Only the root may be a cluster without some of its rows, where no other is.
    return np.where(sizes[nodes] == counts, nodes, root)
