"""HDBSCAN* on cosine: clusters of any shape that are denser than what lies around them."""

from copy import copy
from typing import Self

import numpy as np
import numpy.typing as npt
from hdbscan._hdbscan_tree import outlier_scores
from hdbscan.plots import CondensedTree, SingleLinkageTree
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from toolkit.clustering.hdbscan_cuts import (
    Cut,
    CutSettings,
    Method,
    condensed,
    cut,
    exemplars,
    spans,
)
from toolkit.clustering.hdbscan_hierarchy import (
    condensed_tree_of_rows,
    linkage_of_rows,
    places,
    single_linkage,
)
from toolkit.clustering.hdbscan_joining import ClusteredPoints, joined
from toolkit.clustering.points import Points, distinct_points
from toolkit.clustering.spanning_tree import spanning_tree
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, unit_rows


class CosineHDBSCAN(ClusterMixin, BaseEstimator):
    """
    Find clusters that are denser than their surroundings; what belongs to none is noise.

    The clusters are those of ``hdbscan.HDBSCAN(metric="euclidean")`` on rows of length 1, where the
    distance is ``sqrt(2 - 2 * cosine)``, at a small part of the time: the spanning tree comes from
    the graph of nearest neighbours, and every edge of it is proved to be the shortest, by the
    graph or by products with all other rows. Parameters mean what they mean there.

    Only directions count. Equal rows are one point of greater weight, so that they share a cluster,
    and the order of rows does not matter. A row of zeros is similar to nothing: it is noise.

    The method has steps: a cluster is chosen whole or in parts, so that a slightly larger
    `min_cluster_size` or `min_samples` may join many clusters to one, above all with "eom". `at`
    shows at once what other sizes give; `CosineLeiden` has no such steps.

    Parameters
    ----------
    min_cluster_size : int, default=5
        How many rows make a cluster, >= 2.
    min_samples : int, optional
        How many other rows must be near a row for it to count as dense, >= 1; more of them make
        more noise. `min_cluster_size` by default, and never more than there are other rows.
    cluster_selection_method : {"eom", "leaf"}, default="eom"
        Whether to choose the clusters that persist longest, or the smallest and densest ones.
    cluster_selection_epsilon : float, default=0.0
        Clusters that come apart only at distances below this stay together, >= 0.
    max_cluster_size : int, optional
        Larger clusters are taken apart with "eom"; no limit by default.
    allow_single_cluster : bool, default=False
        Whether all rows together may be the one cluster.

    Attributes
    ----------
    labels_ : ndarray of shape (n_rows,)
        Cluster numbers, 0 for the largest; -1 is noise.
    probabilities_ : ndarray of shape (n_rows,)
        How firmly each row is in its cluster, in [0, 1]; 0 for noise.
    n_clusters_ : int
    cluster_persistence_ : ndarray of shape (n_clusters_,)
        How long each cluster lasts over all densities, in [0, 1].
    proved_share_ : float
        Share of the spanning tree's edges that the neighbour graph alone proved.
    min_samples_ : int
        The `min_samples` that was used.
    vectors_ : ndarray of shape (n_points, n_features_in_), float32
        The different rows, scaled to length 1, in an order of their own.
    weights_ : ndarray of shape (n_points,)
        How many rows each point stands for.
    members_ : ndarray of shape (n_rows,)
        The point of each row; -1 for rows of zeros.
    core_distances_ : ndarray of shape (n_points,)
        The distance to the `min_samples_`-th nearest other row.
    spanning_tree_ : ndarray of shape (n_points - 1, 3)
        The points that each edge joins and its length, the shortest first.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    Examples
    --------
    >>> angles = np.deg2rad([0, 1, 2, 3, 40, 41, 42, 43, 44, 95])
    >>> X = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> clusterer = CosineHDBSCAN(min_cluster_size=4, min_samples=2).fit(X)
    >>> clusterer.labels_
    array([ 1,  1,  1,  1,  0,  0,  0,  0,  0, -1])
    >>> clusterer.predict([[5.0, 0.1], [0.1, 5.0]])
    array([ 1, -1])
    >>> clusterer.at(min_cluster_size=6, allow_single_cluster=True).n_clusters_
    1
    """

    labels_: Indices
    probabilities_: Vectors
    cluster_persistence_: Vectors
    vectors_: Vectors
    weights_: Vectors
    members_: Indices
    core_distances_: Vectors
    spanning_tree_: Vectors

    def __init__(
        self,
        *,
        min_cluster_size: int = 5,
        min_samples: int | None = None,
        cluster_selection_method: Method = "eom",
        cluster_selection_epsilon: float = 0.0,
        max_cluster_size: int | None = None,
        allow_single_cluster: bool = False,
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.min_samples = min_samples
        self.cluster_selection_method = cluster_selection_method
        self.cluster_selection_epsilon = cluster_selection_epsilon
        self.max_cluster_size = max_cluster_size
        self.allow_single_cluster = allow_single_cluster

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:
        """Find the clusters among the rows."""
        settings = self._settings().checked()
        asked = settings.min_cluster_size if self.min_samples is None else self.min_samples
        if not (isinstance(asked, int | np.integer) and asked >= 1):
            raise InputError(f"min_samples must be a whole number >= 1 or None, got {asked!r}")
        vectors = validate_data(self, X, dtype=[np.float32, np.float64])
        points = distinct_points(vectors)

        self._min_samples_asked = asked
        self.min_samples_ = max(min(int(asked), int(points.weights.sum()) - 1), 1)
        tree = spanning_tree(points.vectors, points.weights, self.min_samples_)
        self.vectors_, self.weights_ = points.vectors, points.weights
        self.members_ = points.members
        self.core_distances_, self.proved_share_ = tree.core, tree.proved_share
        self.spanning_tree_ = np.stack([tree.edges.i, tree.edges.j, tree.edges.lengths], axis=1)
        self._linkage = single_linkage(points, tree)
        self._choose(settings)

        return self

    def at(
        self,
        *,
        min_cluster_size: int | None = None,
        cluster_selection_method: Method | None = None,
        cluster_selection_epsilon: float | None = None,
        allow_single_cluster: bool | None = None,
    ) -> Self:
        """
        Return the clusterer that fits with other settings, at once: the tree stays as it is.

        What is not given stays as it is, and so does `min_samples`.
        """
        check_is_fitted(self)
        changes = {
            "min_cluster_size": min_cluster_size,
            "cluster_selection_method": cluster_selection_method,
            "cluster_selection_epsilon": cluster_selection_epsilon,
            "allow_single_cluster": allow_single_cluster,
        }
        other: Self = copy(self).set_params(
            min_samples=self._min_samples_asked,
            **{name: value for name, value in changes.items() if value is not None},
        )
        other._choose(other._settings().checked())

        return other

    def predict(self, X: npt.ArrayLike) -> Indices:
        """
        Return the cluster of each row, shape (n_rows,); -1 for noise.

        A row joins the nearest known row by mutual reachability, in its cluster if it is near
        enough for it. Rows that were there at fit get the label they have in `labels_`.
        """
        labels, _ = self.predict_with_confidence(X)

        return labels

    def predict_with_confidence(self, X: npt.ArrayLike) -> tuple[Indices, Vectors]:
        """
        Return the cluster of each row and how firmly it is in it, both of shape (n_rows,).

        Confidences are on the scale of `probabilities_` and equal them for rows that were there.
        """
        check_is_fitted(self)
        vectors = validate_data(self, X, reset=False, dtype=[np.float32, np.float64])
        units = unit_rows(vectors).astype(np.float32, copy=False)

        return joined(units, self._clustered_points(), self.min_samples_)

    @property
    def condensed_tree_(self) -> CondensedTree:
        """The tree that clusters are chosen from, with the plots of the hdbscan package."""
        check_is_fitted(self)
        tree = condensed_tree_of_rows(self._cut().tree, self._rows(), len(self.labels_))

        return CondensedTree(tree, self.labels_)

    @property
    def single_linkage_tree_(self) -> SingleLinkageTree:
        """The whole hierarchy of rows, with the plots of the hdbscan package."""
        check_is_fitted(self)

        return SingleLinkageTree(linkage_of_rows(self._linkage, self._rows(), len(self.labels_)))

    @property
    def exemplars_(self) -> list[Indices]:
        """The numbers of the rows in the densest parts of each cluster."""
        check_is_fitted(self)
        rows = self._rows()

        return [np.sort(rows[found]) for found in exemplars(self._cut())]

    @property
    def outlier_scores_(self) -> Vectors:
        """How far each row is from the densest part of what it lies in, in [0, 1] (GLOSH)."""
        check_is_fitted(self)
        scores = np.ones(len(self.labels_))
        rows, tree = self._rows(), self._cut().tree
        scores[rows] = outlier_scores(tree) if len(tree) else 0.0

        return scores

    def _settings(self) -> CutSettings:
        return CutSettings(
            self.min_cluster_size,
            self.cluster_selection_method,
            self.cluster_selection_epsilon,
            self.max_cluster_size,
            self.allow_single_cluster,
        )

    def _choose(self, settings: CutSettings) -> None:
        rows = self._rows()
        flat = cut(self._linkage, len(rows), settings)
        self.labels_ = np.full(len(self.members_), -1, dtype=np.intp)
        self.probabilities_ = np.zeros(len(self.members_))
        self.labels_[rows], self.probabilities_[rows] = flat.labels, flat.probabilities
        self.cluster_persistence_ = flat.persistence
        self.n_clusters_ = len(flat.persistence)
        self._births, self._peaks = spans(flat)
        self._cut_at = settings.min_cluster_size

    def _rows(self) -> Indices:
        """Name the rows at their places in the hierarchy."""
        return places(Points(self.vectors_, self.weights_, self.members_))

    def _cut(self) -> Cut:
        rows = self._rows()
        tree = condensed(self._linkage, len(rows), self._cut_at)

        return Cut(tree, self.labels_[rows], self.probabilities_[rows], self.cluster_persistence_)

    def _clustered_points(self) -> ClusteredPoints:
        rows = self._rows()
        a_row = rows[np.unique(self.members_[rows], return_index=True)[1]]

        return ClusteredPoints(
            vectors=self.vectors_,
            weights=self.weights_,
            core=self.core_distances_,
            labels=self.labels_[a_row],
            probabilities=self.probabilities_[a_row],
            births=self._births,
            peaks=self._peaks,
        )
