"""Where a value stands among others seen before."""

import numpy as np

from toolkit.kernels import Vectors


def rank_table(values: Vectors, weights: Vectors) -> Vectors:
    """
    Tabulate for each different value how much stands at or below it.

    One more row is counted that stands below all, so that nothing ever has a share of 0.

    Parameters
    ----------
    values, weights : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (2, n_different + 1), float64
        Values, ascending from -inf, and their shares of the whole weight.

    Examples
    --------
    >>> rank_table(np.array([0.7, 0.5, 0.7]), np.ones(3))
    array([[-inf, 0.5 , 0.7 ],
           [0.25, 0.5 , 1.  ]])
    """
    different, place = np.unique(values, return_inverse=True)
    totals = 1 + np.cumsum([0.0, *np.bincount(place, weights)])

    return np.stack([np.append(-np.inf, different), totals / totals[-1]])


def rank_in(table: Vectors, values: Vectors) -> Vectors:
    """
    Share of the tabulated rows that stand at or below each value, in (0, 1].

    Among rows like the tabulated ones it is a p-value: at most 5 % of them get 0.05 or less.

    Examples
    --------
    >>> rank_in(rank_table(np.array([0.7, 0.5, 0.7]), np.ones(3)), np.array([0.1, 0.6, 0.9]))
    array([0.25, 0.5 , 1.  ])
    """
    shares: Vectors = table[1, np.searchsorted(table[0], values, side="right") - 1]

    return shares
