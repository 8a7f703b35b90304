"""What may be asked of a ConformalDetector."""

from numbers import Integral
from typing import Any

from toolkit.errors import InputError


def check_settings(detector: Any) -> None:
    """Refuse settings that make no sense, with a sentence that says which ones do."""
    for name in ("false_alarm_rate", "fdr", "calibration_size"):
        _check_share(name, getattr(detector, name), may_be_none=name != "false_alarm_rate")
    if not (_is_whole(detector.n_folds) and detector.n_folds >= 2):
        raise InputError(f"n_folds must be a whole number >= 2, got {detector.n_folds!r}")
    if not -1 <= detector.group_threshold <= 1:
        raise InputError(
            f"group_threshold must be a cosine, from -1 to 1, got {detector.group_threshold!r}"
        )


def checked_rows(n_rows: int) -> int:
    """Refuse what is no number of rows."""
    if not (_is_whole(n_rows) and n_rows >= 1):
        raise InputError(f"n_rows must be a whole number >= 1, got {n_rows!r}")

    return int(n_rows)


def calibrates_every_row(detector: Any) -> bool:
    """Tell that every row is held out once, or say why there is no fit_predict."""
    if detector.calibration_size is not None:
        raise AttributeError(
            "fit_predict judges each row by a detector that has not seen it, which needs "
            f"calibration_size=None, got {detector.calibration_size!r}"
        )

    return True


def _check_share(name: str, share: float | None, *, may_be_none: bool) -> None:
    if share is None and may_be_none:
        return
    if share is None or not 0 < share < 1:
        raise InputError(f"{name} must be above 0 and below 1, got {share!r}")


def _is_whole(number: object) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)
