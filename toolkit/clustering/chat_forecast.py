"""What naming clusters with a chat model will take, told before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from toolkit.clustering.chat_namer import ChatNamer
from toolkit.clustering.chat_questions import MOST_TEXTS, RULES, TOKENS_PER_ANSWER
from toolkit.embedding.counts import dollars, rounded
from toolkit.embedding.http.batches import byte_lengths, estimated_tokens
from toolkit.embedding.http.wire import Limits

_TOKENS_PER_GROUP = 100
"""Of terms and numbers, beside the texts."""


@dataclass(frozen=True)
class NamingForecast:
    """
    What naming will take at most, unless names are asked for once more.

    Attributes
    ----------
    model : str
    n_clusters : int
    is_known : bool
        Whether the number of clusters is known; else it is the square root of the number of
        texts, above which few tables have clusters.
    n_requests, n_tokens : int
    price : float or None
        US dollars for a million tokens, None if not known.
    """

    model: str
    n_clusters: int
    is_known: bool
    n_requests: int
    n_tokens: int
    price: float | None = None

    def to_text(self) -> str:
        """
        Return the figures as lines for people.

        >>> print(NamingForecast("openai:gpt-4.1-mini", 32, False, 1, 21_000, 0.5).to_text())
        naming           openai:gpt-4.1-mini, unless its replies are kept
        groups           not known yet, probably at most 32
        requests         1, and as many again where names are refused
        tokens           about 21,000 for the first
        cost             about $0.010500, at $0.5 per million tokens
        """
        again = "and as many again where names are refused"
        known = f"{self.n_clusters:,}" if self.is_known else ""
        lines = {
            "naming": f"{self.model}, unless its replies are kept",
            "groups": known or f"not known yet, probably at most {self.n_clusters:,}",
            "requests": f"{self.n_requests:,}, {again}",
            "tokens": f"about {rounded(self.n_tokens):,} for the first",
            "cost": self._cost_told(),
        }

        return "\n".join(f"{name:<17}{value}" for name, value in lines.items())

    def _cost_told(self) -> str:
        if self.price is None:
            return "unknown; tell the price as ?price=USD per million tokens in the model's name"
        if self.price == 0:
            return "none, at a price of 0"
        cost = dollars(self.n_tokens * self.price / 1_000_000)

        return f"about {cost}, at ${self.price:g} per million tokens"


def naming_forecast(
    namer: ChatNamer, texts: Sequence[str], n_clusters: int | None = None
) -> NamingForecast:
    """
    Return what naming the clusters of these texts will take.

    >>> texts = [f"parcel {number}" for number in range(100)]
    >>> naming_forecast(ChatNamer("openai:gpt-4.1-mini"), texts, 50).n_requests
    2
    """
    distinct = [text for text in dict.fromkeys(texts) if text.strip()]
    sent = [text[: namer.longest_text] for text in distinct]
    n_tokens = estimated_tokens(byte_lengths(sent), Limits())
    n = min(n_clusters or ceil(sqrt(len(distinct))), len(distinct))
    n_requests = ceil(n / namer.clusters_per_request)
    per_text = float(n_tokens.mean()) if len(sent) else 0.0
    per_group = MOST_TEXTS * per_text + _TOKENS_PER_GROUP + TOKENS_PER_ANSWER
    rules = int(estimated_tokens(byte_lengths([RULES]), Limits())[0])

    return NamingForecast(
        namer.model,
        n,
        n_clusters is not None,
        n_requests,
        round(n_requests * rules + n * per_group),
        namer.price,
    )
