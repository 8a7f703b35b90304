"""Known models as lines on a terminal, with where their figures come from below."""

import math
import shutil
from collections.abc import Sequence
from itertools import groupby

from toolkit.embedding.models import (
    BENCHMARKS,
    PRICE_DATE,
    PRICE_SOURCE,
    KnownModel,
    Order,
    Source,
)
from toolkit.plain_text import columns, wrapped

UNKNOWN = "–"
GAP = "  "
NARROWEST, WIDEST = 60, 120

SCORES = ("classification", "clustering", "overall")
TITLES = {"classification": "class.", "clustering": "clust.", "mark": ""}
TO_THE_LEFT = ("provider", "lang", "lengths", "mark")
LEFT_OUT_FIRST = ("lengths", "lang", "tokens", "memory", "USD/M", "dims")

ABOUT_KINDS = {
    "ollama": "ollama: the scores are those of the original weights.",
    "azure": "azure: write the name of your own deployment.",
}

Cells = dict[str, str]


def models_text(
    models: Sequence[KnownModel],
    by: Order | None = None,
    *,
    benchmark: str | None = None,
    width: int | None = None,
) -> str:
    """
    Return the table of these models and the notes that it needs.

    Parameters
    ----------
    models : sequence of KnownModel
        At least one, in the order in which they are to be shown.
    by : str, optional
        What they are ordered by; where that is a score, those of one benchmark stand together.
    benchmark : str, optional
        Key of the benchmark to show; each model's first if not given.
    width : int, optional
        Columns to fit in; those of the terminal if not given.

    Returns
    -------
    str

    Examples
    --------
    >>> from toolkit.embedding.models import known_model
    >>> print(models_text([known_model("all-MiniLM-L6-v2")], width=90).splitlines()[0])
    provider                lang  dims  tokens  memory  USD/M  class.  clust.  overall
    """
    if width is None:
        width = min(max(shutil.get_terminal_size((100, 24)).columns, NARROWEST), WIDEST)
    sources = _sources(models, benchmark)
    rows = [_cells(model, benchmark, sources) for model in models]
    head = {name: TITLES.get(name, name) for name in rows[0]}
    widths = _widths([head, *rows], width)
    lines = [_line(row, widths) for row in rows]
    if by in SCORES:
        lines = _in_blocks(models, lines, by, benchmark)
    notes = [wrapped(each, width) for each in _notes(models, sources, benchmark)]

    return "\n".join([_line(head, widths), *lines, "", *notes])


def _cells(model: KnownModel, benchmark: str | None, sources: Sequence[Source]) -> Cells:
    scores = model.scores_on(benchmark)

    return {
        "provider": model.provider_name,
        "lang": {"en": "en", "multilingual": "many", None: UNKNOWN}[model.languages],
        "dims": str(model.n_dimensions),
        "lengths": _lengths(model.allowed_dimensions),
        "tokens": _tokens(model),
        "memory": _megabytes(model.memory),
        "USD/M": _price(model.price),
        **{name: _score(getattr(scores, name, None)) for name in SCORES},
        "mark": _superscript(sources.index(scores.source) + 1) if scores else "",
    }


def _widths(rows: Sequence[Cells], width: int) -> dict[str, int]:
    """Return the columns to show and how wide; what is empty or does not fit is left out."""
    _, *cells = rows
    widths = {
        name: max(columns(row[name]) for row in rows)
        for name in rows[0]
        if any(row[name] for row in cells)
    }
    for name in LEFT_OUT_FIRST:
        if sum(widths.values()) + len(GAP) * (len(widths) - 1) <= width:
            break
        widths.pop(name, None)

    return widths


def _line(row: Cells, widths: dict[str, int]) -> str:
    return GAP.join(_aligned(row[name], name, wide) for name, wide in widths.items()).rstrip()


def _aligned(cell: str, name: str, width: int) -> str:
    space = " " * (width - columns(cell))

    return cell + space if name in TO_THE_LEFT else space + cell


def _in_blocks(
    models: Sequence[KnownModel], lines: Sequence[str], by: str, benchmark: str | None
) -> list[str]:
    """Put the name of its benchmark above each block of scores that can be compared."""
    blocks = groupby(
        zip(models, lines, strict=True), key=lambda pair: _benchmark(pair[0], by, benchmark)
    )

    return [line for title, pairs in blocks for line in ("", title, *(line for _, line in pairs))]


def _benchmark(model: KnownModel, by: str, benchmark: str | None) -> str:
    scores = model.scores_on(benchmark)
    if scores is None or getattr(scores, by) is None:
        return f"{by}: not known"

    return f"{by}: {scores.source.benchmark.title}"


def _sources(models: Sequence[KnownModel], benchmark: str | None) -> list[Source]:
    found = {scores.source for model in models if (scores := model.scores_on(benchmark))}
    place = {each.key: number for number, each in enumerate(BENCHMARKS)}

    return sorted(found, key=lambda each: (place[each.benchmark.key], each.published, each.date))


def _notes(
    models: Sequence[KnownModel], sources: Sequence[Source], benchmark: str | None
) -> list[str]:
    notes = [
        f"{_superscript(number)} {each.benchmark.title}: {each.published}, {each.date}"
        for number, each in enumerate(sources, 1)
    ]
    if len({each.benchmark for each in sources}) > 1:
        notes.append(
            "Scores of different benchmarks cannot be compared; --benchmark KEY shows one alone."
        )
    if any(model.price for model in models):
        notes.append(f"USD/M is for a million tokens: {PRICE_SOURCE}, {PRICE_DATE}; prices change.")
    kinds = {model.provider for model in models}
    notes += [text for kind, text in ABOUT_KINDS.items() if kind in kinds]

    return [*notes, *filter(None, (_other_lengths(models), _missing(models, benchmark)))]


def _other_lengths(models: Sequence[KnownModel]) -> str:
    """Show by an example how to ask for shorter vectors."""
    for model in models:
        half = model.n_dimensions / 2
        fitting = [each for each in model.allowed_dimensions or () if each >= half]
        if fitting:
            example = f"--provider {model.provider_name}@{fitting[0]}"
            return f"Other lengths, where the model allows them: {example}."

    return ""


def _missing(models: Sequence[KnownModel], benchmark: str | None) -> str:
    """Say of how many models something is not known."""
    n_prices = sum(model.price is None for model in models)
    n_scores = sum(model.scores_on(benchmark) is None for model in models)
    parts = [f"the scores of {n_scores}"] if n_scores else []
    parts += [f"the price of {n_prices}"] if n_prices else []

    return f"Not known ({UNKNOWN}): {' and '.join(parts)} of {len(models)} models." if parts else ""


def _lengths(allowed: range | tuple[int, ...] | None) -> str:
    if allowed is None:
        return ""
    dash = "–" if isinstance(allowed, range) else "…"

    return f"{allowed[0]}{dash}{allowed[-1]}"


def _tokens(model: KnownModel) -> str:
    if model.max_tokens is not None:
        return f"{model.max_tokens:,}"

    return "any" if model.is_local else UNKNOWN


def _megabytes(memory: int | None) -> str:
    if memory is None:
        return ""

    return f"{memory} MB" if memory < 1000 else f"{memory / 1000:.1f} GB"


def _price(price: float | None) -> str:
    if not price:
        return UNKNOWN if price is None else "0"

    return f"{price:.3f}".removesuffix("0")


def _score(value: float | None) -> str:
    """One place, and the half goes up: 46.65 is 46.7, whatever its binary form."""
    return UNKNOWN if value is None else f"{math.floor(10 * value + 0.5 + 1e-9) / 10:.1f}"


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
