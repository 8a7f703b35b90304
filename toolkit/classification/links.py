"""From logits to probabilities: one class of many, or each label for itself."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, logit

from toolkit.kernels import Vectors

_LEAST_PRIOR = 1e-4


class Link(Protocol):
    """What turns logits, shape (n_rows, n_columns), into probabilities and losses."""

    def prior_logits(self, targets: np.ndarray, weights: Vectors) -> Vectors:
        """Return the logits of how common each column is, shape (n_columns,)."""

    def probabilities(self, logits: Vectors) -> Vectors:
        """Return the probability of each column, shape (n_rows, n_columns)."""

    def losses_and_residuals(self, logits: Vectors, targets: np.ndarray) -> tuple[Vectors, Vectors]:
        """Return the log loss of each row and its slopes, written over the logits."""

    def doubts(self, logits: Vectors) -> Vectors:
        """Return the loss of each row, were every truth as likely as any other."""

    def curvatures(self, logits: Vectors) -> Vectors:
        """Return the mean second derivative of the loss in each column."""


@dataclass(frozen=True)
class Softmax:
    """
    One class of many; targets are class numbers, shape (n_rows,).

    Parameters
    ----------
    n_classes : int

    Examples
    --------
    >>> Softmax(2).probabilities(np.array([[0.0, 0.0], [0.0, np.log(3)]]))
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """

    n_classes: int

    def prior_logits(self, targets: np.ndarray, weights: Vectors) -> Vectors:
        """Return the logarithm of each class's share, shape (n_classes,)."""
        totals = np.bincount(targets, weights, minlength=self.n_classes)
        logits: Vectors = np.log(totals / totals.sum() + _LEAST_PRIOR).astype(np.float32)

        return logits

    def probabilities(self, logits: Vectors) -> Vectors:
        """Return rows that sum to 1, shape (n_rows, n_classes)."""
        powers: Vectors = np.exp(logits - logits.max(axis=1, keepdims=True))
        powers /= powers.sum(axis=1, keepdims=True)

        return powers

    def losses_and_residuals(self, logits: Vectors, targets: np.ndarray) -> tuple[Vectors, Vectors]:
        """Return the log loss of each row and its slopes, written over the logits."""
        rows = np.arange(len(targets))
        logits -= logits.max(axis=1, keepdims=True)
        losses = -logits[rows, targets]

        residuals = np.exp(logits, out=logits)
        totals = residuals.sum(axis=1)
        losses += np.log(totals)
        residuals /= totals[:, None]
        residuals[rows, targets] -= 1

        return losses, residuals

    def doubts(self, logits: Vectors) -> Vectors:
        """Return the log loss of each row, averaged over all classes it might be of."""
        shifted = logits - logits.max(axis=1, keepdims=True)
        doubts: Vectors = np.log(np.exp(shifted).sum(axis=1)) - shifted.mean(axis=1)

        return doubts

    def curvatures(self, logits: Vectors) -> Vectors:
        """Return the mean of p (1 - p) in each column, shape (n_classes,)."""
        return _mean_variances(self.probabilities(logits))


class Sigmoid:
    """
    Each label for itself; targets are 0 or 1, shape (n_rows, n_labels).

    Examples
    --------
    >>> Sigmoid().probabilities(np.array([[0.0, np.log(3)]]))
    array([[0.5 , 0.75]])
    """

    def prior_logits(self, targets: np.ndarray, weights: Vectors) -> Vectors:
        """Return the log odds of each label, shape (n_labels,)."""
        shares = np.clip(weights @ targets / weights.sum(), _LEAST_PRIOR, 1 - _LEAST_PRIOR)
        logits: Vectors = logit(shares).astype(np.float32)

        return logits

    def probabilities(self, logits: Vectors) -> Vectors:
        """Return independent probabilities, shape (n_rows, n_labels)."""
        return np.asarray(expit(logits))

    def losses_and_residuals(self, logits: Vectors, targets: np.ndarray) -> tuple[Vectors, Vectors]:
        """Return the summed log loss of each row and its slopes, written over the logits."""
        losses = (np.logaddexp(0, logits) - targets * logits).sum(axis=1)
        residuals = expit(logits, out=logits)
        residuals -= targets

        return losses, residuals

    def doubts(self, logits: Vectors) -> Vectors:
        """Return the log loss of each row, were each label on or off with the same chance."""
        doubts: Vectors = (np.logaddexp(0, logits) - logits / 2).sum(axis=1)

        return doubts

    def curvatures(self, logits: Vectors) -> Vectors:
        """Return the mean of p (1 - p) in each column, shape (n_labels,)."""
        return _mean_variances(self.probabilities(logits))


def _mean_variances(probabilities: Vectors) -> Vectors:
    variances: Vectors = (probabilities * (1 - probabilities)).mean(axis=0)

    return variances
