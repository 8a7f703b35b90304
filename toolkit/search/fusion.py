"""Two rankings made one, by the ranks alone."""

from collections.abc import Sequence

import numpy as np

from toolkit.search.hits import Hits, best_hits

RANK_OFFSET = 60
"""The larger, the less it matters to stand first rather than fifth."""


def fused_by_rank(rankings: Sequence[Hits], weights: Sequence[float], k: int) -> Hits:
    """
    Return the `k` best hits of each query by reciprocal rank fusion.

    Each ranking that has a row adds ``weight / (60 + rank)`` to the row's value, so that scores
    of different kinds need not be compared. Rows of one value share a rank.

    Parameters
    ----------
    rankings : sequence of Hits
        Best first.
    weights : sequence of float
        One a ranking.
    k : int
        How many for each query.

    Returns
    -------
    Hits
        Values are the sums.

    Examples
    --------
    >>> by_meaning = Hits(np.array([0, 0]), np.array([4, 7]), np.array([0.8, 0.7]))
    >>> by_words = Hits(np.array([0, 0]), np.array([7, 9]), np.array([5.1, 2.2]))
    >>> fused_by_rank([by_meaning, by_words], [1, 1], k=2).rows
    array([7, 4])
    """
    hits = Hits.joined(rankings)
    parts = [
        weight / (RANK_OFFSET + ranking.shared_ranks())
        for ranking, weight in zip(rankings, weights, strict=True)
    ]
    pairs, pair = np.unique(np.column_stack([hits.queries, hits.rows]), axis=0, return_inverse=True)
    sums = np.bincount(pair, weights=np.concatenate(parts), minlength=len(pairs)).astype(np.float64)

    return best_hits(Hits(pairs[:, 0], pairs[:, 1], sums), k)
