"""Search by words: BM25 as a sparse matrix of terms by rows."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from toolkit.characters import VOWEL_SIGNS
from toolkit.search.hits import Hits, best_hits

K1, B = 1.2, 0.75
"""How soon a word that is repeated stops to count, and how much long texts are held against."""

_QUERIES_AT_ONCE = 64

# Chinese and Japanese are written without spaces: there, each character counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}](?:[^\W{_UNSPACED}]|[{VOWEL_SIGNS}])*")


def words(text: str) -> list[str]:
    """
    Return the words of a text, whatever their case or width.

    >>> words("Where's order LT-0042?")
    ['where', 's', 'order', 'lt', '0042']
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


class KeywordSearch:
    """
    Rank texts by the words that they share with a query: BM25 with k1 = 1.2 and b = 0.75.

    The rarer a word is, the more it counts: ``log(1 + (n - df + 0.5) / (df + 0.5))``, which is
    never negative. Words are neither stemmed nor left out.

    Parameters
    ----------
    texts : sequence of str

    Examples
    --------
    >>> keywords = KeywordSearch(["the parcel is late", "the refund is late", "the refund"])
    >>> keywords.best(["a refund"], 2).rows
    array([2, 1])
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._counter = CountVectorizer(analyzer=words, dtype=np.float32)
        try:
            counts = self._counter.fit_transform(texts).tocsc()
        except ValueError:  # there is not one word
            self._counter.fit(["-", "a"])
            counts = sparse.csc_matrix((len(texts), 1), dtype=np.float32)
        self._weights = _weights(counts)

    def best(
        self, queries: Sequence[str], k: int, mask: npt.NDArray[np.bool_] | None = None
    ) -> Hits:
        """Return the `k` best rows, of those in the mask that share a word, for each query."""
        hits: list[Hits] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            asked = self._counter.transform(queries[start : start + _QUERIES_AT_ONCE])
            scores = (asked @ self._weights).tocsr()
            for number, (begin, end) in enumerate(pairwise(scores.indptr)):
                rows, values = scores.indices[begin:end], scores.data[begin:end]
                found = Hits(np.full(len(rows), start + number), rows.astype(np.intp), values)
                hits.append(_best(found if mask is None else found.where(mask[rows]), k))

        return Hits.joined(hits)


def _best(hits: Hits, k: int) -> Hits:
    """Common words hit most of the rows: only the best of them are put in order."""
    if len(hits.values) > k:
        hits = hits.where(hits.values >= np.partition(hits.values, -k)[-k])

    return best_hits(hits, k)


def _weights(counts: sparse.csc_matrix) -> sparse.csr_matrix:
    """Return what each word adds to the score of each row, shape (n_words, n_rows)."""
    n_rows = counts.shape[0]
    n_with = np.diff(counts.indptr)
    rarity = np.log1p((n_rows - n_with + 0.5) / (n_with + 0.5))
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    mean_length = lengths.mean() if lengths.any() else 1.0
    saturation = K1 * (1 - B + B * lengths / mean_length)
    of_word = np.repeat(np.arange(len(n_with)), n_with)
    weights = counts.copy()
    weights.data = (
        rarity[of_word] * counts.data * (K1 + 1) / (counts.data + saturation[counts.indices])
    )

    return weights.T.tocsr()
