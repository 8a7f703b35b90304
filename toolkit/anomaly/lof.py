"""Outliers are in sparser surroundings than their nearest neighbours are."""

import numpy as np

from toolkit.anomaly.leave_one_out import LeaveOneOutDetector, check_neighbors
from toolkit.kernels import Indices, Vectors, neighbor_graph, top_k

_LEAST = 1e-10  # mean reachability of rows among their copies, as scikit-learn has it


class CosineLOF(LeaveOneOutDetector):
    """
    Score rows by the local outlier factor on cosine distance.

    Where `CosineNeighborsDetector` asks how near the nearest rows are, this asks whether they are
    nearer to theirs: a row between dense groups is odd, one in an evenly sparse group is not. A
    training row never counts itself. The numbers are those of scikit-learn's
    ``LocalOutlierFactor(metric="cosine")``.

    Parameters
    ----------
    n_neighbors : int, default=20
        Rows that are looked at, >= 1; all where there are fewer. More than there are copies of
        common texts, else the density among copies has no bounds.
    contamination : float, default=0.05
        Share of the training rows that `predict` calls outliers, above 0 and at most 0.5.

    Attributes
    ----------
    reference_ : ndarray of shape (n_train, n_features_in_), float32
        Unit rows.
    reach_, density_ : ndarray of shape (n_train,)
        Distance (1 - cosine) of each training row to the last of its neighbours, and its local
        reachability density.
    fit_scores_ : ndarray of shape (n_train,)
        Minus the local outlier factor of each training row; about -1 for normal rows.
    offset_ : float
        The score below which rows are outliers.
    known_keys_, known_scores_ : ndarray of shape (n_different_rows,)
        By which training rows are known again.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    References
    ----------
    M. M. Breunig et al., "LOF: identifying density-based local outliers", SIGMOD 2000.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1], [1.0, 0.2], [-1.0, 0.2]])
    >>> CosineLOF(n_neighbors=2, contamination=0.2).fit_predict(X)
    array([ 1,  1,  1,  1, -1])
    """

    reference_: Vectors
    reach_: Vectors
    density_: Vectors

    def __init__(self, *, n_neighbors: int = 20, contamination: float = 0.05) -> None:
        self.n_neighbors = n_neighbors
        self.contamination = contamination

    def _learned_scores(self, units: Vectors) -> Vectors:
        self.reference_ = units
        neighbors, similarities = neighbor_graph(units, int(self.n_neighbors))
        gaps = _distances(similarities)
        self.reach_ = gaps[:, -1]
        self.density_ = _densities(gaps, self.reach_[neighbors])

        return self._factors(self.density_, neighbors)

    def _scores(self, units: Vectors) -> Vectors:
        neighbors, similarities = top_k(units, self.reference_, int(self.n_neighbors))
        densities = _densities(_distances(similarities), self.reach_[neighbors])

        return self._factors(densities, neighbors)

    def _factors(self, densities: Vectors, neighbors: Indices) -> Vectors:
        return np.asarray(-self.density_[neighbors].mean(axis=1) / densities)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_neighbors(self.n_neighbors)


def _distances(similarities: Vectors) -> Vectors:
    return np.maximum(1 - similarities.astype(np.float64), 0)


def _densities(gaps: Vectors, reach_of_neighbors: Vectors) -> Vectors:
    """How near a row's neighbours are, none being nearer than its own neighbours are to it."""
    return np.asarray(1 / (np.maximum(gaps, reach_of_neighbors).mean(axis=1) + _LEAST))
