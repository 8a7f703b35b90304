"""The known models as rows of plain values, and as a table."""

from typing import TYPE_CHECKING

from toolkit.embedding.models.known_model import KnownModel
from toolkit.embedding.models.reading import all_models
from toolkit.embedding.models.sources import BENCHMARKS
from toolkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | bool | list[int] | dict[str, str] | None


def known_models(benchmark: str | None = None) -> "pd.DataFrame":
    """
    Return the table of known embedding models: lengths, limits, prices, scores and their sources.

    Parameters
    ----------
    benchmark : {"english-v2", "english-v1", "multilingual"}, optional
        The version of MTEB whose scores are shown; if not given, for each model the one that says
        most. Scores of different benchmarks cannot be compared.

    Returns
    -------
    pandas.DataFrame
        One row a model; what is not known is missing.

    Examples
    --------
    >>> from toolkit.embedding.models import known_models
    >>> models = known_models()
    >>> wanted = models["provider"] == "openai:text-embedding-3-small"
    >>> models.loc[wanted, ["dimensions", "price_usd_per_million"]].values.tolist()
    [[1536.0, 0.02]]
    """
    import pandas as pd

    keys = [each.key for each in BENCHMARKS]
    if benchmark is not None and benchmark not in keys:
        raise InputError(f"benchmark must be one of {', '.join(keys)}; got {benchmark!r}")
    frame = pd.DataFrame([as_row(model, benchmark) for model in all_models()])

    return frame.astype({"max_tokens": "Int64", "memory_mb": "Int64"})


def as_row(model: KnownModel, benchmark: str | None = None) -> dict[str, Cell]:
    """
    Return what is known of a model as plain values, by column.

    >>> from toolkit.embedding.models import known_model
    >>> as_row(known_model("voyage-4", "voyage"))["allowed_dimensions"]
    [256, 512, 1024, 2048]
    """
    scores = model.scores_on(benchmark)
    source = scores.source if scores is not None else None

    return {
        "provider": model.provider_name,
        "kind": model.provider,
        "model": model.name,
        "is_local": model.is_local,
        "languages": model.languages,
        "dimensions": model.n_dimensions,
        "allowed_dimensions": _lengths(model.allowed_dimensions),
        "max_tokens": model.max_tokens,
        "memory_mb": model.memory,
        "price_usd_per_million": model.price,
        "price_date": model.price_date,
        "classification": scores.classification if scores else None,
        "clustering": scores.clustering if scores else None,
        "overall": scores.overall if scores else None,
        "benchmark": source.benchmark.key if source else None,
        "score_source": source.published if source else None,
        "score_date": source.date if source else None,
        "prompts": {str(task): text for task, text in (model.prompts or {}).items()} or None,
    }


def _lengths(allowed: range | tuple[int, ...] | None) -> str | list[int] | None:
    """A range as ``64-768``, a choice as its lengths."""
    if isinstance(allowed, range):
        return f"{allowed[0]}-{allowed[-1]}"

    return None if allowed is None else list(allowed)
