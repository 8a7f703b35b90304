"""The tables of known models and their scores, as they stand beside this file."""

import csv
from functools import cache
from importlib.resources import files
from typing import cast

from toolkit.embedding.models.known_model import ON_THIS_MACHINE, KnownModel, Languages, Scores
from toolkit.embedding.models.prompts import PROMPTS
from toolkit.embedding.models.sources import PRICE_DATE, SOURCES

Row = dict[str, str]


@cache
def all_models() -> tuple[KnownModel, ...]:
    """
    Return every known model, in the order of the table: local ones first.

    >>> all_models()[0].provider_name
    'local:all-MiniLM-L6-v2'
    """
    scores = _scores()

    return tuple(_model(row, scores) for row in _rows("models.csv"))


def _model(row: Row, scores: dict[str, tuple[Scores, ...]]) -> KnownModel:
    provider, name, price = row["provider"], row["name"], row["usd_per_million"]
    is_priced = bool(price) and provider not in ON_THIS_MACHINE

    return KnownModel(
        provider,
        name,
        int(row["dimensions"]),
        max_tokens=_int(row["max_tokens"]),
        allowed_dimensions=_lengths(row["allowed_dimensions"]),
        prompts=PROMPTS[row["prompts"]] if row["prompts"] else None,
        memory=_int(row["memory_mb"]),
        price=_float(price),
        price_date=PRICE_DATE if is_priced else None,
        languages=cast(Languages | None, row["languages"] or None),
        scores=scores.get(row["scores_of"] or f"{provider}:{name}", ()),
    )


def _scores() -> dict[str, tuple[Scores, ...]]:
    found: dict[str, tuple[Scores, ...]] = {}
    for row in _rows("scores.csv"):
        figures = (_float(row[name]) for name in ("classification", "clustering", "overall"))
        found[row["model"]] = (
            *found.get(row["model"], ()),
            Scores(SOURCES[row["source"]], *figures),
        )

    return found


def _rows(table: str) -> list[Row]:
    text = files("toolkit.embedding.models").joinpath(table).read_text(encoding="utf-8")

    return list(csv.DictReader(text.splitlines()))


def _lengths(cell: str) -> range | tuple[int, ...] | None:
    """``32-1024`` is any length between, ``256 512`` one of these."""
    least, dash, most = cell.partition("-")
    if dash:
        return range(int(least), int(most) + 1)

    return tuple(map(int, cell.split())) or None


def _int(cell: str) -> int | None:
    return int(cell) if cell else None


def _float(cell: str) -> float | None:
    return float(cell) if cell else None
