"""The transformer from texts to vectors; everything after it takes a matrix."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from inspect import getattr_static
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from toolkit.embedding import (
    DEFAULT_PROVIDER,
    TASKS,
    CachedProvider,
    Counts,
    Embeddings,
    Provider,
    Task,
    count,
    counting,
    embed_or_nan,
    is_counting,
    provider_from_name,
)
from toolkit.embedding.parts import Failure
from toolkit.embedding.uncached import UncachedProvider
from toolkit.errors import InputError, TextsFailed, warn_user
from toolkit.kernels import unit_rows
from toolkit.texts import TextInput, Texts, clean_texts, column_names, text_values

PROBE = "text"


class TextEmbedder(TransformerMixin, BaseEstimator):
    """
    Turn texts into unit vectors, embedding each different text once, ever.

    Parameters
    ----------
    provider : str or Provider, default="local:all-MiniLM-L6-v2"
        The provider or its name, ``provider:model[@dimensions]``.
    columns : str or sequence of str, optional
        Columns of a DataFrame that hold text; several are joined by a line break. Not needed for
        a list, a Series or a frame with one column.
    task : {"none", "classification", "clustering", "similarity", "query", "document"}
        What the vectors are for; models trained with prompts put theirs before each text.
    dimensions : int, optional
        Length to cut vectors to, only for models that were trained for it.
    cache : bool or path-like, default=True
        Keep vectors in the user's cache folder (True), in this SQLite file, or not at all (False).
        True leaves a `CachedProvider` its own file.
    on_empty : {"zero", "raise"}, default="zero"
        What None, NaN, "" and white space become: a zero vector, which is similar to nothing and
        counted in a warning, or an error.
    on_error : {"raise", "nan"}, default="raise"
        What happens to a text that the provider cannot embed: an error, or a row of NaN, counted
        in a warning.

    Attributes
    ----------
    n_features_in_ : int
        Number of text columns.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Names of all columns seen in `fit`, if it was given a DataFrame.
    n_features_out_ : int
        Length of the vectors.
    provider_fingerprint_ : str
        Fingerprint of the provider at fit.

    Raises
    ------
    InputError
        If the input is not a column of texts.
    ProviderError
        If the provider cannot embed them.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder
    >>> embedder = TextEmbedder(HashingProvider(8))
    >>> embedder.fit_transform(["late parcel", "refund please"]).shape
    (2, 8)
    """

    n_features_out_: int
    provider_fingerprint_: str
    n_features_in_: int
    feature_names_in_: np.ndarray

    def __init__(
        self,
        provider: str | Provider = DEFAULT_PROVIDER,
        *,
        columns: str | Sequence[str] | None = None,
        task: Task = "none",
        dimensions: int | None = None,
        cache: bool | str | Path = True,
        on_empty: Literal["zero", "raise"] = "zero",
        on_error: Literal["raise", "nan"] = "raise",
    ) -> None:
        self.provider = provider
        self.columns = columns
        self.task = task
        self.dimensions = dimensions
        self.cache = cache
        self.on_empty = on_empty
        self.on_error = on_error

    def fit(self, X: TextInput, y: object = None) -> Self:
        """Check all texts and learn the length of the vectors from the first that is not empty."""
        clean = self._clean(text_values(X, self.columns))
        first = int(clean.is_empty.argmin())
        self._learn(X, self._embed([clean.texts[first]]))

        return self

    def fit_transform(self, X: TextInput, y: object = None) -> Embeddings:
        """Return unit vectors, shape (n_rows, n_features_out_), float32."""
        vectors = self._embed(text_values(X, self.columns))
        self._learn(X, vectors)

        return vectors

    def transform(self, X: TextInput) -> Embeddings:
        """Return unit vectors, shape (n_rows, n_features_out_), float32."""
        check_is_fitted(self)
        self._check_columns(X)

        return self._embed(text_values(X, self.columns))

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return ``text_000``, ``text_001``, ..., shape (n_features_out_,)."""
        check_is_fitted(self)
        width = len(str(self.n_features_out_ - 1))

        return np.array(
            [f"text_{number:0{width}}" for number in range(self.n_features_out_)], dtype=object
        )

    def resolved_provider(self) -> Provider:
        """Return the provider that the settings ask for, without its cache."""
        provider = self.provider
        if isinstance(provider, str):
            provider = provider_from_name(provider)
        # Looked at without being asked: a service tells its fingerprint over the network.
        if any(getattr_static(provider, name, None) is None for name in ("embed", "fingerprint")):
            raise InputError(
                f"provider must be a name such as {DEFAULT_PROVIDER!r} or an object with "
                f"fingerprint and embed, got {type(provider).__name__}"
            )

        return provider if self.dimensions is None else _cut(provider, self.dimensions)

    def caching_provider(self) -> Provider:
        """Return the provider as it is used: with the cache that the settings ask for."""
        provider = self.resolved_provider()
        if isinstance(provider, CachedProvider):
            if self.cache is True:
                return provider
            provider = provider.provider
        if self.cache is False or getattr(provider, "is_cheap", False):
            return UncachedProvider(provider)

        return CachedProvider(provider, None if self.cache is True else self.cache)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]

        return tags

    def _learn(self, X: TextInput, vectors: Embeddings) -> None:
        names = column_names(X)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        several = isinstance(self.columns, Sequence) and not isinstance(self.columns, str)
        self.n_features_in_ = len(self.columns or ()) if several else 1
        self.n_features_out_ = vectors.shape[1]
        self.provider_fingerprint_ = self.resolved_provider().fingerprint

    def _check_columns(self, X: TextInput) -> None:
        """A frame at fit with one column and no name asks for the same column later."""
        seen, names = getattr(self, "feature_names_in_", None), column_names(X)
        if seen is None or names is None or self.columns is not None:
            return
        if names != list(seen):
            raise InputError(
                f"fit saw the column {', '.join(seen)}, now there is {', '.join(names)}: "
                "give the same column, or a Series"
            )

    def _embed(self, values: list[object]) -> Embeddings:
        clean = self._clean(values)
        with counting() as counts:
            told = Counts(
                texts=len(values),
                empty=int(clean.is_empty.sum()),
                converted=clean.n_converted,
                repaired=clean.n_repaired,
            )
            count(told)
            vectors = self._vectors(clean.texts, clean.is_empty)
        if not is_counting():
            for note in counts.notes():
                warn_user(note)

        return vectors

    def _clean(self, values: list[object]) -> Texts:
        self._check_parameters()
        if not values:
            raise InputError("expected at least one text, got 0 samples: give some rows")
        clean = clean_texts(values)
        self._check_empty(clean.is_empty)

        return clean

    def _vectors(self, texts: list[str], is_empty: np.ndarray) -> Embeddings:
        rows_of: dict[str, int] = {}
        row = np.array(
            [
                -1 if empty else rows_of.setdefault(text, len(rows_of))
                for text, empty in zip(texts, is_empty, strict=True)
            ],
            dtype=np.intp,
        )
        count(Counts(distinct=len(rows_of)))
        distinct, reasons = self._embed_distinct(list(rows_of) or [PROBE], row)
        vectors: Embeddings = unit_rows(distinct)[row]
        vectors[is_empty] = 0
        failures = [Failure(place, reasons[at]) for place, at in enumerate(row) if at in reasons]
        count(Counts(failed=len(failures), failures=failures))

        return vectors

    def _embed_distinct(
        self, texts: list[str], row: np.ndarray
    ) -> tuple[Embeddings, dict[int, str]]:
        """Return the vectors of different texts, and why some are NaN; errors name `row`s."""
        provider = self.caching_provider()
        try:
            if self.on_error == "nan":
                return embed_or_nan(provider, texts, self.task)
            return provider.embed(texts, task=self.task), {}
        except TextsFailed as error:
            by_row = {
                place: error.reasons[at] for place, at in enumerate(row) if at in error.reasons
            }
            raise TextsFailed(by_row, len(row)) from None

    def _check_parameters(self) -> None:
        for name, allowed in {
            "task": TASKS,
            "on_empty": ("zero", "raise"),
            "on_error": ("raise", "nan"),
        }.items():
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"{name} must be one of {', '.join(allowed)}; got {getattr(self, name)!r}"
                )

    def _check_empty(self, is_empty: np.ndarray) -> None:
        if self.on_empty == "raise" and is_empty.any():
            raise InputError(
                f"{int(is_empty.sum())} of {len(is_empty)} texts are empty, the first in row "
                f"{int(is_empty.argmax())}: remove them or use on_empty='zero'"
            )


def _cut(provider: Any, dimensions: int) -> Provider:
    if isinstance(provider, CachedProvider):
        return replace(provider, provider=_cut(provider.provider, dimensions))
    if not (is_dataclass(provider) and "dimensions" in {f.name for f in fields(provider)}):
        raise InputError(
            f"{type(provider).__name__} gives vectors of one length only: leave dimensions out"
        )

    return replace(provider, dimensions=dimensions)  # type: ignore[type-var, return-value]
