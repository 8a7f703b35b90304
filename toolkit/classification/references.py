"""Training rows that stand for their class, and how near other rows are to them."""

import numpy as np

from toolkit.kernels import Indices, Vectors, top_k


def choose_references(keys: np.ndarray, group: Indices, *, at_most: int) -> Indices:
    """
    Number one of each set of equal rows of a class, thinned evenly where they are too many.

    Parameters
    ----------
    keys : ndarray of shape (n_rows,)
        One per row, equal for equal rows.
    group : ndarray of shape (n_rows,)
        Class number of each row.
    at_most : int
        Every class keeps the same share of its rows, but at least one, so a few more may come.

    Returns
    -------
    ndarray of shape (n_references,), sorted by class and key

    Examples
    --------
    >>> choose_references(np.array([7, 5, 7, 9]), np.array([0, 0, 0, 1]), at_most=10)
    array([1, 0, 3])
    """
    order = np.lexsort((keys, group))
    is_new = np.append(True, (np.diff(group[order]) != 0) | (np.diff(keys[order]) != 0))
    different: Indices = order[is_new]
    counts = np.bincount(group[different])
    position = np.arange(len(different)) - np.repeat(counts.cumsum() - counts, counts)

    step = max(1.0, len(different) / at_most)
    chosen: Indices = different[position // step != (position - 1) // step]

    return chosen


def numbers_of(keys: np.ndarray, group: Indices, chosen: Indices) -> Indices:
    """
    Number the reference that equals each row and is of its class; -1 where there is none.

    >>> numbers_of(np.array([7, 5, 7, 9]), np.array([0, 0, 0, 1]), np.array([1, 0]))
    array([ 1,  0,  1, -1])
    """
    number = {pair: i for i, pair in enumerate(zip(group[chosen], keys[chosen], strict=True))}

    return np.array([number.get(pair, -1) for pair in zip(group, keys, strict=True)], dtype=np.intp)


def nearest_in_class(
    vectors: Vectors,
    predicted: Indices,
    *,
    references: Vectors,
    group: Indices,
    n_neighbors: int,
    own: Indices | None = None,
) -> Vectors:
    """
    Mean similarity of each row to the nearest references of the class predicted for it.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), unit rows
    predicted : ndarray of shape (n_rows,)
        Class number of each row.
    references : ndarray of shape (n_references, n_dimensions), unit rows
    group : ndarray of shape (n_references,), ascending
        Class number of each reference.
    n_neighbors : int
        How many of the nearest count; all where a class has fewer.
    own : ndarray of shape (n_rows,), optional
        Number of the reference that is the row itself and must not count, or -1.

    Returns
    -------
    ndarray of shape (n_rows,), in [0, 1]; 0 where there is nothing to compare with

    Examples
    --------
    >>> references = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> nearest_in_class(
    ...     np.array([[0.6, 0.8], [0.6, 0.8]]),
    ...     np.array([0, 1]),
    ...     references=references,
    ...     group=np.array([0, 1]),
    ...     n_neighbors=5,
    ... )
    array([0.6, 0.8])
    """
    own = np.full(len(vectors), -1) if own is None else own
    nearness = np.zeros(len(vectors), dtype=vectors.dtype)
    for label in np.unique(predicted):
        rows = np.flatnonzero(predicted == label)
        begin, end = np.searchsorted(group, [label, label + 1])
        found, similarities = top_k(vectors[rows], references[begin:end], n_neighbors + 1)
        nearness[rows] = _mean_of_first(similarities, found + begin != own[rows, None], n_neighbors)

    return np.clip(nearness, 0, 1)


def _mean_of_first(values: Vectors, is_valid: np.ndarray, n_values: int) -> Vectors:
    """Mean of the first valid values of each row; 0 where there is none."""
    counts = is_valid & (is_valid.cumsum(axis=1) <= n_values)
    means: Vectors = (values * counts).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)

    return means
