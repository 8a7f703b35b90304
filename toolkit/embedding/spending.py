"""A limit on what a run may cost, kept while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Self

from toolkit.embedding.counts import dollars
from toolkit.errors import InputError, QuotaExceeded


@dataclass
class Budget:
    """
    US dollars that may be spent, that are spent, and that requests in flight will cost.

    >>> budget = Budget(1.0)
    >>> budget.reserve(0.4, "openai:text-embedding-3-small")
    >>> budget.settle(0.4, 0.3)
    >>> budget.spent
    0.3
    """

    limit: float
    spent: float = 0.0
    reserved: float = 0.0
    outer: Self | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def reserve(self, cost: float | None, who: str) -> None:
        """Set the cost of the next request aside, or raise QuotaExceeded if it is too much."""
        if cost is None:
            raise QuotaExceeded(
                f"the price of {who} is not known, so its cost cannot be limited: say it in the "
                "provider's name, as ?price=0.02 (USD per million tokens)"
            )
        with self._lock:
            if self.spent + self.reserved + cost > self.limit:
                raise QuotaExceeded(
                    f"the next request may cost {dollars(cost)} and pass the limit of "
                    f"{dollars(self.limit)} ({dollars(self.spent + self.reserved)} spent): what "
                    "was embedded is kept, and the same again with a higher limit goes on from "
                    "there"
                )
            if self.outer is not None:
                self.outer.reserve(cost, who)
            self.reserved += cost

    def settle(self, reserved: float, cost: float) -> None:
        """Replace what was set aside for a request by what it did cost."""
        with self._lock:
            self.reserved -= reserved
            self.spent += cost
        if self.outer is not None:
            self.outer.settle(reserved, cost)


_budget: ContextVar[Budget | None] = ContextVar("toolkit_budget", default=None)


@contextmanager
def spending_at_most(usd: float) -> Iterator[Budget]:
    """
    Let embedding services cost at most this much inside the block, by their known prices.

    It holds in this process: give ``n_jobs=1`` to what would start others.
    Before a request would pass the limit, the run stops with QuotaExceeded. Of blocks inside one
    another, every limit holds.

    >>> with spending_at_most(0.5) as budget:
    ...     budget.spent
    0.0
    """
    if not usd >= 0:
        raise InputError(f"a limit on costs must be >= 0 US dollars, got {usd!r}")
    budget = Budget(usd, outer=_budget.get())
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


def current_budget() -> Budget | None:
    """Return the limit that is in force, None if there is none."""
    return _budget.get()
