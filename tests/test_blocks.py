import numpy as np
import pytest

from toolkit.embedding import HashingProvider, blocks, embed_in_blocks, embed_or_nan
from toolkit.errors import InvalidResponse, ModelNotFound, ProviderError, ProviderUnavailable

TEXTS = [f"text {n} " * (1 + n % 5) for n in range(64)]


class Refusing(HashingProvider):
    """Embeds nothing that holds a bad text."""

    def embed(self, texts, *, task="none"):
        if any("bad" in text for text in texts):
            raise ProviderError("a bad text")

        return super().embed(texts, task=task)


class Raising(HashingProvider):
    """Never embeds anything."""

    error = ModelNotFound("there is no model")

    def embed(self, texts, *, task="none"):
        raise self.error


def test_blocks_change_nothing(monkeypatch):
    """
    In blocks or at once, each text has its own vector in its own row.
    """
    monkeypatch.setattr(blocks, "TEXTS_PER_BLOCK", 7)
    seen = []

    vectors = embed_in_blocks(
        HashingProvider(16), TEXTS, "none", lambda rows, part: seen.extend(rows)
    )

    assert np.allclose(vectors, HashingProvider(16).embed(TEXTS))
    assert sorted(seen) == list(range(len(TEXTS)))


@pytest.mark.parametrize("sizes", [[1] * 5000, [10**6, 1, 10**6], [0, 0], [3]])
def test_blocks_are_bounded_and_hold_each_row_once(sizes):
    """
    A block is small in texts and characters, unless one text alone is not.
    """
    sizes = np.array(sizes)
    parts = list(blocks.blocks(sizes))

    assert sorted(np.concatenate(parts)) == list(range(len(sizes)))
    for rows in parts:
        assert len(rows) <= blocks.TEXTS_PER_BLOCK
        assert len(rows) == 1 or sizes[rows].sum() <= blocks.CHARACTERS_PER_BLOCK


@pytest.mark.parametrize("bad", [[0], [63], [5, 6, 40]])
def test_only_the_bad_texts_get_nan(bad):
    """
    A text that cannot be embedded costs its own row, and is counted.
    """
    texts = [("bad " if row in bad else "") + text for row, text in enumerate(TEXTS)]
    vectors, reasons = embed_or_nan(Refusing(16), texts, "none")

    good = np.setdiff1d(np.arange(len(TEXTS)), bad)
    assert np.isnan(vectors[bad]).all()
    assert np.allclose(vectors[good], HashingProvider(16).embed([TEXTS[row] for row in good]))
    assert reasons == dict.fromkeys(bad, "a bad text")


def test_a_text_whose_vector_is_not_finite_gets_nan():
    """
    A provider that answers NaN for one text fails for that text alone.
    """

    class Leaking(HashingProvider):
        def embed(self, texts, *, task="none"):
            vectors = super().embed(texts, task=task)
            vectors[[text == TEXTS[3] for text in texts], 0] = np.inf
            return vectors

    vectors, _ = embed_or_nan(Leaking(16), TEXTS, "none")

    assert np.flatnonzero(np.isnan(vectors).any(axis=1)).tolist() == [3]


def test_a_run_in_which_every_text_fails_is_an_error():
    """
    A table of NaN helps nobody.
    """
    with pytest.raises(ProviderError, match="a bad text"):
        embed_or_nan(Refusing(16), ["bad one", "bad two"], "none")


@pytest.mark.parametrize("error", [ModelNotFound("no model"), ProviderUnavailable("no service")])
def test_what_concerns_every_text_is_raised_at_once(error):
    """
    Without a model or a service no text is tried alone.
    """

    class Failing(Raising):
        calls = 0

        def embed(self, texts, *, task="none"):
            Failing.calls += 1
            raise error

    with pytest.raises(type(error)):
        embed_or_nan(Failing(16), TEXTS, "none")
    assert Failing.calls == 1


def test_a_failing_run_whose_lengths_differ_is_refused():
    """
    Halves of two lengths make no matrix.
    """

    class Growing(Refusing):
        def embed(self, texts, *, task="none"):
            super().embed(texts, task=task)
            return np.ones((len(texts), 1 + len(texts)), dtype=np.float32)

    with pytest.raises(InvalidResponse, match="dimensions came in one run"):
        embed_or_nan(Growing(16), ["one", "two", "three", "bad"], "none")


def test_no_texts_give_no_rows():
    """
    An empty list is no error.
    """
    assert embed_or_nan(HashingProvider(16), [], "none")[0].shape == (0, 16)
    assert embed_in_blocks(HashingProvider(16), [], "none").shape == (0, 16)
