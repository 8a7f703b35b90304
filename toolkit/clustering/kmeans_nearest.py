"""The center that each row is most similar to, the same however the rows are cut into parts."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from toolkit.kernels import Indices, Vectors, top_k
from toolkit.kernels.blocks import BLOCK_BYTES, Products, slices
from toolkit.kernels.directions import rounding_margin
from toolkit.kernels.threads import for_each

_ROWS_AT_ONCE = 2048


@dataclass(frozen=True)
class Nearest:
    """
    The nearest center of each row, and the next one.

    Attributes
    ----------
    labels : ndarray of shape (n_rows,)
        Numbers of centers; -1 for rows of zeros, and for all where there is no center.
    seconds : ndarray of shape (n_rows,)
        The next most similar center; -1 where there is none.
    similarities : ndarray of shape (n_rows,), float32
        To the nearest center; 0 where there is none.
    margins : ndarray of shape (n_rows,), float32
        How much less similar the next one is; infinite where there is none.
    """

    labels: Indices
    seconds: Indices
    similarities: Vectors
    margins: Vectors

    def renumbered(self, order: Indices) -> Self:
        """Give center ``order[i]`` the number `i`; `order` names every center."""
        numbers = np.full(len(order) + 1, -1, dtype=np.intp)
        numbers[order] = np.arange(len(order))

        return replace(self, labels=numbers[self.labels], seconds=numbers[self.seconds])

    def confidences(self) -> Vectors:
        """
        Tell how sure each row is of its center, in [0, 1].

        With similarities `a` and `b` to the two nearest centers that is ``(a - b) / (1 - b)``: 1 at
        a center or where there is only one, 0 halfway between two and for rows of zeros.
        """
        to_seconds = 1 - (self.similarities - np.where(self.seconds >= 0, self.margins, 0))
        shares = np.divide(
            self.margins, to_seconds, out=np.zeros_like(self.margins), where=to_seconds > 0
        )
        shares = np.where(self.seconds < 0, 1, np.clip(shares, 0, 1)).astype(np.float32)

        return np.where(self.labels < 0, np.float32(0), shares)


def nearest_centers(units: Vectors, centers: Vectors, rows: Indices | None = None) -> Nearest:
    """
    Find the center that each row is most similar to; of equals the one that stands higher.

    Products are in float32. Where they leave open which of two centers is nearer, float64 decides,
    so that a row's label depends on nothing but the row and the centers.

    Parameters
    ----------
    units : ndarray of shape (n_rows, n_dimensions), float32
        Rows of length 1 or 0.
    centers : ndarray of shape (n_centers, n_dimensions), float32
        Rows of length 1 or 0.
    rows : ndarray of shape (n_asked,), optional
        The rows to look at; all of them by default.

    Returns
    -------
    Nearest

    Examples
    --------
    >>> units = np.array([[0.6, 0.8], [0.0, 0.0]], dtype=np.float32)
    >>> found = nearest_centers(units, np.eye(2, dtype=np.float32))
    >>> found.labels, found.seconds
    (array([ 1, -1]), array([ 0, -1]))
    >>> found.similarities, found.margins.round(2)
    (array([0.8, 0. ], dtype=float32), array([0.2, 0. ], dtype=float32))
    """
    n_rows = len(units) if rows is None else len(rows)
    found = Nearest(
        np.full(n_rows, -1, dtype=np.intp),
        np.full(n_rows, -1, dtype=np.intp),
        np.zeros(n_rows, dtype=np.float32),
        np.full(n_rows, np.inf, dtype=np.float32),
    )
    if len(centers) == 0 or n_rows == 0:
        return found

    products = Products()

    def look(part: slice) -> None:
        asked = units[part] if rows is None else units[rows[part]]
        _two_best(products.of(asked, centers), found, part)

    at_once = max(min(_ROWS_AT_ONCE, BLOCK_BYTES // (4 * len(centers))), 1)
    for_each(look, slices(0, n_rows, at_once))
    _decide_close(units, centers, rows, found)
    np.clip(found.similarities, -1, 1, out=found.similarities)

    return found


def _two_best(products: Vectors, found: Nearest, part: slice) -> None:
    """Write down the largest and the second largest product of each row; spoils the products."""
    rows = np.arange(len(products))
    best = products.argmax(axis=1)
    found.labels[part] = best
    found.similarities[part] = products[rows, best]
    if products.shape[1] == 1:
        return

    products[rows, best] = -np.inf
    second = products.argmax(axis=1)
    found.seconds[part] = second
    found.margins[part] = found.similarities[part] - products[rows, second]


def _decide_close(units: Vectors, centers: Vectors, rows: Indices | None, found: Nearest) -> None:
    """Decide in float64 what float32 could get wrong; rows of zeros are among that."""
    is_open = (found.margins <= rounding_margin(units.shape[1])) | (found.similarities == 0)
    close = np.flatnonzero(is_open)
    asked = units[close if rows is None else rows[close]]
    somewhere = asked.any(axis=1)
    nowhere = close[~somewhere]
    found.labels[nowhere] = found.seconds[nowhere] = -1
    found.similarities[nowhere] = found.margins[nowhere] = 0

    close = close[somewhere]
    if len(close) and len(centers) > 1:
        indices, similarities = top_k(asked[somewhere], centers, 2)
        found.labels[close], found.seconds[close] = indices.T
        found.similarities[close] = similarities[:, 0]
        found.margins[close] = similarities[:, 0] - similarities[:, 1]
