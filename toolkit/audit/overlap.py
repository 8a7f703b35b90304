"""Texts of one table that another has already: leaks between train and test, old tickets in new."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.comparing import (
    THRESHOLD,
    LabelInput,
    both,
    checked_threshold,
    labels_of,
    texts_of,
    vectors_of,
)
from toolkit.audit.duplicates_text import overlap_text
from toolkit.audit.reasons import NONE, as_column, count, reasons
from toolkit.audit.wording import same_text, same_words
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors, top_k
from toolkit.kernels.directions import Directions, exact_cosines
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, Texts, row_index


@dataclass(frozen=True, eq=False)
class Overlap:
    """
    Which rows of a table another table has already.

    Attributes
    ----------
    table : DataFrame
        A row for each text, on the index of the texts: ``duplicate_of`` (index label of the row of
        the other table; None where there is none), ``similarity`` (cosine with it, 1 for exact
        duplicates), ``reason`` ("exact", "spelling", "near", or "" where there is none), ``text``,
        ``label``, ``other_text`` and ``other_label``.
    threshold : float
    """

    table: pd.DataFrame
    threshold: float

    @property
    def is_duplicate(self) -> pd.Series:
        """Whether the other table has each row already."""
        return self.table["reason"] != NONE

    @property
    def pairs(self) -> pd.DataFrame:
        """The rows that the other table has already."""
        return self.table[self.is_duplicate]

    @property
    def conflicts(self) -> pd.DataFrame:
        """The rows that stand under another label there."""
        pairs = self.pairs
        both = (pairs["label"] != "") & (pairs["other_label"] != "")

        return pairs[both & (pairs["label"] != pairs["other_label"])]

    def to_text(self, *, n_examples: int = 3) -> str:
        """Return the counts and the pairs that are least alike as plain text."""
        return overlap_text(self, n_examples)

    def to_dict(self) -> dict[str, object]:
        """Return the counts in plain types, ready for JSON."""
        return {
            "n_rows": len(self.table),
            "n_duplicates": int(self.is_duplicate.sum()),
            **count(self.table["reason"]),
            "n_conflicts": len(self.conflicts),
            "threshold": self.threshold,
        }


def text_overlap(
    texts: TextInput,
    known: TextInput,
    *,
    vectors: tuple[Vectors, Vectors] | None = None,
    embedder: TextEmbedder | None = None,
    threshold: float = THRESHOLD,
    labels: tuple[LabelInput, LabelInput] | None = None,
) -> Overlap:
    """
    Find the texts that another table has already, exactly or nearly.

    What makes a duplicate is what makes one in ``near_duplicates``. Each text is given one row of
    the other table: the first that is exactly the same, else the most similar if that is near,
    else the first that is spelled alike.

    Parameters
    ----------
    texts : list, Series or one-column DataFrame
        One text a row, as the texts of a test set.
    known : list, Series or one-column DataFrame
        The texts of the other table, as those of a training set.
    vectors : pair of ndarrays, optional
        The vectors of `texts` and of `known`.
    embedder : TextEmbedder, optional
        Makes the vectors if none are given; by default the default model does.
    threshold : float, default=0.93
        Cosine in (0, 1] from which on two texts are near.
    labels : pair of lists or Series, optional
        The labels of `texts` and of `known`, to find the same text under another label.

    Returns
    -------
    Overlap

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder
    >>> train, test = ["late parcel", "refund please"], ["Refund, please", "LATE PARCEL"]
    >>> found = text_overlap(test, train, embedder=TextEmbedder(HashingProvider(64)))
    >>> found.table[["duplicate_of", "reason"]]
      duplicate_of reason
    0         None
    1            0  exact
    """
    threshold = checked_threshold(threshold)
    new, old = texts_of(texts), texts_of(known)
    new_given, old_given = both("vectors", vectors)
    new_vectors = vectors_of(new, new_given, embedder)
    old_vectors = vectors_of(old, old_given, embedder)
    if new_vectors.shape[1] != old_vectors.shape[1]:
        raise InputError(
            f"vectors with {new_vectors.shape[1]} dimensions came with others that have "
            f"{old_vectors.shape[1]}: both must come from the same model"
        )

    row, similarity, reason = _matches(new, old, new_vectors, old_vectors, threshold)
    index = row_index(texts, len(new.texts))
    found = pd.DataFrame(
        {
            "duplicate_of": as_column(row_index(known, len(old.texts)), row, index),
            "similarity": similarity,
            "reason": pd.Series(reason, index=index, dtype=object),
            "text": new.texts,
            "other_text": as_column(pd.Index(old.texts, dtype=object), row, index),
        },
        index=index,
    )

    return Overlap(_with_labels(found, row, labels, (len(new.texts), len(old.texts))), threshold)


def _matches(
    new: Texts, old: Texts, new_vectors: Vectors, old_vectors: Vectors, threshold: float
) -> tuple[Indices, np.ndarray, np.ndarray]:
    """Find a row of the other table for each text, -1 where there is none; how near, and why."""
    texts = np.flatnonzero(~new.is_empty)
    row, similarity = _nearest(new_vectors, old_vectors, ~old.is_empty, threshold)
    exact, spelled = (_same(new, old, wording) for wording in (same_text, same_words))
    is_exact = exact >= 0
    is_spelling = (spelled >= 0) & (row < 0) & ~is_exact

    row = np.where(is_exact, exact, np.where(is_spelling, spelled, row))
    similarity[is_exact] = 1
    at = np.flatnonzero(is_spelling)
    similarity[at] = exact_cosines(Directions(new_vectors), Directions(old_vectors), at, row[at])
    row[np.setdiff1d(np.arange(len(row)), texts)] = -1

    reason = np.where(row < 0, NONE, reasons(is_exact, is_spelling))
    similarity[row < 0] = np.nan

    return row, similarity, reason


def _nearest(
    vectors: Vectors, others: Vectors, is_text: np.ndarray, threshold: float
) -> tuple[Indices, np.ndarray]:
    """Find the most similar row that is a text, -1 where it is not near."""
    if not is_text.any():
        return np.full(len(vectors), -1), np.zeros(len(vectors))
    rows, similarities = top_k(vectors, others if is_text.all() else others[is_text], 1)
    is_near = similarities[:, 0] >= threshold

    found = np.flatnonzero(is_text)[rows[:, 0]]

    return np.where(is_near, found, -1), similarities[:, 0].astype(np.float64)


def _same(new: Texts, old: Texts, wording: Callable[[str], str]) -> Indices:
    """Find the first row of the other table with the same wording, -1 where there is none."""
    first: dict[str, int] = {}
    for row, text in enumerate(old.texts):
        first.setdefault(wording(text), row)
    first[""] = -1

    return np.array([first.get(wording(text), -1) for text in new.texts], dtype=np.intp)


def _with_labels(
    found: pd.DataFrame,
    row: Indices,
    labels: tuple[LabelInput, LabelInput] | None,
    n_rows: tuple[int, int],
) -> pd.DataFrame:
    """Set the label of each row beside that of its duplicate."""
    own, other = map(labels_of, both("labels", labels), n_rows)
    label = "" if own is None else own
    other_label = "" if other is None else np.where(row < 0, "", other[row])
    found.insert(4, "label", label)

    return found.assign(other_label=other_label)
