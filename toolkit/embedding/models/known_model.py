"""What is known of one embedding model: lengths, limits, price, prompts and scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from toolkit.embedding.base import Task
from toolkit.errors import InputError

Prompts = Mapping[Task, str]
Languages = Literal["en", "multilingual"]

ON_THIS_MACHINE = ("local", "static", "ollama")


@dataclass(frozen=True)
class Benchmark:
    """
    A collection of tests; scores on two collections cannot be compared.

    Attributes
    ----------
    key : str
        What it is called here.
    title : str
        What it is called by those who made it.
    """

    key: str
    title: str


@dataclass(frozen=True)
class Source:
    """
    Who published scores, and when.

    Attributes
    ----------
    benchmark : Benchmark
    published : str
    date : str
        Year, or year and month.
    """

    benchmark: Benchmark
    published: str
    date: str


@dataclass(frozen=True)
class Scores:
    """
    How good a model is by a benchmark, in (0, 100], None where nothing is published.

    Attributes
    ----------
    source : Source
    classification, clustering : float or None
        Mean accuracy of a linear classifier, and mean V-measure of k-means, on its vectors.
    overall : float or None
        Mean over all its tests, those of search and similarity too.
    """

    source: Source
    classification: float | None = None
    clustering: float | None = None
    overall: float | None = None


@dataclass(frozen=True)
class KnownModel:
    """
    Facts about a model from its maker, and prices and scores with their sources.

    Attributes
    ----------
    provider : str
        The kind of provider that runs it: "local", "static", "openai", ...
    name : str
        What that provider calls it.
    n_dimensions : int
        Length of its vectors where none is asked for.
    max_tokens : int or None
        Tokens that it reads of a text; the rest is cut off or refused. None if there is no limit.
    allowed_dimensions : range, tuple of int or None
        Lengths that can be asked for, as it was trained for them (Matryoshka representation
        learning, Kusupati et al. 2022); None if there is no choice.
    prompts : mapping of task to str, or None
        What is put before a text; tasks that are not named get nothing.
    memory : int or None
        Size of the weights on this machine, in MB (10**6 bytes): 4 bytes a parameter, for
        Ollama's as they are kept.
    price : float or None
        US dollars for a million tokens, 0 on this machine, None if not known.
    price_date : str or None
        When the price was looked up.
    languages : {"en", "multilingual"} or None
        What it was made for, None if not known.
    scores : tuple of Scores
        One for each benchmark; the first is the one to show.
    """

    provider: str
    name: str
    n_dimensions: int
    max_tokens: int | None = None
    allowed_dimensions: range | tuple[int, ...] | None = None
    prompts: Prompts | None = None
    memory: int | None = None
    price: float | None = None
    price_date: str | None = None
    languages: Languages | None = None
    scores: tuple[Scores, ...] = ()

    @property
    def provider_name(self) -> str:
        """What to write after ``--provider``, as ``local:all-MiniLM-L6-v2``."""
        return f"{self.provider}:{self.name.removeprefix('sentence-transformers/')}"

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine."""
        return self.provider in ON_THIS_MACHINE

    def scores_on(self, benchmark: str | None) -> Scores | None:
        """Return its scores on a benchmark, by key; with None those that are to be shown."""
        for scores in self.scores:
            if benchmark in (None, scores.source.benchmark.key):
                return scores

        return None

    def check_dimensions(self, dimensions: int) -> None:
        """Raise InputError unless its vectors can have this length."""
        allowed = self.allowed_dimensions
        if allowed is None:
            raise cannot_cut(self.name, dimensions)
        if not isinstance(dimensions, int) or dimensions not in allowed:
            raise InputError(
                f"dimensions for {self.name} must be {_told(allowed)}, got {dimensions!r}"
            )


def cannot_cut(model: str, dimensions: int) -> InputError:
    """
    Return the error for a length that nothing is known to allow.

    >>> str(cannot_cut("my-model", 64))
    'dimensions=64: my-model is not known to have been trained for shorter vectors; leave it out'
    """
    return InputError(
        f"dimensions={dimensions!r}: {model} is not known to have been trained for shorter "
        "vectors; leave it out"
    )


def _told(allowed: range | tuple[int, ...]) -> str:
    if isinstance(allowed, range):
        return f"from {allowed[0]} to {allowed[-1]}"

    return f"one of {', '.join(map(str, allowed))}"
