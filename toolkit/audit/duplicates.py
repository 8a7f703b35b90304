"""Texts of one table that say the same: groups, a row that stands for each, contradictions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.comparing import (
    THRESHOLD,
    LabelInput,
    checked_threshold,
    labels_of,
    texts_of,
    vectors_of,
)
from toolkit.audit.distinct_texts import DistinctTexts, distinct_texts
from toolkit.audit.duplicates_text import duplicates_text
from toolkit.audit.grouping import centres
from toolkit.audit.near_pairs import NearTexts
from toolkit.audit.reasons import NONE, as_column, count, reasons
from toolkit.kernels import Indices, Vectors
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, row_index


@dataclass(frozen=True, eq=False)
class Duplicates:
    """
    Which rows of a table repeat which.

    Attributes
    ----------
    table : DataFrame
        A row for each text, on the index of the texts:
        ``group`` (from 0, in the order of the table; a text that stands alone is its own group),
        ``n_rows`` (how many rows the group has),
        ``duplicate_of`` (index label of the row that stands for the group; None where it is that
        row itself), ``similarity`` (cosine with that row, 1 for exact duplicates; NaN for itself),
        ``reason`` ("exact", "spelling", "near"; "" for itself), ``text`` and ``label``.
    threshold : float
    """

    table: pd.DataFrame
    threshold: float

    @property
    def is_duplicate(self) -> pd.Series:
        """Whether each row is one to leave out: another one stands for its group."""
        return self.table["reason"] != NONE

    @property
    def groups(self) -> pd.DataFrame:
        """The rows in groups of two or more, group by group, the one that stands for it first."""
        several = self.table[self.table["n_rows"] > 1]

        return several.iloc[np.lexsort((several["reason"] != NONE, several["group"]))]

    @property
    def conflicts(self) -> pd.DataFrame:
        """The rows of the groups in which rows have different labels; a missing one is none."""
        groups = self.groups
        labels = groups["label"].where(groups["label"] != "")

        return groups[labels.groupby(groups["group"]).transform("nunique") > 1]

    def to_text(self, *, n_examples: int = 3) -> str:
        """Return the counts, the largest groups and the contradictions as plain text."""
        return duplicates_text(self, n_examples)

    def to_dict(self) -> dict[str, object]:
        """Return the counts in plain types, ready for JSON."""
        groups, conflicts = self.groups, self.conflicts

        return {
            "n_rows": len(self.table),
            "n_kept": int((~self.is_duplicate).sum()),
            "n_duplicates": int(self.is_duplicate.sum()),
            **count(self.table["reason"]),
            "n_groups": int(groups["group"].nunique()),
            "largest_group": int(self.table["n_rows"].max()),
            "n_conflicts": int(conflicts["group"].nunique()),
            "threshold": self.threshold,
        }


def near_duplicates(
    texts: TextInput,
    vectors: Vectors | None = None,
    *,
    embedder: TextEmbedder | None = None,
    threshold: float = THRESHOLD,
    labels: LabelInput | None = None,
) -> Duplicates:
    """
    Group the texts that say the same, and name a row that stands for each group.

    A text duplicates another for one of three reasons. ``exact``: they are the same but for case,
    white space and how accents are composed (NFC). ``spelling``: they have the same words, at
    least four, but for punctuation, accents and the doubled letters of words of five or more.
    ``near``: their cosine is at least `threshold`.

    Nothing is a duplicate by way of a third text: every row is a duplicate of the row that stands
    for its group, and no two of those are duplicates of each other. Where some text duplicates all
    others that hang together, the first such in the table stands for them; in a chain, the one
    with most duplicates does, and what is too far from it stands for itself or goes to another.
    The order of the rows has no part in who is grouped with whom, and a row that is there twice
    changes nothing for the others.

    An empty text is a duplicate of nothing, nor is a row of zeros or NaN unless its text is.

    Parameters
    ----------
    texts : list, Series or one-column DataFrame
        One text a row. The index of a Series or frame names the rows.
    vectors : ndarray of shape (n_rows, n_dimensions), optional
        Vectors of the texts, of any length; may be memory-mapped.
    embedder : TextEmbedder, optional
        Makes the vectors if none are given; by default the default model does.
    threshold : float, default=0.93
        Cosine in (0, 1]. The default suits the default model: of the sentence pairs of STS-B above
        it, people hold 77 % for equivalent but for details. Models differ in what a cosine means:
        with another one, look at the groups.
    labels : list or Series, optional
        One a row, to find groups whose rows contradict each other.

    Returns
    -------
    Duplicates

    Raises
    ------
    InputError
        If the arguments do not fit together.

    Notes
    -----
    All rows are compared with all, so time grows with the square of their number, and with the
    number of near pairs. Memory holds the vectors, about 1 kB a row, and some million pairs at a
    time; it never holds all pairs.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder
    >>> texts = ["Where is my parcel?", "I want a refund", "where is my parcel?", "refund wanted"]
    >>> found = near_duplicates(texts, embedder=TextEmbedder(HashingProvider(64)))
    >>> found.table[["group", "n_rows", "duplicate_of", "reason"]]
       group  n_rows duplicate_of reason
    0      0       2         None
    1      1       1         None
    2      0       2            0  exact
    3      2       1         None
    """
    threshold = checked_threshold(threshold)
    clean = texts_of(texts)
    n_rows = len(clean.texts)
    given_labels = labels_of(labels, n_rows)
    distinct = distinct_texts(clean)
    near = NearTexts(
        vectors_of(clean, vectors, embedder), distinct.vector_rows, distinct.words, threshold
    )

    table = _table(row_index(texts, n_rows), distinct, near)
    table["text"] = clean.texts
    table["label"] = "" if given_labels is None else given_labels

    return Duplicates(table, threshold)


def _table(index: pd.Index, distinct: DistinctTexts, near: NearTexts) -> pd.DataFrame:
    """Follow each row to its text, the text to its centre, and this to its first row."""
    centre = centres(near, distinct.first_rows)
    of_row = distinct.of_row
    stands_for = np.where(of_row < 0, np.arange(len(of_row)), -1)
    known = np.flatnonzero(of_row >= 0)
    stands_for[known] = distinct.first_rows[centre[of_row[known]]]

    is_duplicate = stands_for != np.arange(len(of_row))
    similarity, reason = _links(np.flatnonzero(is_duplicate), centre, distinct, near)
    group = _numbered(stands_for)

    return pd.DataFrame(
        {
            "group": group,
            "n_rows": np.bincount(group)[group],
            "duplicate_of": as_column(index, np.where(is_duplicate, stands_for, -1), index),
            "similarity": similarity,
            "reason": pd.Series(reason, index=index, dtype=object),
        },
        index=index,
    )


def _links(
    rows: Indices, centre: Indices, distinct: DistinctTexts, near: NearTexts
) -> tuple[np.ndarray, np.ndarray]:
    """Say how near these rows are to the row that stands for them, and why they are duplicates."""
    text = distinct.of_row[rows]
    similarity = np.full(len(distinct.of_row), np.nan)
    is_exact = centre[text] == text
    similarity[rows] = np.where(is_exact, 1, near.similarities(text, centre[text]))
    is_spelling = near.words[text] == near.words[centre[text]]
    reason = np.full(len(distinct.of_row), NONE, dtype=object)
    reason[rows] = reasons(is_exact, is_spelling & (similarity[rows] < near.threshold))

    return similarity, reason


def _numbered(stands_for: Indices) -> Indices:
    """Number the groups in the order in which they first occur."""
    _, first, group = np.unique(stands_for, return_index=True, return_inverse=True)

    return np.argsort(np.argsort(first))[group]
