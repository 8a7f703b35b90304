"""Rows and queries as vectors: as they are given, or from an embedder that tells them apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.base import clone

from toolkit.embedding import Embeddings, Provider
from toolkit.errors import InputError
from toolkit.kernels import Vectors
from toolkit.search.given import Given, unit_vectors
from toolkit.text_embedder import TextEmbedder


@dataclass(frozen=True)
class PairedEmbedder:
    """
    Embeds documents and queries; models that were trained for search tell the two apart.

    A text that could not be embedded, where the embedder allows it, becomes zeros.

    Examples
    --------
    >>> from toolkit.embedding import HashingProvider
    >>> PairedEmbedder.of(HashingProvider(8)).queries(["late parcel"]).shape
    (1, 8)
    """

    embedder: TextEmbedder

    @classmethod
    def of(cls, embedder: TextEmbedder | Provider | str) -> Self:
        """Take an embedder as it is; a provider, or its name, embeds documents."""
        if isinstance(embedder, TextEmbedder):
            return cls(clone(embedder))
        if not (isinstance(embedder, str) or hasattr(embedder, "embed")):
            raise InputError(
                "embedder must be a TextEmbedder, a provider or the name of one, got "
                f"{type(embedder).__name__}; vectors are given to fit: CosineIndex().fit(vectors)"
            )

        return cls(TextEmbedder(embedder, task="document"))

    @property
    def columns(self) -> str | Sequence[str] | None:
        """The columns of a frame that hold text."""
        return self.embedder.columns

    @property
    def provider_name(self) -> str | None:
        """The name of the provider, if it has one."""
        return getattr(self.embedder.resolved_provider(), "name", None)

    def documents(self, values: list[object]) -> Embeddings:
        """Return unit vectors of rows, shape (n_texts, n_dimensions)."""
        return _vectors(self.embedder, values)

    def queries(self, values: list[object]) -> Embeddings:
        """Return unit vectors of queries, shape (n_texts, n_dimensions)."""
        if self.embedder.task != "document":
            return _vectors(self.embedder, values)

        return _vectors(clone(self.embedder).set_params(task="query"), values)


def row_vectors(rows: Given, embedder: PairedEmbedder | None) -> Vectors:
    """
    Return unit rows; texts without an embedder have no dimension, and only words find them.

    >>> from toolkit.search.given import given
    >>> row_vectors(given(["late parcel"]), None).shape
    (1, 0)
    """
    if isinstance(rows.values, np.ndarray):
        return unit_vectors(rows.values)
    if embedder is None:
        return np.empty((rows.n_rows, 0), dtype=np.float32)

    return unit_vectors(embedder.documents(rows.values))


def query_vectors(asked: Given, embedder: PairedEmbedder | None) -> Vectors:
    """
    Return unit rows; texts need an embedder.

    >>> from toolkit.search.given import given
    >>> query_vectors(given([[3.0, 4.0]]), None)
    array([[0.6, 0.8]], dtype=float32)
    """
    if isinstance(asked.values, np.ndarray):
        return unit_vectors(asked.values)
    if embedder is None:
        raise InputError(
            "texts are searched by meaning with an embedder only: give one, as "
            "CosineIndex('local:all-MiniLM-L6-v2'), or search with mode='keyword'"
        )

    return unit_vectors(embedder.queries(asked.values))


def _vectors(embedder: TextEmbedder, values: list[object]) -> Embeddings:
    texts_only = clone(embedder).set_params(columns=None)

    vectors: Embeddings = texts_only.fit_transform(values)

    return np.nan_to_num(vectors, nan=0.0)
