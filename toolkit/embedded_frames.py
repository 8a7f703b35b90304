"""Vectors beside the rows that they belong to."""

from collections.abc import Sequence

import pandas as pd

from toolkit.frames import append_columns
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import text_values

COLUMN = "embedding"


def with_embeddings(
    frame: pd.DataFrame, columns: Sequence[str], embedder: TextEmbedder, *, as_list: bool = True
) -> pd.DataFrame:
    """
    Return the frame with one column ``embedding`` of lists, or with one column a dimension.

    >>> from toolkit import HashingProvider
    >>> table = pd.DataFrame({"text": ["late parcel"]})
    >>> with_embeddings(table, ["text"], TextEmbedder(HashingProvider(4)), as_list=False).shape
    (1, 5)
    """
    vectors = embedder.fit_transform(text_values(frame, columns))
    if as_list:
        added = pd.DataFrame({COLUMN: list(vectors)})
    else:
        added = pd.DataFrame(vectors, columns=embedder.get_feature_names_out())

    return append_columns(frame, added)
