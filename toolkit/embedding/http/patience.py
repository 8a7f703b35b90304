"""When to stop a run: too many failures in a row, or too many texts that are refused."""

import time
from typing import TYPE_CHECKING

from toolkit.embedding.http.endpoint import Endpoint
from toolkit.embedding.http.waits import RetryPolicy
from toolkit.embedding.http.wire import Fault, FaultKind
from toolkit.errors import ProviderError, ProviderUnavailable

if TYPE_CHECKING:
    from toolkit.embedding.http.service import HTTPProvider

TRIED_TEXTS = 3
"""Texts that are refused one after the other, and none embedded: then it is not the texts."""

REFUSED_TEXTS, REFUSED_SHARE = 20, 0.05


class Patience:
    """What one run has put up with so far."""

    def __init__(
        self, provider: "HTTPProvider", endpoint: Endpoint, policy: RetryPolicy, n_texts: int
    ) -> None:
        self._who = f"{provider.kind} ({endpoint.host})"
        self._policy, self._n_texts = policy, n_texts
        self._n_embedded = self._n_refused = 0
        self._faulted_at = 0.0
        self.straight = 0

    def embedded(self, n_texts: int) -> None:
        """A request was answered well."""
        self.straight = 0
        self._n_embedded += n_texts

    @property
    def is_answered_else(self) -> bool:
        """Whether other texts were embedded, and still are: then it is these that fail."""
        return self._n_embedded > 0 and self.straight < self._policy.tries

    def failed(self, sent_at: float, fault: Fault) -> None:
        """Raise if the run is at its end by this failure of a request."""
        if fault.kind is FaultKind.FATAL and not (fault.may_be_texts and self._n_embedded):
            raise self.error(fault)
        if fault.wait is not None and fault.wait > self._policy.longest_asked:
            raise ProviderUnavailable(
                f"{self._who} asks to wait {fault.wait:,.0f} s ({fault.message}): run the same "
                "again then, what was embedded is kept"
            )
        # Those that were in flight together count once.
        if fault.kind in (FaultKind.BUSY, FaultKind.TRANSIENT) and sent_at >= self._faulted_at:
            self.straight += 1
            self._faulted_at = time.monotonic()
        if self.straight >= self._policy.straight:
            raise self.error(fault)

    def refused(self, reason: str) -> None:
        """Raise if by this refused text there are so many that it is hardly the texts' fault."""
        self._n_refused += 1
        is_none_embedded = not self._n_embedded and self._n_refused >= TRIED_TEXTS
        if is_none_embedded and self._n_texts > TRIED_TEXTS:
            raise ProviderError(
                f"{self._who} refuses every text ({reason}): check the model and its settings"
            )
        if self._n_refused > max(REFUSED_TEXTS, REFUSED_SHARE * self._n_texts):
            raise ProviderError(
                f"{self._who} refused {self._n_refused:,} texts, the last one with {reason!r}: "
                "that is hardly the texts' fault; what was embedded is kept"
            )

    def error(self, fault: Fault) -> ProviderError:
        """Return what ends the run."""
        if self._n_embedded:
            more = f"; {self._n_embedded:,} texts were embedded, the same again goes on from there"
        elif fault.error is ProviderUnavailable:
            more = ": is the address right, and is the service running?"
        else:
            more = ""

        return fault.error(f"{self._who}: {fault.message}{more}")
