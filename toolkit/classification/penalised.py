"""Penalised logistic regression on rows in folds."""

from collections.abc import Iterator, Sequence

import numpy as np

from toolkit.classification.folded_rows import FoldedRows
from toolkit.classification.lbfgs import WarmLBFGS
from toolkit.classification.scatter import Scatter, half_whitening
from toolkit.kernels import Vectors

_LOGITS_AT_ONCE = 2**17
_SHARPENING = 0.2
_FLATTEST = 1e-7


class PenalisedRegression:
    """
    Regression with an L2 penalty that can be changed, each fit starting where the last ended.

    The penalty is measured in directions in which rows of one group vary about alike, see
    `half_whitening`.

    Parameters
    ----------
    rows : FoldedRows
    scatter : Scatter
        That of the rows in use.
    left_out : int, optional
        Fold that is not used.
    """

    def __init__(self, rows: FoldedRows, scatter: Scatter, *, left_out: int | None = None) -> None:
        self.rows = rows
        self.scatter = scatter
        self.slices = rows.all_but(left_out)
        self.directions, self.spreads = half_whitening(scatter)
        prior = rows.link.prior_logits(*self._in_use(rows.targets, rows.weights))
        self.coefficients = np.zeros((len(self.directions) + 1, len(prior)), dtype=np.float32)
        self.coefficients[-1] = prior
        is_slope = np.arange(len(self.coefficients)) < len(self.directions)
        self.lbfgs = WarmLBFGS(is_slope[:, None].astype(np.float32))

    def start_like(self, others: Sequence["PenalisedRegression"]) -> None:
        """Begin the next fit at the mean of others, with what the first knows of the curvature."""
        slopes, intercepts = zip(*(other.plain() for other in others), strict=True)
        self.coefficients[:-1] = np.linalg.solve(self.directions, np.mean(slopes, axis=0))
        self.coefficients[-1] = np.mean(intercepts, axis=0)

        turn = np.eye(len(self.coefficients), dtype=np.float32)
        turn[:-1, :-1] = np.linalg.solve(self.directions, others[0].directions)
        self.lbfgs.take_over(others[0].lbfgs, turn)

    def solve(self, C: float, *, tolerance: float = 1e-3) -> None:
        """
        Minimise the log loss at the inverse penalty `C`, from where the last fit ended.

        It is done when a step gains less than a share `tolerance` of the loss.
        """
        penalty = 1 / (C * self.scatter.weight)
        self.coefficients = self.lbfgs.minimise(
            self._loss_and_gradient,
            self.coefficients,
            penalty,
            scales=self._scales(penalty),
            tolerance=tolerance,
        )

    def plain(self) -> tuple[Vectors, Vectors]:
        """Return weights and intercepts for vectors as they are."""
        return self.directions @ self.coefficients[:-1], self.coefficients[-1]

    def logits(self, vectors: Vectors) -> Vectors:
        """Return the logits of other rows, shape (n_rows, n_columns)."""
        weights, intercepts = self.plain()

        return vectors @ weights + intercepts

    def _in_use(self, *columns: np.ndarray) -> list[np.ndarray]:
        return [np.concatenate([column[used] for used in self.slices]) for column in columns]

    def _scales(self, penalty: float) -> Vectors:
        """Guess the inverse second derivative of the objective for each coefficient."""
        curvatures = self.rows.link.curvatures(self.logits(self.rows.vectors[next(self._blocks())]))
        steepness = np.outer(np.append(self.spreads, 1), _SHARPENING * curvatures)
        steepness[:-1] += penalty

        return (1 / (steepness + _FLATTEST)).astype(np.float32)

    def _loss_and_gradient(self, coefficients: Vectors) -> tuple[float, Vectors]:
        weights = self.directions @ coefficients[:-1]
        gradient = np.zeros((len(weights) + 1, weights.shape[1]), dtype=np.float32)
        loss = 0.0
        for block in self._blocks():
            vectors, importance = self.rows.vectors[block], self.rows.weights[block]
            logits = vectors @ weights
            logits += coefficients[-1]
            losses, residuals = self.rows.link.losses_and_residuals(
                logits, self.rows.targets[block]
            )
            residuals *= importance[:, None]
            loss += float(importance @ losses)
            gradient[:-1] += vectors.T @ residuals
            gradient[-1] += residuals.sum(axis=0)
        gradient[:-1] = self.directions.T @ gradient[:-1]
        gradient /= np.float32(self.scatter.weight)

        return loss / self.scatter.weight, gradient

    def _blocks(self) -> Iterator[slice]:
        """Cut the rows in use so that the logits of a block stay in the processor's cache."""
        step = max(1, _LOGITS_AT_ONCE // self.coefficients.shape[1])
        for used in self.slices:
            for begin in range(used.start, used.stop, step):
                yield slice(begin, min(begin + step, used.stop))
