import numpy as np
import pytest

from tests.live.servers import LLAMA_KEY, MODEL
from tests.live.texts import FITTING, HUGE, ODD_ROWS, OVER_LONG, numbered
from toolkit.embedding import OpenAIProvider, counting
from toolkit.errors import AuthenticationFailed, InvalidResponse, TextsFailed
from toolkit.text_embedder import TextEmbedder

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", LLAMA_KEY)


@pytest.fixture
def provider(llama_cpp):
    return OpenAIProvider(MODEL, base_url=llama_cpp.url)


def test_vectors_are_the_models_own(provider, local, cosines):
    """
    Texts of every kind get the vector that the same model gives locally.
    """
    texts = list(FITTING.values())

    found = dict(zip(FITTING, cosines(provider.embed(texts), local.embed(texts)), strict=True))

    assert min(found.values()) >= 0.9999, found


@pytest.mark.parametrize(
    "text",
    [OVER_LONG["25,000 characters"], OVER_LONG["emoji"], HUGE],
    ids=["words", "emoji", "1 MB"],
)
def test_over_long_rows_are_cut(provider, local, cosines, text):
    """
    One over-long text fails a whole request with a 500 here: it is cut, counted, and alone in it.
    """
    texts = numbered(100)
    texts[40] = text

    with counting() as counts:
        vectors = provider.embed(texts)

    others = np.arange(100) != 40
    assert cosines(vectors[others], local.embed(texts)[others]).min() >= 0.9999
    assert np.isfinite(vectors[40]).all()
    assert (counts.truncated, counts.limit) == (1, 512)
    assert counts.requests <= 6


def test_over_long_rows_may_fail_alone(llama_cpp, local, cosines):
    """
    Where texts must not be cut, the over-long ones have a reason, and no other row is lost.
    """
    whole = OpenAIProvider(MODEL, base_url=llama_cpp.url, truncate=False)
    texts = numbered(100)
    texts[3] = texts[97] = OVER_LONG["25,000 characters"]

    with pytest.raises(TextsFailed, match="too large to process") as caught:
        whole.embed(texts)
    with counting() as counts:
        rows = TextEmbedder(whole, on_error="nan").fit_transform(texts)

    is_missing = np.isin(np.arange(100), [3, 97])
    assert set(caught.value.reasons) == {3, 97}
    assert counts.failed == 2
    assert np.isnan(rows[is_missing]).all()
    assert cosines(rows[~is_missing], local.embed(texts)[~is_missing]).min() >= 0.9999


def test_odd_rows_follow_the_policy(provider, local, cosines):
    """
    Nothing, white space, numbers, broken Unicode and NUL are counted, and no row is lost or moved.
    """
    with counting() as counts:
        rows = TextEmbedder(provider).fit_transform(ODD_ROWS)

    is_empty = np.isin(np.arange(len(ODD_ROWS)), [1, 2, 3, 4])
    expected = local.embed(["late parcel", "3", "\ufffd", "\x00", "late parcel"])
    assert (counts.empty, counts.converted, counts.repaired, counts.failed) == (4, 1, 1, 0)
    assert not rows[is_empty].any()
    assert cosines(rows[~is_empty], expected).min() >= 0.9999


def test_tokens_are_counted_by_the_server(provider):
    """
    This server counts tokens: what it says is taken over.
    """
    with counting() as counts:
        provider.embed(["late parcel"] * 3)

    assert (counts.tokens, counts.estimated_tokens) == (12, 0)


@pytest.mark.parametrize("wrong", [None, "sk-wrong-and-secret"])
def test_a_wrong_key_is_told(provider, monkeypatch, wrong):
    """
    No key and a wrong one are one sentence, in which no key stands.
    """
    if wrong is None:
        monkeypatch.delenv("OPENAI_API_KEY")
    else:
        monkeypatch.setenv("OPENAI_API_KEY", wrong)

    with pytest.raises(AuthenticationFailed, match="Invalid API Key") as caught:
        provider.embed(["late parcel"])
    assert "sk-" not in str(caught.value)


def test_dimensions_that_are_ignored_are_refused(llama_cpp):
    """
    A server that sends 384 values where 64 were asked for is not believed.
    """
    short = OpenAIProvider(MODEL, dimensions=64, base_url=llama_cpp.url)

    with pytest.raises(InvalidResponse, match="asked for 64 dimensions, got 384"):
        short.embed(["late parcel"])
