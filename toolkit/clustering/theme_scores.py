"""How well each word or phrase sets a cluster apart from its siblings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.clustering.terms import SHORTEST, Terms
from toolkit.clustering.theme_words import LETTER, WORD
from toolkit.kernels import Indices, Vectors, group_means, unit_rows

Floats = npt.NDArray[np.float64]

_LEAST_CONTENT = 0.08
"""Words that tell less of what a text is about begin and end no phrase: "the", "my", "of"."""

_CONTENT, _UNEVENNESS, _SO_MANY_TEXTS = 0.3, 0.5, 5.0
"""What is thought of a word before it was seen in so many texts, if it is not short."""

# In any language the words that say least are short.
_LETTERS_OF_CONTENT = 5  # as long as so many letters, a word is thought to say much
_SHORT, _FEW_LETTERS = 0.8, 3.0  # shorter than so much of most words, and than that, it counts less

_HALF = 0.15  # of this unevenness, a word counts half
_AS_CLOSE_AS_MOST = 3.0  # texts, so that one or two do not decide
_LEAST_CLOSENESS = 0.05
_FEWEST_TEXTS, _LEAST_SHARE = 2, 0.02  # of a cluster, that a term stands in where possible


@dataclass(frozen=True)
class Found:
    """
    Which terms stand in which clusters: one entry a pair.

    Attributes
    ----------
    cluster, term : ndarray of shape (n_pairs,)
    n_texts : ndarray of shape (n_pairs,)
        Different texts of the cluster that hold the term.
    closeness : ndarray of shape (n_pairs,)
        How near those texts are to the middle of the cluster, 1 for as near as its texts are at
        the mean.
    """

    cluster: Indices
    term: Indices
    n_texts: Floats
    closeness: Floats


@dataclass(frozen=True)
class Scored:
    """
    The terms that may name each cluster, the best first; one entry a pair.

    `weight` is the part of the score that tells how much the words at the ends of a term say.
    """

    cluster: Indices
    term: Indices
    n_texts: Floats
    score: Floats
    weight: Floats


def scored_terms(terms: Terms, cluster: Indices, centred: Vectors) -> Scored:
    """
    Score the terms of each cluster.

    The score is the z-score of the log-odds that a text of the cluster holds the term, against the
    texts of all other clusters, with all texts as the prior. It counts more where the texts that
    hold the term lie in the middle of the cluster, and less where the words at its ends stand in
    all clusters alike.
    """
    n_texts = np.bincount(cluster).astype(np.float64)
    found = _found(terms, cluster, _closeness(centred, cluster, len(n_texts)), len(n_texts))
    content, weight = _contents(terms, found, n_texts, centred)
    last = terms.stems[np.arange(len(terms.stems)), terms.lengths - 1]
    ends = np.stack([terms.stems[:, 0], last])
    may_name = _is_term(terms) & (content[ends] >= _LEAST_CONTENT).all(axis=0)

    score = _log_odds(found, n_texts) * found.closeness
    weights = np.sqrt(np.prod(weight[ends], axis=0))[found.term]
    score *= weights
    kept = may_name[found.term] & (score > 0)
    kept &= found.n_texts >= _fewest(found, kept, n_texts)[found.cluster]
    order = np.flatnonzero(kept)
    order = order[np.lexsort((found.term[order], -score[order], found.cluster[order]))]

    return Scored(
        found.cluster[order],
        found.term[order],
        found.n_texts[order],
        score[order],
        weights[order],
    )


def _closeness(centred: Vectors, cluster: Indices, n_clusters: int) -> Floats:
    """Tell how near each text is to the middle of its cluster; 1 is the mean of the cluster."""
    if n_clusters < 2:
        return np.ones(len(centred))
    centres = unit_rows(group_means(centred, cluster, n_clusters))
    near = np.vecdot(centred, centres[cluster]).astype(np.float64)
    mean = np.bincount(cluster, near, n_clusters) / np.bincount(cluster, minlength=n_clusters)

    closeness: Floats = np.ones(len(near))
    np.divide(near, mean[cluster], out=closeness, where=mean[cluster] > 0)

    return closeness


def _found(terms: Terms, cluster: Indices, closeness: Floats, n_clusters: int) -> Found:
    held = terms.held.tocoo()
    text, term = held.coords
    keys = cluster[text] * terms.held.shape[1] + term
    keys, pair = np.unique(keys, return_inverse=True)
    n_texts = np.bincount(pair).astype(np.float64)
    near = np.bincount(pair, closeness[text]) + _AS_CLOSE_AS_MOST
    near /= n_texts + _AS_CLOSE_AS_MOST
    clusters, found = np.divmod(keys, max(terms.held.shape[1], 1))

    return Found(clusters, found, n_texts, np.maximum(near, _LEAST_CLOSENESS))


def _contents(
    terms: Terms, found: Found, n_texts: Floats, centred: Vectors
) -> tuple[Floats, Floats]:
    """
    Tell what each stem says about what a text is about, and how much it counts in a phrase.

    A stem says much if it stands in few of the clusters, and if the texts that hold it are alike.
    """
    n_stems = len(terms.n_letters)
    n_with = np.diff(terms.held[:, :n_stems].tocsc().indptr).astype(np.float64)
    sums = terms.held[:, :n_stems].T @ centred
    squares = np.vecdot(sums, sums)  # of n vectors of length 1: n and the cosines of all pairs
    alike = np.clip((squares / n_with - 1) / np.maximum(n_with - 1, 1), 0, 1)
    uneven = _unevenness(found, n_with, n_texts) if len(n_texts) > 1 else alike

    guess = _SO_MANY_TEXTS * np.minimum(terms.n_letters / _LETTERS_OF_CONTENT, 1)
    content = n_with * np.sqrt(alike * uneven) + guess * _CONTENT
    content /= n_with + _SO_MANY_TEXTS
    uneven = (n_with * uneven + guess * _UNEVENNESS) / (n_with + _SO_MANY_TEXTS)
    kind = terms.kinds[:n_stems]
    content[kind == LETTER] = 1

    return content, np.where(kind == WORD, _lengths(terms) * uneven / (uneven + _HALF), 1)


def _lengths(terms: Terms) -> Floats:
    """Tell how long each stem is, 1 for long enough."""
    words = terms.n_letters[(terms.kinds[: len(terms.n_letters)] == WORD) & (terms.n_letters > 0)]
    usual = np.median(words) if len(words) else 1
    lengths: Floats = np.minimum(terms.n_letters / min(_SHORT * usual, _FEW_LETTERS), 1)

    return lengths


def _unevenness(found: Found, n_with: Floats, n_texts: Floats) -> Floats:
    """
    Tell how much each stem tells of a text's cluster: 0 for nothing, about 1 for all.

    That is the information gained, less what is gained by chance, by all there is to know.
    """
    is_stem = found.term < len(n_with)
    cluster, stem = found.cluster[is_stem], found.term[is_stem]
    shares = n_texts / n_texts.sum()
    share = found.n_texts[is_stem] / n_with[stem]
    gained = np.bincount(stem, share * np.log(share / shares[cluster]), len(n_with))
    by_chance = (np.bincount(stem, minlength=len(n_with)) - 1) / (2 * n_with)

    unevenness: Floats = np.clip((gained - by_chance) / -np.sum(shares * np.log(shares)), 0, None)

    return unevenness


def _is_term(terms: Terms) -> npt.NDArray[np.bool_]:
    """Leave out numbers, and single characters where they are no words."""
    is_whole = terms.lengths >= SHORTEST[terms.kinds]
    has_letters = np.append(terms.n_letters > 0, False)[terms.stems].any(axis=1)

    is_term: npt.NDArray[np.bool_] = has_letters & is_whole

    return is_term


def _log_odds(found: Found, n_texts: Floats) -> Floats:
    """
    Return the z-score of the log-odds of a term in a cluster against all other clusters.

    With one cluster there is nothing to set it apart from: what is most frequent comes first.
    """
    if len(n_texts) < 2:
        most_frequent: Floats = np.sqrt(found.n_texts)

        return most_frequent
    n_all, size = n_texts.sum(), n_texts[found.cluster]
    n_with = np.bincount(found.term, found.n_texts)[found.term]
    here = found.n_texts + n_with + 0.5
    there = 2 * n_with - found.n_texts + 0.5
    log_odds = np.log(here / (size + n_all + 1 - here))
    log_odds -= np.log(there / (2 * n_all - size + 1 - there))

    z_scores: Floats = log_odds / np.sqrt(1 / here + 1 / there)

    return z_scores


def _fewest(found: Found, kept: npt.NDArray[np.bool_], n_texts: Floats) -> Floats:
    """Of how many texts of each cluster a term must be; of as many as any is, where none is."""
    most = np.zeros(len(n_texts))
    np.maximum.at(most, found.cluster[kept], found.n_texts[kept])

    fewest: Floats = np.minimum(most, np.maximum(_FEWEST_TEXTS, _LEAST_SHARE * n_texts))

    return fewest
