import multiprocessing
import os
import sqlite3
import threading
from contextlib import closing

import numpy as np
import pytest

from tests.providers import CountingProvider
from toolkit.embedding import (
    CachedProvider,
    HashingProvider,
    SentenceTransformerProvider,
    blocks,
    cache_info,
    clear_cache,
    counting,
    default_cache_path,
    provider_name,
)
from toolkit.errors import InvalidResponse

TEXTS = [f"parcel number {n} came {n % 7} days late" for n in range(100)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "vectors.sqlite"


def embedded(provider, texts, task="none"):
    """How many texts a call embeds, and their vectors."""
    with counting() as counts:
        vectors = provider.embed(texts, task=task)

    return counts.embedded, vectors


def test_cached_equals_uncached_in_any_order(path, rng):
    """
    Cold, warm and shuffled calls give the provider's own vectors, each in its text's row.
    """
    provider = CachedProvider(HashingProvider(32), path)
    expected = HashingProvider(32).embed(TEXTS)
    order = rng.permutation(len(TEXTS))

    assert np.allclose(provider.embed(TEXTS), expected, atol=1e-6)
    assert np.allclose(provider.embed(TEXTS), expected, atol=1e-6)
    assert np.allclose(provider.embed([TEXTS[i] for i in order]), expected[order], atol=1e-6)
    assert provider.embed(TEXTS).dtype == np.float32
    assert provider.embed(TEXTS).flags.writeable


def test_each_different_text_is_embedded_once(path):
    """
    Repeats within a call, and a second call in another order, embed nothing.
    """
    inner = CountingProvider(8)
    provider = CachedProvider(inner, path)

    provider.embed(TEXTS * 3)
    provider.embed(TEXTS[::-1])

    assert inner.seen == dict.fromkeys(TEXTS, 1)


def test_ten_new_texts_in_a_thousand_embed_ten(path):
    """
    A table that grew costs only its new rows.
    """
    provider = CachedProvider(HashingProvider(8), path)
    texts = [f"ticket {n}" for n in range(1000)]
    provider.embed(texts[10:])

    assert embedded(provider, texts)[0] == 10


def test_no_texts_give_no_rows(path):
    """
    An empty list has an answer of the right width, and opens no file.
    """
    assert CachedProvider(HashingProvider(8), path).embed([]).shape == (0, 8)
    assert not path.exists()


def test_models_never_share_vectors(path):
    """
    Providers with different fingerprints are different, even for the same text.
    """
    for n_dimensions in (8, 16):
        n_embedded, vectors = embedded(CachedProvider(HashingProvider(n_dimensions), path), TEXTS)
        assert n_embedded == len(TEXTS)
        assert vectors.shape == (len(TEXTS), n_dimensions)


class Prompted(CountingProvider):
    """Tasks other than query are alike."""

    def task_as_sent(self, task):
        return "query: " if task == "query" else ""

    def embed(self, texts, *, task="none"):
        return super().embed([self.task_as_sent(task) + text for text in texts])


def test_tasks_share_vectors_only_where_the_provider_treats_them_alike(path):
    """
    A task with its own prompt has its own vectors; tasks sent the same way share theirs.
    """
    provider = CachedProvider(Prompted(16), path)

    assert embedded(provider, TEXTS, "none")[0] == len(TEXTS)
    assert embedded(provider, TEXTS, "clustering")[0] == 0
    n_embedded, queries = embedded(provider, TEXTS, "query")
    assert n_embedded == len(TEXTS)
    assert not np.allclose(queries, provider.embed(TEXTS))


def test_a_cache_sends_tasks_as_its_provider_does(path):
    """
    Whoever asks a cache how tasks are sent gets the provider's answer.
    """
    assert CachedProvider(Prompted(16), path).task_as_sent("query") == "query: "
    assert CachedProvider(Prompted(16), path).task_as_sent("clustering") == ""
    assert CachedProvider(HashingProvider(8), path).task_as_sent("query") == "query"


def test_unknown_tasks_stand_for_themselves(path):
    """
    A provider that does not say how it sends tasks shares nothing between them.
    """
    provider = CachedProvider(HashingProvider(8), path)
    provider.embed(TEXTS, task="none")

    assert embedded(provider, TEXTS, "query")[0] == len(TEXTS)


def test_no_text_stands_in_the_file(path):
    """
    Whoever finds the cache cannot read what was embedded.
    """
    CachedProvider(HashingProvider(8), path).embed(["Wolfram ordered kettles in Tromsø"])

    content = b"".join(file.read_bytes() for file in path.parent.iterdir())

    for word in ("Wolfram", "ordered", "kettles", "Tromsø"):
        assert word.encode() not in content
        assert word.encode("utf-16-le") not in content


@pytest.mark.parametrize(
    "vector",
    [
        np.full(8, np.nan, dtype="<f4").tobytes(),
        np.full(8, np.inf, dtype="<f4").tobytes(),
        np.ones(9, dtype="<f4").tobytes(),
        b"",
        b"odd",
        "text, 32 characters long........",
    ],
    ids=["nan", "inf", "long", "empty", "odd", "text"],
)
def test_a_damaged_vector_is_embedded_again_and_replaced(path, vector):
    """
    What is kept but cannot be right costs one embedding, for its own text alone.
    """
    provider = CachedProvider(HashingProvider(8), path)
    expected = provider.embed(TEXTS)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE vectors SET vector = ? WHERE id = 5", (vector,))

    n_embedded, vectors = embedded(provider, TEXTS)

    assert n_embedded == 1
    assert np.array_equal(vectors, expected)
    assert embedded(provider, TEXTS)[0] == 0


class Odd:
    """A provider whose answers are given by a function of the texts."""

    fingerprint = "odd:1"

    def __init__(self, answer):
        self.answer = answer

    def embed(self, texts, *, task="none"):
        return self.answer(texts)


def wrong_in_the_last_block(texts):
    """The shortest texts come last."""
    return np.ones((len(texts), 4 if len(texts[-1]) > 1 else 5), dtype=np.float32)


@pytest.mark.parametrize(
    "answer",
    [
        lambda texts: np.ones((len(texts) - 1, 4)),
        lambda texts: np.ones((len(texts) + 1, 4)),
        lambda texts: np.ones(len(texts)),
        lambda texts: np.ones((len(texts), 0)),
        lambda texts: np.full((len(texts), 4), np.nan),
        lambda texts: np.full((len(texts), 4), 1e300),
        lambda texts: [[1.0]] + [[1.0, 2.0]] * (len(texts) - 1),
        lambda texts: [["no number"]] * len(texts),
        lambda texts: None,
    ],
    ids=["few", "many", "1-D", "no columns", "nan", "huge", "ragged", "words", "none"],
)
def test_a_wrong_answer_is_refused_and_not_kept(path, answer):
    """
    Anything but one finite row a text is an error that names the provider.
    """
    with pytest.raises(InvalidResponse, match="odd:1"):
        CachedProvider(Odd(answer), path).embed(TEXTS)

    assert cache_info(path) == []


def test_a_length_that_changes_in_one_run_is_refused(path, monkeypatch):
    """
    Vectors of two lengths make no matrix; only the first blocks are kept.
    """
    monkeypatch.setattr(blocks, "TEXTS_PER_BLOCK", 2)
    provider = CachedProvider(Odd(wrong_in_the_last_block), path)

    with pytest.raises(InvalidResponse, match="4 and of 5 dimensions"):
        provider.embed(["long one", "long two", "a", "b"])
    assert [space.n_vectors for space in cache_info(path)] == [2]


@pytest.mark.parametrize("texts", [["one", "two"], ["two"]])
def test_a_length_that_changes_between_runs_is_refused(path, texts):
    """
    A service whose model was replaced is found out, also where no text is known.
    """
    CachedProvider(Odd(lambda texts: np.ones((len(texts), 4))), path).embed(["one"])

    with pytest.raises(InvalidResponse, match="of 4 dimensions are kept, now 5 came"):
        CachedProvider(Odd(lambda texts: np.ones((len(texts), 5))), path).embed(texts)


def test_info_and_clear_count_by_provider(path):
    """
    One provider's vectors can be forgotten without the others'.
    """
    small, large = (CachedProvider(HashingProvider(n), path) for n in (8, 16))
    small.embed(TEXTS)
    large.embed(TEXTS[:7])

    assert [(s.fingerprint, s.n_vectors, s.n_bytes) for s in cache_info(path)] == [
        ("hashing:16", 7, 7 * 16 * 4),
        ("hashing:8", 100, 100 * 8 * 4),
    ]
    assert clear_cache("hashing:8", path) == 100
    assert embedded(large, TEXTS[:7])[0] == 0
    assert clear_cache(path=path) == 7
    assert cache_info(path) == []
    assert embedded(small, TEXTS)[0] == len(TEXTS)


def test_a_cache_that_is_not_there_is_empty(path):
    """
    Asking about a cache makes no file.
    """
    assert cache_info(path) == []
    assert clear_cache(path=path) == 0
    assert not path.exists()


def test_the_default_file_can_be_moved(monkeypatch, tmp_path):
    """
    TOOLKIT_CACHE names the file; without it the user's cache folder holds it.
    """
    monkeypatch.setenv("TOOLKIT_CACHE", str(tmp_path / "here.sqlite"))
    CachedProvider(HashingProvider(8)).embed(["one"])
    monkeypatch.setenv("TOOLKIT_CACHE", "")

    assert cache_info(tmp_path / "here.sqlite")[0].n_vectors == 1
    assert default_cache_path().parent.name == "text-embedding-toolkit"


def test_a_cache_is_named_like_what_it_keeps(path):
    """
    A cache changes neither the fingerprint nor the name, as the vectors are the same.
    """
    inner = SentenceTransformerProvider("all-MiniLM-L6-v2")

    assert provider_name(CachedProvider(inner, path)) == inner.name
    assert CachedProvider(HashingProvider(8), path).fingerprint == "hashing:8"


def test_threads_share_a_provider(path):
    """
    Threads that embed overlapping texts at once all get the right rows.
    """
    provider = CachedProvider(HashingProvider(16), path)
    expected = HashingProvider(16).embed(TEXTS)
    wrong = []

    def work(start):
        rows = [(start + i) % len(TEXTS) for i in range(60)]
        if not np.allclose(provider.embed([TEXTS[row] for row in rows]), expected[rows]):
            wrong.append(start)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert cache_info(path)[0].n_vectors == len(TEXTS)


def embed_in_process(path, texts, gate):
    gate.wait()
    for start in range(0, len(texts), 10):
        CachedProvider(HashingProvider(16), path).embed(texts[start : start + 10])


def test_two_processes_write_one_file_at_once(path):
    """
    Processes that create and fill the same file both succeed, without a warning.
    """
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    workers = [
        context.Process(target=embed_in_process, args=(path, TEXTS[part], gate))
        for part in (slice(0, 70), slice(30, 100))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert embedded(CachedProvider(HashingProvider(16), path), TEXTS)[0] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_after_use_works(path):
    """
    A forked worker uses the cache of its parent.
    """
    provider = CachedProvider(HashingProvider(16), path)
    provider.embed(TEXTS[:50])
    context = multiprocessing.get_context("fork")
    worker = context.Process(target=provider.embed, args=(TEXTS,))
    worker.start()
    worker.join(60)

    assert worker.exitcode == 0
    assert embedded(provider, TEXTS)[0] == 0
