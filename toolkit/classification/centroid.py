"""The simplest classifier of directions: one mean direction per class."""

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, cosine_similarities, group_means, unit_rows


class CosineCentroidClassifier(ClassifierMixin, BaseEstimator):
    """
    Assign each vector to the class whose mean direction is nearest.

    Only directions count: scaling a row, at fit or later, changes nothing. A row of zeros has no
    direction: it adds nothing to its class's centroid, and as it is similar to none, it gets each
    class's share of the training rows as its probabilities.

    Parameters
    ----------
    temperature : float, default=0.05
        How far the probabilities spread, > 0: they are ``softmax(similarity / temperature)``.
        It does not change which class comes first.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    centroids_ : ndarray of shape (n_classes, n_features_in_)
        Unit rows; zeros where a class has no direction.
    class_prior_ : ndarray of shape (n_classes,)
        Each class's share of the training rows, or of their weights.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    Examples
    --------
    >>> X = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]
    >>> classifier = CosineCentroidClassifier().fit(X, ["card", "card", "refund"])
    >>> classifier.predict([[5.0, 1.0], [0.1, 0.2]])
    array(['card', 'refund'], dtype='<U6')
    """

    classes_: np.ndarray
    centroids_: Vectors
    class_prior_: Vectors

    def __init__(self, *, temperature: float = 0.05) -> None:
        self.temperature = temperature

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn the centroids; rows count as much as their weight says."""
        if not self.temperature > 0:
            raise InputError(f"temperature must be > 0, got {self.temperature!r}")
        vectors, labels = validate_data(self, X, y, dtype=[np.float32, np.float64])
        check_classification_targets(labels)
        weights = _check_sample_weight(
            sample_weight, vectors, dtype=np.float64, ensure_non_negative=True
        )

        self.classes_, group = np.unique(labels, return_inverse=True)
        n_classes = len(self.classes_)
        means = group_means(unit_rows(vectors), group, n_classes, weights=weights)
        self.centroids_ = unit_rows(means)
        totals = np.bincount(group, weights, minlength=n_classes)
        self.class_prior_ = totals / totals.sum()

        return self

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Return the most probable label of each row, shape (n_rows,)."""
        best: Indices = self.predict_proba(X).argmax(axis=1)

        return self.classes_[best]

    def predict_proba(self, X: npt.ArrayLike) -> Vectors:
        """Return the probability of each class, shape (n_rows, n_classes)."""
        check_is_fitted(self)
        vectors = validate_data(self, X, reset=False, dtype=[np.float32, np.float64])

        similarities = cosine_similarities(vectors, self.centroids_)
        probabilities: Vectors = softmax(similarities / float(self.temperature), axis=1)
        probabilities[~similarities.any(axis=1)] = self.class_prior_

        return probabilities
