"""Where texts and words point to, from vectors or, for want of them, from the words beside them."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from toolkit.kernels import Vectors, unit_rows

_DIMENSIONS = 256  # of vectors made from words: random directions, so many that few are alike


@dataclass(frozen=True)
class Meanings:
    """
    The directions of texts and of the words in them.

    Attributes
    ----------
    texts : ndarray of shape (n_texts, n_dimensions), float32
        Rows of length 1 (or 0).
    centred : ndarray of the same shape
        The same as seen from the mean of all texts, again of length 1.
    words : ndarray of shape (n_words, n_dimensions)
        The mean of the centred texts that hold each word, of length 1.
    """

    texts: Vectors
    centred: Vectors
    words: Vectors


def meanings_of(held: sparse.csr_array, vectors: Vectors | None) -> Meanings:
    """
    Find the directions of texts and words.

    `held` is 1 where a text (row) holds a word (column). Without vectors, texts point to the
    same side if they share words, rare ones above all, and words if the same words stand beside
    them.

    >>> held = sparse.csr_array(np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> meanings_of(held, np.eye(2)).words.round(2)
    array([[ 0.71, -0.71],
           [-0.71,  0.71]])
    """
    own: Vectors | float = 0.0
    if vectors is None:
        vectors, own = _from_words(held)
    centred = unit_rows(vectors - vectors.mean(axis=0)) if len(vectors) else vectors

    return Meanings(vectors, centred, unit_rows(held.T @ centred - own))


def _from_words(held: sparse.csr_array) -> tuple[Vectors, Vectors]:
    """Return a direction for each text, and the part of its texts that a word brings by itself."""
    n_texts, n_words = held.shape
    n_with = held.sum(axis=0)
    rarity = np.log1p(n_texts / np.maximum(n_with, 1))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(n_words, _DIMENSIONS))
    directions = (signs * rarity[:, None]).astype(np.float32)
    sums = held @ directions
    lengths = np.linalg.norm(sums, axis=1)
    scale = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)

    return sums * scale[:, None], directions * (held.T @ scale)[:, None]
