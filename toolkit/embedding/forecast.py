"""What embedding some texts will take, counted before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from toolkit.embedding.base import Provider, Task
from toolkit.embedding.cache import CachedProvider, task_as_sent
from toolkit.embedding.counts import dollars, rounded
from toolkit.embedding.http.batches import batches, byte_lengths, estimated_tokens
from toolkit.embedding.http.endpoint import endpoint_of
from toolkit.embedding.http.service import HTTPProvider
from toolkit.embedding.space import Space


@dataclass(frozen=True)
class Forecast:
    """
    What a run will take; embedding anything changes it.

    Attributes
    ----------
    n_rows : int
        Rows of the table.
    n_distinct : int
        Different texts in them; empty ones are never sent.
    n_cached : int
        Those whose vectors are known.
    n_requests : int
        Requests to a service, 0 for a model in this process.
    n_tokens : int
        About how many tokens are sent.
    price : float or None
        US dollars for a million tokens, None if not known.
    price_date : str or None
        When the price was looked up, None if it was given.
    """

    n_rows: int
    n_distinct: int
    n_cached: int
    n_requests: int = 0
    n_tokens: int = 0
    price: float | None = None
    price_date: str | None = None

    @property
    def cost(self) -> float | None:
        """About how many US dollars, None if the price is not known."""
        return None if self.price is None else self.n_tokens * self.price / 1_000_000

    def to_text(self) -> str:
        """
        Return the figures as lines for people.

        >>> print(Forecast(10, 9, 4, 1, 1_000, 0.02, "2026-11").to_text())
        rows             10
        different texts  9
        cached           4
        to embed         5
        requests         1
        tokens           about 1,000
        cost             about $0.000020, at $0.02 per million tokens (2026-11)
        """
        lines = {
            "rows": f"{self.n_rows:,}",
            "different texts": f"{self.n_distinct:,}",
            "cached": f"{self.n_cached:,}",
            "to embed": f"{self.n_distinct - self.n_cached:,}",
            "requests": f"{self.n_requests:,}",
            "tokens": f"about {rounded(self.n_tokens):,}" if self.n_requests else "0",
            "cost": self._cost_told(),
        }

        return "\n".join(f"{name:<17}{value}" for name, value in lines.items())

    def _cost_told(self) -> str:
        if not self.n_requests:
            return "none, nothing is sent"
        if self.price == 0:
            return "none, at a price of 0"
        if self.cost is None:
            return "unknown; tell the price as ?price=USD per million tokens in the provider's name"
        date = f" ({self.price_date})" if self.price_date else ""

        return f"about {dollars(self.cost)}, at ${self.price:g} per million tokens{date}"


class Forecaster:
    """
    Count what a table will take, chunk by chunk; only keys of the texts are kept.

    Parameters
    ----------
    provider : Provider
        As it will be used, with its cache.
    task : str
        What the vectors will be for.

    Examples
    --------
    >>> from toolkit.embedding import HashingProvider
    >>> forecaster = Forecaster(HashingProvider(8))
    >>> forecaster.add(["late parcel", "", "late parcel"])
    >>> forecaster.forecast().n_distinct
    1
    """

    def __init__(self, provider: Provider, task: Task = "none") -> None:
        self._cached = provider if isinstance(provider, CachedProvider) else None
        self._inner = _innermost(provider)
        self._space = Space(provider.fingerprint, task_as_sent(provider, task))
        self._task = task
        self._seen: set[bytes] = set()
        self._n_rows = self._n_cached = self._n_requests = self._n_tokens = 0

    def add(self, texts: Sequence[str]) -> None:
        """Count the texts of some rows."""
        self._n_rows += len(texts)
        distinct = [text for text in dict.fromkeys(texts) if text.strip()]
        fresh = [
            (text, key)
            for text, key in zip(distinct, self._space.keys(distinct), strict=True)
            if key not in self._seen
        ]
        self._seen.update(key for _, key in fresh)
        new = [text for text, _ in fresh]
        if self._cached is not None:
            known = self._cached.known(new, task=self._task)
            self._n_cached += int(known.sum())
            new = [text for text, is_known in zip(new, known, strict=True) if not is_known]
        if isinstance(self._inner, HTTPProvider):
            self._add_requests(self._inner, new)

    def forecast(self) -> Forecast:
        """Return what all that was added will take."""
        counted = Forecast(
            self._n_rows, len(self._seen), self._n_cached, self._n_requests, self._n_tokens
        )
        if not isinstance(self._inner, HTTPProvider):
            return counted
        known = self._inner.known
        date = known.price_date if known is not None and self._inner.price is None else None

        return replace(counted, price=self._inner.price_per_million, price_date=date)

    def _add_requests(self, service: HTTPProvider, texts: Sequence[str]) -> None:
        limits = endpoint_of(service).limits(service)
        n_bytes = byte_lengths(service.prompted(texts, self._task))
        n_tokens = estimated_tokens(n_bytes, limits)
        self._n_tokens += int(n_tokens.sum())
        if limits.tokens_per_text is not None and service.truncate:
            n_tokens = np.minimum(n_tokens, limits.tokens_per_text)
        self._n_requests += sum(1 for _ in batches(n_bytes, n_tokens, limits))


def _innermost(provider: Provider) -> Provider:
    """Return who embeds in the end, without caches and checks around it."""
    inner = getattr(provider, "provider", None)

    return provider if inner is None else _innermost(inner)
