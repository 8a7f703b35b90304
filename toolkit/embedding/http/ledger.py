"""What a run costs, and which model answers it: told at the end, limited on the way."""

from typing import TYPE_CHECKING

from toolkit.embedding.counts import Counts, count
from toolkit.embedding.http.faults import shown
from toolkit.embedding.spending import current_budget
from toolkit.errors import warn_user

if TYPE_CHECKING:
    from toolkit.embedding.http.service import HTTPProvider

PER_MILLION = 1_000_000
LONG_WAIT = 10.0
"""Seconds."""


class Ledger:
    """Tokens and dollars of one run's requests, by the caller's numbers."""

    def __init__(self, provider: "HTTPProvider") -> None:
        self._provider = provider
        self._price = provider.price_per_million
        self._budget = current_budget()
        self._reserved: dict[int, float] = {}
        self._model: str | None = None
        self._has_changed = self._has_told_wait = False

    def reserve(self, number: int, n_tokens: int) -> None:
        """Set the cost of a request aside before it is sent; raise if it may not be spent."""
        if self._budget is not None:
            cost = None if self._price is None else n_tokens * self._price / PER_MILLION
            self._budget.reserve(cost, self._provider.name)
            self._reserved[number] = cost or 0.0

    def paid(self, number: int, usage: tuple[int, bool]) -> None:
        """Count a request that was answered."""
        n_tokens, is_told = usage
        cost = n_tokens * (self._price or 0.0) / PER_MILLION
        if self._budget is not None:
            self._budget.settle(self._reserved.pop(number, 0.0), cost)
        count(
            Counts(
                requests=1,
                tokens=n_tokens,
                estimated_tokens=0 if is_told else n_tokens,
                unpriced_tokens=n_tokens if self._price is None else 0,
                cost=cost,
            )
        )

    def failed(self, number: int, *, may_cost: bool) -> None:
        """Count a request without vectors; if `may_cost`, as when it was too late, it is paid."""
        count(Counts(requests=1))
        if self._budget is not None:
            reserved = self._reserved.pop(number, 0.0)
            self._budget.settle(reserved, reserved if may_cost else 0.0)

    def seen_model(self, model: str | None, told: set[str]) -> None:
        """Warn, once for each in `told`, if another model answers than was asked or than before."""
        asked = self._provider.model
        model = shown(model, self._provider.keys) if model else None
        if model and model not in told and self._provider.echoes_model and not _alike(asked, model):
            told.add(model)
            warn_user(
                f"{self._provider.name}: asked for the model {asked!r}, and {model!r} answers: if "
                "that is not the same, name the one that the service has"
            )
        is_other = None not in (model, self._model) and model != self._model
        if is_other and not self._has_changed:
            self._has_changed = True
            warn_user(
                f"{self._provider.name}: the model that answers changed from {self._model!r} to "
                f"{model!r} within a run: vectors of both may not be comparable"
            )
        self._model = model or self._model

    def told_to_wait(self, seconds: float, why: str) -> None:
        """Warn, once a run, of a wait that a person would take for a hang."""
        if seconds >= LONG_WAIT and not self._has_told_wait:
            self._has_told_wait = True
            warn_user(
                f"{self._provider.name}: waiting {seconds:.0f} s, as the service said {why!r}"
            )

    def close(self) -> None:
        """Give back what was set aside for requests that never ended."""
        for number in list(self._reserved):
            if self._budget is not None:
                self._budget.settle(self._reserved.pop(number), 0.0)


def _alike(asked: str, answers: str) -> bool:
    """Services add owners, versions and paths to a name, or leave them out."""
    a, b = asked.lower(), answers.lower()

    return a in b or b in a
