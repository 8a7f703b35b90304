"""The pairs of near texts, tile by tile, so that memory stays bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from toolkit.kernels import Indices, Vectors, pair_indices_above
from toolkit.kernels.directions import Directions, exact_cosines

Pairs: TypeAlias = tuple[Indices, Indices]
"""Numbers of texts, pair by pair."""

TILE_ROWS = 2048


@dataclass(frozen=True)
class NearTexts:
    """
    Texts that may be near one another; nothing is copied whole.

    Attributes
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
    rows : ndarray of shape (n_texts,)
        The row of each text's vector.
    words : ndarray of shape (n_texts,)
        Texts with the same number here are spelled alike.
    threshold : float
        Cosine from which on two texts are near.
    """

    vectors: Vectors
    rows: Indices
    words: Indices
    threshold: float

    def __len__(self) -> int:
        return len(self.rows)

    def pairs(self, tile_rows: int = TILE_ROWS) -> Iterator[Pairs]:
        """Give all pairs of near texts, each once, a tile of the square at a time."""
        tiles = [
            np.arange(start, min(start + tile_rows, len(self)))
            for start in range(0, len(self), tile_rows)
        ]
        for at, left in enumerate(tiles):
            yield self.pairs_among(left)
            for right in tiles[at + 1 :]:
                yield self.pairs_between(left, right)

    def pairs_among(self, texts: Indices) -> Pairs:
        """Give the pairs of near texts among a few."""
        i, j = pair_indices_above(self._vectors(texts), self.threshold)

        return texts[i], texts[j]

    def pairs_between(self, left: Indices, right: Indices) -> Pairs:
        """Give the pairs of near texts between a few and a few others."""
        i, j = pair_indices_above(self._vectors(left), self.threshold, other=self._vectors(right))

        return left[i], right[j]

    def similarities(self, left: Indices, right: Indices) -> Vectors:
        """Give the cosine of each pair."""
        directions = Directions(self.vectors)

        return exact_cosines(directions, directions, self.rows[left], self.rows[right])

    def _vectors(self, texts: Indices) -> Vectors:
        return self.vectors[self.rows[texts]]
