import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from toolkit import TextEmbedder

N_TEXTS = 1500


@pytest.fixture
def table(tmp_path):
    """Enough distinct texts that embedding takes seconds."""
    rng = np.random.default_rng(0)
    words = [
        "parcel",
        "card",
        "refund",
        "late",
        "broken",
        "lamp",
        "kettle",
        "tent",
        "please",
        "where",
        "order",
        "again",
    ]
    texts = [f"{' '.join(rng.choice(words, size=12))} {number}" for number in range(N_TEXTS)]
    path = tmp_path / "texts.csv"
    pd.DataFrame({"text": texts}).to_csv(path, index=False)

    return path


def embed_command(table, output):
    return [
        sys.executable,
        "-m",
        "toolkit",
        "embed",
        str(table),
        "--text",
        "text",
        "-o",
        str(output),
    ]


def environment(cache):
    return {**os.environ, "TOOLKIT_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}


def n_kept(cache):
    try:
        with sqlite3.connect(f"file:{cache}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT COUNT(*) FROM vectors").fetchone()[0]
    except sqlite3.Error:
        return 0


def test_a_killed_embed_goes_on_where_it_was(table, tmp_path):
    """
    After kill -9 the same command embeds only the rest, and its output equals a clean run's.
    """
    cache, output = tmp_path / "killed.sqlite", tmp_path / "killed.parquet"
    process = subprocess.Popen(
        embed_command(table, output), env=environment(cache), stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not n_kept(cache) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = n_kept(cache)

    assert 0 < kept < N_TEXTS
    assert not output.exists()

    resumed = subprocess.run(
        embed_command(table, output),
        env=environment(cache),
        capture_output=True,
        text=True,
        check=True,
    )
    clean = TextEmbedder(cache=False).fit_transform(pd.read_csv(table)["text"])

    assert f"{N_TEXTS - kept:,} texts embedded, {kept:,} taken from the cache" in resumed.stderr
    # Vectors move in the last digits with the texts that share their batch.
    assert (np.stack(pd.read_parquet(output)["embedding"]) * clean).sum(axis=1).min() > 0.9999
