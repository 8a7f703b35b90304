"""The texts of a run as they are sent: batched, measured, and shortened where they are too long."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from toolkit.embedding.base import Task
from toolkit.embedding.counts import Counts, count
from toolkit.embedding.http.batches import MARGIN, batches, byte_lengths, estimated_tokens
from toolkit.embedding.http.endpoint import Endpoint
from toolkit.embedding.http.wire import Fault, FaultKind
from toolkit.errors import InputError
from toolkit.kernels.arrays import Indices

if TYPE_CHECKING:
    from toolkit.embedding.http.service import HTTPProvider

USUAL_BYTES_PER_TOKEN = 3.0
CREDIBLE = (0.2, 5.0)
"""Tokens that a service counts, in parts of our estimate; outside it counts something else."""

LEAST_BYTES = 1000
"""Of a request that tells how many tokens there are in a byte: marks around a text count too."""

CHARACTERS_PER_TOKEN = 4.0
SHORTENED = 0.95
"""Of the length that a service's own figures allow."""

MOST_BYTES_PER_TOKEN = 6.0
"""A text with more bytes than this a token of the limit was cut, whatever its language."""


def check_texts(texts: Sequence[str]) -> None:
    """
    Raise InputError unless these are texts in a sequence.

    >>> check_texts(["late parcel"])
    """
    if isinstance(texts, str):
        raise InputError("expected a list of texts, got one str: put it into a list")
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(
                f"expected texts, got {type(text).__name__} in row {row}: TextEmbedder takes such"
            )


class Plan:
    """What is sent for each row, and how large it is."""

    def __init__(
        self, provider: "HTTPProvider", endpoint: Endpoint, texts: Sequence[str], task: Task
    ) -> None:
        self._provider, self._endpoint = provider, endpoint
        self._prompt = provider.prompt(task)
        self._texts = texts
        self._shortened: dict[int, str] = {}
        self._limits = endpoint.limits(provider)
        self._n_bytes = byte_lengths(texts) + len(self._prompt.encode())

    def texts(self, rows: Indices) -> list[str]:
        """Return the texts of these rows as they are sent."""
        return [self._shortened.get(row) or self._texts[row] for row in rows.tolist()]

    def batches(self, rows: Indices) -> Iterator[Indices]:
        """Yield the rows of one request each."""
        limits = self._limits = self._endpoint.limits(self._provider)
        for places in batches(self._n_bytes[rows], self._batched_tokens(rows), limits):
            yield rows[places]

    def n_tokens(self, rows: Indices) -> int:
        """Return about how many tokens these rows have: what is too long may be paid whole."""
        return int(self._whole_tokens(rows).sum())

    def usage(self, rows: Indices, told: int | None) -> tuple[int, bool]:
        """Return the tokens of a request, and whether the service counted them credibly."""
        n_bytes = int(self._n_bytes[rows].sum())
        n_characters = sum(len(self._prompt) + len(text) for text in self.texts(rows))
        estimate = self.n_tokens(rows)
        if told is None or not self._is_credible(told, n_bytes, n_characters, len(rows)):
            return estimate, False
        if n_bytes >= LEAST_BYTES:
            self._endpoint.learn_tokens(told, n_bytes)

        return told, True

    def learn(self, fault: Fault, rows: Indices) -> bool:
        """
        Take over the limit that an error named, or half of what was sent if it named none.

        Return False if what was sent is within the limit: then the error means something else.
        """
        if fault.kind is FaultKind.TOO_MANY_TEXTS:
            is_news = fault.cap is None or fault.cap < len(rows)
            if is_news:
                self._endpoint.learn("texts", fault.cap or len(rows) // 2)
            return is_news
        if fault.cap is None:
            self._endpoint.learn("tokens", self.n_tokens(rows) // 2)
            return True
        if fault.given and fault.given > fault.cap:
            self._endpoint.learn_tokens(fault.given, int(self._n_bytes[rows].sum()))
        self._endpoint.learn("tokens", fault.cap)

        return int(self._batched_tokens(rows).sum()) > MARGIN * fault.cap

    def split(self, rows: Indices, fault: Fault) -> list[Indices]:
        """
        Return the rows in halves, or those that may be too long each apart from the others.

        What is too long for certain is cut at once: the rows then stay together.
        """
        if fault.kind is FaultKind.TOO_LONG and fault.cap is not None:
            certain = rows[self._n_bytes[rows] > MOST_BYTES_PER_TOKEN * fault.cap].tolist()
            which = replace(fault, given=None)  # whose tokens these are is not known
            if [row for row in certain if self.shorten(row, which)]:
                return [rows]
            is_long = self._n_bytes[rows] > USUAL_BYTES_PER_TOKEN * fault.cap
            if is_long.any():
                alone = np.split(rows[is_long], int(is_long.sum()))
                return alone if is_long.all() else [rows[~is_long], *alone]
        middle = len(rows) // 2

        return [rows[:middle], rows[middle:]]

    def shorten(self, row: int, fault: Fault) -> bool:
        """Cut the end off a text that is too long; return False if it must not be cut."""
        text = self._shortened.get(row) or self._texts[row]
        if not self._provider.truncate or len(text) < 2:
            return False
        share = 0.5
        if fault.cap and fault.given and fault.given > fault.cap:
            share = SHORTENED * fault.cap / fault.given
        elif fault.cap:
            share = min(0.7, CHARACTERS_PER_TOKEN * fault.cap / len(text))
        if row not in self._shortened:
            longest = fault.given or self.n_tokens(np.array([row]))
            count(Counts(truncated=1, longest=longest, limit=fault.cap or 0))
        self._shortened[row] = text[: max(1, int(share * len(text)))]
        sent = self._prompt + self._shortened[row]
        self._n_bytes[row] = len(sent.encode("utf-8", "replace"))

        return True

    def count_cut_by_service(self, rows: Indices) -> None:
        """Count the texts that the service must have cut, as it took more than its model reads."""
        limit = self._limits.tokens_per_text
        if limit is None or not (self._provider.cuts_texts and self._provider.truncate):
            return
        cut = [
            row
            for row in rows[self._n_bytes[rows] > MOST_BYTES_PER_TOKEN * limit].tolist()
            if row not in self._shortened
        ]
        if cut:
            longest = int(self._whole_tokens(np.array(cut)).max())
            count(Counts(truncated=len(cut), longest=longest, limit=limit))

    def _batched_tokens(self, rows: Indices) -> Indices:
        """What is cut to the model's limit takes no more room than that."""
        whole = self._whole_tokens(rows)
        most = self._limits.tokens_per_text

        return whole if most is None or not self._provider.truncate else np.minimum(whole, most)

    def _whole_tokens(self, rows: Indices) -> Indices:
        limits = self._limits

        return estimated_tokens(self._n_bytes[rows], limits, self._endpoint.tokens_per_byte)

    def _is_credible(self, told: int, n_bytes: int, n_characters: int, n_texts: int) -> bool:
        """Some servers count characters, or nothing."""
        least, most = (bound * n_bytes / USUAL_BYTES_PER_TOKEN for bound in CREDIBLE)
        is_characters = n_characters > 3 * n_texts and abs(told - n_characters) <= n_texts

        return least < told < most + n_texts * 3 and not is_characters
