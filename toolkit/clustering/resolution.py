"""How fine to cut: the resolution at which clusters stand apart most."""

from dataclasses import dataclass

import numpy as np

from toolkit.clustering.graph_communities import communities
from toolkit.clustering.graph_joining import joined
from toolkit.clustering.graph_of_points import PointGraph
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.silhouettes import silhouettes

_STEP = 2**0.25
_TRIED = 2.0 ** np.arange(5.0, -5.25, -0.25)
_MORSELS = 64.0  # resolution of the small groups that the search moves about
_ON_MORSELS, _FOR_A_LOOK, _UNTIL_SETTLED = 5, 2, 15  # how often to go over all points
_WORTH_A_TRY = 0.15  # share of the largest silhouette that another may lack
_TELLS = 3.0  # standard errors below the largest at which a silhouette has lost most of its say


@dataclass(frozen=True, eq=False)
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
    Find communities that stand apart well: the rule that needs no labels.

    Tried are resolutions from 1/32 to 32, and how well communities stand apart the mean silhouette
    tells. Many silhouettes rise once more where clusters are wordings rather than topics, so those
    with more than ``1.5 * sqrt(n_points)`` communities are left out. Several of the rest are often
    about as good as the best, and which of them is the best is chance: so all have a say, see
    `balanced`, and a little more or less of anything moves the resolution by little. Only where
    that turns out worse by far, as between topics and their parts, the best is taken. Small groups
    of points, which are fast to move, show first which resolutions are worth a try on the points.

    Returns
    -------
    Partition
        The best.
    list of Partition
        All that were tried on the points, from fine to coarse.
    """
    most = max(2, round(1.5 * np.sqrt(len(graph))))
    members, morsels = np.arange(len(graph)), communities(graph, _MORSELS)
    small = graph.contracted(morsels)
    sketches = [
        _partition(small, vectors, resolution, morsels, n_iterations=_ON_MORSELS)
        for resolution in _TRIED
    ]
    tried = [
        _partition(graph, vectors, sketch.resolution, members, n_iterations=_FOR_A_LOOK)
        for sketch in _nearly_best(sketches, most, share=_WORTH_A_TRY)
    ]
    between = partition_at(graph, vectors, balanced(_not_too_fine(tried, most)))
    tried = [part for part in tried if not np.isclose(part.resolution, between.resolution)]
    tried = sorted([*tried, between], key=lambda part: -part.resolution)
    good = _nearly_best(tried, most, share=_WORTH_A_TRY)

    return between if between in good else max(good, key=lambda part: part.silhouette), tried


def balanced(partitions: list[Partition]) -> float:
    """
    Average the resolutions of some partitions, as logarithms, the better ones with more weight.

    With every three standard errors that its mean silhouette lacks of the largest, a partition's
    weight falls to a part in e; with twice the resolution it halves, for of two that stand apart as
    well the coarser is the simpler.

    Parameters
    ----------
    partitions : list of Partition
        At least one.

    Returns
    -------
    float

    Examples
    --------
    >>> nothing = np.zeros(0, dtype=np.intp)
    >>> coarse, fine = Partition(nothing, 1.0, 0.3, 0.01), Partition(nothing, 4.0, 0.3, 0.01)
    >>> round(balanced([coarse, fine]), 2)
    1.32
    >>> round(balanced([coarse, Partition(nothing, 4.0, 0.5, 0.01)]), 2)
    3.97
    """
    best = max(partitions, key=lambda part: part.silhouette)
    gaps = best.silhouette - np.array([part.silhouette for part in partitions])
    resolutions = np.array([part.resolution for part in partitions])
    says = np.exp(-gaps / max(_TELLS * best.error, np.finfo(np.float64).tiny))

    return float(2 ** np.average(np.log2(resolutions), weights=says / resolutions))


def _nearly_best(partitions: list[Partition], most: int, *, share: float) -> list[Partition]:
    """Those not too fine whose silhouette lacks at most a share of the largest."""
    allowed = _not_too_fine(partitions, most)
    largest = max(part.silhouette for part in allowed)

    return [part for part in allowed if part.silhouette >= largest - share * abs(largest)]


def _not_too_fine(partitions: list[Partition], most: int) -> list[Partition]:
    """Those of at most so many communities; where all have more, the one with the fewest."""
    return [part for part in partitions if len(part) <= most] or [min(partitions, key=len)]


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
    members = np.arange(len(graph))

    return _partition(graph, vectors, resolution, members, n_iterations=_UNTIL_SETTLED)


def _partition(
    graph: PointGraph,
    vectors: Vectors,
    resolution: float,
    members: Indices,
    *,
    n_iterations: int,
) -> Partition:
    group = communities(graph, resolution, n_iterations=n_iterations)[members]

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
