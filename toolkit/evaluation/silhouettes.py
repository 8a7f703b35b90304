"""How near rows are to their cluster and how far from the others, from sums alone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.kernels.groups import group_means

_ROWS_AT_ONCE = 4096

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Silhouettes:
    """
    Each clustered row's place between its cluster and the next one.

    Attributes
    ----------
    widths : ndarray of shape (n_rows,)
        From -1 (nearer to another cluster) to 1; 0 for a row alone in its cluster or where there is
        but one cluster; NaN for rows in none.
    next_clusters : ndarray of shape (n_rows,)
        The nearest of the other clusters; -1 where there is none.
    cohesions : ndarray of shape (n_rows,)
        Mean cosine of a row with the others of its cluster, 1 where it is alone; NaN for rows in
        none.
    """

    widths: Floats
    next_clusters: Indices
    cohesions: Floats


def cosine_silhouettes(vectors: Vectors, labels: Indices) -> Silhouettes:
    """
    Return the silhouettes of a clustering by cosine.

    A mean of cosines is the product with a mean row, so that no pair of rows is looked at: time
    grows with rows times clusters. P. J. Rousseeuw, "Silhouettes: a graphical aid to the
    interpretation and validation of cluster analysis", Journal of Computational and Applied
    Mathematics 20, 1987.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of any length.
    labels : ndarray of shape (n_rows,)
        The cluster of each row, from 0; -1 for none.

    Returns
    -------
    Silhouettes

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> cosine_silhouettes(vectors, np.array([0, 0, 1, -1])).widths
    array([ 1.,  1.,  0., nan])
    """
    widths, cohesions = np.full((2, len(labels)), np.nan)
    nexts = np.full(len(labels), -1, dtype=np.intp)
    clustered = np.flatnonzero(labels >= 0)
    if not len(clustered):
        return Silhouettes(widths, nexts, cohesions)

    numbers, place = np.unique(labels[clustered], return_inverse=True)
    units = unit_rows(vectors).astype(np.float64)
    sizes = np.bincount(place, minlength=len(numbers))
    sums = group_means(units[clustered], place, len(numbers)) * sizes[:, None]

    for start in range(0, len(clustered), _ROWS_AT_ONCE):
        rows, own = (each[start : start + _ROWS_AT_ONCE] for each in (clustered, place))
        widths[rows], next_places, cohesions[rows] = _of(units[rows], own, sums, sizes)
        nexts[rows] = np.append(numbers, -1)[next_places]

    return Silhouettes(widths, nexts, cohesions)


def _of(
    units: Vectors, own: Indices, sums: Vectors, sizes: Indices
) -> tuple[Floats, Indices, Floats]:
    """Give widths, the places of the next clusters (-1: none) and cohesions of some rows."""
    at = np.arange(len(units))
    to_sums = units @ sums.T
    n_others = sizes[own] - 1
    with_others = to_sums[at, own] - np.vecdot(units, units)
    cohesion = np.where(n_others > 0, with_others / np.maximum(n_others, 1), 1.0)
    if len(sizes) < 2:
        return np.zeros(len(units)), np.full(len(units), -1), cohesion

    to_means = to_sums / sizes
    to_means[at, own] = -np.inf
    following = to_means.argmax(axis=1)
    inside, outside = 1 - cohesion, 1 - to_means[at, following]
    width = (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12)

    return np.where(n_others > 0, width, 0.0), following, cohesion
