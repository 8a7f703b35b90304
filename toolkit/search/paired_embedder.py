"""An embedder for the rows of an index, and its twin for queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.base import clone

from toolkit.embedding import Embeddings, Provider
from toolkit.errors import InputError
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


def _vectors(embedder: TextEmbedder, values: list[object]) -> Embeddings:
    texts_only = clone(embedder).set_params(columns=None)

    vectors: Embeddings = texts_only.fit_transform(values)

    return np.nan_to_num(vectors, nan=0.0)
