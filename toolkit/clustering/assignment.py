"""The clusters that new rows belong to: a vote of the known points nearest to them."""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from toolkit.clustering.points import repeated_points
from toolkit.kernels import Indices, Vectors, top_k, unit_rows

_VOTERS = 16
_TEMPERATURE = 0.1


@dataclass(frozen=True)
class Assignments:
    """
    A cluster for each row, and how sure it is.

    Attributes
    ----------
    labels : ndarray of shape (n_rows,)
        Cluster numbers; -1 for rows of zeros.
    confidences : ndarray of shape (n_rows,), in [0, 1]
        The cluster's share of the votes; 0 for rows of zeros.
    runners_up : ndarray of shape (n_rows,)
        The cluster with the next most votes; -1 where all votes are for one.
    """

    labels: Indices
    confidences: Vectors
    runners_up: Indices


def assigned(vectors: Vectors, known: Vectors, labels: Indices) -> Assignments:
    """
    Assign rows to the clusters of known points.

    The 16 nearest points vote, each with ``exp(similarity / 0.1)``. A row that repeats a known
    point gets that point's cluster, whatever the others say.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of any length.
    known : ndarray of shape (n_points, n_dimensions), float32
        Rows of length 1.
    labels : ndarray of shape (n_points,), >= 0
        The cluster of each.

    Returns
    -------
    Assignments

    Examples
    --------
    >>> known = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    >>> found = assigned(np.array([[0.0, 3.0], [4.0, 3.0], [0.0, 0.0]]), known, np.array([0, 1]))
    >>> found.labels, found.runners_up
    (array([ 1,  0, -1]), array([ 0,  1, -1]))
    >>> found.confidences.round(2)
    array([1.  , 0.88, 0.  ], dtype=float32)
    """
    units = unit_rows(vectors).astype(np.float32, copy=False)
    nobody = np.full(len(units), -1, dtype=np.intp)
    if len(known) == 0:
        return Assignments(nobody, np.zeros(len(units), dtype=np.float32), nobody.copy())

    indices, similarities = top_k(units, known, _VOTERS)
    shares = _shares(labels[indices], softmax(similarities / np.float32(_TEMPERATURE), axis=1))
    repeated = repeated_points(units, known, indices, similarities)
    own = labels[indices] == np.where(repeated >= 0, labels[repeated], -1)[:, None]
    found = _first_and_second(labels[indices], shares + own)
    confidences = np.where(own, shares, 0).max(axis=1)
    confidences = np.where(repeated >= 0, confidences, np.minimum(found.confidences, 1))

    somewhere = units.any(axis=1)
    return Assignments(
        np.where(somewhere, found.labels, -1),
        np.where(somewhere, np.minimum(confidences, 1), 0).astype(np.float32),
        np.where(somewhere, found.runners_up, -1),
    )


def _shares(labels: Indices, votes: Vectors) -> Vectors:
    """All votes for the cluster of each voter, shape of `votes`."""
    shares = np.zeros_like(votes)
    for voter in range(votes.shape[1]):
        shares += np.where(labels == labels[:, voter, None], votes[:, voter, None], 0)

    return shares


def _first_and_second(labels: Indices, shares: Vectors) -> Assignments:
    rows = np.arange(len(labels))
    best = shares.argmax(axis=1)
    first = labels[rows, best]
    rest = np.where(labels == first[:, None], -1, shares)
    second = rest.argmax(axis=1)
    runners_up = np.where(rest[rows, second] >= 0, labels[rows, second], -1)

    return Assignments(first, shares[rows, best], runners_up)
