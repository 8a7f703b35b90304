"""A service as people use it: by the command line and in programs, against a server of ours."""

import asyncio
import math
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from tests.servers.answers import Answer, NoAnswer
from tests.servers.cases.keeping import kept_rows
from tests.servers.embedding_server import EmbeddingServer
from tests.servers.faults import after, always, broken, saying
from tests.servers.own_forms import FORMS
from toolkit import TextEmbedder
from toolkit.embedding import OpenAIProvider
from toolkit.errors import AuthenticationFailed

KEY = "sk-test-end-to-end-0a1b2c3d"
MODEL = "openai:text-embedding-3-small"
BATCH = OpenAIProvider("m", base_url="http://127.0.0.1:1/v1").limits.batch
N_BATCHES, DONE = 10, 3
TEXTS = [f"parcel number {n} came {n % 7} days late" for n in range(N_BATCHES * BATCH)]
LONGEST = 60.0


@pytest.fixture
def server(monkeypatch):
    """OpenAI, as the environment says where it is."""
    with EmbeddingServer(FORMS["openai"], key=KEY) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield server
    assert server.problems == []


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "texts.csv"
    pd.DataFrame({"text": TEXTS}).to_csv(path, index=False)

    return path


def started(*arguments):
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "toolkit", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    out, err = process.communicate(timeout=LONGEST)
    assert KEY not in out + err

    return process.returncode, out, err


def wait_until(is_so):
    deadline = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def cosine(server, a, b):
    first, second = server.expected([a, b])

    return float(first @ second)


def test_the_example_works_in_a_shell(server):
    """
    Two variables of the environment and a name: that is all it takes.
    """
    code, out, err = ended(started("similarity", "Apple", "Orange", "--provider", MODEL))

    assert (code, err) == (0, "")
    assert float(out) == pytest.approx(cosine(server, "Apple", "Orange"), abs=1e-4)
    assert [seen.texts for seen in server.seen] == [("Apple", "Orange")]


def test_the_example_works_in_a_program_that_awaits(server):
    """
    Inside a running event loop both ways work, and the loop goes on while vectors are awaited.
    """
    server.latency = 0.2
    provider = OpenAIProvider("text-embedding-3-small")

    async def program():
        awaited = asyncio.ensure_future(provider.aembed(["Apple", "Orange"]))
        n_turns = 0
        while not awaited.done():
            await asyncio.sleep(0.01)
            n_turns += 1
        return await awaited, provider.embed(["Apple", "Orange"]), n_turns

    awaited, waited_for, n_turns = asyncio.run(program())

    assert np.array_equal(awaited, server.expected(["Apple", "Orange"]))
    assert np.array_equal(awaited, waited_for)
    assert n_turns >= 5


def test_many_may_be_awaited_at_once(server):
    """
    Requests of several callers are in flight together; each gets its own vectors.
    """
    server.latency = 0.1
    provider = OpenAIProvider("text-embedding-3-small")
    provider.embed(["the first text shows how fast the service is"])
    texts = [[f"a letter of customer {n}"] for n in range(8)]

    async def program():
        return await asyncio.gather(*map(provider.aembed, texts))

    found = asyncio.run(program())

    assert all(
        np.array_equal(vectors, server.expected(text))
        for vectors, text in zip(found, texts, strict=True)
    )
    assert max(seen.in_flight for seen in server.seen) > 1


def test_a_refused_key_is_told_and_not_shown(server):
    """
    A service that quotes the key: neither the error nor --debug repeats it.
    """
    server.rules.append(always(saying(401, f"Incorrect API key provided: {KEY}.")))
    code, out, err = ended(started("similarity", "a", "b", "--provider", MODEL, "--debug"))

    assert (code, out) == (1, "")
    assert "Incorrect API key provided: ***" in err
    assert "Traceback" in err
    with pytest.raises(AuthenticationFailed):
        TextEmbedder(MODEL).fit_transform(["Apple"])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_killed_command_goes_on_where_it_was(server, table, tmp_path, own_cache):
    """
    After kill -9 the same command sends the remaining batches; its table is a clean run's.
    """
    server.rules.append(after(DONE, broken(NoAnswer)))
    output = tmp_path / "vectors.parquet"
    command = ("embed", table, "--text", "text", "--provider", MODEL, "-o", output)
    process = started(*command)
    wait_until(lambda: len(kept_rows(own_cache)) == DONE * BATCH)
    wait_until(lambda: len(server.seen) == N_BATCHES)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    n_in_flight = sum(not seen.answered_at for seen in server.seen)

    assert n_in_flight == N_BATCHES - DONE
    assert not output.exists()
    assert n_sent_by_the_same_again(server, command) == N_BATCHES - DONE
    assert_clean(server, output)


def test_an_interrupted_command_keeps_what_is_in_flight(server, table, tmp_path, own_cache):
    """
    After Ctrl-C what was sent is waited for, as it is paid; the message says how to go on.
    """

    def slowly(asked) -> Answer | None:
        asked.server.stopping.wait(1.0 if asked.seen.number > DONE else 0.0)

    server.rules.append(slowly)
    output = tmp_path / "vectors.parquet"
    command = (
        *("embed", table, "--text", "text", "-o", output),
        *("--provider", f"{MODEL}?concurrency=2"),
    )
    process = started(*command)
    wait_until(lambda: len(kept_rows(own_cache)) == DONE * BATCH)
    wait_until(lambda: len(server.seen) > DONE)
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)
    n_sent = sum(len(seen.texts) for seen in server.seen)

    assert code == 130
    assert "same command" in err
    assert DONE * BATCH < n_sent < len(TEXTS)
    assert len(kept_rows(own_cache)) == n_sent
    assert n_sent_by_the_same_again(server, command) == math.ceil((len(TEXTS) - n_sent) / BATCH)
    assert_clean(server, output)


def n_sent_by_the_same_again(server, command):
    """How many requests the same command sends when it is run again."""
    server.rules.clear()
    server.seen.clear()
    code, _, err = ended(started(*command))
    assert code == 0, err

    return len(server.seen)


def assert_clean(server, output):
    found = np.stack(pd.read_parquet(output)["embedding"])

    assert np.allclose(found, server.expected(TEXTS), atol=1e-6)
