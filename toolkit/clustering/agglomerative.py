"""Clusters within clusters: any number of them, from one tree of merges on cosine."""

from copy import copy
from typing import Self, get_args

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from toolkit.clustering.agglomerative_linkage import Linkage, cut, weighted_linkage
from toolkit.clustering.agglomerative_rivals import rivals
from toolkit.clustering.assignment import Assignments
from toolkit.clustering.kmeans_close_calls import CloseCalls, close_calls, nearest_or_known
from toolkit.clustering.kmeans_nearest import Nearest
from toolkit.clustering.kmeans_numbers import gathered, heaviest_first, numbered, row_labels
from toolkit.clustering.kmeans_rounds import settle
from toolkit.clustering.points import Points, distinct_points
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, unit_rows

_ROUNDS = 3  # more of them make no better tree
_ROUNDING = 1e-9


class CosineAgglomerative(ClusterMixin, BaseEstimator):
    """
    Merge the nearest clusters until as many are left as are wanted; all other numbers stay at hand.

    Tables of more different rows than `n_micro_clusters` are first put into so many micro-clusters
    by a few rounds of k-means; those, or else the different rows themselves, are merged, each as
    heavy as its rows. So 100,000 rows take seconds, where comparing all would take hours.

    Only directions count. Equal rows are one point of greater weight, so that they share a cluster,
    and the order of rows does not matter. A row of zeros is similar to nothing: its cluster is -1.

    Parameters
    ----------
    n_clusters : int, default=8
        How many clusters, >= 1; where there are fewer different rows, each is a cluster.
    similarity_threshold : float, optional
        In [-1, 1]; if it is given, `n_clusters` does not count: clusters are merged as long as
        their rows are at least this similar on average. Only for ``linkage="average"``.
    linkage : {"ward", "average"}, default="ward"
        Which clusters are merged next: those that leave rows nearest to the means of their
        clusters, or those whose rows are most similar on average. The former makes clusters of
        like sizes, the latter large ones and stragglers.
    n_micro_clusters : int, default=2000
        How many micro-clusters there are at most, >= 1. Time and memory grow with its square.

    Attributes
    ----------
    labels_ : ndarray of shape (n_rows,)
        Cluster numbers, 0 for the largest; -1 for rows of zeros only.
    n_clusters_ : int
    linkage_matrix_ : ndarray of shape (n_micro - 1, 4), float64
        The merges of micro-clusters in the form of scipy, for its dendrograms: what is merged, at
        what distance, and how many micro-clusters that makes. Distances are 1 - mean similarity for
        "average"; for "ward" the root of twice what the merge adds to the squared distances of rows
        from their means.
    micro_centers_ : ndarray of shape (n_micro, n_features_in_), float32
        The directions of the micro-clusters, of length 1.
    micro_weights_ : ndarray of shape (n_micro,), float64
        How many rows are in each, or the sum of their weights.
    micro_labels_ : ndarray of shape (n_rows,)
        The micro-cluster of each row; -1 for rows of zeros.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    Examples
    --------
    >>> angles = np.deg2rad([0, 1, 2, 3, 20, 21, 90])
    >>> X = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> clusterer = CosineAgglomerative(n_clusters=2).fit(X)
    >>> clusterer.labels_
    array([0, 0, 0, 0, 0, 0, 1])
    >>> clusterer.labels_at(3)
    array([0, 0, 0, 0, 1, 1, 2])
    >>> clusterer.predict([[0.1, 5.0]])
    array([1])
    >>> CosineAgglomerative(linkage="average", similarity_threshold=0.9).fit(X).n_clusters_
    2
    """

    labels_: Indices
    linkage_matrix_: Vectors
    micro_centers_: Vectors
    micro_weights_: Vectors
    micro_labels_: Indices

    def __init__(
        self,
        *,
        n_clusters: int = 8,
        similarity_threshold: float | None = None,
        linkage: Linkage = "ward",
        n_micro_clusters: int = 2000,
    ) -> None:
        self.n_clusters = n_clusters
        self.similarity_threshold = similarity_threshold
        self.linkage = linkage
        self.n_micro_clusters = n_micro_clusters

    def fit(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Find the clusters; rows count as much as their weight says, and `y` is not used."""
        self._check_settings()
        vectors = validate_data(self, X, dtype=[np.float32, np.float64])
        weights = _check_sample_weight(
            sample_weight, vectors, dtype=np.float64, ensure_non_negative=True
        )
        points = distinct_points(vectors, weights)

        found = self._merge(points)
        known = close_calls(points.vectors, found)
        self._close_vectors, self._close_labels = known.vectors, known.labels
        units = unit_rows(vectors).astype(np.float32, copy=False)
        self.micro_labels_ = row_labels(units, points, found.labels, self.micro_centers_, known)
        self._choose()

        return self

    def labels_at(self, n_clusters: int) -> Indices:
        """
        Return the labels of the rows where so many clusters are left, shape (n_rows,).

        Each cluster lies in one cluster of every smaller number. At most as many as there are
        micro-clusters can be asked for.
        """
        return self.at(n_clusters=n_clusters).labels_

    def at(
        self, *, n_clusters: int | None = None, similarity_threshold: float | None = None
    ) -> Self:
        """Return the clusterer that fits with another number or threshold, at once."""
        check_is_fitted(self)
        if (n_clusters is None) == (similarity_threshold is None):
            raise InputError("at needs either n_clusters or similarity_threshold, and only one")
        other: Self = copy(self)
        other.similarity_threshold = similarity_threshold
        if n_clusters is not None:
            other.n_clusters = n_clusters
        other._check_settings()
        n_micro = len(self.micro_centers_)
        if n_clusters is not None and n_clusters > n_micro:
            raise InputError(
                f"n_clusters must be at most the number of micro-clusters, {n_micro}, "
                f"got {n_clusters}"
            )
        other._choose()

        return other

    def predict(self, X: npt.ArrayLike) -> Indices:
        """
        Return the cluster of the micro-cluster nearest to each row, shape (n_rows,).

        Rows that were there at fit get the label they have in `labels_`; rows of zeros get -1.
        """
        return self._labels_of(self._micro_clusters(self._units(X)))

    def predict_with_confidence(self, X: npt.ArrayLike) -> tuple[Indices, Vectors]:
        """Return the cluster of each row and how sure it is, both of shape (n_rows,)."""
        found = self.assignments(X)

        return found.labels, found.confidences

    def assignments(self, X: npt.ArrayLike) -> Assignments:
        """
        Return the cluster of each row, how sure it is, and the runner-up.

        With similarities `a` and `b` to the nearest micro-clusters of the two nearest clusters a
        row is sure by ``(a - b) / (1 - b)``: 1 at a micro-cluster, 0 halfway between two.
        """
        units = self._units(X)
        labels = self._labels_of(self._micro_clusters(units))
        found = rivals(units, labels, self.micro_centers_, self._cluster_of_micro)

        return Assignments(labels, found.confidences(), found.seconds)

    def _check_settings(self) -> None:
        for name in ("n_clusters", "n_micro_clusters"):
            value = getattr(self, name)
            if not (isinstance(value, int | np.integer) and value >= 1):
                raise InputError(f"{name} must be a whole number >= 1, got {value!r}")
        if self.linkage not in get_args(Linkage):
            raise InputError(f'linkage must be "ward" or "average", got {self.linkage!r}')
        self._check_threshold()

    def _check_threshold(self) -> None:
        threshold = self.similarity_threshold
        if threshold is None:
            if self.n_clusters > self.n_micro_clusters:
                raise InputError(
                    f"n_clusters must be at most n_micro_clusters, {self.n_micro_clusters}, got "
                    f"{self.n_clusters}: a larger n_micro_clusters allows it"
                )
            return
        if not -1 <= threshold <= 1:
            raise InputError(f"similarity_threshold must be from -1 to 1, got {threshold!r}")
        if self.linkage != "average":
            raise InputError(
                f'similarity_threshold needs linkage="average", got "{self.linkage}", '
                "which merges by losses that are no similarities"
            )

    def _merge(self, points: Points) -> Nearest:
        """Find the micro-clusters, and the tree of their merges."""
        centers = _micro_centers(points, int(self.n_micro_clusters))
        self.micro_centers_, found = numbered(points, centers)
        totals, self.micro_weights_ = gathered(points, found.labels, len(self.micro_centers_))
        self.linkage_matrix_ = weighted_linkage(totals, self.micro_weights_, self.linkage)

        return found

    def _units(self, X: npt.ArrayLike) -> Vectors:
        check_is_fitted(self)
        vectors = validate_data(self, X, reset=False, dtype=[np.float32, np.float64])

        return unit_rows(vectors).astype(np.float32, copy=False)

    def _micro_clusters(self, units: Vectors) -> Indices:
        known = CloseCalls(self._close_vectors, self._close_labels)

        return nearest_or_known(units, self.micro_centers_, known).labels

    def _choose(self) -> None:
        """Cut the tree, and number what is left by size."""
        n_micro = len(self.micro_centers_)
        n_clusters = min(int(self.n_clusters), n_micro)
        if self.similarity_threshold is not None and n_micro:
            lowest = 1 - float(self.similarity_threshold) + _ROUNDING
            n_clusters = n_micro - int(np.count_nonzero(self.linkage_matrix_[:, 2] <= lowest))

        groups = cut(self.linkage_matrix_, n_clusters) if n_micro else np.empty(0, dtype=np.intp)
        order = heaviest_first(groups, self.micro_weights_, 2 * n_micro)
        numbers = np.empty(2 * n_micro, dtype=np.intp)
        numbers[order] = np.arange(len(order))
        self._cluster_of_micro = numbers[groups]
        self.n_clusters_ = len(order)
        self.labels_ = self._labels_of(self.micro_labels_)

    def _labels_of(self, micro_labels: Indices) -> Indices:
        return np.append(self._cluster_of_micro, -1)[micro_labels]


def _micro_centers(points: Points, n_centers: int) -> Vectors:
    counts = points.weights > 0
    vectors, weights = points.vectors[counts], points.weights[counts]
    if len(vectors) <= n_centers:
        return vectors

    chosen = np.random.default_rng(0).permutation(len(vectors))[:n_centers]
    settled = settle(vectors, weights, vectors[np.sort(chosen)], tol=0, max_rounds=_ROUNDS)

    return settled.centers
