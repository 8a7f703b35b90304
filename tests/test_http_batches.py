import random

import numpy as np
import pytest

from toolkit.embedding.http.batches import MARGIN, batches, byte_lengths, estimated_tokens
from toolkit.embedding.http.wire import Limits


def tables():
    """Return lengths of texts as they come in tables, and odd ones."""
    generator = random.Random(0)
    for n_texts in (0, 1, 2, 7, 300):
        for longest in (1, 50, 5_000):
            yield [generator.randint(1, longest) for _ in range(n_texts)]
    yield [1] * 999
    yield [10**6, 1, 10**6, 1]


LIMITS = [
    Limits(),
    Limits(texts=1),
    Limits(texts=7, batch=100),
    Limits(batch=3),
    Limits(tokens=500),
    Limits(tokens=1),
    Limits(size=2_000),
    Limits(texts=10, tokens=300, size=800),
]


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("n_bytes", list(tables()), ids=lambda lengths: f"{len(lengths)}")
def test_each_row_is_sent_once_and_within_the_limits(n_bytes, limits):
    """
    Unless one text alone is more: it goes alone.
    """
    n_bytes = np.array(n_bytes, dtype=np.intp)
    n_tokens = estimated_tokens(n_bytes, limits)
    parts = list(batches(n_bytes, n_tokens, limits))

    assert sorted(row for rows in parts for row in rows) == list(range(len(n_bytes)))
    for rows in parts:
        assert 1 <= len(rows) <= min(limits.texts, limits.batch)
        assert len(rows) == 1 or n_bytes[rows].sum() <= MARGIN * limits.size
        is_free = limits.tokens is None or n_tokens[rows].sum() <= MARGIN * limits.tokens
        assert len(rows) == 1 or is_free


@pytest.mark.parametrize("n_bytes", list(tables()), ids=lambda lengths: f"{len(lengths)}")
def test_long_texts_go_first_and_requests_are_full(n_bytes):
    """
    So the last request to come back is a small one, and there are no more than needed.
    """
    n_bytes, limits = np.array(n_bytes, dtype=np.intp), Limits(batch=10)
    parts = list(batches(n_bytes, n_bytes, limits))
    order = [n_bytes[row] for rows in parts for row in rows]

    assert order == sorted(order, reverse=True)
    assert len(parts) == -(-len(n_bytes) // 10)


def test_a_limit_of_no_texts_still_sends_one():
    """
    A service that names nonsense is asked with one text at a time.
    """
    parts = list(batches(np.array([3, 3]), np.array([1, 1]), Limits(texts=0, batch=0)))

    assert [rows.tolist() for rows in parts] == [[0], [1]]


def test_bytes_are_those_that_are_sent():
    """
    Halves of characters, which cannot be sent, count as what takes their place.
    """
    assert byte_lengths(["", "ab", "ä", "日本", "🙂", "\ud800"]).tolist() == [0, 2, 2, 6, 4, 1]
    assert byte_lengths([]).tolist() == []


@pytest.mark.parametrize(
    ("n_bytes", "tokens_per_byte", "n_tokens"),
    [(0, None, 1), (1, None, 1), (301, None, 101), (300, 0.5, 150), (300, 1e-9, 1)],
)
def test_tokens_are_estimated_from_bytes(n_bytes, tokens_per_byte, n_tokens):
    """
    By what was learned of the service, else by what is usual; never none.
    """
    assert estimated_tokens(np.array([n_bytes]), Limits(), tokens_per_byte).tolist() == [n_tokens]
