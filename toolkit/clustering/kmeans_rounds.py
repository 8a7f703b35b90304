"""The rounds of k-means on cosine: each row to its nearest center, each center to its rows."""

from dataclasses import dataclass

import numpy as np

from toolkit.clustering.kmeans_nearest import nearest_centers
from toolkit.clustering.kmeans_sums import group_sums, moved
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.directions import rounding_margin


@dataclass(frozen=True)
class Settled:
    """
    Centers that have come to rest.

    Attributes
    ----------
    centers : ndarray of shape (n_centers, n_dimensions), float32
        Rows of length 1.
    mean_similarity : float
        Of points to their centers, weighted.
    n_rounds : int
    """

    centers: Vectors
    mean_similarity: float
    n_rounds: int


def settle(
    vectors: Vectors, weights: Vectors, centers: Vectors, *, tol: float, max_rounds: int
) -> Settled:
    """
    Move centers until no point changes its center, or hardly anything is gained.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Different rows of length 1, at least as many as centers.
    weights : ndarray of shape (n_points,), > 0
    centers : ndarray of shape (n_centers, n_dimensions), float32
    tol : float
        Stop once a round adds no more than this to the mean similarity.
    max_rounds : int
        At least 1.

    Returns
    -------
    Settled

    Examples
    --------
    >>> points = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype=np.float32)
    >>> settled = settle(points, np.ones(3), points[:2], tol=0, max_rounds=10)
    >>> settled.centers.round(2)
    array([[1.  , 0.  ],
           [0.45, 0.89]], dtype=float32)
    >>> round(settled.mean_similarity, 3), settled.n_rounds
    (0.93, 1)
    """
    clusters = _Clusters(vectors, weights, centers)
    reached, gain, n_rounds = clusters.mean_similarity(), np.inf, 0
    while gain > tol and n_rounds < max_rounds:
        clusters.move_centers()
        n_changed = clusters.change_sides()
        before, reached = reached, clusters.mean_similarity()
        gain = abs(reached - before) if n_changed else 0
        n_rounds += 1
    clusters.move_centers()

    return Settled(clusters.centers, clusters.mean_similarity(), n_rounds)


class _Clusters:
    """
    Points, each with its nearest center, and how far others are from being nearer.

    A center that moves by some distance changes no similarity by more than that. So a point whose
    margin is larger than what its own center and the fastest of the others have moved keeps its
    center, and is not looked at again before they have.
    """

    def __init__(self, vectors: Vectors, weights: Vectors, centers: Vectors) -> None:
        self.vectors, self.weights, self.centers = vectors, weights, centers
        found = nearest_centers(vectors, centers)
        self.labels, self.margins = found.labels, found.margins.astype(np.float64)
        self.sums = self._sums_of(np.arange(len(vectors)), self.labels)
        self._sure = float(rounding_margin(vectors.shape[1]))

    def mean_similarity(self) -> float:
        """Tell how similar points are to centers that point where the sums do, on average."""
        return float(np.linalg.norm(self.sums, axis=1).sum() / self.weights.sum())

    def move_centers(self) -> None:
        """Turn each center to the sum of its points."""
        self._fill_empty()
        centers = moved(self.centers, self.sums)
        steps = np.linalg.norm(centers.astype(np.float64) - self.centers, axis=1)
        self.centers = centers

        fastest = steps.argmax()
        others = np.full(len(steps), steps[fastest])
        others[fastest] = np.delete(steps, fastest).max(initial=0)
        self.margins -= (steps + others)[self.labels]

    def change_sides(self) -> int:
        """Move points to centers that are nearer now, and tell how many did."""
        asked = np.flatnonzero(self.margins <= self._sure)
        found = nearest_centers(self.vectors, self.centers, asked)
        self.margins[asked] = found.margins
        changed = np.flatnonzero(found.labels != self.labels[asked])
        self._move(asked[changed], found.labels[changed])

        return len(changed)

    def _move(self, points: Indices, labels: Indices) -> None:
        self.sums += self._sums_of(points, labels) - self._sums_of(points, self.labels[points])
        self.labels[points] = labels
        lost = np.bincount(self.labels, minlength=len(self.centers)) == 0
        self.sums[lost] = 0  # what rounding has left of them points nowhere

    def _sums_of(self, points: Indices, labels: Indices) -> Vectors:
        return group_sums(self.vectors[points], self.weights[points], labels, len(self.centers))

    def _fill_empty(self) -> None:
        """Give each center without points the one farthest from all other centers."""
        sizes = np.bincount(self.labels, minlength=len(self.centers))
        empty = np.flatnonzero(sizes == 0)
        if len(empty) == 0:
            return

        # These are to own centers, the nearest of all by the last look.
        similarities = np.vecdot(self.vectors, self.centers[self.labels])
        for center in empty:
            can_go = sizes[self.labels] > 1
            point = np.where(can_go, similarities, np.inf).argmin()
            np.maximum(similarities, self.vectors @ self.vectors[point], out=similarities)
            sizes[self.labels[point]] -= 1
            self._move(np.array([point]), np.array([center]))
            self.margins[point] = 0
