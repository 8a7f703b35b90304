"""How fine to cut: the resolution at which clusters stand apart most."""

from dataclasses import dataclass

import numpy as np

from toolkit.clustering.graph_communities import communities
from toolkit.clustering.graph_joining import joined
from toolkit.clustering.graph_of_points import PointGraph
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.silhouettes import silhouettes

_STEP = 2**0.25
_TRIED = 2.0 ** np.arange(5.0, -5.5, -0.5)
_MORSELS = 64.0  # resolution of the small groups that the search moves about
_UNTIL_SETTLED = 5
_WORTH_A_TRY = 0.15  # share of the largest silhouette that a sketch may lack
_AS_GOOD = 4.0  # standard errors of the largest silhouette within which gaps tell nothing


@dataclass(frozen=True)
class Partition:
    """
    Groups of points, how fine they are and how well they stand apart.

    Attributes
    ----------
    group : ndarray of shape (n_points,)
        Numbers from 0.
    resolution : float
    silhouette, error : float
        The mean silhouette of the points and its standard error.
    """

    group: Indices
    resolution: float
    silhouette: float
    error: float

    def __len__(self) -> int:
        return int(self.group.max(initial=-1)) + 1


def best_partition(graph: PointGraph, vectors: Vectors) -> tuple[Partition, list[Partition]]:
    """
    Find the coarsest communities that stand apart as well as any: the rule that needs no labels.

    Tried are resolutions from 1/32 to 32, and how well communities stand apart the mean silhouette
    tells. Many silhouettes rise once more where clusters are wordings rather than topics, so those
    with more than ``1.5 * sqrt(n_points)`` communities are left out. Of the rest the coarsest whose
    silhouette is at most four standard errors below the largest is chosen. Small groups of points,
    which are fast to move, show first which resolutions are worth a try on the points.

    Returns
    -------
    Partition
        The best.
    list of Partition
        All that were tried on the points, from fine to coarse.
    """
    most = max(2, round(1.5 * np.sqrt(len(graph))))
    morsels = communities(graph, _MORSELS)
    small = graph.contracted(morsels)
    sketches = [_partition(small, vectors, resolution, morsels) for resolution in _TRIED]
    tried = [
        partition_at(graph, vectors, sketch.resolution)
        for sketch in _nearly_best(sketches, most, share=_WORTH_A_TRY)
    ]
    as_good = _nearly_best(tried, most, errors=_AS_GOOD)
    best = min(as_good, key=lambda part: (len(part), -part.silhouette))

    return best, tried


def _nearly_best(
    partitions: list[Partition], most: int, *, share: float = 0.0, errors: float = 0.0
) -> list[Partition]:
    """Those not too fine whose silhouette lacks at most a share, or some errors, of the largest."""
    allowed = [part for part in partitions if len(part) <= most] or [min(partitions, key=len)]
    best = max(allowed, key=lambda part: part.silhouette)
    enough = best.silhouette - share * abs(best.silhouette) - errors * best.error

    return [part for part in allowed if part.silhouette >= enough]


def partition_of(graph: PointGraph, vectors: Vectors, n_groups: int) -> Partition:
    """
    Find a given number of communities: the coarsest that are enough, the closest of them joined.

    Parameters
    ----------
    graph : PointGraph
    vectors : ndarray of shape (n_points, n_dimensions), unit rows
    n_groups : int
        How many, from 1 to the number of points.

    Returns
    -------
    Partition
    """
    resolution = _enough(graph, n_groups)
    while int((group := communities(graph, resolution)).max()) + 1 < n_groups:
        resolution *= _STEP
    group = joined(graph, vectors, group, n_groups)

    return Partition(group, float(resolution), *mean_silhouette(vectors, group))


def _enough(graph: PointGraph, n_groups: int) -> float:
    """Search on small groups of points for the resolution that makes enough communities."""
    small = graph.contracted(communities(graph, _MORSELS))
    for resolution in _TRIED[::-1]:
        if len(np.unique(communities(small, resolution))) >= n_groups:
            return float(resolution)

    return _MORSELS


def partition_at(graph: PointGraph, vectors: Vectors, resolution: float) -> Partition:
    """Find the communities at one resolution."""
    return _partition(graph, vectors, resolution, np.arange(len(graph)))


def _partition(
    graph: PointGraph, vectors: Vectors, resolution: float, members: Indices
) -> Partition:
    group = communities(graph, resolution, n_iterations=_UNTIL_SETTLED)[members]

    return Partition(group, float(resolution), *mean_silhouette(vectors, group))


def mean_silhouette(vectors: Vectors, group: Indices) -> tuple[float, float]:
    """
    How much nearer points are to their own group than to the next one, on average.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, n_dimensions), unit rows
    group : ndarray of shape (n_points,)
        Numbers from 0, none left out.

    Returns
    -------
    float in [-1, 1], float
        The mean of the silhouettes and its standard error.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> mean_silhouette(vectors, np.array([0, 0, 1, 1]))
    (1.0, 0.0)
    >>> mean_silhouette(vectors, np.array([0, 1, 0, 1]))
    (-0.5, 0.0)
    """
    if not len(group):
        return 0.0, 0.0
    widths = silhouettes(vectors, group).widths

    return float(widths.mean()), float(widths.std() / np.sqrt(len(group)))
