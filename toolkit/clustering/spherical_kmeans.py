"""K-means on cosine: a given number of clusters, each around the mean direction of its rows."""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from toolkit.clustering.assignment import Assignments
from toolkit.clustering.kmeans_close_calls import CloseCalls, close_calls, nearest_or_known
from toolkit.clustering.kmeans_nearest import Nearest, nearest_centers
from toolkit.clustering.kmeans_numbers import gathered, numbered, row_labels
from toolkit.clustering.kmeans_starts import StartSettings, best_start, grown
from toolkit.clustering.kmeans_sums import moved, sums
from toolkit.clustering.points import Points, distinct_points
from toolkit.kernels import Indices, Vectors, cosine_similarities, unit_rows


class SphericalKMeans(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """
    Find a given number of clusters, so that rows are as similar as can be to their centers.

    Only directions count: a center is the mean direction of its rows. Equal rows are one point of
    greater weight, so that they share a cluster, and the order of rows does not matter. A row of
    zeros is similar to nothing: its cluster is -1, and it moves no center.

    Parameters
    ----------
    n_clusters : int, default=8
        How many clusters, >= 1; where there are fewer different rows, each is a cluster.
    init : "k-means++" or array-like of shape (n_clusters, n_features), default="k-means++"
        Where centers start: at rows that lie apart, or where you say, which could be the mean rows
        of clusters that another method has found.
    n_init : int, default=3
        How many starts are made, >= 1; of those the best is kept as soon as all gain no more than
        10 times `tol` a round. A given `init` is the only start.
    max_iter : int, default=100
        How many rounds there are at most, >= 1, before one start is chosen and after.
    tol : float, default=1e-5
        The end is when a round adds no more than this to the mean similarity, >= 0.
    random_state : int, RandomState or None, default=None
        Which starts are made. None always makes the same.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters_, n_features_in_), float32
        Rows of length 1.
    labels_ : ndarray of shape (n_rows,)
        Cluster numbers, 0 for the largest; -1 for rows of zeros only. After `partial_fit` those of
        the last batch.
    n_clusters_ : int
    cluster_weights_ : ndarray of shape (n_clusters_,), float64
        How many rows each center is the mean direction of, or the sum of their weights.
    mean_similarity_ : float
        Of the rows to their centers, in [-1, 1]; large is good. After `partial_fit` of the last
        batch.
    n_iter_ : int
        How many rounds the start that was kept has lasted.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    Examples
    --------
    >>> angles = np.deg2rad([0, 1, 2, 3, 90, 91, 92])
    >>> X = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> clusterer = SphericalKMeans(n_clusters=2).fit(X)
    >>> clusterer.labels_
    array([0, 0, 0, 0, 1, 1, 1])
    >>> clusterer.predict([[0.1, 5.0]])
    array([1])
    >>> clusterer.transform([[0.0, 5.0]]).round(2)
    array([[0.03, 1.  ]], dtype=float32)
    """

    labels_: Indices
    cluster_centers_: Vectors
    cluster_weights_: Vectors
    mean_similarity_: float

    def __init__(
        self,
        *,
        n_clusters: int = 8,
        init: Literal["k-means++"] | npt.ArrayLike = "k-means++",
        n_init: int = 3,
        max_iter: int = 100,
        tol: float = 1e-5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        """Say that similarities are of the type of the rows."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]

        return tags

    def fit(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Find the clusters; rows count as much as their weight says, and `y` is not used."""
        units, points = self._units_and_points(X, sample_weight, reset=True)
        self._label(units, points, self._start(points))

        return self

    def partial_fit(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """
        Take in one more batch: the first one as `fit` does, the others with one step each.

        Each center turns to the mean direction of all rows that it was ever nearest to, and numbers
        stay as they are. While the batches have had fewer different rows than `n_clusters`, rows of
        the next ones become centers. So the first batch should hold many rows a cluster.
        """
        is_first = not hasattr(self, "cluster_centers_")
        units, points = self._units_and_points(X, sample_weight, reset=is_first)
        is_first = is_first or len(self.cluster_centers_) == 0
        found = self._start(points) if is_first else self._go_on(points)
        self._label(units, points, found)

        return self

    def predict(self, X: npt.ArrayLike) -> Indices:
        """
        Return the number of the most similar center for each row, shape (n_rows,).

        Rows that were there at fit get the label they have in `labels_`; rows of zeros get -1.
        """
        return self._nearest(self._units(X)).labels

    def predict_with_confidence(self, X: npt.ArrayLike) -> tuple[Indices, Vectors]:
        """Return the cluster of each row and how sure it is, both of shape (n_rows,)."""
        found = self._nearest(self._units(X))

        return found.labels, found.confidences()

    def assignments(self, X: npt.ArrayLike) -> Assignments:
        """
        Return the cluster of each row, how sure it is, and the runner-up.

        With similarities `a` and `b` to the two nearest centers a row is sure by
        ``(a - b) / (1 - b)``: 1 at a center, 0 halfway between two.
        """
        found = self._nearest(self._units(X))

        return Assignments(found.labels, found.confidences(), found.seconds)

    def transform(self, X: npt.ArrayLike) -> Vectors:
        """Return the similarity of each row to each center, shape (n_rows, n_clusters_)."""
        check_is_fitted(self)
        vectors = validate_data(self, X, reset=False, dtype=[np.float32, np.float64])

        return cosine_similarities(vectors, self.cluster_centers_)

    def score(
        self, X: npt.ArrayLike, y: object = None, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the mean similarity of the rows to their centers: large is good."""
        units = self._units(X)

        return _mean_similarity(self._nearest(units), _weights(sample_weight, units))

    @property
    def _n_features_out(self) -> int:
        return len(self.cluster_centers_)

    def _settings(self) -> StartSettings:
        return StartSettings(self.n_clusters, self.init, self.n_init, self.max_iter, self.tol)

    def _random(self) -> np.random.RandomState:
        random: np.random.RandomState = check_random_state(
            0 if self.random_state is None else self.random_state
        )

        return random

    def _units_and_points(
        self, X: npt.ArrayLike, sample_weight: npt.ArrayLike | None, *, reset: bool
    ) -> tuple[Vectors, Points]:
        self._settings().checked()
        vectors = validate_data(self, X, reset=reset, dtype=[np.float32, np.float64])
        weights = _weights(sample_weight, vectors)

        return unit_rows(vectors).astype(np.float32, copy=False), distinct_points(vectors, weights)

    def _units(self, X: npt.ArrayLike) -> Vectors:
        check_is_fitted(self)
        vectors = validate_data(self, X, reset=False, dtype=[np.float32, np.float64])

        return unit_rows(vectors).astype(np.float32, copy=False)

    def _start(self, points: Points) -> Nearest:
        vectors, weights = _weighing(points)
        best = best_start(vectors, weights, self._settings(), self._random())
        self.cluster_centers_, found = numbered(points, best.centers)
        self._sums, self.cluster_weights_ = gathered(
            points, found.labels, len(self.cluster_centers_)
        )
        self.n_iter_ = best.n_rounds

        return found

    def _go_on(self, points: Points) -> Nearest:
        vectors, weights = _weighing(points)
        centers = grown(self.cluster_centers_, vectors, weights, self.n_clusters, self._random())
        n_new = len(centers) - len(self.cluster_centers_)
        added, weight = sums(vectors, centers, weights)

        self._sums = np.pad(self._sums, ((0, n_new), (0, 0))) + added
        self.cluster_weights_ = np.pad(self.cluster_weights_, (0, n_new)) + weight
        self.cluster_centers_ = moved(centers, self._sums)

        return nearest_centers(points.vectors, self.cluster_centers_)

    def _label(self, units: Vectors, points: Points, found: Nearest) -> None:
        """Label the rows, and keep what `predict` needs to label them alike."""
        known = close_calls(points.vectors, found)
        self._close_vectors, self._close_labels = known.vectors, known.labels

        self.labels_ = row_labels(units, points, found.labels, self.cluster_centers_, known)
        self.n_clusters_ = len(self.cluster_centers_)
        self.mean_similarity_ = _mean_similarity(found, points.weights)

    def _nearest(self, units: Vectors) -> Nearest:
        known = CloseCalls(self._close_vectors, self._close_labels)

        return nearest_or_known(units, self.cluster_centers_, known)


def _weighing(points: Points) -> tuple[Vectors, Vectors]:
    """Give the points that count, and how much."""
    counts = points.weights > 0

    return points.vectors[counts], points.weights[counts]


def _weights(sample_weight: npt.ArrayLike | None, vectors: Vectors) -> Vectors:
    weights: Vectors = _check_sample_weight(
        sample_weight, vectors, dtype=np.float64, ensure_non_negative=True
    )

    return weights


def _mean_similarity(found: Nearest, weights: Vectors) -> float:
    """Average over all rows but those of zeros; 0 where there are no others."""
    used = np.where(found.labels >= 0, weights, 0)

    return float(used @ found.similarities / used.sum()) if used.any() else 0.0
