"""Vectors beside the rows that they belong to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

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
        added = pd.DataFrame({COLUMN: list(vectors)}, index=frame.index)
    else:
        names = embedder.get_feature_names_out()
        added = pd.DataFrame(np.asarray(vectors), index=frame.index, columns=names)
    taken = [name for name in added.columns if name in frame.columns]
    if taken:
        added = added.rename(columns={name: f"{name}_2" for name in taken})

    return pd.concat([frame, added], axis=1)
