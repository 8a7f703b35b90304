"""Known embedding models: what they are, by name, and as a table to choose from."""

from toolkit.embedding.models.choosing import Order, Wanted, ordered
from toolkit.embedding.models.frame import as_row, known_models
from toolkit.embedding.models.known_model import (
    Benchmark,
    KnownModel,
    Prompts,
    Scores,
    Source,
    cannot_cut,
)
from toolkit.embedding.models.lookup import known_model
from toolkit.embedding.models.reading import all_models
from toolkit.embedding.models.sources import BENCHMARKS, PRICE_DATE, PRICE_SOURCE

__all__ = [
    "BENCHMARKS",
    "PRICE_DATE",
    "PRICE_SOURCE",
    "Benchmark",
    "KnownModel",
    "Order",
    "Prompts",
    "Scores",
    "Source",
    "Wanted",
    "all_models",
    "as_row",
    "cannot_cut",
    "known_model",
    "known_models",
    "ordered",
]
