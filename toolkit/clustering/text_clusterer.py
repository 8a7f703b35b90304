"""From texts to named groups: an embedder, a clusterer on its vectors, and names for groups."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
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
from toolkit.clustering.row_vectors import RowVectors
from toolkit.clustering.theme_renaming import renumbered_themes
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
    levels_ : ndarray of shape (n_rows, n_levels)
        Clusters from coarse to fine, where the clusterer has levels; the one that is `labels_` has
        its numbers.
    themes_ : Themes
        The name of each cluster and what it is like, see `themes`.
    numbers_ : ndarray of shape (n_clusters_,)
        The number that each cluster of `clusterer_` has here, see `renumbered`.
    next_number_ : int
        The smallest number that no cluster ever had.
    embedder_, clusterer_ : estimators
        Fitted clones.
    vectors_ : ndarray of shape (n_rows, n_dimensions)
        Unit vectors of the texts; put together anew each time.

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
    numbers_: Indices
    next_number_: int

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
        self._keep(vectors)
        self.labels_ = labels if self._has_own_answer else at_most_noise(vectors, labels, most or 0)
        self.n_clusters_ = self.next_number_ = int(self.labels_.max(initial=NOISE)) + 1
        self.numbers_ = np.arange(self.n_clusters_)
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

    def renumbered(
        self,
        numbers: Mapping[int, int],
        names: Mapping[int, str] | None = None,
        *,
        next_number: int = 0,
    ) -> Self:
        """
        Return the clusterer with other numbers for its clusters, and with names that are given.

        Labels, themes and answers all have the new numbers. So clusters that go on from last time
        keep what they were called; see `match_clusters`, which finds the numbers.

        Parameters
        ----------
        numbers : dict of int to int
            From numbers of `labels_` to new ones, >= 0 and all different; those left out stay.
        names : dict of int to str, optional
            Names by the new number. No other cluster has one of them afterwards.
        next_number : int, default=0
            `next_number_` becomes at least this.

        Examples
        --------
        >>> texts = ["a late parcel", "parcel", "where is my parcel", "a refund", "refund"]
        >>> found = TextClusterer("hashing:64", CosineLeiden(n_clusters=2)).fit(texts)
        >>> again = found.renumbered({0: 7, 1: 0}, {7: "lost parcels"})
        >>> again.labels_, again.themes_.names, again.next_number_
        (array([7, 7, 7, 0, 0]), {0: 'refund', 7: 'lost parcels'}, 8)
        """
        check_is_fitted(self)
        new = np.array([numbers.get(own, own) for own in self.numbers_.tolist()], dtype=np.intp)
        _check_numbers(new, set(numbers) - set(self.numbers_.tolist()))

        other = copy(self)
        other.numbers_ = new
        number_of = dict(zip(self.numbers_.tolist(), new.tolist(), strict=True))
        own = [number_of.get(label, NOISE) for label in self.labels_.tolist()]
        other.labels_ = np.array(own, dtype=np.intp)
        other.themes_ = renumbered_themes(self.themes_, number_of, names or {})
        other.next_number_ = max(self.next_number_, int(new.max(initial=-1)) + 1, next_number)

        return other

    @property
    def vectors_(self) -> Vectors:
        """Unit vectors of the texts of `fit`, shape (n_rows, n_dimensions)."""
        return self._row_vectors().whole()

    @property
    def levels_(self) -> Indices:
        """Clusters from coarse to fine, shape (n_rows, n_levels)."""
        levels: Indices = self.clusterer_.levels_.copy()
        levels[:, self.clusterer_.level_] = self.labels_

        return levels

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

    def _keep(self, vectors: Vectors) -> None:
        """Keep the rows, but not those that the clusterer keeps anyway."""
        rows = RowVectors.of(vectors, getattr(self.clusterer_, "vectors_", None))
        self._has_points = len(rows.points) > 0
        self._members, self._odd, self._odd_vectors = rows.members, rows.odd, rows.odd_vectors

    def _row_vectors(self) -> RowVectors:
        points = self.clusterer_.vectors_ if self._has_points else self._odd_vectors[:0]

        return RowVectors(points, self._members, self._odd, self._odd_vectors)

    def _assigned(self, vectors: Vectors) -> Assignments:
        if not self._has_own_answer:
            return assigned_or_noise(vectors, *self._row_vectors().different(self.labels_))
        found = _asked(self.clusterer_, vectors)

        return replace(
            found, labels=self._numbered(found.labels), runners_up=self._numbered(found.runners_up)
        )

    def _numbered(self, own: Indices) -> Indices:
        """Give clusters of the clusterer their numbers; it may know some that no row was in."""
        is_known = (own >= 0) & (own < len(self.numbers_))
        numbered = own.astype(np.intp)
        numbered[is_known] = self.numbers_[own[is_known]]

        return numbered


def _asked(clusterer: Any, vectors: Vectors) -> Assignments:
    """Let a clusterer of any kind say as much as it can."""
    if hasattr(clusterer, "assignments"):
        found: Assignments = clusterer.assignments(vectors)
        return found

    nobody = np.full(len(vectors), NOISE, dtype=np.intp)
    if hasattr(clusterer, "predict_with_confidence"):
        labels, confidences = clusterer.predict_with_confidence(vectors)
        return Assignments(labels, confidences, nobody)

    labels = np.asarray(clusterer.predict(vectors))
    return Assignments(labels, np.full(len(labels), np.nan, dtype=np.float32), nobody)


def _check_numbers(new: Indices, unknown: set[int]) -> None:
    if unknown:
        raise InputError(f"expected numbers of clusters that there are, got {min(unknown)}")
    if (new < 0).any() or len(np.unique(new)) < len(new):
        raise InputError(
            "expected another number, from 0, for each cluster, got "
            f"{', '.join(map(str, new.tolist()))}: give no two clusters the same one"
        )
