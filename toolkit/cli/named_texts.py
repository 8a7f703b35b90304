"""Texts of a table by the names of their rows, embedded once, with note of what cannot be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toolkit.cli.tables import Rejects, rows_named, with_ids

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.embedding import Embeddings
    from toolkit.text_embedder import TextEmbedder


def named_texts(
    frame: "pd.DataFrame", columns: Sequence[str], id_column: str | None
) -> "pd.Series[Any]":
    """Return the texts of some columns, on the ids of the rows or on their numbers."""
    import pandas as pd

    from toolkit.frames import require_columns
    from toolkit.texts import text_values

    require_columns(frame, columns)
    index = with_ids(frame, id_column).index

    return pd.Series(text_values(frame, columns), index=index, dtype=object)


def embedded(texts: "pd.Series[Any]", embedder: "TextEmbedder", rejects: Rejects) -> "Embeddings":
    """Embed the texts of a table; note those that cannot be."""
    from toolkit.embedding import counting

    names = list(texts.index)
    with counting() as counts, rows_named(names):
        vectors = embedder.fit_transform(texts)
    rejects.take_failures(counts.failures, list(texts), names)

    return vectors
