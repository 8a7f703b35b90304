"""A request as the server remembers it, and as rules see it that decide on its answer."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.answers import Answer
from tests.servers.forms import Json, tokens_of

if TYPE_CHECKING:
    from tests.servers.embedding_server import EmbeddingServer

JSON_HEADERS = {"Content-Type": "application/json"}


@dataclass
class Seen:
    """
    A request for vectors that came; of its headers only whether the key was right.

    Attributes
    ----------
    number : int
        From 1.
    path : str
    texts : tuple of str
    n_bytes : int
        Of the body.
    at, answered_at : float
        By the monotonic clock; when the answer was whole, or had broken off.
    in_flight : int
        Requests at this moment, itself included.
    is_key_right : bool
    status : int
        Of the answer, 0 before there is one.
    """

    number: int
    path: str
    texts: tuple[str, ...]
    n_bytes: int
    at: float
    in_flight: int
    is_key_right: bool
    status: int = 0
    answered_at: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as rules see it, with all that is needed for an answer."""

    seen: Seen
    body: Json
    server: "EmbeddingServer"

    @property
    def texts(self) -> tuple[str, ...]:
        return self.seen.texts

    def vectors(self) -> list[Json]:
        """Return the right vectors of the texts, as long as was asked for."""
        return list(
            self.server.expected(self.texts, dimensions=self.server.form.dimensions(self.body))
        )

    def reply(self, vectors: Sequence[Json] | None = None) -> Json:
        """Return a reply with these vectors, the right ones if not given."""
        n_tokens = sum(map(tokens_of, self.texts))
        vectors = self.vectors() if vectors is None else vectors

        return self.server.form.reply(self.body, vectors, n_tokens)

    def refusal(self, status: int, message: str, code: str | None = None) -> Answer:
        """Return an error in the service's own form."""
        return json_answer(self.server.form.error(status, message, code), status)


Rule = Callable[[Asked], Answer | None]
"""What to answer, None to leave it to the next rule; after the last one the answer is good."""


def json_answer(body: Json, status: int = 200) -> Answer:
    """Return a whole answer with a JSON body."""
    return Answer(status, json.dumps(body).encode(), JSON_HEADERS)
