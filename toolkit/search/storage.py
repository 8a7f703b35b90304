"""An index as a folder."""

import os
from dataclasses import dataclass

import pandas as pd

from toolkit.embedding import Provider
from toolkit.search.approximate import ApproximateSearch
from toolkit.search.paired_embedder import PairedEmbedder
from toolkit.search.stored_vectors import StoredVectors


@dataclass(frozen=True)
class StoredIndex:
    vectors: StoredVectors
    rows: pd.DataFrame
    n_seen: int
    embedder: PairedEmbedder | None
    nearby: ApproximateSearch | None


def write_index(content: StoredIndex, path: str | os.PathLike[str], *, overwrite: bool) -> None:
    raise NotImplementedError


def read_index(
    path: str | os.PathLike[str], *, mmap: bool, provider: Provider | str | None
) -> StoredIndex:
    raise NotImplementedError
