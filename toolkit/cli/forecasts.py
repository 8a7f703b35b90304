"""What a command would take, told instead of doing it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    from toolkit.frames import FrameReader, require_rows
    from toolkit.texts import text_values

    reader = FrameReader(
        table, chunk_rows=CHUNK_ROWS, limit=options["limit"], format=options["input_format"]
    )

    def chunks() -> Iterator[list[object]]:
        columns: list[str] | None = None
        for frame in reader:
            require_rows(frame, reader.report.source)
            columns = columns or text_columns(frame, text)
            yield text_values(frame, columns)

    with reader:
        tell_forecast_of(chunks(), embedder)


def tell_forecast_of(chunks: Iterable[Sequence[object]], embedder: "TextEmbedder") -> None:
    """Print what embedding these texts would take."""
    from toolkit.embedding.forecast import Forecaster
    from toolkit.texts import clean_texts

    forecaster = Forecaster(embedder.caching_provider(), embedder.task)
    for values in chunks:
        forecaster.add(clean_texts(values).texts)
    click.echo(forecaster.forecast().to_text())
