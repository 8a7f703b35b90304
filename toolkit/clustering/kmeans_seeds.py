"""Where centers start: far from one another, as k-means++ draws them."""

import math

import numpy as np

from toolkit.kernels import Indices, Vectors

_POINTS_PER_SEED = 50


def seeds(
    vectors: Vectors,
    weights: Vectors,
    n_seeds: int,
    random: np.random.Generator,
    gaps: Vectors | None = None,
) -> Vectors:
    """
    Draw points that lie apart, each with a chance that grows with its distance to those before.

    The chance is weight times ``1 - similarity`` to the nearest seed so far, which is half of the
    squared distance. Of a few points drawn each time the one stays that brings all others nearest
    to a seed. Of many points only 50 a seed, drawn at random, take part.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Different rows of length 1.
    weights : ndarray of shape (n_points,), > 0
    n_seeds : int
        From 1 to `n_points`.
    random : Generator
    gaps : ndarray of shape (n_points,), optional
        ``1 - similarity`` of each point to the nearest of the seeds that there are already.

    Returns
    -------
    ndarray of shape (n_seeds, n_dimensions), float32

    Examples
    --------
    >>> points = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype=np.float32)
    >>> len(seeds(points, np.ones(3), 2, np.random.default_rng(0)))
    2
    """
    if len(vectors) > _POINTS_PER_SEED * n_seeds:
        some = np.sort(random.permutation(len(vectors))[: _POINTS_PER_SEED * n_seeds])
        vectors, weights = vectors[some], weights[some]
        gaps = None if gaps is None else gaps[some]
    gaps = np.ones(len(vectors)) if gaps is None else gaps
    free = weights.astype(np.float64)
    n_tries = 2 + int(math.log(n_seeds))

    chosen = np.empty(n_seeds, dtype=np.intp)
    for number in range(n_seeds):
        tries = _drawn(free, gaps, n_tries, random)
        left = np.clip(1 - vectors[tries] @ vectors.T, 0, gaps)
        best = (left @ weights).argmin()
        gaps, chosen[number] = left[best], tries[best]
        free[tries[best]] = 0

    return vectors[chosen]


def _drawn(free: Vectors, gaps: Vectors, n_tries: int, random: np.random.Generator) -> Indices:
    """Draw points with a chance by weight and gap; by weight alone where no gap is left."""
    ends = np.cumsum(free * gaps)
    if not ends[-1] > 0:
        ends = np.cumsum(free)
    drawn: Indices = np.searchsorted(ends, random.random(n_tries) * ends[-1], side="right")

    return drawn
