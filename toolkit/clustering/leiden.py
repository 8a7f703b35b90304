"""Communities of the neighbour graph: every row in a cluster, and no number of clusters asked."""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from toolkit.clustering.assignment import Assignments, assigned
from toolkit.clustering.graph_of_points import PointGraph, centred, graph_of_points
from toolkit.clustering.levels import nested_levels, numbered_by_size
from toolkit.clustering.points import Points, distinct_points
from toolkit.clustering.resolution import (
    Partition,
    best_partition,
    partition_at,
    partition_of,
)
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, unit_rows


class CosineLeiden(ClusterMixin, BaseEstimator):
    """
    Find the communities of the graph of nearest neighbours; how many there are it finds as well.

    Each row is joined to its most similar ones, as seen from the mean of all rows, and the Leiden
    method looks for groups with more weight inside than chance would put there. How fine the groups
    are is chosen without labels: the resolutions that make at most ``1.5 * sqrt(n_rows)`` groups
    are averaged, those whose groups have the larger mean silhouette on cosine with more weight.

    Only directions count. Equal rows are one point: how often a text is repeated decides which
    cluster is larger, not where clusters are. Every row has a cluster, but for rows of zeros, which
    are similar to nothing: they get -1. Nothing is left to chance: shuffled rows and repeated runs
    give the same clusters.

    Parameters
    ----------
    n_neighbors : int, default=30
        How many of its most similar rows each row is joined to, >= 2; not more than the square root
        of the number of different rows.
    resolution : "auto" or float, default="auto"
        How fine to cut, > 0: of 4 times the resolution come about 2.5 times as many clusters.
    n_clusters : int, optional
        How many clusters there shall be, >= 1, if that is known; the resolution follows. Fewer
        where there are fewer different rows.

    Attributes
    ----------
    labels_ : ndarray of shape (n_rows,)
        Cluster numbers, 0 for the largest; -1 for rows of zeros only.
    n_clusters_ : int
    resolution_ : float
        The resolution that was used.
    silhouette_ : float
        The mean silhouette of the clusters as seen from the mean of all rows.
    search_ : ndarray of shape (n_tried, 3)
        Resolution, number of clusters and mean silhouette of all that was tried; empty if nothing
        was, because `resolution` or `n_clusters` is given.
    levels_ : ndarray of shape (n_rows, n_levels)
        Cluster numbers from coarse to fine: each cluster lies in one cluster of the level before.
    level_ : int
        The column of `levels_` that is `labels_`.
    vectors_ : ndarray of shape (n_points, n_features_in_), float32
        The different rows, scaled to length 1, in an order of their own.
    point_labels_ : ndarray of shape (n_points,)
        The cluster of each of them.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    Examples
    --------
    >>> angles = np.deg2rad([0, 1, 2, 3, 90, 91, 92, 180, 181, 182])
    >>> X = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> clusterer = CosineLeiden().fit(X)
    >>> clusterer.labels_
    array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    >>> clusterer.predict([[0.1, 5.0]])
    array([1])
    """

    labels_: Indices
    levels_: Indices
    search_: Vectors
    vectors_: Vectors
    point_labels_: Indices

    def __init__(
        self,
        *,
        n_neighbors: int = 30,
        resolution: float | Literal["auto"] = "auto",
        n_clusters: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.resolution = resolution
        self.n_clusters = n_clusters

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:
        """Find the clusters; `y` is not used."""
        self._check_settings()
        rows = validate_data(self, X, dtype=[np.float32, np.float64])
        points = distinct_points(rows)

        directions = centred(points.vectors)
        graph = graph_of_points(directions, int(self.n_neighbors))
        partition = self._partition(graph, directions)
        levels, self.level_ = nested_levels(graph, directions, partition)

        self.resolution_, self.silhouette_ = partition.resolution, partition.silhouette
        self._learn(rows, points, [numbered_by_size(level, points.weights) for level in levels])

        return self

    def predict(self, X: npt.ArrayLike) -> Indices:
        """
        Return the cluster of each row, shape (n_rows,); -1 for rows of zeros.

        The 16 nearest known rows vote, the nearer the more. Rows that were there at fit get the
        label they have in `labels_`.
        """
        return self.assignments(X).labels

    def predict_with_confidence(self, X: npt.ArrayLike) -> tuple[Indices, Vectors]:
        """Return the cluster of each row and its share of the votes, both of shape (n_rows,)."""
        found = self.assignments(X)

        return found.labels, found.confidences

    def assignments(self, X: npt.ArrayLike) -> Assignments:
        """Return the cluster of each row with its share of the votes and the runner-up."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=[np.float32, np.float64])

        return assigned(rows, self.vectors_, self.point_labels_)

    def _check_settings(self) -> None:
        _check_whole("n_neighbors", self.n_neighbors, at_least=2)
        if self.n_clusters is not None:
            _check_whole("n_clusters", self.n_clusters, at_least=1)
        if isinstance(self.resolution, str) and self.resolution == "auto":
            return
        is_number = isinstance(self.resolution, int | float | np.number)
        if not (is_number and 0 < float(self.resolution) < np.inf):
            raise InputError(f'resolution must be "auto" or > 0, got {self.resolution!r}')
        if self.n_clusters is not None:
            raise InputError(
                "n_clusters and resolution both say how fine to cut: give only one of them"
            )

    def _partition(self, graph: PointGraph, directions: Vectors) -> Partition:
        self.search_ = np.zeros((0, 3))
        if len(graph) == 0 or self.resolution != "auto":
            resolution = 1.0 if self.resolution == "auto" else float(self.resolution)
            return partition_at(graph, directions, resolution)
        if self.n_clusters is not None:
            return partition_of(graph, directions, min(int(self.n_clusters), len(graph)))

        best, seen = best_partition(graph, directions)
        self.search_ = np.array([(part.resolution, len(part), part.silhouette) for part in seen])

        return best

    def _learn(self, rows: Vectors, points: Points, levels: list[Indices]) -> None:
        self.vectors_, self.point_labels_ = points.vectors, levels[self.level_]
        self.n_clusters_ = _count(self.point_labels_)
        self.levels_ = points.spread(np.stack(levels, axis=1))

        strays = _strays(rows, points)
        if len(strays):
            for column, level in enumerate(levels):
                found = assigned(rows[strays], points.vectors, level)
                self.levels_[strays, column] = found.labels
        self.labels_ = self.levels_[:, self.level_].copy()


def _strays(rows: Vectors, points: Points) -> Indices:
    """Number the rows that are nearly but not exactly what stands for them."""
    units = unit_rows(rows).astype(np.float32, copy=False)
    used = np.flatnonzero(points.members >= 0)
    differs = (units[used] != points.vectors[points.members[used]]).any(axis=1)

    strays: Indices = used[differs]

    return strays


def _check_whole(name: str, value: object, *, at_least: int) -> None:
    if not (isinstance(value, int | np.integer) and value >= at_least):
        raise InputError(f"{name} must be a whole number >= {at_least}, got {value!r}")


def _count(group: Indices) -> int:
    return int(group.max(initial=-1)) + 1
