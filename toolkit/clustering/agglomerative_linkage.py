"""Groups of rows merged two by two, the nearest first, each as heavy as its rows."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import numpy as np

from toolkit.kernels import Indices, Vectors

Linkage: TypeAlias = Literal["ward", "average"]


def weighted_linkage(totals: Vectors, weights: Vectors, method: Linkage) -> Vectors:
    """
    Merge groups until one is left, as if their rows were merged one by one.

    Both methods need no more of a group than the sum of its rows and their weight: the mean
    similarity of the rows of two groups is the product of their mean rows, and Ward's loss the
    squared distance of those, times half the harmonic mean of the weights.

    Parameters
    ----------
    totals : ndarray of shape (n_groups, n_dimensions), float64
        The sum of the unit rows of each group.
    weights : ndarray of shape (n_groups,), > 0
        How many they are.
    method : {"ward", "average"}

    Returns
    -------
    ndarray of shape (n_groups - 1, 4), float64
        As scipy's linkage: what is merged, at what distance, and how many groups that makes. The
        distance is 1 - mean similarity for "average"; for "ward" the root of twice the loss, which
        is the distance of two rows of length 1.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    >>> weighted_linkage(rows, np.ones(3), "average").round(2)
    array([[0. , 1. , 0.2, 2. ],
           [2. , 3. , 0.7, 3. ]])
    """
    merges = np.array(list(_chained(totals, weights, method))).reshape(-1, 3)
    merges = merges[np.argsort(merges[:, 2], kind="stable")]
    heights = np.maximum(merges[:, 2], 0)
    if method == "ward":
        heights = np.sqrt(2 * heights)

    return _numbered(merges[:, :2].astype(np.intp), heights)


def cut(linkage: Vectors, n_clusters: int) -> Indices:
    """
    Undo the last merges, so that `n_clusters` are left, and name the cluster of each group.

    >>> cut(np.array([[0, 1, 0.2, 2], [2, 3, 0.7, 3]]), 2)
    array([3, 3, 2])
    """
    n_groups = len(linkage) + 1
    kept = linkage[: n_groups - n_clusters, :2].astype(np.intp)
    top = np.arange(n_groups + len(kept))
    for merge in range(len(kept) - 1, -1, -1):
        top[kept[merge]] = top[n_groups + merge]

    return top[:n_groups]


def _chained(
    totals: Vectors, weights: Vectors, method: Linkage
) -> Iterator[tuple[int, int, float]]:
    """
    Yield merges from the chain of nearest neighbours: groups by one of their members, and loss.

    Where two groups are each other's nearest, they can be merged at once: no merge elsewhere makes
    either of them nearer to a third.
    """
    losses = _losses(totals, weights, method)
    weights = weights.astype(np.float64)
    chain: list[int] = []
    is_left = np.ones(len(weights), dtype=bool)
    for _ in range(len(weights) - 1):
        if not chain:
            chain.append(int(is_left.argmax()))
        a, b = _mutual(losses, chain)
        loss = losses[a, b]
        merged = _merged_losses(losses, weights, a, b, method)
        losses[a], losses[:, a] = merged, merged
        losses[b], losses[:, b] = np.inf, np.inf
        weights[a] += weights[b]
        is_left[b] = False

        yield a, b, float(loss)


def _mutual(losses: Vectors, chain: list[int]) -> tuple[int, int]:
    """Go from nearest to nearest until two are each other's, and take those off the chain."""
    while True:
        last = chain[-1]
        nearest = int(losses[last].argmin())
        if len(chain) > 1 and losses[last, chain[-2]] <= losses[last, nearest]:
            a, b = sorted((chain.pop(), chain.pop()))
            return a, b
        chain.append(nearest)


def _losses(totals: Vectors, weights: Vectors, method: Linkage) -> Vectors:
    means = totals / weights[:, None]
    losses: Vectors = means @ means.T
    if method == "average":
        np.subtract(1, losses, out=losses)
    else:
        squares = losses.diagonal().copy()
        losses *= -2
        losses += squares
        losses += squares[:, None]
        losses *= 1 / (1 / weights + 1 / weights[:, None])
    np.fill_diagonal(losses, np.inf)

    return losses


def _merged_losses(losses: Vectors, weights: Vectors, a: int, b: int, method: Linkage) -> Vectors:
    """Compute what merging the union of two groups with each other one would lose."""
    both = weights[a] + weights[b]
    if method == "average":
        merged: Vectors = (weights[a] * losses[a] + weights[b] * losses[b]) / both
        return merged

    merged = (weights[a] + weights) * losses[a] + (weights[b] + weights) * losses[b]
    merged -= weights * losses[a, b]
    merged /= both + weights

    return merged


def _numbered(pairs: Indices, heights: Vectors) -> Vectors:
    """Name clusters by the order in which they came about, as scipy does."""
    n_groups = len(pairs) + 1
    top = list(range(n_groups + len(pairs)))
    sizes = np.ones(len(top))
    linkage = np.empty((len(pairs), 4))
    for merge, pair in enumerate(pairs.tolist()):
        clusters = sorted(_top(top, group) for group in pair)
        new = n_groups + merge
        sizes[new] = sizes[clusters].sum()
        linkage[merge] = *clusters, heights[merge], sizes[new]
        for cluster in clusters:
            top[cluster] = new

    return linkage


def _top(top: list[int], group: int) -> int:
    """Find the cluster that a group is in by now, and shorten the way there."""
    cluster = group
    while top[cluster] != cluster:
        cluster = top[cluster]
    while top[group] != cluster:
        top[group], group = cluster, top[group]

    return cluster
