"""Training rows in an order of their own, sorted by fold and without repeats."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from toolkit.classification.links import Link
from toolkit.classification.scatter import leading_directions
from toolkit.classification.targets import Targets
from toolkit.kernels import Indices, Vectors

_MAX_COORDINATES = 1024


@dataclass(frozen=True)
class FoldedRows:
    """
    Training rows sorted by fold, so that leaving a fold out copies nothing.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_coordinates), float32, of mean about zero
    targets : ndarray of shape (n_rows,) or (n_rows, n_columns)
        As the link wants them.
    link : Link
    design : sparse array of shape (n_rows, n_groups)
        What explains the mean of a row, such as its class.
    weights : ndarray of shape (n_rows,), float32, > 0
    fold_ends : sequence of int
        Where each fold ends and the next begins.
    mean : ndarray of shape (n_dimensions,)
        What was taken away from the rows.
    directions : ndarray of shape (n_dimensions, n_coordinates), optional
        Orthonormal columns, along which the rows were measured then.
    """

    vectors: Vectors
    targets: np.ndarray
    link: Link
    design: csr_array
    weights: Vectors
    fold_ends: Sequence[int]
    mean: Vectors
    directions: Vectors | None = None

    def fold(self, number: int) -> slice:
        """Return the rows of one fold."""
        return slice(self.fold_ends[number - 1] if number else 0, self.fold_ends[number])

    def all_but(self, number: int | None) -> list[slice]:
        """Return the rows of all folds but one, fold by fold; None leaves none out."""
        return [self.fold(i) for i in range(len(self.fold_ends)) if i != number]

    def restore(self, slopes: Vectors, intercepts: Vectors) -> tuple[Vectors, Vectors]:
        """Turn coefficients for these vectors into those for the rows as they came."""
        if self.directions is not None:
            slopes = self.directions @ slopes

        return slopes, intercepts - self.mean @ slopes


def fold_rows(
    vectors: Vectors, targets: Targets, weights: Vectors, *, keys: np.ndarray, fold: Indices
) -> tuple[FoldedRows, Indices]:
    """
    Sort rows by fold, label and key, and let rows that are equal in all three count as one.

    What comes out is the same however the rows were shuffled, and whether a row was repeated
    or had a greater weight. Long rows are measured along the 1,024 directions in which they vary
    most.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
    targets : Targets
    weights : ndarray of shape (n_rows,), > 0
    keys, fold : ndarray of shape (n_rows,)

    Returns
    -------
    rows : FoldedRows
    place : ndarray of shape (n_rows,)
        Where each row went.
    """
    order = np.lexsort((keys, targets.group, fold))
    marks = np.column_stack([fold, targets.group, keys.view(np.int64)])[order]
    is_new = np.append(True, (marks[1:] != marks[:-1]).any(axis=1))
    kept = order[is_new]
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.cumsum(is_new) - 1

    mean = vectors[kept].mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = vectors[kept] - mean
    directions = None
    if centred.shape[1] > _MAX_COORDINATES:
        directions = leading_directions(centred, min(_MAX_COORDINATES, len(centred)))
        centred = centred @ directions
    labels = targets.take(kept)
    rows = FoldedRows(
        vectors=centred,
        targets=labels.values,
        link=labels.link,
        design=labels.design,
        weights=np.add.reduceat(weights[order], np.flatnonzero(is_new)).astype(np.float32),
        fold_ends=np.cumsum(np.bincount(fold[kept])).tolist(),
        mean=mean,
        directions=directions,
    )

    return rows, place
