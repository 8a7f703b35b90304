"""Vectors out of JSON: lists of numbers or base64, in the order of the texts."""

import binascii
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.embedding.http.faults import message_of
from toolkit.embedding.http.wire import BadReply, Json

Vector = npt.NDArray[np.float32]


def vector(value: Json) -> Vector:
    """
    Return one vector, sent as a list of numbers or as base64 of little-endian float32.

    >>> vector([1, 0.5]), vector("AACAPwAAAD8=")
    (array([1. , 0.5], dtype=float32), array([1. , 0.5], dtype=float32))

    Values that are not numbers become NaN: the text they belong to is then known.
    """
    if isinstance(value, str):
        return _from_base64(value)
    if not isinstance(value, list):
        raise BadReply(f"a vector is {type(value).__name__}, not a list of numbers")
    try:
        with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
            return np.array(value, dtype=np.float32).reshape(len(value))
    except (TypeError, ValueError, OverflowError):
        raise BadReply("a vector holds what is no number") from None


def items(body: Json, key: str) -> list[Json]:
    """
    Return the list under a key of an object.

    >>> items({"data": [1]}, "data")
    [1]
    """
    found = member(body, key)
    if not isinstance(found, list):
        raise BadReply(f"expected a list under {key!r}, got {type(found).__name__}")

    return found


def member(body: Json, key: str) -> Json:
    """
    Return the value under a key; an ``error`` beside it is said.

    >>> member({"embeddings": [[1.0]]}, "embeddings")
    [[1.0]]
    """
    if not isinstance(body, dict):
        raise BadReply(f"expected a JSON object, got {type(body).__name__}")
    if body.get("error") and key not in body:
        raise BadReply(f"an error came with status 200: {message_of(body, '')}")
    if key not in body:
        raise BadReply(f"expected {key!r}, got {', '.join(map(str, list(body)[:5])) or 'nothing'}")

    return body[key]


def by_index(data: Sequence[Json], n_texts: int, key: str = "embedding") -> list[Vector]:
    """
    Return the vectors of OpenAI's form, put in the order of their indexes.

    >>> by_index([{"index": 1, "embedding": [1]}, {"index": 0, "embedding": [2]}], 2)
    [array([2.], dtype=float32), array([1.], dtype=float32)]

    If no item has an index, or all have 0 as some gateways write, their order is the texts'.

    Raises
    ------
    BadReply
        If there is not one item for each text, or an index is missing, double or out of range.
    """
    check_count(len(data), n_texts)
    indexes = []
    for item in data:
        if not isinstance(item, dict):
            raise BadReply(f"expected objects with {key!r}, got {type(item).__name__}")
        indexes.append(item.get("index"))
    vectors = [vector(member(item, key)) for item in data]
    if all(index is None for index in indexes) or all(index == 0 for index in indexes):
        return vectors
    numbers = [index for index in indexes if isinstance(index, int)]
    if sorted(numbers) != list(range(n_texts)):
        raise BadReply(f"the indexes of {n_texts} vectors are not 0 to {n_texts - 1}")

    return [vectors[place] for place in np.argsort(numbers)]


def check_count(n_vectors: int, n_texts: int) -> None:
    """
    Raise BadReply unless there is one vector for each text.

    >>> check_count(2, 2)
    """
    if n_vectors != n_texts:
        raise BadReply(f"expected {n_texts} vectors for {n_texts} texts, got {n_vectors}")


def count_in(body: Json, *path: str) -> int | None:
    """
    Return a whole number from inside a body, None if there is none that makes sense.

    >>> count_in({"usage": {"total_tokens": 7}}, "usage", "total_tokens")
    7
    """
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None

    return body if isinstance(body, int) and not isinstance(body, bool) and body >= 0 else None


def text_in(body: Json, key: str) -> str | None:
    """
    Return a text from a body, None if there is none.

    >>> text_in({"model": "minilm"}, "model")
    'minilm'
    """
    found = body.get(key) if isinstance(body, dict) else None

    return found if isinstance(found, str) and found else None


def _from_base64(text: str) -> Vector:
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise BadReply("a vector is a text that is no base64") from None
    if not content or len(content) % 4:
        raise BadReply(f"a vector has {len(content)} bytes of base64, not a multiple of 4")

    return np.frombuffer(content, dtype="<f4").astype(np.float32, copy=False)
