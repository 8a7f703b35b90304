"""Outliers are far from their nearest neighbours."""

from toolkit.anomaly.leave_one_out import LeaveOneOutDetector, check_neighbors
from toolkit.kernels import Vectors, neighbor_graph, top_k


class CosineNeighborsDetector(LeaveOneOutDetector):
    """
    Score rows by their mean similarity to the nearest training rows.

    Two ways to use it: ``fit(reference)`` and ``predict(new)``, where the reference is normal, or
    ``fit_predict(table)``, which looks for rows of a table that are unlike all others. A training
    row never counts itself, not even where it is asked about later; its copies count.

    Rows that are odd but near each other, such as sixty copies of one mail, look normal to it
    unless the reference is free of them.

    Parameters
    ----------
    n_neighbors : int, default=5
        Rows that are looked at, >= 1; all where there are fewer.
    contamination : float, default=0.05
        Share of the training rows that `predict` calls outliers, above 0 and at most 0.5. It says
        nothing of how many there are: `ConformalDetector` sets a rate of false alarms instead.

    Attributes
    ----------
    reference_ : ndarray of shape (n_train, n_features_in_), float32
        Unit rows.
    fit_scores_ : ndarray of shape (n_train,)
        Score of each training row without itself, in [-1, 1].
    offset_ : float
        The score below which rows are outliers.
    known_keys_, known_scores_ : ndarray of shape (n_different_rows,)
        By which training rows are known again.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    References
    ----------
    S. Ramaswamy et al., "Efficient algorithms for mining outliers from large data sets", SIGMOD
    2000. Y. Sun et al., "Out-of-distribution detection with deep nearest neighbors", ICML 2022.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1], [0.9, 0.0], [-1.0, 0.2]])
    >>> detector = CosineNeighborsDetector(n_neighbors=2, contamination=0.2)
    >>> detector.fit_predict(X)
    array([ 1,  1,  1,  1, -1])
    >>> detector.predict([[2.0, 0.1], [0.0, 1.0]])
    array([ 1, -1])
    """

    reference_: Vectors

    def __init__(self, *, n_neighbors: int = 5, contamination: float = 0.05) -> None:
        self.n_neighbors = n_neighbors
        self.contamination = contamination

    def _learned_scores(self, units: Vectors) -> Vectors:
        self.reference_ = units
        _, similarities = neighbor_graph(units, int(self.n_neighbors))

        return _means(similarities)

    def _scores(self, units: Vectors) -> Vectors:
        _, similarities = top_k(units, self.reference_, int(self.n_neighbors))

        return _means(similarities)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_neighbors(self.n_neighbors)


def _means(similarities: Vectors) -> Vectors:
    means: Vectors = similarities.mean(axis=1, dtype=float)

    return means
