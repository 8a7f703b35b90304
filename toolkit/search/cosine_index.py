"""An index of vectors or texts that is searched by cosine, by words, or by both."""

import os
from typing import Self

import numpy as np
import pandas as pd

from toolkit.embedding import Provider
from toolkit.errors import InputError
from toolkit.kernels import Vectors
from toolkit.search.approximate import ApproximateSearch
from toolkit.search.given import (
    Given,
    VectorsOrTexts,
    check_same_dimensions,
    given,
)
from toolkit.search.hits import Hits
from toolkit.search.known_rows import (
    Columns,
    Filter,
    Ids,
    check_ids,
    is_among,
    is_kept,
    known_rows,
    with_more,
)
from toolkit.search.paired_embedder import PairedEmbedder, query_vectors, row_vectors
from toolkit.search.rankings import Asked, Mode, Rankings, check_request
from toolkit.search.storage import StoredIndex, read_index, write_index
from toolkit.search.stored_vectors import StoredVectors
from toolkit.text_embedder import TextEmbedder


class CosineIndex:
    """
    Find the rows that are most like a query.

    Exact by default: the answer does not depend on how the rows came in, in one `fit` or by many
    `add`s, nor on whether the vectors lie in memory or in a file.

    Parameters
    ----------
    embedder : TextEmbedder, Provider or str, optional
        Turns texts into vectors; not needed for an index that is given vectors and asked with
        vectors. A provider, or the name of one, embeds rows as documents and queries as queries;
        so does a TextEmbedder whose task is "document".
    approximate : bool, default=False
        Look only at the rows near the query, through faiss (extra ``search``): for millions of
        rows. Similarities are exact all the same. Small sets and narrow filters are searched
        exactly, as that takes no longer.

    Attributes
    ----------
    rows : DataFrame
        ``id``, ``text`` where texts are known, and the other columns of each row.
    n_dimensions : int
        Length of the vectors.
    recall : float or None
        Share of the 10 true neighbours of a sample of rows that the approximate search finds; None
        while it is exact.

    Examples
    --------
    >>> import numpy as np
    >>> from toolkit import HashingProvider
    >>> tickets = pd.DataFrame({
    ...     "text": ["where is my parcel", "refund not received", "parcel is late"],
    ...     "label": ["delivery", "refund", "delivery"],
    ... })
    >>> index = CosineIndex(TextEmbedder(HashingProvider(256), columns="text")).fit(tickets)
    >>> index.search("late parcel", k=2)[["rank", "id", "text", "label"]]
       rank  id                text     label
    0     1   2      parcel is late  delivery
    1     2   0  where is my parcel  delivery

    Vectors do as well:

    >>> index = CosineIndex().fit(np.eye(3), ids=["x", "y", "z"])
    >>> index.search([[0.6, 0.8, 0.0]], k=2)
       query  rank id  similarity
    0      0     1  y         0.8
    1      0     2  x         0.6
    """

    rows: pd.DataFrame

    def __init__(
        self, embedder: TextEmbedder | Provider | str | None = None, *, approximate: bool = False
    ) -> None:
        self.embedder = None if embedder is None else PairedEmbedder.of(embedder)
        self.approximate = approximate
        self._stored: StoredVectors | None = None
        self._n_seen = 0
        self._made: Rankings | None = None
        self._nearby: ApproximateSearch | None = None

    def __len__(self) -> int:
        return 0 if self._stored is None else len(self._stored)

    def __repr__(self) -> str:
        return f"<CosineIndex: {len(self):,} rows{', approximate' if self.approximate else ''}>"

    @property
    def n_dimensions(self) -> int:
        """Length of the vectors."""
        return self._fitted().n_dimensions

    @property
    def recall(self) -> float | None:
        """Share of true neighbours that the approximate search finds; None while it is exact."""
        nearby = self._rankings().nearby

        return None if nearby is None else nearby.recall

    def fit(
        self, X: VectorsOrTexts, ids: Ids | None = None, columns: Columns | None = None
    ) -> Self:
        """
        Begin anew with these rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_dimensions), or texts
            A table of numbers is vectors, anything else texts: a list, a Series, or a DataFrame,
            whose columns of text are those of the embedder.
        ids : str or sequence, optional
            Something different for each row: a column's name, or the values. If not given, the
            index of the frame, or running numbers.
        columns : DataFrame or mapping, optional
            What else is known of each row. The other columns of a DataFrame of texts if not given.
            A column ``text`` beside vectors makes search by words possible.
        """
        rows = self._given(X)
        if not rows.n_rows:
            raise InputError("expected at least one row to search, got none: give some rows")
        vectors = row_vectors(rows, self.embedder)
        known = known_rows(rows, ids, columns)
        check_ids(known["id"])

        self._stored, self.rows, self._n_seen = StoredVectors(vectors), known, rows.n_rows
        self._made = self._nearby = None

        return self

    def add(
        self, X: VectorsOrTexts, ids: Ids | None = None, columns: Columns | None = None
    ) -> Self:
        """Put rows behind the others; the parameters are those of `fit`, and no row is fine."""
        if self._stored is None:
            return self.fit(X, ids, columns)
        rows = self._given(X)
        if not rows.n_rows:
            return self
        vectors = row_vectors(rows, self.embedder)
        check_same_dimensions(vectors, self.n_dimensions)
        self.rows = with_more(self.rows, rows, ids, columns, self._n_seen)

        self._stored.append(vectors)
        self._n_seen += rows.n_rows
        self._made = None

        return self

    def remove(self, ids: object) -> Self:
        """Forget the rows of these ids, or of this one, all of which must be there."""
        stored = self._fitted()
        is_removed = is_among(self.rows, ids)

        stored.remove(is_removed)
        self.rows = self.rows[~is_removed].reset_index(drop=True)
        self._made = None

        return self

    def search(
        self,
        queries: VectorsOrTexts,
        k: int = 10,
        *,
        threshold: float | None = None,
        filter: Filter | None = None,
        mode: Mode = "semantic",
    ) -> pd.DataFrame:
        """
        Return the rows that are most like each query, the most similar first.

        Parameters
        ----------
        queries : str, texts, or array-like of shape (n_queries, n_dimensions)
            One text, many texts, or vectors.
        k : int, default=10
            How many rows a query, >= 1; there are fewer where fewer can be found.
        threshold : float, optional
            Leave out what is less similar, in [-1, 1].
        filter : mapping, or one bool a row, optional
            Search only some rows: ``{"label": "refund"}``, ``{"label": ["refund", "return"]}``, or
            a mask such as ``index.rows["stars"] > 3``.
        mode : {"semantic", "keyword", "hybrid"}
            By meaning (cosine), by words (BM25), or both, fused by reciprocal rank with equal
            weights. The last two need texts.

        Returns
        -------
        DataFrame
            One row a hit: query (the label or number of the query), rank (from 1), id, score (BM25
            or the fused one, not for "semantic"), similarity (not for "keyword"), text where
            known, and the other columns. A query or a row that is empty, or a vector of zeros, is
            similar to nothing and has no hits.
        """
        check_request(k, threshold, mode)
        threshold = None if threshold is None else float(threshold)  # compared in float32
        mask = None if filter is None else is_kept(self.rows, filter)
        queried = self._queried(queries)
        vectors = np.empty((queried.n_rows, 0), dtype=np.float32)
        if mode != "keyword":
            vectors = query_vectors(queried, self.embedder)
            check_same_dimensions(vectors, self.n_dimensions)
        asked = Asked(queried.texts, vectors, k, threshold, mask)
        hits, values = self._rankings().hits(asked, mode)

        return self._table(hits, values, queried.index)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write a folder that `load` reads; it is there whole, or not at all."""
        nearby = self._rankings().nearby
        content = StoredIndex(
            self._fitted(),
            self.rows,
            self._n_seen,
            self.embedder,
            self.approximate,
            None if nearby is None else nearby.neighbourhoods(),
        )
        write_index(content, path, overwrite=overwrite)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        mmap: bool = True,
        provider: Provider | str | None = None,
    ) -> "CosineIndex":
        """
        Read a folder that `save` wrote; no code is run from it.

        Vectors are left in the file if `mmap`. Queries are embedded with the `provider`, if one is
        given: it must give the vectors of the one that the index was made with.
        """
        content = read_index(path, mmap=mmap, provider=provider)
        index = cls(approximate=content.approximate)
        index.embedder, index.rows = content.embedder, content.rows
        index._stored, index._n_seen = content.vectors, content.n_seen
        if content.places is not None:
            index._nearby = ApproximateSearch.again(content.vectors, content.places)

        return index

    def _table(self, hits: Hits, values: dict[str, Vectors], labels: pd.Index) -> pd.DataFrame:
        table = self.rows.iloc[hits.rows].reset_index(drop=True)
        for name in reversed(values):
            table.insert(1, name, values[name])
        table.insert(0, "rank", hits.ranks())
        table.insert(0, "query", labels.to_numpy()[hits.queries])

        return table

    def _given(self, X: VectorsOrTexts) -> Given:
        return given(X, self.embedder.columns if self.embedder else None)

    def _queried(self, queries: VectorsOrTexts) -> Given:
        """A query has columns only where it is a row of a frame."""
        if isinstance(queries, pd.DataFrame):
            queried = self._given(queries)
        else:
            queried = given([queries] if isinstance(queries, str) else queries)
        if not queried.n_rows:
            raise InputError("expected at least one query, got none: give a text or a vector")

        return queried

    def _fitted(self) -> StoredVectors:
        if self._stored is None:
            raise InputError("this CosineIndex has no rows yet: fit it first")

        return self._stored

    def _rankings(self) -> Rankings:
        """Return what is made for searches; it holds until the rows change."""
        if self._made is None:
            stored = self._fitted()
            if self.approximate:
                self._nearby = ApproximateSearch.of(stored, self._nearby)
            texts = self.rows["text"].tolist() if "text" in self.rows else None
            self._made = Rankings(stored, texts, self._nearby)

        return self._made
