"""Words and phrases of texts, and which texts hold them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from toolkit.clustering.theme_words import BREAK, WORD, Units
from toolkit.kernels import Indices

SHORTEST, LONGEST = np.array([1, 2, 3, 1]), np.array([3, 8, 12, 1])
"""Of how many words, characters, letters or emoji a term may be."""

_MANY_LETTERS = 99
_FEWEST_TEXTS = 2  # that hold a phrase; a single word may stand in one


@dataclass(frozen=True)
class Terms:
    """
    Single stems, numbered as they are, and behind them phrases, the longer the later.

    Attributes
    ----------
    units : Units
    stems : ndarray of shape (n_terms, longest)
        The stems of each term, -1 behind the last.
    kinds : ndarray of shape (n_terms,)
    n_letters : ndarray of shape (n_stems,)
        Of how many letters the shortest form of each stem is, 0 if it is a number. As characters
        of scripts without spaces and emoji say much, they count as long.
    held : sparse array of shape (n_texts, n_terms), float32
        1 where a text holds a term.
    places : list of ndarray of shape (n_units,)
        For each length, the term that starts at each place, -1 for none.
    """

    units: Units
    stems: Indices
    kinds: Indices
    n_letters: Indices
    held: sparse.csr_array
    places: list[Indices]

    @property
    def lengths(self) -> Indices:
        """Of how many stems each term is."""
        lengths: Indices = np.sum(self.stems >= 0, axis=1)

        return lengths


def terms_of(units: Units, stem: Indices, n_texts: int) -> Terms:
    """
    Find all words, and the phrases that at least two texts hold.

    `stem` is the stem of each form, numbered from 0 on, -1 for what is no word.

    >>> from toolkit.clustering.theme_words import units_of
    >>> units = units_of(["wrong pin", "my wrong pins"])
    >>> units.forms
    ['wrong', 'pin', 'my', 'pins']
    >>> terms_of(units, np.array([0, 1, 2, 1]), 2).stems[:, :2]
    array([[ 0, -1],
           [ 1, -1],
           [ 2, -1],
           [ 0,  1]])
    """
    kinds = _kinds_of_stems(units, stem)
    single = stem[units.form]
    levels = [_Level(single, np.arange(len(kinds))[:, None])]
    while len((longer := _longer(levels[-1], levels[0], units.text, kinds)).stems):
        levels.append(longer)

    return _joined(units, levels, kinds, _n_letters(units, stem), n_texts)


@dataclass(frozen=True)
class _Level:
    """Terms of one length: which of them starts at each place, and the stems of each."""

    term: Indices
    stems: Indices


def _kinds_of_stems(units: Units, stem: Indices) -> Indices:
    kinds = np.zeros(int(stem.max(initial=-1)) + 1, dtype=np.intp)
    kinds[stem[stem >= 0]] = units.kinds[stem >= 0]

    return kinds


def _longer(level: _Level, single: _Level, text: Indices, kinds: Indices) -> _Level:
    """Find the phrases that are one longer: both ends of them must be terms of this level."""
    length = level.stems.shape[1]
    start = np.arange(max(len(text) - length, 0))
    end = start + length
    goes_on = (level.term[start] >= 0) & (level.term[start + 1] >= 0) & (single.term[end] >= 0)
    goes_on &= text[start] == text[end]
    start, end = start[goes_on], end[goes_on]
    kind = kinds[single.term[start]]
    fits = (kind == kinds[single.term[end]]) & (length < LONGEST[kind])
    start, end = start[fits], end[fits]

    keys = level.term[start] * len(kinds) + single.term[end]
    keys, number = np.unique(keys, return_inverse=True)
    n_texts = _distinct_pairs(number, text[start])[0]
    is_kept = np.bincount(n_texts, minlength=len(keys)) >= _FEWEST_TEXTS
    renumbered = np.where(is_kept, np.cumsum(is_kept) - 1, -1)
    term = np.full(len(text), -1, dtype=np.intp)
    term[start] = renumbered[number]
    first, last = np.divmod(keys[is_kept], max(len(kinds), 1))

    return _Level(term, np.column_stack([level.stems[first], last]))


def _distinct_pairs(term: Indices, text: Indices) -> tuple[Indices, Indices]:
    """Return each pair of a term and a text once, sorted by both."""
    n_texts = int(text.max(initial=0)) + 1
    pairs = np.unique(term * n_texts + text)
    terms, texts = np.divmod(pairs, n_texts)

    return terms, texts


def _n_letters(units: Units, stem: Indices) -> Indices:
    n_letters = np.full(int(stem.max(initial=-1)) + 1, _MANY_LETTERS)
    for form, number, kind in zip(units.forms, stem.tolist(), units.kinds.tolist(), strict=True):
        if number >= 0 and kind == WORD:
            length = 0 if form.isnumeric() else len(form)
            n_letters[number] = min(n_letters[number], length)

    return n_letters


def _joined(
    units: Units,
    levels: list[_Level],
    kinds: Indices,
    n_letters: Indices,
    n_texts: int,
) -> Terms:
    """Number the terms of all lengths one after the other."""
    offsets = np.cumsum([0] + [len(level.stems) for level in levels])
    stems = np.full((offsets[-1], len(levels)), -1, dtype=np.intp)
    places, columns, rows = [], [], []
    for level, offset in zip(levels, offsets[:-1], strict=True):
        stems[offset : offset + len(level.stems), : level.stems.shape[1]] = level.stems
        places.append(np.where(level.term >= 0, level.term + offset, -1))
        there = level.term >= 0
        found, texts = _distinct_pairs(places[-1][there], units.text[there])
        columns.append(found)
        rows.append(texts)
    column, row = np.concatenate(columns), np.concatenate(rows)
    held = sparse.csr_array(
        (np.ones(len(row), dtype=np.float32), (row, column)), shape=(n_texts, len(stems))
    )

    return Terms(units, stems, kinds[stems[:, 0]], n_letters, held, places)


def surfaces(terms: Terms, chosen: Indices) -> dict[int, str]:
    """
    Write terms in the form in which they are typed most often.

    A capital at the beginning of a sentence does not count, where there are other places.
    """
    typed: defaultdict[int, Counter[str]] = defaultdict(Counter)
    at_start: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for term, form, begins in _occurrences(terms, chosen):
        if begins and form[:1].isupper() and not form[1:2].isupper():
            at_start[term][form[:1].lower() + form[1:]] += 1
        else:
            typed[term][form] += 1

    return {term: _most_frequent(typed[term] or at_start[term]) for term in chosen.tolist()}


def _most_frequent(forms: Counter[str]) -> str:
    """Return the form with the highest count; of those, one with few capitals."""
    return min(forms, key=lambda form: (-forms[form], sum(map(str.isupper, form)), form))


def _occurrences(terms: Terms, chosen: Indices) -> Iterator[tuple[int, str, bool]]:
    """Yield each place of these terms: the term, how it is typed, whether a sentence begins."""
    units = terms.units
    is_chosen = np.zeros(len(terms.stems) + 1, dtype=bool)
    is_chosen[chosen] = True
    begins = np.ones(len(units.form), dtype=bool)
    begins[1:] = (units.text[1:] != units.text[:-1]) | (units.kinds[units.form[:-1]] == BREAK)
    for length, term in enumerate(terms.places, 1):
        places = np.flatnonzero(is_chosen[term])
        for place, number in zip(places.tolist(), term[places].tolist(), strict=True):
            forms = units.form[place : place + length]
            joint = " " if terms.kinds[number] == WORD else ""
            yield number, joint.join(units.forms[form] for form in forms), bool(begins[place])
