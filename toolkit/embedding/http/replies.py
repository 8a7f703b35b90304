"""Every reply is looked at before it is believed: count, lengths, numbers, zeros."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from toolkit.embedding.base import Embeddings
from toolkit.embedding.http.decoding import check_count
from toolkit.embedding.http.wire import BadReply, Reply
from toolkit.embedding.models import KnownModel
from toolkit.embedding.parts import check_same_length
from toolkit.errors import InputError, InvalidResponse
from toolkit.kernels.arrays import Indices

if TYPE_CHECKING:
    from toolkit.embedding.http.service import HTTPProvider


LARGEST = 1e6
"""Of the values of an embedding; bytes in the wrong order make values up to 1e38."""


@dataclass(frozen=True)
class Checked:
    """
    The rows of a reply that are vectors, and those that are not.

    Attributes
    ----------
    places : ndarray of int, shape (n_good,)
        Places in the request of the texts that have a vector.
    vectors : ndarray, shape (n_good, n_dimensions)
    bad : dict of int to str
        Why, by the place of each text that has none.
    """

    places: Indices
    vectors: Embeddings
    bad: dict[int, str] = field(default_factory=dict)


def checked(reply: Reply, n_texts: int) -> Checked:
    """
    Return the vectors of a reply, or raise BadReply if it is not one vector a text.

    >>> checked(Reply([np.array([1.0, np.nan]), np.array([3.0, 4.0])]), 2).bad
    {0: 'its vector holds what is no number'}
    """
    check_count(len(reply.vectors), n_texts)
    lengths = {len(vector) for vector in reply.vectors}
    if len(lengths) > 1:
        raise BadReply(f"vectors of {' and '.join(map(str, sorted(lengths)))} dimensions in one")
    if not lengths or lengths == {0}:
        raise BadReply("vectors without a value")
    vectors = np.stack(reply.vectors).astype(np.float32, copy=False)
    if np.abs(vectors, where=np.isfinite(vectors), out=np.zeros_like(vectors)).max() > LARGEST:
        raise BadReply("values that no embedding has: are the bytes in another order?")
    is_finite, is_zero = np.isfinite(vectors).all(axis=1), ~vectors.any(axis=1)
    reasons = np.where(is_zero, "its vector is all zeros", "its vector holds what is no number")
    bad = {int(place): str(reasons[place]) for place in np.flatnonzero(~is_finite | is_zero)}
    places = np.flatnonzero(is_finite & ~is_zero)

    return Checked(places, vectors[places] if bad else vectors, bad)


def fitting(vectors: Embeddings, provider: "HTTPProvider", n_dimensions: int | None) -> Embeddings:
    """
    Return vectors of the length that was asked for, and that the run has so far.

    Servers that ignore `dimensions` send more: their vectors are cut if the model is known to
    allow it.

    Raises
    ------
    InvalidResponse
        If they have another length.
    """
    came, asked = vectors.shape[1], provider.dimensions
    if asked is not None and came != asked:
        if came < asked or not _allows_cut(provider.known, asked):
            raise InvalidResponse(
                f"{provider.name}: asked for {asked} dimensions, got {came}: the service does not "
                "know the setting, and the model is not known to allow cuts; leave it out"
            )
        vectors = vectors[:, :asked]
    check_same_length(n_dimensions or vectors.shape[1], vectors.shape[1], provider.name)

    return vectors


def _allows_cut(known: KnownModel | None, dimensions: int) -> bool:
    try:
        if known is not None:
            known.check_dimensions(dimensions)
    except InputError:
        return False

    return known is not None
