"""L-BFGS that remembers what it learned of the curvature when only the penalty changes."""

from collections import deque
from collections.abc import Callable

import numpy as np

from toolkit.kernels import Vectors

Objective = Callable[[Vectors], tuple[float, Vectors]]

_MEMORY = 10
_LEAST_GAIN = 1e-4
_LEAST_STEP = 1e-6
# Rows of one class only have no least loss: it falls towards 0 for ever.
_LEAST_VALUE = 1e-6


class WarmLBFGS:
    """
    Minimise a smooth convex function plus an L2 penalty, again and again.

    Calling it with another penalty corrects the remembered curvature by the difference, which is
    known, and so needs a third of the steps of a fresh start.

    Parameters
    ----------
    penalised : ndarray
        1 where a coefficient is penalised, else 0; broadcasts to the shape of the point.

    References
    ----------
    Liu, Nocedal, "On the limited memory BFGS method for large scale optimization",
    Mathematical Programming 45, 1989.

    Examples
    --------
    >>> def bowl(point):
    ...     return float(((point - 3) ** 2).sum()), 2 * (point - 3)
    >>> lbfgs = WarmLBFGS(np.ones(1))
    >>> point = lbfgs.minimise(bowl, np.zeros(1), 4.0, scales=np.ones(1), tolerance=1e-6)
    >>> point.round(3)
    array([1.])
    """

    def __init__(self, penalised: Vectors) -> None:
        self.penalised = penalised
        self.penalty = 0.0
        self.pairs: deque[tuple[Vectors, Vectors]] = deque(maxlen=_MEMORY)

    def minimise(
        self,
        function: Objective,
        start: Vectors,
        penalty: float,
        *,
        scales: Vectors,
        tolerance: float,
        max_steps: int = 200,
    ) -> Vectors:
        """
        Return the point where a step gains less than a share `tolerance` of the value, or of 1e-6.

        `function` gives value and gradient without the penalty; `scales` is a guess of the
        inverse of its second derivatives with it.
        """
        objective = self._with_penalty(function, penalty)
        point, (value, gradient) = start, objective(start)
        for _ in range(max_steps):
            direction = -self._times_inverse_curvature(gradient, scales)
            slope = float(np.vdot(gradient, direction))
            if not slope < 0:
                break
            length = 1.0 if self.pairs else min(1.0, (-slope) ** -0.5)
            new_point, new_value, new_gradient = _search_line(
                objective, point, direction, value, slope, length
            )
            gain = value - new_value
            enough = tolerance * max(abs(value), _LEAST_VALUE)
            if gain < -enough:
                # No step helps in this direction: what was remembered is wrong here.
                if not self.pairs:
                    break
                self.pairs.clear()
                continue
            self._remember(new_point - point, new_gradient - gradient)
            point, value, gradient = new_point, new_value, new_gradient
            if gain <= enough:
                break

        return point

    def take_over(self, other: "WarmLBFGS", turn: Vectors) -> None:
        """Remember what another has learned in coordinates that `turn` changes into these."""
        back = np.linalg.inv(turn).T
        self.penalty = other.penalty
        self.pairs = deque(((turn @ s, back @ y) for s, y in other.pairs), maxlen=_MEMORY)

    def _with_penalty(self, function: Objective, penalty: float) -> Objective:
        shift = np.float32(penalty - self.penalty) * self.penalised
        self.pairs = deque(((s, y + shift * s) for s, y in self.pairs), maxlen=_MEMORY)
        self.pairs = deque((p for p in self.pairs if _is_curved(*p)), maxlen=_MEMORY)
        self.penalty = penalty

        def objective(point: Vectors) -> tuple[float, Vectors]:
            value, gradient = function(point)
            pull = np.float32(penalty) * self.penalised * point
            return value + float(np.vdot(pull, point)) / 2, gradient + pull

        return objective

    def _times_inverse_curvature(self, gradient: Vectors, scales: Vectors) -> Vectors:
        """Multiply by the inverse second derivative that steps and slopes so far suggest."""
        result = gradient.copy()
        shares = []
        for step, change in reversed(self.pairs):
            shares.append(np.vdot(step, result) / np.vdot(step, change))
            result -= shares[-1] * change
        if self.pairs:
            step, change = self.pairs[-1]
            result *= np.vdot(step, change) / np.vdot(change, scales * change)
        result *= scales
        for (step, change), share in zip(self.pairs, reversed(shares), strict=True):
            result += (share - np.vdot(change, result) / np.vdot(step, change)) * step

        return result

    def _remember(self, step: Vectors, change: Vectors) -> None:
        if _is_curved(step, change):
            self.pairs.append((step, change))


def _is_curved(step: Vectors, change: Vectors) -> bool:
    """Tell whether the slope changed enough along a step to divide by it."""
    bend = np.vdot(step, change)

    return bool(bend > 1e-10 * np.vdot(change, change) and bend > 1e-12 * np.vdot(step, step))


def _search_line(
    objective: Objective,
    point: Vectors,
    direction: Vectors,
    value: float,
    slope: float,
    length: float,
) -> tuple[Vectors, float, Vectors]:
    """Shorten the step until it gains enough; return point, value and gradient there."""
    while True:
        new_point = point + np.float32(length) * direction
        new_value, gradient = objective(new_point)
        if new_value <= value + _LEAST_GAIN * length * slope or length < _LEAST_STEP:
            return new_point, new_value, gradient
        bend = new_value - value - slope * length
        length *= float(np.clip(-slope * length / (2 * bend), 0.1, 0.5))
