"""Rows that are near-duplicates, and folds that never part them."""

from collections.abc import Iterator
from heapq import heapify, heapreplace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toolkit.errors import InputError, TooFewRows
from toolkit.kernels import Indices, Vectors, pair_indices_above

_TILE_ROWS = 2048


def group_rows(
    vectors: Vectors,
    keys: np.ndarray,
    groups: npt.ArrayLike | None,
    *,
    threshold: float,
    n_folds: int,
) -> Indices:
    """Number the groups that were given, or else those of near-duplicates that fit into a fold."""
    if groups is not None:
        return given_groups(groups, keys)

    return near_groups(vectors, keys, threshold=threshold, at_most=len(keys) / n_folds)


def near_groups(vectors: Vectors, keys: np.ndarray, *, threshold: float, at_most: float) -> Indices:
    """
    Number the groups of rows that hang together by cosines of at least `threshold`.

    A group that would hold too many rows is a chain through the table or what is normal there, so
    it is taken apart again; only equal rows still stay together.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
    keys : ndarray of shape (n_rows,)
        Equal for equal rows.
    threshold : float
        From -1 to 1.
    at_most : float
        How many rows a group may have, unless they are all equal.

    Returns
    -------
    ndarray of shape (n_rows,), from 0

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [0.0, 1.0]])
    >>> near_groups(vectors, np.array([5, 3, 9, 3]), threshold=0.95, at_most=3)
    array([0, 1, 0, 1])
    """
    _, first, copy = np.unique(keys, return_index=True, return_inverse=True)
    different = vectors[first]
    label = np.arange(len(first))
    for top, left in _tiles(len(first)):
        seen = np.append(label[top], label[left])
        if (seen != seen[0]).any():
            label = _joined(label, *_near_pairs(different, top, left, threshold))

    is_too_large = np.bincount(label[copy])[label] > at_most
    label[is_too_large] = len(first) + np.flatnonzero(is_too_large)

    return _numbered(label[copy])


def given_groups(groups: npt.ArrayLike, keys: np.ndarray) -> Indices:
    """
    Number the groups that rows were given; equal rows hang together all the same.

    A missing group means that the row belongs to none.

    Examples
    --------
    >>> given_groups(["a", None, "a", "b"], np.array([5, 3, 9, 3]))
    array([0, 1, 0, 1])
    """
    given = np.asarray(pd.factorize(np.asarray(groups))[0])
    if len(given) != len(keys):
        raise InputError(
            f"groups must have one entry a row, got {len(given)} for {len(keys)} rows: "
            "give None to rows that belong to no group"
        )
    _, first, copy = np.unique(keys, return_index=True, return_inverse=True)
    rows = np.flatnonzero(given >= 0)
    _, head = np.unique(given[rows], return_index=True)
    label = _joined(np.arange(len(first)), copy[rows], copy[rows[head]][given[rows]])

    return _numbered(label[copy])


def assign_folds(
    groups: Indices, keys: np.ndarray, *, n_folds: int, calibration_size: float | None
) -> Indices:
    """
    Number the fold in which each row is held out, from 0; -1 where it never is.

    Parameters
    ----------
    groups, keys : ndarray of shape (n_rows,)
        Groups stay together, and keys tell which goes where.
    n_folds : int
        Fewer come back where there are fewer groups.
    calibration_size : float or None
        Share of the rows for a single fold; the other rows are in none.
    """
    if groups.max() == 0:
        raise TooFewRows(
            f"rows of at least 2 groups are needed, but all {len(groups)} rows are equal or of one "
            "group, so that none can be held out: add other rows"
        )
    if calibration_size is None:
        return deal_groups(groups, keys, n_folds)

    return split_groups(groups, keys, calibration_size)


def deal_groups(groups: Indices, keys: np.ndarray, n_folds: int) -> Indices:
    """
    Deal groups to folds of about the same size, in an order that the keys give.

    Parameters
    ----------
    groups, keys : ndarray of shape (n_rows,)
    n_folds : int
        Fewer come back where there are fewer groups.

    Returns
    -------
    ndarray of shape (n_rows,), from 0

    Examples
    --------
    >>> deal_groups(np.array([0, 1, 1, 2, 3]), np.array([4, 3, 7, 5, 6]), n_folds=2)
    array([1, 0, 0, 1, 0])
    """
    sizes, rank = _sizes_and_ranks(groups, keys)
    loads = [(0, number) for number in range(min(n_folds, len(sizes)))]
    heapify(loads)
    fold = np.empty(len(sizes), dtype=np.intp)
    for group in np.lexsort((rank, -sizes)).tolist():
        load, number = loads[0]
        fold[group] = number
        heapreplace(loads, (load + int(sizes[group]), number))

    return fold[groups]


def split_groups(groups: Indices, keys: np.ndarray, share: float) -> Indices:
    """
    Set about a share of the rows apart, at least one group: 0 for those, -1 for the others.

    >>> split_groups(np.array([0, 1, 1, 2, 3]), np.array([4, 3, 7, 5, 6]), share=0.6)
    array([ 0,  0,  0, -1, -1])
    """
    sizes, rank = _sizes_and_ranks(groups, keys)
    order = np.argsort(rank)
    is_apart = np.empty(len(sizes), dtype=bool)
    is_apart[order] = np.cumsum(sizes[order]) <= share * len(groups)
    is_apart[order[0]], is_apart[order[-1]] = True, False

    return is_apart[groups].astype(np.intp) - 1


def _tiles(n_rows: int) -> Iterator[tuple[slice, slice]]:
    """Cut the pairs of rows into tiles, so that memory stays bounded."""
    parts = [slice(start, start + _TILE_ROWS) for start in range(0, n_rows, _TILE_ROWS)]
    for number, top in enumerate(parts):
        for left in parts[number:]:
            yield top, left


def _near_pairs(
    vectors: Vectors, top: slice, left: slice, threshold: float
) -> tuple[Indices, Indices]:
    rows, columns = vectors[top], vectors[left]
    most = len(rows) * len(columns)
    i, j = pair_indices_above(rows, threshold, other=columns, max_pairs=most)

    return i + top.start, j + left.start


def _joined(label: Indices, i: Indices, j: Indices) -> Indices:
    """Let what stands in a pair have the same label."""
    left, right = label[i], label[j]
    differ = left != right
    if not differ.any():
        return label
    n = int(label.max()) + 1
    pairs = (left[differ], right[differ])
    graph = coo_array((np.ones(len(pairs[0]), dtype=bool), pairs), shape=(n, n))

    component: Indices = connected_components(graph, directed=False)[1].astype(np.intp)

    return component[label]


def _numbered(label: Indices) -> Indices:
    """Number labels from 0 in the order in which they come."""
    _, first, number = np.unique(label, return_index=True, return_inverse=True)

    return np.argsort(np.argsort(first))[number]


def _sizes_and_ranks(groups: Indices, keys: np.ndarray) -> tuple[Indices, Indices]:
    """Count the rows of each group, and rank the groups by the least key of their rows."""
    sizes = np.bincount(groups)
    least = np.full(len(sizes), np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, groups, keys.astype(np.uint64))

    return sizes, np.argsort(np.argsort(least, kind="stable"))
