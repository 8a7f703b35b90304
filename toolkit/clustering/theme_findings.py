"""From the different texts of clusters to names and to the texts that show what they are."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from toolkit.clustering.terms import Terms, surfaces, terms_of
from toolkit.clustering.theme_choice import Wording, chosen_terms
from toolkit.clustering.theme_documents import Documents
from toolkit.clustering.theme_evidence import Evidence, evidence_of
from toolkit.clustering.theme_meanings import meanings_of
from toolkit.clustering.theme_names import different_sets, unique_names
from toolkit.clustering.theme_scores import scored_terms
from toolkit.clustering.theme_stems import forms_of_one_word
from toolkit.clustering.theme_words import BREAK, Units, units_of
from toolkit.kernels import Indices


@dataclass(frozen=True)
class Finding:
    """What is found of one cluster; see `Themes` for what the fields mean."""

    name: str
    terms: list[str] = field(default_factory=list)
    supports: list[float] = field(default_factory=list)
    coverage: float = 0.0
    medoid: str = ""
    exemplars: list[str] = field(default_factory=list)
    boundary: list[str] = field(default_factory=list)
    cohesion: float = float("nan")


def findings(documents: Documents, sizes: Indices, n_terms: int) -> list[Finding]:
    """
    Find what each cluster is about.

    Every cluster has a text; `sizes` holds its rows, those without text among them.
    """
    units = units_of(documents.texts)
    words, word = _words(units)
    meanings = meanings_of(_held(units, word, len(words), len(documents)), documents.vectors)
    forms = forms_of_one_word(words, meanings.words)
    terms = terms_of(units, np.append(forms, -1)[word], len(documents))

    scored = scored_terms(terms, documents.cluster, meanings.centred)
    wording = Wording(terms, _shortest_forms(words, forms))
    chosen = chosen_terms(wording, scored, documents.cluster, n_terms)
    evidence = evidence_of(meanings.texts, documents.cluster, documents.n_rows)

    return _told(documents, sizes, terms, chosen, evidence)


def _words(units: Units) -> tuple[list[str], Indices]:
    """Return the different words in lower case, sorted, and which each form is, -1 for breaks."""
    folded = [unicodedata.normalize("NFKC", form).casefold() for form in units.forms]
    is_word = units.kinds != BREAK
    words = sorted({form for form, kept in zip(folded, is_word, strict=True) if kept})
    number = {word: at for at, word in enumerate(words)}
    word = [number[form] if kept else -1 for form, kept in zip(folded, is_word, strict=True)]

    return words, np.array(word, dtype=np.intp)


def _held(units: Units, word: Indices, n_words: int, n_texts: int) -> sparse.csr_array:
    """Return 1 where a text holds a word, shape (n_texts, n_words)."""
    words = word[units.form]
    there = words >= 0
    held = sparse.csr_array(
        (np.ones(there.sum(), dtype=np.float32), (units.text[there], words[there])),
        shape=(n_texts, n_words),
    )
    held.sum_duplicates()
    held.data[:] = 1

    return held


def _shortest_forms(words: Sequence[str], forms: Indices) -> list[str]:
    """Return one form of each word, by its number."""
    shortest: dict[int, str] = {}
    for word, number in zip(words, forms.tolist(), strict=True):
        if len(word) < len(shortest.get(number, word + " ")):
            shortest[number] = word

    return [shortest[number] for number in range(len(shortest))]


def _told(
    documents: Documents,
    sizes: Indices,
    terms: Terms,
    chosen: list[tuple[list[int], list[int]]],
    evidence: list[Evidence],
) -> list[Finding]:
    """Put what was found in words; where two names have to differ, the larger cluster is first."""
    order = np.argsort(-sizes, kind="stable").tolist()
    numbers = different_sets([chosen[cluster] for cluster in order])
    form = surfaces(terms, np.array(sorted(set().union(*numbers)), dtype=np.intp))
    spoken = [[form[term] for term in own] for own in numbers]
    medoids = [documents.texts[evidence[cluster].exemplars[0]] for cluster in order]
    names = unique_names(spoken, medoids)
    members = _members(documents.cluster, len(sizes))

    found = {
        cluster: Finding(
            names[at],
            spoken[at],
            *_shares(documents, members[cluster], terms, numbers[at], sizes[cluster]),
            medoids[at],
            [documents.texts[text] for text in evidence[cluster].exemplars],
            [documents.texts[text] for text in evidence[cluster].boundary],
            evidence[cluster].cohesion,
        )
        for at, cluster in enumerate(order)
    }

    return [found[cluster] for cluster in range(len(sizes))]


def _shares(
    documents: Documents, members: Indices, terms: Terms, numbers: list[int], size: int
) -> tuple[list[float], float]:
    """Return the shares of a cluster's rows that hold each term, and any of them."""
    held = terms.held[members][:, numbers].toarray() > 0
    n_rows = documents.n_rows[members]

    return (n_rows @ held / size).tolist(), float(n_rows @ held.any(axis=1) / size)


def _members(cluster: Indices, n_clusters: int) -> list[Indices]:
    order = np.argsort(cluster, kind="stable")

    return np.split(order, np.searchsorted(cluster[order], np.arange(1, n_clusters)))
