"""What is known of rows before it is decided whether to answer."""

from typing import NamedTuple

import numpy as np

from toolkit.classification.references import nearest_in_class
from toolkit.kernels import Indices, Vectors


class Evidence(NamedTuple):
    """What is known of some rows: the class of each, how probable, by what margin, how near."""

    best: Indices
    confidence: Vectors
    margin: Vectors
    nearness: Vectors


def weigh(
    units: Vectors,
    probabilities: Vectors,
    *,
    references: Vectors,
    group: Indices,
    n_neighbors: int,
    own: Indices | None = None,
) -> Evidence:
    """
    Gather the evidence for the most probable class of each row.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions), unit rows
    probabilities : ndarray of shape (n_rows, n_classes)
    references, group, n_neighbors, own
        As `nearest_in_class` takes them.

    Examples
    --------
    >>> weigh(np.eye(2), np.array([[0.75, 0.25], [0.5, 0.5]]), references=np.eye(2),
    ...       group=np.array([0, 1]), n_neighbors=1).nearness
    array([1., 0.])
    """
    best = probabilities.argmax(axis=1)
    second, first = np.partition(probabilities, -2, axis=1)[:, -2:].T
    nearness = nearest_in_class(
        units, best, references=references, group=group, n_neighbors=n_neighbors, own=own
    )

    return Evidence(best, first, first - second, nearness)
