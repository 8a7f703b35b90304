"""What a service's form of embeddings is to a server: requests read, replies and errors written."""

import base64
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Json = object


@dataclass(frozen=True)
class Form(ABC):
    """
    One service's form.

    Attributes
    ----------
    name : str
    path : str
        Regular expression of the address, as seen from the server's root.
    base : str
        What a client's base URL has after the server's root.
    key_header, key_prefix : str
    required, optional : frozenset of str
        Fields that a request must and may have.
    dimensions_field : str
        Field with the length of the vectors that are asked for.
    """

    name: str
    path: str
    base: str = ""
    key_header: str = "authorization"
    key_prefix: str = "Bearer "
    required: frozenset[str] = field(default=frozenset(), repr=False)
    optional: frozenset[str] = field(default=frozenset(), repr=False)
    dimensions_field: str = "dimensions"

    @abstractmethod
    def texts(self, body: Mapping[str, Json]) -> Sequence[str]:
        """Return the texts of a request."""

    @abstractmethod
    def reply(self, body: Mapping[str, Json], vectors: Sequence[Json], n_tokens: int) -> Json:
        """Return the reply that holds these vectors: arrays, or lists to be sent as they are."""

    @abstractmethod
    def error(self, status: int, message: str, code: str | None = None) -> Json:
        """Return the body of a refusal."""

    def told(self, path: str) -> Json:
        """Return what a GET of this path is answered with, None if there is nothing."""
        return None

    def dimensions(self, body: Mapping[str, Json]) -> int | None:
        """Return the length of vectors that a request asks for."""
        asked = body.get(self.dimensions_field)

        return asked if isinstance(asked, int) else None

    def problem(self, path: str, body: Json) -> str | None:
        """Return what is wrong with a request, None if it has this form."""
        if not re.fullmatch(self.path, path):
            return f"no such path: {path}"
        if not isinstance(body, dict):
            return "the body is no JSON object"
        if missing := self.required - body.keys():
            return f"missing: {', '.join(sorted(missing))}"
        if unknown := body.keys() - self.required - self.optional:
            return f"unknown: {', '.join(sorted(unknown))}"
        texts = self.texts(body)
        if not (texts and all(isinstance(text, str) and text.strip() for text in texts)):
            return "there is an empty text, or none at all"

        return None


def as_numbers(vector: Json) -> Json:
    """
    Return a vector as a JSON list.

    >>> as_numbers(np.array([1.0, 0.5]))
    [1.0, 0.5]
    """
    return vector.tolist() if isinstance(vector, np.ndarray) else vector


def as_base64(vector: Json) -> Json:
    """
    Return an array as base64 of little-endian float32; what is no array stays as it is.

    >>> as_base64(np.array([1.0, 0.5])), as_base64([1.0])
    ('AACAPwAAAD8=', [1.0])
    """
    if not isinstance(vector, np.ndarray):
        return vector

    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def tokens_of(text: str) -> int:
    """
    Return how many tokens our servers see in a text.

    >>> tokens_of("late parcel")
    2
    """
    return max(1, len(text.encode("utf-8", "replace")) // 4)
