"""From texts to named groups: an embedder, a clusterer on its vectors, and names for groups."""

from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from toolkit.cluster_numbers import NOISE
from toolkit.clustering.assignment import Assignments
from toolkit.clustering.leiden import CosineLeiden
from toolkit.clustering.noise import assigned_or_noise, at_most_noise
from toolkit.clustering.themes import Themes, themes
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, clean_texts, row_index, text_values


class TextClusterer(ClusterMixin, BaseEstimator):
    """
    Find groups of texts that nobody named yet, and name them.

    Parameters
    ----------
    embedder : transformer, Provider or str, optional
        Turns texts into vectors; ``TextEmbedder(task="clustering")`` if not given. Of a provider or
        its name one is made.
    clusterer : clusterer, optional
        Groups vectors; ``CosineLeiden()`` if not given, which finds how many groups there are and
        leaves no text out.
    noise : {"keep", "assign"} or float, default="assign"
        What becomes of texts that the clusterer leaves in no cluster: they stay there, they go
        where their nearest neighbours are, or as many do, the surest first, that at most this share
        of the texts stays.

    Attributes
    ----------
    labels_ : ndarray of shape (n_rows,)
        The cluster of each text, 0 for the largest; -1 for none, as for empty texts.
    n_clusters_ : int
    themes_ : Themes
        The name of each cluster and what it is like, see `themes`.
    embedder_, clusterer_ : estimators
        Fitted clones.
    vectors_ : ndarray of shape (n_rows, n_dimensions)
        Unit vectors of the texts.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder
    >>> texts = ["my card was stolen", "card stolen", "stolen card!", "where is my refund",
    ...          "refund please", "a refund for me"]
    >>> clusterer = TextClusterer(TextEmbedder(HashingProvider(64)), CosineLeiden(n_clusters=2))
    >>> clusterer.fit_predict(texts)
    array([1, 1, 1, 0, 0, 0])
    >>> clusterer.predict(["they stole my card, a stolen card"])
    array([1])
    """

    labels_: Indices
    themes_: Themes
    vectors_: Vectors

    def __init__(
        self,
        embedder: Any = None,
        clusterer: Any = None,
        *,
        noise: Literal["keep", "assign"] | float = "assign",
    ) -> None:
        self.embedder = embedder
        self.clusterer = clusterer
        self.noise = noise

    def fit(self, X: TextInput, y: object = None) -> Self:
        """Embed the texts, group their vectors and name the groups; `y` is not used."""
        most = self._most_noise()
        self.embedder_ = self._new_embedder()
        vectors = unit_rows(np.asarray(self.embedder_.fit_transform(X), dtype=np.float32))
        if np.isnan(vectors).any():
            n_failed = int(np.isnan(vectors).any(axis=1).sum())
            raise InputError(
                f"{n_failed:,} of {len(vectors):,} texts could not be embedded (their vectors are "
                "NaN): leave them out"
            )
        self.clusterer_ = CosineLeiden() if self.clusterer is None else clone(self.clusterer)
        labels = np.asarray(self.clusterer_.fit(vectors).labels_)

        self._has_own_answer = most is None or not (vectors[labels == NOISE] != 0).any()
        self.vectors_ = vectors
        self.labels_ = labels if self._has_own_answer else at_most_noise(vectors, labels, most or 0)
        self.n_clusters_ = int(self.labels_.max(initial=NOISE)) + 1
        self.n_features_in_ = self.embedder_.n_features_in_
        if hasattr(self.embedder_, "feature_names_in_"):
            self.feature_names_in_ = self.embedder_.feature_names_in_
        values = text_values(X, getattr(self.embedder_, "columns", None))
        self.themes_ = themes(clean_texts(values).texts, self.labels_, vectors)

        return self

    def embed(self, X: TextInput) -> Vectors:
        """
        Return the unit vectors of texts, shape (n_rows, n_dimensions).

        Every method takes them in place of texts, so that texts asked about twice are embedded
        once.
        """
        check_is_fitted(self)
        are_vectors = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind == "f"
        vectors = X if are_vectors else self.embedder_.transform(X)

        return unit_rows(np.asarray(vectors, dtype=np.float32))

    def predict(self, X: TextInput) -> Indices:
        """Return the cluster of each text, shape (n_rows,); the texts of `fit` get theirs again."""
        return self._assigned(self.embed(X)).labels

    def decide(self, X: TextInput) -> pd.DataFrame:
        """
        Return cluster, its name, confidence and the next cluster of each text, on the index of `X`.

        `confidence` is the share of its nearest neighbours that are of the cluster, or what the
        clusterer says of it; `next_cluster` is -1 where there is no other candidate.
        """
        vectors = self.embed(X)
        found = self._assigned(vectors)
        names = self.themes_.names

        return pd.DataFrame(
            {
                "cluster": found.labels,
                "cluster_name": [names.get(label, "") for label in found.labels.tolist()],
                "confidence": found.confidences,
                "next_cluster": found.runners_up,
            },
            index=row_index(X, len(vectors)),
        )

    def __sklearn_tags__(self) -> Tags:
        """Say that texts, not numbers, are expected."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True

        return tags

    def _most_noise(self) -> float | None:
        """The share of rows that may stay in no cluster; None if as many as there are."""
        if self.noise == "keep":
            return None
        if self.noise == "assign":
            return 0.0
        if isinstance(self.noise, int | float) and 0 <= self.noise <= 1:
            return float(self.noise)
        raise InputError(
            f'noise must be "keep", "assign" or a share from 0 to 1, got {self.noise!r}'
        )

    def _new_embedder(self) -> Any:
        if self.embedder is None:
            return TextEmbedder(task="clustering")
        if not hasattr(self.embedder, "fit_transform"):  # a provider, or its name
            return TextEmbedder(self.embedder, task="clustering")

        return clone(self.embedder)

    def _assigned(self, vectors: Vectors) -> Assignments:
        if not self._has_own_answer:
            return assigned_or_noise(vectors, self.vectors_, self.labels_)
        if hasattr(self.clusterer_, "assignments"):
            found: Assignments = self.clusterer_.assignments(vectors)
            return found

        nobody = np.full(len(vectors), NOISE, dtype=np.intp)
        if hasattr(self.clusterer_, "predict_with_confidence"):
            labels, confidences = self.clusterer_.predict_with_confidence(vectors)
            return Assignments(labels, confidences, nobody)

        labels = np.asarray(self.clusterer_.predict(vectors))
        return Assignments(labels, np.full(len(labels), np.nan, dtype=np.float32), nobody)
