"""How near rows are to their group and how far from the others, from sums alone."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from toolkit.kernels.arrays import Indices, Vectors

_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Silhouettes:
    """
    Each row's place between its group and the next one.

    Attributes
    ----------
    widths : ndarray of shape (n_rows,)
        From -1 (nearer to another group) to 1; 0 for a row alone in its group or where there is
        but one group.
    next_groups : ndarray of shape (n_rows,)
        The nearest of the other groups; -1 where there is none.
    cohesions : ndarray of shape (n_rows,)
        Mean cosine of a row with the others of its group, 1 where it is alone.
    """

    widths: Vectors
    next_groups: Indices
    cohesions: Vectors


def silhouettes(units: Vectors, groups: Indices) -> Silhouettes:
    """
    Return the silhouettes of a partition by cosine.

    With a row's mean distance (1 - cosine) to the rest of its group and to the nearest other group,
    a silhouette is the gap between the two over the larger one. A mean of cosines is the product
    with a mean row, so that no pair of rows is looked at: time grows with rows times groups. P. J.
    Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis", Journal of Computational and Applied Mathematics 20, 1987.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions)
        Rows of length 1.
    groups : ndarray of shape (n_rows,)
        Numbers from 0, none left out.

    Returns
    -------
    Silhouettes
        In the precision of `units`.

    Examples
    --------
    >>> units = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> silhouettes(units, np.array([0, 0, 1, 1])).widths
    array([1., 1., 1., 1.])
    >>> silhouettes(units, np.array([0, 1, 0, 1])).widths
    array([-0.5, -0.5, -0.5, -0.5])
    """
    n_rows, sizes = len(groups), np.bincount(groups)
    ones = np.ones(n_rows, dtype=units.dtype)
    members = sparse.csr_array((ones, (groups, np.arange(n_rows))), shape=(len(sizes), n_rows))
    sums = members @ units

    parts = [slice(at, at + _ROWS_AT_ONCE) for at in range(0, max(n_rows, 1), _ROWS_AT_ONCE)]
    found = [_of(units[some], groups[some], sums, sizes) for some in parts]
    widths, next_groups, cohesions = map(np.concatenate, zip(*found, strict=True))

    return Silhouettes(widths, next_groups, cohesions)


def _of(
    units: Vectors, own: Indices, sums: Vectors, sizes: Indices
) -> tuple[Vectors, Indices, Vectors]:
    """Give widths, next groups and cohesions of some rows."""
    at = np.arange(len(units))
    products = units @ sums.T
    n_others = sizes[own] - 1
    inside = 1 - (products[at, own] - np.vecdot(units, units)) / np.maximum(n_others, 1)
    cohesions = np.where(n_others > 0, 1 - inside, 1)
    if len(sizes) < 2:
        return np.zeros_like(cohesions), np.full(len(units), -1), cohesions

    products /= sizes
    products[at, own] = -np.inf
    next_groups = products.argmax(axis=1)
    outside = 1 - products[at, next_groups]
    larger = np.maximum(np.maximum(inside, outside), np.finfo(units.dtype).eps)
    widths = np.where(n_others > 0, (outside - inside) / larger, 0)

    return widths, next_groups, cohesions
