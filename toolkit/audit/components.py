"""What hangs together, learned from a stream of pairs that is never kept."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toolkit.kernels import Indices

_PAIRS_KEPT = 1_000_000


class Components:
    """
    Which of `n` things hang together, pair by pair, in memory for `n` things and a few pairs.

    Attributes
    ----------
    n_partners : ndarray of shape (n,)
        How many pairs each thing was in.

    Examples
    --------
    >>> components = Components(4)
    >>> components.add(np.array([0, 1]), np.array([1, 3]))
    >>> components.labels()
    array([0, 0, 1, 0])
    >>> components.n_partners
    array([1, 2, 0, 1])
    """

    def __init__(self, n: int) -> None:
        self.n_partners = np.zeros(n, dtype=np.intp)
        self._labels = np.arange(n)
        self._waiting: list[tuple[Indices, Indices]] = []
        self._n_waiting = 0

    def add(self, i: Indices, j: Indices) -> None:
        """Take note of pairs, each of which must come once only."""
        for side in (i, j):
            self.n_partners += np.bincount(side, minlength=len(self.n_partners))
        self.join(i, j)

    def join(self, i: Indices, j: Indices) -> None:
        """Let things hang together without counting them as partners."""
        self._waiting.append((i, j))
        self._n_waiting += len(i)
        if self._n_waiting > _PAIRS_KEPT:
            self._fold()

    def labels(self) -> Indices:
        """Return the number of each thing's component, from 0."""
        self._fold()

        return np.unique(self._labels, return_inverse=True)[1]

    def _fold(self) -> None:
        n = len(self._labels)
        if not self._n_waiting:
            return
        i, j = (self._labels[np.concatenate(side)] for side in zip(*self._waiting, strict=True))
        graph = coo_array((np.ones(len(i), dtype=bool), (i, j)), shape=(n, n))
        _, of_label = connected_components(graph, directed=False)
        self._labels = of_label[self._labels].astype(np.intp)
        self._waiting, self._n_waiting = [], 0
