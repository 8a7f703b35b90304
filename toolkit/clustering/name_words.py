"""How far the texts of clusters hold the words of a name that somebody else thought of."""

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from toolkit.clustering.theme_documents import Documents
from toolkit.clustering.theme_words import BREAK, EMOJI, WORD, Units, units_of
from toolkit.kernels import Indices

_MORE_THAN_ELSEWHERE = 1.5
"""A word counts for a cluster if its share there is so many times its share in all the others."""

_SHORTEST_STEM, _COMMON = 4, 0.75
"""Letters that two forms of a word begin with in common at least, and share of the shorter form."""

_MOSTLY, _OFTEN_CAPITAL = 0.5, 0.15
"""A word is a proper name if it is mostly written with a capital or digit within sentences, in
texts where not more than this share of all words is: in German, capitals say nothing."""

Mask = npt.NDArray[np.bool_]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NameWords:
    """
    The words of clustered texts, for looking up those of names.

    Two words are forms of one if they begin alike: that finds "refunded" for "refunds" and more
    than it should, never less, as a name that is good must not seem bad. Which words say nothing
    ("with", "and") is told by the texts: they stand in all clusters alike.

    Attributes
    ----------
    documents : Documents
        Each with its cluster, by place.
    sizes : ndarray of shape (n_clusters,)
        Rows of each cluster.

    Examples
    --------
    >>> from toolkit.clustering.theme_documents import documents_of
    >>> texts = ["refund for me", "a refund", "parcel for me", "a late parcel"]
    >>> words = NameWords(documents_of(texts, np.array([0, 0, 1, 1]), None), np.array([2, 2]))
    >>> words.supports("Refunds for all"), words.supports("Deliveries")
    (array([1., 0.]), array([0., 0.]))
    """

    documents: Documents
    sizes: Indices

    def supports(self, name: str) -> Shares:
        """
        Return the share of each cluster's rows that hold a word of the name.

        Words that are not more frequent in a cluster than elsewhere do not count there.
        """
        words = words_of(name)
        if not words:
            return np.zeros(len(self.sizes))
        holding = np.stack([self._holds(word) for word in words], axis=1)
        is_own = self._is_own(holding)[self.documents.cluster]
        supported: Mask = np.any(holding & is_own, axis=1)

        return self._n_rows(supported) / self.sizes

    def own_words(self, name: str, cluster: int) -> list[str]:
        """Return the words of a name that are more frequent in the cluster than elsewhere."""
        words = words_of(name)

        return [word for word in words if self._is_own(self._holds(word)[:, None])[cluster, 0]]

    def proper_names(self, name: str, cluster: int) -> tuple[list[str], float] | None:
        """
        Return the proper names in a name, and the share of the cluster's rows that hold any.

        None if there is no proper name in it.
        """
        proper = [word for word in words_of(name) if word in self._proper]
        if not proper:
            return None
        columns = [self._number[word] for word in proper]
        holding = self._held[:, columns].toarray().any(axis=1)
        share = self._n_rows(holding)[cluster] / self.sizes[cluster]

        return proper, float(share)

    @cached_property
    def _units(self) -> Units:
        return units_of(self.documents.texts)

    @cached_property
    def _folded(self) -> list[str]:
        return [_fold(form) for form in self._units.forms]

    @cached_property
    def _vocabulary(self) -> list[str]:
        kinds = self._units.kinds.tolist()

        return sorted(
            {word for word, kind in zip(self._folded, kinds, strict=True) if kind == WORD}
        )

    @cached_property
    def _number(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self._vocabulary)}

    @cached_property
    def _word(self) -> Indices:
        """The word that each form is, -1 for what is none."""
        return np.array([self._number.get(word, -1) for word in self._folded], dtype=np.intp)

    @cached_property
    def _held(self) -> sparse.csc_array:
        """1 or more where a text holds a word, shape (n_documents, n_words)."""
        words = self._word[self._units.form]
        there = words >= 0
        shape = len(self.documents), len(self._vocabulary)

        return sparse.csc_array(
            (np.ones(there.sum(), dtype=np.float32), (self._units.text[there], words[there])),
            shape=shape,
        )

    @cached_property
    def _texts(self) -> list[str]:
        return [_fold(text) for text in self.documents.texts]

    @cached_property
    def _proper(self) -> frozenset[str]:
        """Words that the texts write as proper names."""
        inside, forms = self._within_sentences(), self._units.forms
        has_capital = np.array([form != form.lower() for form in forms], dtype=bool)
        has_digit = np.array([any(map(str.isdigit, form)) for form in forms], dtype=bool)
        if has_capital[inside].sum() > _OFTEN_CAPITAL * len(inside):
            has_capital[:] = False
        named = inside[(has_capital | has_digit)[inside]]
        n_words = len(self._vocabulary)
        n_inside = np.bincount(self._word[inside], minlength=n_words)
        n_capital = np.bincount(self._word[named], minlength=n_words)
        is_proper = (n_capital > 0) & (n_capital >= _MOSTLY * n_inside)

        return frozenset(self._vocabulary[place] for place in np.flatnonzero(is_proper))

    def _within_sentences(self) -> Indices:
        """Return the forms of the words that follow another word, where not all are capitals."""
        units, is_word = self._units, self._units.kinds == WORD
        follows = np.append(False, units.text[1:] == units.text[:-1])
        follows[1:] &= (units.kinds != BREAK)[units.form[:-1]]
        shouts = np.array([text.isupper() for text in self.documents.texts], dtype=bool)

        inside: Indices = units.form[follows & is_word[units.form] & ~shouts[units.text]]

        return inside

    def _holds(self, word: str) -> Mask:
        if not _is_word(word):
            return np.array([word in text for text in self._texts], dtype=bool)
        columns = _alike(word, self._vocabulary)

        return np.asarray(self._held[:, columns].sum(axis=1) > 0)

    def _is_own(self, holding: Mask) -> Mask:
        """Return which words are more frequent in which cluster, shape (n_clusters, n_words)."""
        counts, n_others = self._n_rows(holding), self.sizes.sum() - self.sizes
        inside = counts / self.sizes[:, None]
        outside = (counts.sum(axis=0) - counts) / np.maximum(n_others, 1)[:, None]
        is_own: Mask = inside > _MORE_THAN_ELSEWHERE * outside

        return is_own

    @cached_property
    def _members(self) -> sparse.csr_array:
        """How many rows of each cluster have each text, shape (n_clusters, n_documents)."""
        n_rows, cluster = self.documents.n_rows, self.documents.cluster
        shape = len(self.sizes), len(self.documents)

        return sparse.csr_array((n_rows, (cluster, np.arange(shape[1]))), shape=shape)

    def _n_rows(self, holding: Mask) -> Indices:
        """Return how many rows of each cluster hold each word, shape (n_clusters, ...)."""
        counts: Indices = self._members @ holding.astype(np.intp)

        return counts


def words_of(name: str) -> list[str]:
    """
    Return the different words of a name, folded; pairs of characters where there are no spaces.

    >>> words_of("Login & login problems"), words_of("退款申请")
    (['login', 'problems'], ['退款', '款申', '申请'])
    """
    units = units_of([name, "a b"])  # a text with a space: one long word alone is not cut up
    own = units.form[units.text == 0].tolist()
    kinds = units.kinds.tolist()
    words = [_fold(units.forms[form]) for form in own if kinds[form] in (WORD, EMOJI)]
    others = [_fold(units.forms[form]) for form in own if kinds[form] not in (WORD, EMOJI, BREAK)]
    pairs = [one + other for one, other in pairwise(others)] or others

    return list(dict.fromkeys(words + pairs))


def hold_a_word_of(name: str, terms: Sequence[str]) -> bool:
    """
    Return whether a word of a name is in any of the terms, in some form.

    >>> hold_a_word_of("Refund requests", ["refunds", "money back"])
    True
    """
    of_terms = sorted({word for term in terms for word in words_of(term)})

    return any(_alike(word, of_terms) for word in words_of(name))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_word(word: str) -> bool:
    return bool(units_of([word, "a b"]).kinds[0] == WORD)


def _alike(word: str, vocabulary: Sequence[str]) -> list[int]:
    """Return the places of a word's forms in a sorted vocabulary."""
    stem = word[:_SHORTEST_STEM]
    first = bisect_left(vocabulary, stem)
    found = []
    for place in range(first, len(vocabulary)):
        other = vocabulary[place]
        if not other.startswith(stem):
            break
        if other == word or _begin_alike(word, other):
            found.append(place)

    return found


def _begin_alike(one: str, other: str) -> bool:
    common = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )

    return common >= _SHORTEST_STEM and common >= _COMMON * min(len(one), len(other))
