"""Cases 8 to 10: too many texts, too many tokens, and one text that is too long."""

import math

from tests.servers.cases.case import apart, case
from tests.servers.cases.trial import TEXTS, Embedded, Trial
from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import longest, more_than, n_texts, n_tokens
from toolkit.embedding import CachedProvider, counting, embed_or_nan
from toolkit.errors import TextsFailed

MOST_TEXTS = 5
MOST_TOKENS, MOST_BYTES = 100, 1_000
MOST_TOKENS_PER_TEXT = 60
LONG = "The tent of Ms Quill has a zip that sticks. " * 25
"""More than four times what may be in a text."""
LONG_ROW = 7
WITH_LONG = [*TEXTS[:LONG_ROW], LONG, *TEXTS[LONG_ROW:]]


@case(
    8,
    "400 too many inputs",
    "the limit is learned from the words, batches are made anew, order is kept",
    not_for=apart("takes any number of texts", "ollama"),
)
def too_many_texts(trial: Trial) -> None:
    said = trial.service.words.too_many_texts
    rule = more_than(MOST_TEXTS, n_texts, said.about(n_texts, MOST_TEXTS))
    with trial.server(rule) as server:
        trial.embeds(server)
        n_good = math.ceil(len(TEXTS) / MOST_TEXTS)
        n_refused = 1 if "{cap}" in said.message else math.ceil(math.log2(n_good))
        assert _refused(server) == n_refused
        assert len(server.seen) <= n_refused + math.ceil(len(TEXTS) / (MOST_TEXTS // 2 + 1))

        server.seen.clear()
        trial.embeds(server)
        assert _refused(server) == 0


@case(
    9,
    "400 too many tokens in a request; too many bytes",
    "the limit is learned, no batch is sent twice",
    not_for=apart("has no limit on a request but the number of texts", "cohere", "jina")
    | apart("has no limit on a request", "ollama"),
)
def too_much(trial: Trial) -> None:
    words = trial.service.words
    most = MOST_TOKENS if words.size is n_tokens else MOST_BYTES
    rule = more_than(most, words.size, words.too_much.about(words.size, most))
    with trial.server(rule) as server:
        trial.embeds(server)
        sent = [frozenset(seen.texts) for seen in server.seen]
        assert len(set(sent)) == len(sent)
        assert 1 <= _refused(server) <= 4
        assert len(server.seen) <= 16


@case(
    10,
    "one text longer than the model reads",
    "found by halving; it alone is cut, or fails if it must not be cut",
    not_for=apart("cuts long texts without a sign", "gemini"),
)
def too_long(trial: Trial) -> None:
    words = trial.service.words
    for said in words.too_long:
        is_whole = said is words.too_much or "batch" in said.message
        size, most = (n_tokens, 150) if is_whole else (longest, MOST_TOKENS_PER_TEXT)
        rule = more_than(most, size, said.about(size, most))
        with trial.part(f"cut: {said.message[:50]}"), trial.server(rule) as server:
            _is_cut(trial, server)
        with trial.part(f"fails: {said.message[:50]}"), trial.server(rule) as server:
            _fails_alone(trial, server)


def _is_cut(trial: Trial, server: EmbeddingServer) -> None:
    provider, cache = trial.provider(server), trial.new_cache()
    with counting() as counts:
        vectors = CachedProvider(provider, cache).embed(WITH_LONG)
    cut = _cut_as_sent(server, provider.prompted([LONG], "none")[0])
    right = {LONG: server.expected([cut])[0]}
    done: Embedded = trial.embeds(server, provider, texts=WITH_LONG, right=right, cache=cache)

    assert (vectors == done.vectors).all()
    assert counts.truncated == 1
    assert _refused(server) <= 2 * math.ceil(math.log2(len(WITH_LONG))) + 2


def _cut_as_sent(server: EmbeddingServer, text: str) -> str:
    """Return the beginning of a long text that was accepted."""
    (cut,) = (
        sent
        for seen in server.seen
        if seen.status == 200
        for sent in seen.texts
        if text.startswith(sent)
    )
    assert len(cut) < len(text)

    return cut


def _fails_alone(trial: Trial, server: EmbeddingServer) -> None:
    provider, cache = trial.provider(server, truncate=False), trial.new_cache()
    error = trial.fails(
        server,
        TextsFailed,
        provider=provider,
        texts=WITH_LONG,
        cache=cache,
        keeps=len(TEXTS),
    )
    vectors, reasons = embed_or_nan(CachedProvider(provider, cache), WITH_LONG, "none")

    assert isinstance(error, TextsFailed)
    assert set(error.reasons) == set(reasons) == {LONG_ROW}
    assert len(vectors) == len(WITH_LONG)
    assert _refused(server) <= 2 * math.ceil(math.log2(len(WITH_LONG))) + 3


def _refused(server: EmbeddingServer) -> int:
    return sum(seen.status != 200 for seen in server.seen)
