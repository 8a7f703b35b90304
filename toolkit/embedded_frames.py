"""Vectors beside the rows that they belong to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.frames import append_columns
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import text_values

COLUMN = "embedding"


def with_embeddings(
    frame: pd.DataFrame,
    columns: Sequence[str],
    embedder: TextEmbedder,
    *,
    as_list: bool = True,
    skip_failed: bool = False,
) -> pd.DataFrame:
    """
    Return the frame with one column ``embedding`` of lists, or with one column a dimension.

    Texts that cannot be embedded, where the embedder allows it, have an empty cell or NaN; their
    rows are left out if `skip_failed`, and the index tells which.

    >>> from toolkit import HashingProvider
    >>> table = pd.DataFrame({"text": ["late parcel"]})
    >>> with_embeddings(table, ["text"], TextEmbedder(HashingProvider(4)), as_list=False).shape
    (1, 5)
    """
    vectors = embedder.fit_transform(text_values(frame, columns))
    is_there = np.asarray(~np.isnan(vectors).any(axis=1))
    if as_list:
        cells = [row if there else None for row, there in zip(vectors, is_there, strict=True)]
        added = pd.DataFrame({COLUMN: pd.Series(cells, dtype=object)})
    else:
        added = pd.DataFrame(vectors, columns=embedder.get_feature_names_out())
    whole = append_columns(frame, added)

    return whole.loc[is_there] if skip_failed else whole
