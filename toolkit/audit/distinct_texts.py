"""The different texts among the rows of a table, in an order that the rows have no part in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.audit.wording import same_text, same_words
from toolkit.kernels import Indices
from toolkit.texts import Texts


@dataclass(frozen=True)
class DistinctTexts:
    """
    Texts that differ in more than case and white space, the longest first, then by alphabet.

    Attributes
    ----------
    of_row : ndarray of shape (n_rows,)
        Number of each row's text; -1 where it is empty.
    first_rows : ndarray of shape (n_texts,)
        The first row with each text.
    vector_rows : ndarray of shape (n_texts,)
        The row whose vector stands for each text, the same in any order of the rows.
    words : ndarray of shape (n_texts,)
        Texts with the same number here are spelled alike.
    """

    of_row: Indices
    first_rows: Indices
    vector_rows: Indices
    words: Indices

    def __len__(self) -> int:
        return len(self.first_rows)


def distinct_texts(clean: Texts) -> DistinctTexts:
    """
    Number the different texts.

    >>> from toolkit.texts import clean_texts
    >>> distinct_texts(clean_texts(["late", "LATE ", "", "broken"])).of_row
    array([ 1,  1, -1,  0])
    """
    keys = [
        "" if empty else same_text(text)
        for text, empty in zip(clean.texts, clean.is_empty, strict=True)
    ]
    in_order = sorted(set(keys) - {""}, key=lambda key: (-len(key), key))
    number = {key: at for at, key in enumerate(in_order)}
    of_row = np.array([number.get(key, -1) for key in keys], dtype=np.intp)

    return DistinctTexts(
        of_row,
        first_rows=_first(of_row, range(len(keys)), len(number)),
        vector_rows=_first(of_row, _by_typing(clean.texts, of_row), len(number)),
        words=_numbers([same_words(key) for key in in_order]),
    )


def _first(of_row: Indices, order: Sequence[int] | Indices, n_texts: int) -> Indices:
    """Find the row of each text that comes first in this order of the rows."""
    backwards = np.asarray(order, dtype=np.intp)[::-1]
    first = np.zeros(n_texts + 1, dtype=np.intp)
    first[of_row[backwards]] = backwards

    return first[:n_texts]


def _by_typing(texts: Sequence[str], of_row: Indices) -> Indices:
    """Put rows with one text in the order of how it was typed; leave out rows that stand alone."""
    counts = np.bincount(of_row[of_row >= 0], minlength=1)
    alone = np.flatnonzero((of_row < 0) | (counts[of_row] == 1))
    repeated = np.setdiff1d(np.arange(len(of_row)), alone)
    typed = sorted(repeated, key=lambda row: texts[row])

    return np.concatenate([alone, np.array(typed, dtype=np.intp)])


def _numbers(words: Sequence[str]) -> Indices:
    """Number what is equal alike; what is empty is like nothing."""
    number: dict[str, int] = {}
    of_words = [
        number.setdefault(key, at) if key else len(words) + at for at, key in enumerate(words)
    ]

    return np.unique(np.array(of_words, dtype=np.intp), return_inverse=True)[1]
