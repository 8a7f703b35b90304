"""The starts of k-means, of which the best is kept."""

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_array

from toolkit.clustering.kmeans_nearest import nearest_centers
from toolkit.clustering.kmeans_rounds import Settled, settle
from toolkit.clustering.kmeans_seeds import seeds
from toolkit.errors import InputError
from toolkit.kernels import Vectors, unit_rows
from toolkit.kernels.threads import for_each

_BEGUN = 10  # times the tolerance: starts that gain less have shown what they are worth
_NEW = 1e-6  # a row less similar than 1 by more than this is no copy of a center


@dataclass(frozen=True)
class StartSettings:
    """How often and from where to start, and when to stop; see `SphericalKMeans`."""

    n_clusters: int
    init: Literal["k-means++"] | npt.ArrayLike = "k-means++"
    n_init: int = 3
    max_iter: int = 100
    tol: float = 1e-5

    def checked(self) -> Self:
        """Refuse what makes no sense."""
        for name in ("n_clusters", "n_init", "max_iter"):
            value = getattr(self, name)
            if not (isinstance(value, int | np.integer) and value >= 1):
                raise InputError(f"{name} must be a whole number >= 1, got {value!r}")
        if not self.tol >= 0:
            raise InputError(f"tol must be >= 0, got {self.tol!r}")
        if isinstance(self.init, str) and self.init != "k-means++":
            raise InputError(f'init must be "k-means++" or an array of centers, got {self.init!r}')

        return self


def best_start(
    vectors: Vectors, weights: Vectors, settings: StartSettings, random: np.random.RandomState
) -> Settled:
    """
    Settle centers from the start that is best once the starts gain little more.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Different rows of length 1. Where they are no more than the clusters, each is a center.
    weights : ndarray of shape (n_points,), > 0
    settings : StartSettings
    random : RandomState

    Returns
    -------
    Settled

    Examples
    --------
    >>> points = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype=np.float32)
    >>> settings = StartSettings(n_clusters=2)
    >>> best = best_start(points, np.ones(3), settings, np.random.RandomState(0))
    >>> round(best.mean_similarity, 3)
    0.966
    """
    starts = _starts(vectors, weights, settings, random)
    if len(vectors) <= settings.n_clusters:
        return Settled(vectors, 1.0 if len(vectors) else 0.0, 0)

    def run(centers: Vectors, tol: float) -> Settled:
        return settle(vectors, weights, centers, tol=tol, max_rounds=settings.max_iter)

    if len(starts) == 1:
        return run(starts[0], settings.tol)

    begun = [run(start, _BEGUN * settings.tol) for start in starts]
    best = max(begun, key=lambda settled: settled.mean_similarity)
    ended = run(best.centers, settings.tol)

    return replace(ended, n_rounds=best.n_rounds + ended.n_rounds)


def grown(
    centers: Vectors,
    vectors: Vectors,
    weights: Vectors,
    n_clusters: int,
    random: np.random.RandomState,
) -> Vectors:
    """
    Add points that are not centers yet, until there are enough centers or no such points are left.

    >>> points = np.eye(3, dtype=np.float32)
    >>> len(grown(points[:1], points, np.ones(3), 8, np.random.RandomState(0)))
    3
    """
    missing = n_clusters - len(centers)
    if missing <= 0 or len(vectors) == 0:
        return centers

    gaps = 1 - nearest_centers(vectors, centers).similarities
    new = np.flatnonzero(gaps > _NEW)
    if len(new) > missing:
        generator = np.random.default_rng(random.randint(2**31))
        added = seeds(vectors[new], weights[new], missing, generator, gaps[new])
    else:
        added = vectors[new]

    return np.concatenate([centers, added])


def _starts(
    vectors: Vectors, weights: Vectors, settings: StartSettings, random: np.random.RandomState
) -> list[Vectors]:
    if not isinstance(settings.init, str):
        return [_given(settings, vectors.shape[1])]
    if len(vectors) <= settings.n_clusters:
        return []

    starts = [np.empty(0, dtype=np.float32)] * settings.n_init
    numbers = random.randint(2**31, size=settings.n_init)

    def draw(start: int) -> None:
        generator = np.random.default_rng(numbers[start])
        starts[start] = seeds(vectors, weights, int(settings.n_clusters), generator)

    for_each(draw, range(settings.n_init))

    return starts


def _given(settings: StartSettings, n_dimensions: int) -> Vectors:
    """Check the centers that were given, and scale them to length 1."""
    centers = check_array(settings.init, dtype=np.float64, input_name="init")
    expected = (settings.n_clusters, n_dimensions)
    if centers.shape != expected:
        raise InputError(
            f"init must have a row for each of n_clusters and the columns of X, shape {expected}, "
            f"got {centers.shape}"
        )

    return unit_rows(centers).astype(np.float32)
