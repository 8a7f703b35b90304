"""The penalty and the temperature that serve held-out rows best."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from toolkit.classification.folded_rows import FoldedRows
from toolkit.classification.penalised import PenalisedRegression
from toolkit.classification.scatter import Scatter
from toolkit.classification.temperature import best_temperature
from toolkit.kernels import Vectors

_ENOUGH_ROWS = 1500
_FINAL_TOLERANCE = 3e-4


@dataclass(frozen=True)
class Trial:
    """
    How held-out rows fared under one penalty.

    Parameters
    ----------
    loss : float
        Mean log loss at the best temperature.
    temperature : float
    coefficients : list of ndarray
        Those of each fit.
    """

    loss: float
    temperature: float
    coefficients: Sequence[Vectors]


class PenaltySearch:
    """
    Regression on rows in folds, with the penalty chosen by what it does to held-out rows.

    The first folds serve the search: as many as together hold 1,500 rows, for two numbers need
    no more. The others are fitted only when their held-out logits are asked for.

    Parameters
    ----------
    rows : FoldedRows
    Cs : sequence of float
        Inverse penalties to choose from; the search climbs from the middle one.

    Attributes
    ----------
    C : float
    temperature : float
    regression : PenalisedRegression
        The fit on all rows.
    """

    def __init__(self, rows: FoldedRows, Cs: Sequence[float]) -> None:
        self.rows = rows
        self.scatters = [
            Scatter.of(rows.vectors[part], rows.design[part], rows.weights[part])
            for part in rows.all_but(None)
        ]
        self.C, self.temperature = sorted(Cs)[len(Cs) // 2], 1.0
        self.fits: list[PenalisedRegression] = []
        if len(self.scatters) > 1:
            self._search(sorted(Cs))
        self.regression = self._fit_all()

    def held_out_logits(self) -> Vectors:
        """Return the logits of each row by a fit without its fold, (n_rows, n_columns)."""
        for fold in range(len(self.fits), len(self.scatters)):
            self.fits.append(self._fit_without(fold))
            self.fits[-1].solve(self.C)

        return np.concatenate(self._for_each_fit(self._logits_of))

    def _search(self, Cs: Sequence[float]) -> None:
        ends = self.rows.fold_ends
        n_folds = next((i for i, end in enumerate(ends, 1) if end >= _ENOUGH_ROWS), len(ends))
        self.fits = [self._fit_without(fold) for fold in range(n_folds)]
        trials: dict[int, Trial] = {}

        def loss(number: int) -> float:
            if number not in trials:
                self._resume(trials)
                trials[number] = self._try(Cs[number])
            return trials[number].loss

        best = _climb(loss, start=len(Cs) // 2, n_steps=len(Cs))
        self.C, self.temperature = Cs[best], trials[best].temperature
        self._resume(trials)

    def _resume(self, trials: Mapping[int, Trial]) -> None:
        """Go back to the best trial so far."""
        if trials:
            best = min(trials.values(), key=lambda trial: trial.loss)
            for fit, coefficients in zip(self.fits, best.coefficients, strict=True):
                fit.coefficients = coefficients

    def _try(self, C: float) -> Trial:
        for fit in self.fits:
            fit.solve(C)
        known = np.flatnonzero(np.concatenate(self._for_each_fit(self._is_known)))
        if not len(known):
            known = np.arange(self.rows.fold_ends[len(self.fits) - 1])
        temperature, loss = best_temperature(
            self.rows.link,
            np.concatenate(self._for_each_fit(self._logits_of))[known],
            self.rows.targets[known],
            self.rows.weights[known],
        )

        return Trial(loss, temperature, [fit.coefficients for fit in self.fits])

    def _for_each_fit(self, function: Callable[[int], np.ndarray]) -> list[np.ndarray]:
        return [function(fold) for fold in range(len(self.fits))]

    def _fit_all(self) -> PenalisedRegression:
        fit = PenalisedRegression(self.rows, reduce(add, self.scatters))
        if self.fits:
            fit.start_like(self.fits)
        fit.solve(self.C, tolerance=_FINAL_TOLERANCE)

        return fit

    def _fit_without(self, fold: int) -> PenalisedRegression:
        rest = reduce(add, self.scatters[:fold] + self.scatters[fold + 1 :])

        return PenalisedRegression(self.rows, rest, left_out=fold)

    def _logits_of(self, fold: int) -> Vectors:
        return self.fits[fold].logits(self.rows.vectors[self.rows.fold(fold)])

    def _is_known(self, fold: int) -> np.ndarray:
        """Tell which rows of a fold have no class that all other folds lack."""
        is_lacking = self.fits[fold].scatter.groups.diagonal() == 0
        lacks = self.rows.design[self.rows.fold(fold)] @ is_lacking.astype(np.float32)

        return np.asarray(lacks == 0)


def _climb(loss: Callable[[int], float], *, start: int, n_steps: int) -> int:
    """Walk from step to neighbouring step while the loss falls; return where it ends."""
    best, least = start, loss(start)
    for direction in (-1, 1):
        while 0 <= best + direction < n_steps and loss(best + direction) < least:
            best += direction
            least = loss(best)

    return best
