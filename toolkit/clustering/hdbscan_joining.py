"""What cluster a new row falls to, by the rule that put the known rows together."""

from dataclasses import dataclass

import numpy as np

from toolkit.clustering.points import repeated_points
from toolkit.clustering.reachability import core_distances, distances
from toolkit.kernels import Indices, Vectors, top_k

_MORE_NEIGHBORS = 16  # some of the nearest may be in sparser surroundings than those behind them


@dataclass(frozen=True)
class ClusteredPoints:
    """
    Points and the clusters they are in.

    Attributes
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), float32
        Rows of length 1.
    weights : ndarray of shape (n_points,)
    core : ndarray of shape (n_points,)
        Core distances.
    labels : ndarray of shape (n_points,)
    probabilities : ndarray of shape (n_points,)
    births, peaks : ndarray of shape (n_clusters,)
        The densities between which each cluster lives.
    """

    vectors: Vectors
    weights: Vectors
    core: Vectors
    labels: Indices
    probabilities: Vectors
    births: Vectors
    peaks: Vectors


def joined(units: Vectors, known: ClusteredPoints, min_samples: int) -> tuple[Indices, Vectors]:
    """
    Let each row join the point that it is nearest to in mutual reachability.

    It gets that point's cluster if it is reached before the cluster begins to fall apart, which is
    where a known row like it would be in; else it is noise. A row that repeats a point gets what
    the point has.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions), float32
        Rows of length 1 or 0.
    known : ClusteredPoints
    min_samples : int

    Returns
    -------
    labels : ndarray of shape (n_rows,)
    confidences : ndarray of shape (n_rows,), in [0, 1]
    """
    if len(known.vectors) == 0:
        return np.full(len(units), -1), np.zeros(len(units))

    indices, similarities = top_k(units, known.vectors, min_samples + _MORE_NEIGHBORS)
    gaps = distances(similarities.astype(np.float64))
    core = core_distances(gaps, indices, known.weights, np.zeros(len(units)), min_samples)
    lengths = np.maximum(np.maximum(known.core[indices], gaps), core[:, None])
    nearest = lengths.argmin(axis=1)
    rows = np.arange(len(units))

    labels, confidences = _at_density(
        known, known.labels[indices[rows, nearest]], lengths[rows, nearest]
    )
    repeated = repeated_points(units, known.vectors, indices, similarities)
    repeats = repeated >= 0
    labels[repeats] = known.labels[repeated[repeats]]
    confidences[repeats] = known.probabilities[repeated[repeats]]
    nowhere = ~units.any(axis=1)
    labels[nowhere], confidences[nowhere] = -1, 0

    return labels, confidences


def _at_density(
    known: ClusteredPoints, labels: Indices, lengths: Vectors
) -> tuple[Indices, Vectors]:
    """Leave in a cluster what is near enough, as sure of it as the densest of its rows are near."""
    with np.errstate(divide="ignore"):
        densities = 1 / lengths
    births, peaks = np.append(known.births, np.inf)[labels], np.append(known.peaks, 1.0)[labels]
    is_in = densities > births

    with np.errstate(invalid="ignore"):
        shares = np.where(densities >= peaks, 1.0, densities / peaks)

    return np.where(is_in, labels, -1), np.where(is_in, shares, 0.0)
