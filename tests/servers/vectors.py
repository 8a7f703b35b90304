"""The right vector of every text, known to the server and to whoever checks what came of it."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from toolkit.embedding import HashingProvider
from toolkit.embedding.base import Embeddings
from toolkit.kernels import unit_rows

CONSTANT = 0.25
"""First component before scaling to length 1: no text has a zero vector, however short it is."""

LONGEST = 2_000
"""Characters that are hashed; of the others only their number counts, as hashing takes long."""


class RightVectors:
    """
    Unit vectors of hashed words behind a constant; each text is computed once.

    >>> right = RightVectors(32)
    >>> right(["late parcel", "refund"]).shape, right(["late parcel"], 8).shape
    ((2, 32), (1, 8))
    """

    def __init__(self, n_dimensions: int) -> None:
        self._hashing = HashingProvider(n_dimensions - 1)
        self._known: dict[str, Embeddings] = {}

    def __call__(self, texts: Sequence[str], dimensions: int | None = None) -> Embeddings:
        """Return one row a text; a shorter vector is the beginning of the long one, length 1."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            hashed = self._hashing.embed(list(map(_shortened, new)))
            constant = np.full((len(new), 1), CONSTANT, dtype=np.float32)
            self._known.update(zip(new, np.hstack([constant, hashed]), strict=True))

        return unit_rows(np.stack([self._known[text] for text in texts])[:, :dimensions])


right_vectors = cache(RightVectors)
"""One for each number of dimensions, shared by all servers of a process."""


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} {len(text)}"
