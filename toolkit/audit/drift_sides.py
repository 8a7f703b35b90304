"""The texts of two tables side by side, the empty ones left out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.comparing import texts_of, vectors_of
from toolkit.audit.reasons import as_column
from toolkit.errors import InputError, TooFewRows
from toolkit.kernels import Indices, Vectors, top_k, unit_rows
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, Texts, row_index

_FEWEST = 2


@dataclass(frozen=True)
class Side:
    """
    A table of texts, one of two.

    Attributes
    ----------
    clean : Texts
    index : Index
        The labels of its rows.
    rows : ndarray of shape (n_texts,)
        Its rows whose text is not empty.
    vectors : ndarray of shape (n_texts, n_dimensions)
        Unit vectors of those.
    """

    clean: Texts
    index: pd.Index
    rows: Indices
    vectors: Vectors

    @property
    def texts(self) -> list[str]:
        """The texts that are not empty."""
        return [self.clean.texts[row] for row in self.rows]


def sides_of(
    tables: tuple[TextInput, TextInput],
    vectors: tuple[Vectors | None, Vectors | None],
    embedder: TextEmbedder | None,
) -> list[Side]:
    """Return both tables; raise if one has too few texts, or the vectors do not fit."""
    sides = []
    for name, table, given in zip(("before", "after"), tables, vectors, strict=True):
        clean = texts_of(table)
        units = unit_rows(vectors_of(clean, given, embedder)).astype(np.float32)
        rows = np.flatnonzero(~clean.is_empty)
        if len(rows) < _FEWEST:
            raise TooFewRows(
                f"expected at least {_FEWEST} texts in each table, got {len(rows)} in {name!r}: "
                "give more rows"
            )
        sides.append(Side(clean, row_index(table, len(clean.texts)), rows, units[rows]))
    n_dimensions = [side.vectors.shape[1] for side in sides]
    if len(set(n_dimensions)) > 1:
        raise InputError(
            f"vectors with {n_dimensions[0]} dimensions came with others that have "
            f"{n_dimensions[1]}: both must come from the same model"
        )

    return sides


def side_table(side: Side, other: Side, groups: Indices) -> pd.DataFrame:
    """Set beside each text its group and the most similar text of the other table."""
    n_rows = len(side.clean.texts)
    group, nearest = np.full((2, n_rows), -1)
    similarity = np.full(n_rows, np.nan)
    rows, similarities = top_k(side.vectors, other.vectors, 1)
    group[side.rows], nearest[side.rows] = groups, other.rows[rows[:, 0]]
    similarity[side.rows] = similarities[:, 0]

    return pd.DataFrame(
        {
            "group": group,
            "nearest": as_column(other.index, nearest, side.index),
            "similarity": similarity,
            "text": side.clean.texts,
        },
        index=side.index,
    )
