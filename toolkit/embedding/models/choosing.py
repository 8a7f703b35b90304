"""Choosing among known models: which ones, and in which order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from toolkit.embedding.models.known_model import KnownModel, Languages, Scores
from toolkit.embedding.models.sources import BENCHMARKS

Order = Literal["classification", "clustering", "overall", "price", "memory", "dimensions", "name"]

_BEFORE = {benchmark.key: place for place, benchmark in enumerate(BENCHMARKS)}


@dataclass(frozen=True)
class Wanted:
    """
    What a model must be like; what is not known of a model does not fit a wish.

    Attributes
    ----------
    place : {"local", "service"}, optional
        Run on this machine or by a service.
    provider : str, optional
        Kind of provider.
    languages : {"en", "multilingual"}, optional
        Made for English alone or for many languages.
    max_memory : float, optional
        Most MB of weights on this machine.
    max_price : float, optional
        Most US dollars for a million tokens.
    benchmark : str, optional
        Key of a benchmark that it was scored on.
    text : str, default=""
        Part of the name, in any case.
    """

    place: Literal["local", "service"] | None = None
    provider: str | None = None
    languages: Languages | None = None
    max_memory: float | None = None
    max_price: float | None = None
    benchmark: str | None = None
    text: str = ""

    def fits(self, model: KnownModel) -> bool:
        """Return whether the model is like that."""
        return all(
            (
                self.place in (None, "local" if model.is_local else "service"),
                self.provider in (None, model.provider),
                self.languages in (None, model.languages),
                _at_most(model.memory, self.max_memory),
                _at_most(model.price, self.max_price),
                self.benchmark is None or model.scores_on(self.benchmark) is not None,
                self.text.lower() in f"{model.provider}:{model.name}".lower()
                or self.text.lower() in model.provider_name.lower(),
            )
        )


def ordered(
    models: Iterable[KnownModel], by: Order, *, benchmark: str | None = None
) -> list[KnownModel]:
    """
    Return the models in order: high scores first, else what is small; the unknown last.

    Scores of different benchmarks cannot be compared: models stand together by the benchmark that
    their score is from.

    Parameters
    ----------
    models : iterable of KnownModel
    by : {"classification", "clustering", "overall", "price", "memory", "dimensions", "name"}
    benchmark : str, optional
        Key of the benchmark whose scores count; each model's first if not given.

    Returns
    -------
    list of KnownModel

    Examples
    --------
    >>> from toolkit.embedding.models import all_models, ordered
    >>> ordered(all_models(), "memory")[0].provider_name
    'static:minishlab/potion-base-2M'
    """
    if by in ("classification", "clustering", "overall"):
        return sorted(models, key=lambda model: _score_key(model.scores_on(benchmark), by))
    value = _VALUES[by]

    return sorted(models, key=lambda model: _key(value(model)))


def _score_key(scores: Scores | None, by: str) -> tuple[int, float]:
    score: float | None = getattr(scores, by, None)
    if scores is None or score is None:
        return len(_BEFORE), 0.0

    return _BEFORE[scores.source.benchmark.key], -score


def _key(value: float | str | None) -> tuple[bool, float | str]:
    return (True, 0.0) if value is None else (False, value)


_VALUES: dict[str, Callable[[KnownModel], float | str | None]] = {
    "price": lambda model: model.price,
    "memory": lambda model: model.memory,
    "dimensions": lambda model: model.n_dimensions,
    "name": lambda model: model.provider_name.lower(),
}


def _at_most(value: float | None, most: float | None) -> bool:
    return most is None or (value is not None and value <= most)
