"""What can be flagged at all, told from the number of rows alone."""

import math
from dataclasses import dataclass

from toolkit.errors import warn_user


@dataclass(frozen=True)
class Power:
    """
    What a number of calibration rows allows, before anything is scored.

    Parameters
    ----------
    n_calibration : int
        Rows known to be normal that a row is ranked among.
    false_alarm_rate : float
        Share of the normal rows that may be flagged.
    fdr : float, optional
        Share of the flagged rows that may be normal; takes the place of `false_alarm_rate`.
    n_rows : int, default=1
        Rows that are asked about together; it matters for `fdr` only.

    Examples
    --------
    >>> power = Power(280, false_alarm_rate=0.05, fdr=0.1, n_rows=333)
    >>> power.n_extreme, power.n_calibration_for_one
    (12, 3329)
    >>> print(power.to_text())
    With 280 calibration rows the smallest p-value is 0.0036: at a false discovery rate of 0.1 over
    333 rows, at least 12 rows must be more extreme than all of them before any can be flagged;
    3,329 calibration rows would do for one.
    """

    n_calibration: int
    false_alarm_rate: float
    fdr: float | None = None
    n_rows: int = 1

    @property
    def smallest_p_value(self) -> float:
        """The p-value of a row that is odder than all calibration rows."""
        return 1 / (self.n_calibration + 1)

    @property
    def n_extreme(self) -> int:
        """How many rows must be odder than all calibration rows before any can be flagged."""
        allowed = self.false_alarm_rate if self.fdr is None else self.fdr / self.n_rows

        return _round_up(1 / (allowed * (self.n_calibration + 1)))

    @property
    def can_flag(self) -> bool:
        """Whether anything can be flagged at all."""
        return self.n_extreme <= (1 if self.fdr is None else self.n_rows)

    @property
    def n_calibration_for_one(self) -> int:
        """How many calibration rows it takes to flag a single row."""
        allowed = self.false_alarm_rate if self.fdr is None else self.fdr / self.n_rows

        return _round_up(1 / allowed) - 1

    def to_text(self) -> str:
        """Return it as one sentence."""
        start = (
            f"With {_count(self.n_calibration, 'calibration row')} the smallest p-value is "
            f"{self.smallest_p_value:.2g}: "
        )

        return start + (self._of_false_alarms() if self.fdr is None else self._of_discoveries())

    def to_dict(self) -> dict[str, object]:
        """Return the figures in plain types, ready for JSON."""
        return {
            "n_calibration": self.n_calibration,
            "false_alarm_rate": self.false_alarm_rate if self.fdr is None else None,
            "fdr": self.fdr,
            "n_rows": self.n_rows,
            "smallest_p_value": self.smallest_p_value,
            "n_extreme": self.n_extreme,
            "can_flag": self.can_flag,
            "n_calibration_for_one": self.n_calibration_for_one,
        }

    def _of_false_alarms(self) -> str:
        at = f"at a false-alarm rate of {self.false_alarm_rate:g} "
        if not self.can_flag:
            return f"{at}nothing can be flagged, it takes at least {self._enough()}."
        n_odder = math.floor(self.false_alarm_rate * (self.n_calibration + 1) + 1e-9) - 1

        return f"{at}a row is flagged if no more than {n_odder:,} of them are as odd."

    def _of_discoveries(self) -> str:
        at = f"at a false discovery rate of {self.fdr:g} over {_count(self.n_rows, 'row')}"
        if not self.can_flag:
            return f"{at} nothing can be flagged, it takes at least {self._enough()} for one."
        if self.n_extreme == 1:
            return f"{at}, one row that is more extreme than all of them can be flagged."

        return (
            f"{at}, at least {self.n_extreme:,} rows must be more extreme than all of them before "
            f"any can be flagged; {self._enough()} would do for one."
        )

    def _enough(self) -> str:
        return _count(self.n_calibration_for_one, "calibration row")


def warn_if_powerless(power: Power) -> None:
    """Warn where nothing can be flagged, so that silence is not taken for a clean table."""
    if not power.can_flag:
        warn_user(power.to_text())


def _count(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def _round_up(number: float) -> int:
    """Round up, unless only rounding has put the number above a whole one."""
    return math.ceil(number * (1 - 1e-12))
