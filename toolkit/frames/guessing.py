"""Guesses which column holds the texts and which the labels, and says why."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit.errors import TableError

SAMPLE_ROWS = 5_000
NEAR_TIE = 0.5
"""A column with this share of the best one's score may win by its name."""

TEXT_NAMES = (
    *("text", "texts", "message", "body", "review", "comment", "content", "description"),
    *("question", "utterance", "sentence", "query", "title", "subject", "headline"),
    *("feedback", "answer", "tweet", "post", "sms", "note"),
)
LABEL_NAMES = (
    *("label", "labels", "category", "class", "intent", "tag", "target"),
    *("topic", "sentiment", "classification"),
)
SPLIT_VALUES = frozenset(
    {"train", "training", "test", "testing", "dev", "val", "valid", "validation", "eval"}
)

NUMBER = re.compile(r"\s*[-+]?[\d.,]*\d\s*%?\s*")
DATE = re.compile(r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ].*)?")
IDENTIFIER = re.compile(r"\s*(https?://\S+|\S+@\S+\.\w+|(?=\S*\d)[\w.:#/-]+)\s*")


@dataclass(frozen=True)
class Guess:
    """The column that was taken, and a few words on why."""

    column: str
    reason: str


@dataclass(frozen=True)
class _Profile:
    """What the filled cells of a text column are like."""

    name: str
    n_filled: int
    n_distinct: int
    mean_length: float
    looks_like: str
    is_split: bool

    @property
    def distinct(self) -> float:
        """Share of distinct values."""
        return self.n_distinct / self.n_filled

    @property
    def score(self) -> float:
        """Large for columns of long texts that seldom repeat."""
        return self.mean_length * math.sqrt(self.distinct)


def guess_text_column(frame: pd.DataFrame) -> Guess:
    """
    Guess which column holds the texts: long cells that seldom repeat; names decide near ties.

    Returns
    -------
    Guess
        ``column`` and ``reason``.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": ["t1", "t2"], "body": ["where is my parcel", "refund please"]})
    >>> guess_text_column(frame)
    Guess(column='body', reason='mean 16 characters, 100 % distinct')
    """
    profiles = [profile for profile in _profiles(frame) if profile.looks_like == "words"]
    if not profiles:
        raise TableError(f"no column looks like texts: name one of {_names(frame)}")

    best = max(profile.score for profile in profiles)
    near = [profile for profile in profiles if profile.score >= NEAR_TIE * best]
    named = [profile for profile in near if _is_named(profile.name, TEXT_NAMES)] or near
    # Of two columns that are as good, such as text_a and text_b, the first is the expected one.
    found = next(p for p in named if p.score >= 0.9 * max(p.score for p in named))

    return Guess(
        found.name,
        f"mean {found.mean_length:.0f} characters, {100 * found.distinct:.0f} % distinct",
    )


def guess_label_column(frame: pd.DataFrame, text_columns: str | Sequence[str]) -> Guess:
    """
    Guess which column holds the labels: by its name, else by few values that repeat.

    Parameters
    ----------
    frame
        The table.
    text_columns
        The column or columns that hold the texts, and hence no labels.

    Returns
    -------
    Guess
        ``column`` and ``reason``.

    Examples
    --------
    >>> frame = pd.DataFrame({"text": ["a b", "c d", "e f", "g h"], "kind": ["x", "y", "x", "y"]})
    >>> guess_label_column(frame, "text")
    Guess(column='kind', reason='2 different values in 4 rows')
    """
    texts = [text_columns] if isinstance(text_columns, str) else list(text_columns)
    others = frame.drop(columns=texts, errors="ignore")
    counts = {name: _n_values(others[name]) for name in _by_label_name(list(others.columns))}
    named = next((name for name, n_values in counts.items() if n_values > 1), None)
    if named is not None:
        return Guess(named, f"its name, {counts[named]:,} different values in {len(frame):,} rows")

    profiles = [profile for profile in _profiles(others) if _may_be_label(profile)]
    if not profiles:
        raise TableError(f"no column looks like labels: name one of {_names(frame)}")
    found = max(profiles, key=lambda profile: (profile.distinct <= 0.2, profile.n_distinct))
    n_values = _n_values(others[found.name])

    return Guess(found.name, f"{n_values:,} different values in {len(frame):,} rows")


def _profiles(frame: pd.DataFrame) -> list[_Profile]:
    """Describe the columns that hold strings, from at most 5,000 rows spread over the table."""
    step = max(1, len(frame) // SAMPLE_ROWS)
    sample = frame.iloc[::step]
    profiles = (_profile(str(name), sample[name]) for name in frame.columns)

    return [profile for profile in profiles if profile is not None]


def _profile(name: str, column: pd.Series) -> _Profile | None:
    values = column.dropna().tolist()
    if not all(isinstance(value, str) for value in values):
        return None
    filled = [value for value in values if value.strip()]
    if not filled:
        return None

    distinct = set(filled)
    return _Profile(
        name=name,
        n_filled=len(filled),
        n_distinct=len(distinct),
        mean_length=sum(map(len, filled)) / len(filled),
        looks_like=_looks_like(filled),
        is_split={value.strip().lower() for value in distinct} <= SPLIT_VALUES,
    )


def _looks_like(values: Sequence[str]) -> str:
    for kind, pattern in (("numbers", NUMBER), ("dates", DATE), ("identifiers", IDENTIFIER)):
        if sum(pattern.fullmatch(value) is not None for value in values) > 0.8 * len(values):
            return kind

    return "words"


def _may_be_label(profile: _Profile) -> bool:
    most_distinct = {"words": 0.5, "identifiers": 0.2}.get(profile.looks_like, 0.0)
    repeats = profile.n_distinct >= 2 and profile.distinct <= most_distinct

    return repeats and not profile.is_split


def _n_values(column: pd.Series) -> int:
    """Count the different values; cells may hold lists of labels, and empty ones do not count."""
    return len({str(value) for value in column.dropna()} - {""})


def _by_label_name(names: Sequence[str]) -> list[str]:
    """Return the columns named like labels; exact names before names such as "true_label"."""
    wanted = list(LABEL_NAMES)
    exact = [name for name in names if str(name).lower() in wanted]
    exact.sort(key=lambda name: wanted.index(str(name).lower()))
    partly = [name for name in names if name not in exact and _is_named(str(name), LABEL_NAMES)]

    return exact + partly


def _is_named(name: str, wanted: Sequence[str]) -> bool:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)

    return any(word.lower() in wanted for word in words)


def _names(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns))
