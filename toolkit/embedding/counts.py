"""What happened to the texts of one run: how many were embedded, cached, cut short, empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields

from toolkit.embedding.parts import Failure


@dataclass
class Counts:
    """
    Counts of texts since ``counting()`` was entered.

    Attributes
    ----------
    texts : int
        Texts that were asked for.
    distinct : int
        Different texts among them, empty ones left out.
    cached : int
        Distinct texts whose vectors came from the cache.
    embedded : int
        Distinct texts that went through a model.
    truncated : int
        Embedded texts longer than the model reads; only their beginning counts.
    longest : int
        Tokens of the longest such text.
    limit : int
        Tokens that the model reads.
    empty : int
        Texts that were None, NaN, empty or white space.
    converted : int
        Values that were not texts (numbers, dates) and were embedded as they print.
    repaired : int
        Texts with lone surrogates, which were replaced by U+FFFD.
    failed : int
        Texts that the provider could not embed; their vectors are NaN.
    failures : list of Failure
        Row and reason of each of them.
    requests : int
        Requests that were sent to an embedding service, repeated ones included.
    tokens : int
        Tokens in them, as the service counts.
    estimated_tokens : int
        Those of `tokens` that are our estimate, as the service does not count or not tokens.
    unpriced_tokens : int
        Those of `tokens` whose price is not known.
    cost : float
        US dollars for the others, by the prices of the table of models.
    """

    texts: int = 0
    distinct: int = 0
    cached: int = 0
    embedded: int = 0
    truncated: int = 0
    longest: int = 0
    limit: int = 0
    empty: int = 0
    converted: int = 0
    repaired: int = 0
    failed: int = 0
    failures: list[Failure] = field(default_factory=list)
    requests: int = 0
    tokens: int = 0
    estimated_tokens: int = 0
    unpriced_tokens: int = 0
    cost: float = 0.0

    def add(self, other: "Counts") -> None:
        """Add the other counts to these; the longest text and the limit are the larger one."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            keep_larger = each.name in ("longest", "limit")
            setattr(self, each.name, max(mine, theirs) if keep_larger else mine + theirs)

    def usage(self) -> str | None:
        """
        Return what an embedding service was asked for and what it costs, None if none was asked.

        >>> Counts(requests=2, tokens=1200, cost=0.000024).usage()
        '2 requests, 1,200 tokens, $0.000024'
        """
        if not self.requests:
            return None
        about = "about " if self.estimated_tokens else ""
        n_tokens = rounded(self.tokens) if self.estimated_tokens else self.tokens
        requests = "1 request" if self.requests == 1 else f"{self.requests:,} requests"
        parts = [requests, f"{about}{n_tokens:,} tokens"]
        if self.cost:
            parts.append(about + dollars(self.cost))
        if self.unpriced_tokens:
            parts.append("price not known")

        return ", ".join(parts)

    def notes(self) -> list[str]:
        """
        Return a sentence for everything a user should know.

        >>> Counts(texts=3, empty=1).notes()
        ['1 of 3 texts is empty: it gets a zero vector, similar to nothing']
        """
        of = f"of {self.texts:,} texts"
        notes = []
        if self.empty:
            verb, gets = ("is", "it gets a") if self.empty == 1 else ("are", "they get a")
            notes.append(
                f"{self.empty:,} {of} {verb} empty: {gets} zero vector, similar to nothing"
            )
        if self.truncated:
            what = f"the {self.limit:,} tokens" if self.limit else "the tokens"
            verb, whose = ("exceeds", "its") if self.truncated == 1 else ("exceed", "their")
            notes.append(
                f"{self.truncated:,} {of} {verb} {what} that the model reads (longest "
                f"{self.longest:,}): only {whose} beginning counts"
            )
        if self.converted:
            notes.append(f"{self.converted:,} {of} are not strings: embedded as they print")
        if self.repaired:
            notes.append(f"{self.repaired:,} {of} hold broken Unicode: replaced by U+FFFD")
        if self.failed:
            notes.append(f"{self.failed:,} {of} could not be embedded: no vector")

        return notes


def rounded(estimate: int) -> int:
    """
    Return two significant digits: an estimate has no more.

    >>> rounded(45_378)
    45000
    """
    return int(float(f"{estimate:.2g}"))


def dollars(amount: float) -> str:
    """
    Return an amount as people write it, with as many places as a small one needs.

    >>> dollars(0.000024), dollars(1.5), dollars(0)
    ('$0.000024', '$1.50', '$0.00')
    """
    return f"${amount:,.2f}" if amount >= 0.1 or not amount else f"${amount:.6f}"


_listener: ContextVar[Counts | None] = ContextVar("toolkit_counts", default=None)


@contextmanager
def counting() -> Iterator[Counts]:
    """
    Count what happens to texts inside the block; blocks may be nested.

    >>> with counting() as counts:
    ...     count(Counts(texts=2, embedded=2))
    >>> counts.embedded
    2
    """
    outer, counts = _listener.get(), Counts()
    token = _listener.set(counts)
    try:
        yield counts
    finally:
        _listener.reset(token)
        if outer is not None:
            outer.add(counts)


def count(counts: Counts) -> None:
    """Add to the innermost ``counting()`` block, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener.add(counts)


def is_counting() -> bool:
    """Return whether somebody will read the counts."""
    return _listener.get() is not None
