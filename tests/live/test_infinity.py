import asyncio
from dataclasses import dataclass

import numpy as np
import pytest
from click.testing import CliRunner

from tests.live.servers import MODEL
from tests.live.texts import FITTING, HUGE, ODD_ROWS, OVER_LONG, numbered
from toolkit.cli.commands import toolkit
from toolkit.embedding import OpenAIProvider, counting, provider_from_name
from toolkit.embedding.http.wire import Limits
from toolkit.text_embedder import TextEmbedder

pytestmark = pytest.mark.live


@pytest.fixture
def provider(infinity):
    return OpenAIProvider(MODEL, base_url=infinity.url)


def test_vectors_are_the_models_own(provider, local, cosines):
    """
    Texts of every kind get the vector that the same model gives locally.
    """
    texts = list(FITTING.values())

    found = dict(zip(FITTING, cosines(provider.embed(texts), local.embed(texts)), strict=True))

    assert min(found.values()) >= 0.9999, found


@pytest.mark.parametrize("text", OVER_LONG.values(), ids=OVER_LONG)
def test_over_long_rows_pass(provider, local, cosines, text):
    """
    A text far longer than the model reads gets the vector of its beginning, its neighbours theirs.
    """
    texts = ["late parcel", text, "refund"]

    assert cosines(provider.embed(texts), local.embed(texts)).min() >= 0.9999


def test_a_row_that_is_refused_for_its_length_is_cut(provider, local, cosines):
    """
    Over 122,880 characters this server refuses a request: the text is cut and counted, alone.
    """
    texts = [*numbered(200), HUGE, "refund"]

    with counting() as counts:
        vectors = provider.embed(texts)

    assert cosines(vectors, local.embed(texts)).min() >= 0.9999
    assert counts.truncated == 1
    assert counts.requests <= 30


def test_a_cut_comes_back_as_a_unit_row(infinity, local, cosines):
    """
    Asked for fewer dimensions, this server cuts vectors and leaves them short: rows are unit rows.
    """
    texts = list(FITTING.values())
    short = OpenAIProvider(MODEL, dimensions=64, base_url=infinity.url)

    sent, rows = short.embed(texts), TextEmbedder(short, cache=False).fit_transform(texts)

    assert sent.shape == (len(texts), 64)
    assert np.linalg.norm(sent, axis=1).max() < 0.9
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert cosines(rows, local.embed(texts)[:, :64]).min() >= 0.9999


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


def test_thousands_of_rows_keep_their_order(provider, local, cosines):
    """
    5,000 different rows come back complete, each at its place.
    """
    texts = numbered(5000)
    sample = np.random.default_rng(0).choice(len(texts), 50, replace=False)

    with counting() as counts:
        rows = TextEmbedder(provider, cache=False).fit_transform(texts)

    assert rows.shape == (5000, 384)
    assert counts.embedded == 5000
    assert cosines(rows[sample], local.embed([texts[i] for i in sample])).min() >= 0.9999


@dataclass(frozen=True)
class GreedyProvider(OpenAIProvider):
    """Sends more texts at once than the server takes, as it did not know better."""

    @property
    def limits(self):
        return Limits(texts=10_000, batch=10_000)


def test_a_cap_on_texts_is_learned(infinity, local, cosines):
    """
    A request with more than 2,048 texts is refused once, then split: no row is lost or moved.
    """
    texts, before = numbered(2100), infinity.requests()

    vectors = GreedyProvider(MODEL, base_url=infinity.url).embed(texts)

    sent = infinity.requests() - before
    assert sent["4xx"] == 1
    assert sent["2xx"] == 2
    assert cosines(vectors[::50], local.embed(texts[::50])).min() >= 0.9999


def test_tokens_that_are_characters_are_not_believed(provider):
    """
    This server counts characters and calls them tokens: the run's tokens are marked as estimated.
    """
    texts = numbered(200)

    with counting() as counts:
        provider.embed(texts)

    assert counts.estimated_tokens == counts.tokens
    assert 0 < counts.tokens < 0.6 * sum(map(len, texts))


def test_another_model_that_answers_is_told(infinity):
    """
    This server answers any name with the one model that it has: the user hears of it.
    """
    with pytest.warns(match="minilm"):
        OpenAIProvider("all-mpnet-base-v2", base_url=infinity.url).embed(["late parcel"])


def test_a_cached_rerun_sends_nothing(infinity, provider):
    """
    The second run over the same rows gives the same matrix without a request.
    """
    texts = numbered(300)
    first = TextEmbedder(provider).fit_transform(texts)
    before = infinity.requests()

    again = TextEmbedder(provider).fit_transform(texts[::-1])

    assert infinity.requests() == before
    assert np.array_equal(again[::-1], first)


def test_a_name_says_it_all(infinity, provider):
    """
    The provider's name gives the same provider, and commands take it.
    """
    name = f"openai:{MODEL}?base_url={infinity.url}"

    run = CliRunner().invoke(toolkit, ["similarity", "Apple", "Orange", "--provider", name])
    own = CliRunner().invoke(toolkit, ["similarity", "Apple", "Orange"])

    assert provider_from_name(name) == provider
    assert run.exit_code == 0, run.output
    assert float(run.stdout.split()[-1]) == pytest.approx(float(own.stdout.split()[-1]), abs=2e-3)


def test_an_event_loop_may_run(provider):
    """
    Inside a running event loop both ways work, and give the same vectors.
    """
    texts = numbered(20)

    async def both():
        return await provider.aembed(texts), provider.embed(texts)

    awaited, called = asyncio.run(both())

    assert np.allclose(awaited, called, atol=1e-5)
