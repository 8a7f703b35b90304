"""Groups beside the rows that belong to them."""

import numpy as np
import pandas as pd

from toolkit.clustering import TextClusterer
from toolkit.frames import append_columns
from toolkit.texts import TextInput

DECIMALS = 4


def with_clusters(
    model: TextClusterer, frame: pd.DataFrame, texts: TextInput, *, skip_failed: bool = False
) -> pd.DataFrame:
    """
    Return the frame with cluster, cluster_name, confidence and next_cluster of each row.

    A column of the frame is never replaced: ours is then named ``..._2``. Rows whose text cannot be
    embedded, where the embedder allows it, have empty cells, or are left out if `skip_failed`.

    Examples
    --------
    >>> from toolkit.clustering import CosineLeiden
    >>> table = pd.DataFrame({"text": ["a late parcel", "my parcel", "a refund", "my refund"]})
    >>> model = TextClusterer("hashing:64", CosineLeiden(n_clusters=2)).fit(table)
    >>> with_clusters(model, table[:2], table["text"][:2])[["text", "cluster", "cluster_name"]]
                text  cluster cluster_name
    0  a late parcel        0       parcel
    1      my parcel        0       parcel
    """
    vectors = model.embed(texts)
    is_there = np.asarray(~np.isnan(vectors).any(axis=1))
    found = model.decide(np.nan_to_num(vectors)).round(DECIMALS)
    found = found.astype({"cluster": "Int64", "next_cluster": "Int64"})
    whole = append_columns(frame, found.where(pd.Series(is_there)))

    return whole.loc[is_there] if skip_failed else whole
