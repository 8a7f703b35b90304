"""Classification by the labels of the most similar training rows."""

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, top_k, unit_rows


class CosineKNNClassifier(ClassifierMixin, BaseEstimator):
    """
    Let the most similar training rows vote, the nearer the more.

    Only directions count: scaling a row, at fit or later, changes nothing. A row of zeros is
    similar to none and gets each class's share of the training rows as its probabilities. A
    training row that is asked about is a row like any other: it finds itself, and its own label
    has a vote.

    The defaults are those with the best mean accuracy in five-fold cross-validation on the
    training rows of five sets of short texts with 7 to 77 classes, embedded by all-MiniLM-L6-v2.

    Parameters
    ----------
    n_neighbors : int, default=16
        How many rows vote, >= 1; all of them where there are fewer.
    temperature : float, default=0.1
        How fast a vote fades with similarity, > 0: votes are ``softmax(similarity / temperature)``
        over the neighbours. Small, the nearest row decides; large, all votes are equal.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    vectors_ : ndarray of shape (n_train, n_features_in_)
        The training rows, scaled to length 1.
    group_ : ndarray of shape (n_train,)
        Position of each training row's label in `classes_`.
    class_prior_ : ndarray of shape (n_classes,)
        Each class's share of the training rows.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only where `X` had column names.

    Examples
    --------
    >>> X = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]
    >>> classifier = CosineKNNClassifier(n_neighbors=2).fit(X, ["card", "card", "refund"])
    >>> classifier.predict([[5.0, 1.0], [0.1, 0.9]])
    array(['card', 'refund'], dtype='<U6')
    >>> similarities, indices = classifier.kneighbors([[0.0, 2.0]])
    >>> indices
    array([[2, 1]])
    """

    classes_: np.ndarray
    vectors_: Vectors
    group_: Indices
    class_prior_: Vectors

    def __init__(self, *, n_neighbors: int = 16, temperature: float = 0.1) -> None:
        self.n_neighbors = n_neighbors
        self.temperature = temperature

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Keep the training rows and their labels."""
        if not (isinstance(self.n_neighbors, int | np.integer) and self.n_neighbors >= 1):
            raise InputError(f"n_neighbors must be a whole number >= 1, got {self.n_neighbors!r}")
        if not self.temperature > 0:
            raise InputError(f"temperature must be > 0, got {self.temperature!r}")
        vectors, labels = validate_data(self, X, y, dtype=[np.float32, np.float64])
        check_classification_targets(labels)

        self.classes_, self.group_ = np.unique(labels, return_inverse=True)
        self.class_prior_ = np.bincount(self.group_) / len(labels)
        self.vectors_ = unit_rows(vectors)

        return self

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Return the label with most votes for each row, shape (n_rows,); ties go to the first."""
        best: Indices = self.predict_proba(X).argmax(axis=1)

        return self.classes_[best]

    def predict_proba(self, X: npt.ArrayLike) -> Vectors:
        """Return each class's share of the votes, shape (n_rows, n_classes)."""
        similarities, indices = self.kneighbors(X)
        votes: Vectors = softmax(similarities / float(self.temperature), axis=1)

        n_rows, n_classes = len(votes), len(self.classes_)
        cells = np.arange(n_rows)[:, None] * n_classes + self.group_[indices]
        totals = np.bincount(cells.ravel(), votes.ravel(), minlength=n_rows * n_classes)
        shares: Vectors = totals.reshape(n_rows, n_classes).astype(votes.dtype)
        shares[~similarities.any(axis=1)] = self.class_prior_

        return shares

    def kneighbors(self, X: npt.ArrayLike) -> tuple[Vectors, Indices]:
        """
        Return the most similar training rows: similarities and row numbers, the nearest first.

        Both have the shape (n_rows, n_neighbors); where rows tie, the higher one comes first.
        """
        check_is_fitted(self)
        vectors = validate_data(self, X, reset=False, dtype=[np.float32, np.float64])

        indices, similarities = top_k(unit_rows(vectors), self.vectors_, int(self.n_neighbors))

        return similarities, indices
