"""The few terms that make a cluster's name, of which each says something else."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from os.path import commonprefix

import numpy as np
import numpy.typing as npt

from toolkit.clustering.terms import Terms
from toolkit.clustering.theme_scores import Scored
from toolkit.clustering.theme_words import WORD
from toolkit.kernels import Indices

_MOST_CANDIDATES = 30
_MOSTLY = 0.5  # of its texts: a term is left out for a longer one that so many of them hold
_AS_TELLING = 0.7
_OVERLAP_COST = 0.4  # of its score: what a term loses if all its texts hold other terms too
_ALIKE, _FEWEST_LETTERS = 2 / 3, 4  # of the longer word: so much in common is the same word

Texts = npt.NDArray[np.bool_]
"""A row a candidate: which texts of the cluster hold it."""


@dataclass(frozen=True)
class Wording:
    """What terms are made of; `stems` holds one form of each stem, in lower case."""

    terms: Terms
    stems: Sequence[str]

    def parts(self, term: int) -> tuple[int, ...]:
        """Return the stems of a term."""
        stems = self.terms.stems[term]

        return tuple(stems[stems >= 0].tolist())

    def repeats(self, one: int, other: int) -> bool:
        """Tell whether two terms have a word in common, or all but."""
        ours, theirs = self.parts(one), self.parts(other)
        if self.terms.kinds[one] != WORD:
            return not set(pairwise(ours)).isdisjoint(pairwise(theirs))
        words = [self.stems[stem] for stem in ours], [self.stems[stem] for stem in theirs]
        if any(_alike(a, b) for a in words[0] for b in words[1]):
            return True

        return _alike("".join(words[0]), "".join(words[1]))


def _alike(one: str, other: str) -> bool:
    common, longer = len(commonprefix([one, other])), max(len(one), len(other))

    return one == other or (common >= _FEWEST_LETTERS and common >= _ALIKE * longer)


def chosen_terms(
    wording: Wording, scored: Scored, cluster: Indices, n_terms: int
) -> list[tuple[list[int], list[int]]]:
    """
    Choose up to `n_terms` terms for each cluster, and name those that come next, best first.

    A term is left out if most of its texts hold a longer one around it, or if it repeats a word
    of a better one.
    """
    n_clusters = int(cluster.max(initial=-1)) + 1
    order = np.argsort(cluster, kind="stable")
    held = wording.terms.held[order]
    rows = np.searchsorted(cluster[order], np.arange(n_clusters + 1)).tolist()
    entries = np.searchsorted(scored.cluster, np.arange(n_clusters + 1)).tolist()

    chosen = []
    for (start, end), (first, last) in zip(pairwise(rows), pairwise(entries), strict=True):
        best = np.arange(first, min(last, first + _MOST_CANDIDATES))
        best = best[~_is_part(wording, scored, best)]
        texts = held[start:end][:, scored.term[best]].toarray().T > 0
        name = _different(wording, scored.term[best], scored.score[best], texts, n_terms)
        rest = [term for term in scored.term[best].tolist() if term not in name]
        chosen.append((name, rest))

    return chosen


def _is_part(wording: Wording, scored: Scored, best: Indices) -> npt.NDArray[np.bool_]:
    """Mark the terms that mostly stand within a longer one, if its ends say about as much."""
    parts = [wording.parts(term) for term in scored.term[best].tolist()]
    number = {part: at for at, part in enumerate(parts)}
    n_texts, weight = scored.n_texts[best], scored.weight[best]

    is_part = np.zeros(len(best), dtype=bool)
    for longer, around in enumerate(parts):
        for length in range(1, len(around)):
            for start in range(len(around) - length + 1):
                part = number.get(around[start : start + length])
                if part is not None and n_texts[longer] >= _MOSTLY * n_texts[part]:
                    is_part[part] |= weight[longer] >= _AS_TELLING * weight[part]

    return is_part


def _different(
    wording: Wording,
    candidates: Indices,
    scores: npt.NDArray[np.float64],
    texts: Texts,
    n_terms: int,
) -> list[int]:
    """Take the best term, again and again, of those that add something to what is taken."""
    name: list[int] = []
    scores = scores.copy()
    spoken_for = np.zeros(texts.shape[1], dtype=bool)
    n_texts = np.maximum(texts.sum(axis=1), 1)
    while len(name) < n_terms and (scores > 0).any():
        overlap = (texts & spoken_for).sum(axis=1) / n_texts
        best = int(np.argmax(scores * (1 - _OVERLAP_COST * overlap)))
        term = int(candidates[best])
        scores[best] = 0
        if not any(wording.repeats(term, other) for other in name):
            name.append(term)
            spoken_for |= texts[best]

    return name
