"""How a table is to be read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadOptions:
    """What a person asked for; None leaves the choice to the reader."""

    chunk_rows: int | None = None
    limit: int | None = None
    delimiter: str | None = None
    encoding: str | None = None
