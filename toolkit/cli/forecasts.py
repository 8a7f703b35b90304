"""What a command would take, told instead of doing it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.tables import CHUNK_ROWS, text_columns

if TYPE_CHECKING:
    from toolkit.text_embedder import TextEmbedder


def tell_forecast(
    table: str,
    embedder: "TextEmbedder",
    *,
    text: str | Sequence[str] | None,
    options: Mapping[str, Any],
) -> None:
    """Print what embedding the table would take; nothing is sent and nothing written."""
    from toolkit.embedding.forecast import Forecaster
    from toolkit.frames import FrameReader, require_rows
    from toolkit.texts import clean_texts, text_values

    forecaster = Forecaster(embedder.caching_provider(), embedder.task)
    reader = FrameReader(
        table, chunk_rows=CHUNK_ROWS, limit=options["limit"], format=options["input_format"]
    )
    with reader:
        columns: list[str] | None = None
        for frame in reader:
            require_rows(frame, reader.report.source)
            columns = columns or text_columns(frame, text)
            forecaster.add(clean_texts(text_values(frame, columns)).texts)
    click.echo(forecaster.forecast().to_text())
