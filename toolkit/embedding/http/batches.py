"""Which texts go into one request: by count, by tokens and by bytes, long ones first."""

from collections.abc import Iterator, Sequence

import numpy as np

from toolkit.embedding.http.wire import Limits
from toolkit.kernels.arrays import Indices

MARGIN = 0.8
"""Of a limit on tokens or bytes, as tokens are estimated and JSON adds to bytes."""


def byte_lengths(texts: Sequence[str]) -> Indices:
    """
    Return the UTF-8 length of each text.

    >>> byte_lengths(["ab", "ä"])
    array([2, 2])
    """
    return np.array([len(text.encode("utf-8", "replace")) for text in texts], dtype=np.intp)


def estimated_tokens(
    n_bytes: Indices, limits: Limits, tokens_per_byte: float | None = None
) -> Indices:
    """
    Return about how many tokens texts of these lengths have, at least 1 each.

    >>> estimated_tokens(np.array([3, 300]), Limits(bytes_per_token=3.0))
    array([  1, 100])
    """
    per_byte = tokens_per_byte or 1 / limits.bytes_per_token

    tokens: Indices = np.maximum(1, np.ceil(n_bytes * per_byte)).astype(np.intp)

    return tokens


def batches(n_bytes: Indices, n_tokens: Indices, limits: Limits) -> Iterator[Indices]:
    """
    Yield row numbers for one request each, long texts first; a text alone may exceed the limits.

    >>> limits = Limits(texts=3, tokens=100)
    >>> n_bytes = np.array([30, 270, 30, 30, 30])
    >>> [rows.tolist() for rows in batches(n_bytes, n_bytes // 3, limits)]
    [[1], [0, 2, 3], [4]]
    """
    order = np.argsort(-n_tokens, kind="stable")
    at_most = max(1, min(limits.texts, limits.batch))
    start = 0
    while start < len(order):
        rows = order[start : start + at_most]
        fits = np.ones(len(rows), dtype=bool)
        if limits.tokens is not None:
            fits &= np.cumsum(n_tokens[rows]) <= MARGIN * limits.tokens
        fits &= np.cumsum(n_bytes[rows]) <= MARGIN * limits.size
        size = max(1, int(fits.sum()))
        yield rows[:size]
        start += size
