"""Forms of one word found by their endings, without knowing the language."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from toolkit.kernels import Indices, Vectors

_SHORTEST_STEM, _LONGEST_ENDING = 3, 3
_FEWEST_STEMS, _WORDS_A_STEM = 3, 500  # chance makes more pairs among more words
_RARELY_ALIKE, _LEAST_ALIKE, _ALIKE = 0.95, 0.1, 0.4
"""Words are used alike if few words taken at random are as much so, or if their cosine is this."""
_MANY_PAIRS = 1 / 3
_SAMPLE = 4_000

_Pair = tuple[int, int]


def forms_of_one_word(words: Sequence[str], meanings: Vectors) -> Indices:
    """
    Give words that are forms of one word the same number: plurals, tenses, cases.

    Two words are, if they differ in their endings alone, many pairs of words differ in the same
    two endings, most of those pairs are used alike, and so are these two. That holds of "fee" and
    "fees", not of "car" and "card".

    Parameters
    ----------
    words : sequence of str
        All different, in lower case.
    meanings : ndarray of shape (n_words, n_dimensions)
        Rows of length 1; how near two are tells how alike the words are used.

    Returns
    -------
    ndarray of shape (n_words,)

    Examples
    --------
    >>> words = ["fee", "fees", "card", "cards", "rate", "rates", "sheer", "sheers"]
    >>> forms_of_one_word(words, np.repeat(np.eye(5), [2, 2, 2, 1, 1], axis=0))
    array([0, 0, 1, 1, 2, 2, 3, 4])
    """
    if len(words) == 0:
        return np.empty(0, dtype=np.intp)

    alike = _alike(meanings)
    fewest = max(_FEWEST_STEMS, len(words) / _WORDS_A_STEM)
    is_short = np.array([len(word) <= _SHORTEST_STEM for word in words])
    forms = [np.empty((2, 0), dtype=np.intp)]
    for pairs in _pairs_by_endings(words).values():
        if len(pairs) >= fewest:
            one, other = np.array(pairs, dtype=np.intp).T
            cosines = np.vecdot(meanings[one], meanings[other])
            # By chance, many words begin with three letters: such a word must be used much alike.
            if np.mean(cosines >= alike) >= _MANY_PAIRS:
                are_alike = cosines >= np.where(is_short[one] | is_short[other], _ALIKE, alike)
                forms.append(np.stack([one[are_alike], other[are_alike]]))
    first, second = np.concatenate(forms, axis=1)
    links = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(len(words),) * 2)
    numbers: Indices = connected_components(links, directed=False)[1].astype(np.intp)

    return numbers


def _pairs_by_endings(words: Sequence[str]) -> dict[tuple[str, str], list[_Pair]]:
    """Group the pairs of words with a common beginning by what differs behind it."""
    endings: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for number, word in enumerate(words):
        letters = _undoubled(word)
        for length in range(max(_SHORTEST_STEM, len(letters) - _LONGEST_ENDING), len(letters) + 1):
            endings[letters[:length]].append((letters[length:], number))

    pairs: defaultdict[tuple[str, str], list[_Pair]] = defaultdict(list)
    for same_stem in endings.values():
        for (ending, one), (other_ending, other) in combinations(sorted(same_stem), 2):
            if ending[:1] != other_ending[:1] or ending == other_ending == "":
                pairs[ending, other_ending].append((one, other))

    return pairs


def _undoubled(word: str) -> str:
    """Write doubled letters once, behind the shortest stem: stop, stopped."""
    rest = [
        letter
        for before, letter in zip(word[_SHORTEST_STEM - 1 :], word[_SHORTEST_STEM:], strict=False)
        if letter != before
    ]

    return word[:_SHORTEST_STEM] + "".join(rest)


def _alike(meanings: Vectors) -> float:
    """Return the cosine that few words reach which have nothing to do with each other."""
    one, other = np.random.default_rng(0).integers(len(meanings), size=(2, _SAMPLE))
    cosines = np.vecdot(meanings[one[one != other]], meanings[other[one != other]])

    alike = np.quantile(cosines, _RARELY_ALIKE) if len(cosines) else _ALIKE

    return float(np.clip(alike, _LEAST_ALIKE, _ALIKE))
