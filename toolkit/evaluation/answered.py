"""How much a classifier that may decline to answer did answer, and how well."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError

STATUSES = ("ok", "unsure", "out_of_scope")


@dataclass(frozen=True)
class Answered:
    """
    What came of declining to answer.

    Attributes
    ----------
    coverage : float
        Share of the rows that were answered (status "ok").
    precision : float or None
        Share of the answers that are right; None without answers.
    n_rows : dict
        Rows by status: "ok", "unsure" and "out_of_scope".
    """

    coverage: float
    precision: float | None
    n_rows: dict[str, int]


def count_answers(status: npt.ArrayLike, is_right: np.ndarray) -> Answered:
    """
    Count the rows by status, and how many of the answers are right.

    Examples
    --------
    >>> count_answers(["ok", "ok", "unsure"], np.array([True, False, True]))
    Answered(coverage=0.666..., precision=0.5, n_rows={'ok': 2, 'unsure': 1, 'out_of_scope': 0})
    """
    given = np.asarray(status, dtype=object)
    if given.shape != is_right.shape:
        raise InputError(
            f"expected a status for each of {len(is_right)} rows, got shape {given.shape}"
        )
    strange = sorted({str(value) for value in given} - set(STATUSES))
    if strange:
        raise InputError(f"expected each status to be one of {STATUSES}, got {strange[:5]}")

    is_answered = given == "ok"
    n_rows = {name: int((given == name).sum()) for name in STATUSES}

    return Answered(
        coverage=float(is_answered.mean()),
        precision=float(is_right[is_answered].mean()) if n_rows["ok"] else None,
        n_rows=n_rows,
    )
