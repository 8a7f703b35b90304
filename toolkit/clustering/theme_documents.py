"""The different texts of each cluster, in an order that the rows have no part in."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.cluster_numbers import NOISE
from toolkit.kernels import Indices, Vectors, unit_rows


@dataclass(frozen=True)
class Documents:
    """
    Texts that differ in more than case, width and white space, sorted by what they say.

    A text that stands in two clusters is there twice. Empty ones and noise are left out.

    Attributes
    ----------
    texts : list of str
        As they are typed.
    cluster : ndarray of shape (n_documents,)
        Place of each one's cluster among the clusters.
    n_rows : ndarray of shape (n_documents,)
        How many rows of the cluster have this text.
    vectors : ndarray of shape (n_documents, n_dimensions), float32, or None
        Rows of length 1 (or 0).
    """

    texts: list[str]
    cluster: Indices
    n_rows: Indices
    vectors: Vectors | None

    def __len__(self) -> int:
        return len(self.texts)


def documents_of(texts: Sequence[str], place: Indices, vectors: Vectors | None) -> Documents:
    """
    Find the different texts of each cluster.

    `place` is the place of each row's cluster, -1 for noise.

    >>> documents = documents_of(["Late", "late ", "", "broken"], np.array([0, 0, 0, 1]), None)
    >>> documents.texts, documents.n_rows
    (['broken', 'Late'], array([1, 2]))
    """
    keys = [_same(text) for text in texts]
    rows = [row for row, key in enumerate(keys) if key and place[row] != NOISE]
    rows.sort(key=lambda row: (keys[row], place[row], texts[row]))
    same = [(keys[row], place[row]) for row in rows]
    starts = np.array(
        [at for at, key in enumerate(same) if at == 0 or key != same[at - 1]], dtype=np.intp
    )
    order = np.array(rows, dtype=np.intp)
    first = order[starts]

    return Documents(
        [texts[row] for row in first],
        place[first],
        np.diff(starts, append=len(rows)),
        None if vectors is None else _means(vectors[order], starts),
    )


def _same(text: str) -> str:
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)

    return " ".join(text.casefold().split())


def _means(vectors: Vectors, starts: Indices) -> Vectors:
    """Return the mean direction of each document's rows."""
    units = unit_rows(vectors).astype(np.float32, copy=False)
    if 0 < len(starts) < len(units):
        units = unit_rows(np.add.reduceat(units, starts, axis=0))

    return units
