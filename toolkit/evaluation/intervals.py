"""How far a share measured on a few rows may be from the true one."""

import math

_Z = 1.959963984540054


def wilson_interval(n_right: int, n_rows: int) -> tuple[float, float]:
    """
    Return the 95 % interval of a share of `n_rows` >= 1 by Wilson's score, within 0 and 1.

    Examples
    --------
    >>> low, high = wilson_interval(90, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    share, shrink = n_right / n_rows, 1 + _Z**2 / n_rows
    middle = (share + _Z**2 / (2 * n_rows)) / shrink
    reach = _Z / shrink * math.sqrt(share * (1 - share) / n_rows + _Z**2 / (4 * n_rows**2))

    return max(0.0, middle - reach), min(1.0, middle + reach)
