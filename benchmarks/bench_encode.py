"""
Time local encoding against `SentenceTransformer.encode`, and the warm cache against both.

    python benchmarks/bench_encode.py --data DIR

DIR holds banking77.csv. Both sides encode the same texts with all-MiniLM-L6-v2; the peer keeps its
defaults. Rounds are interleaved. The last column is the least cosine between our vector and the
peer's over all texts.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from sentence_transformers import SentenceTransformer

from toolkit import CachedProvider, SentenceTransformerProvider, TextEmbedder, unit_rows
from toolkit.embedding.weights import PACKAGED_MODEL, model_folder


def main() -> None:
    options = read_options()
    frame = pd.read_csv(options.data / "banking77.csv", keep_default_na=False)
    texts = frame["text"].drop_duplicates().tolist()[: options.texts]
    peer = SentenceTransformer(str(model_folder(PACKAGED_MODEL)), device="cpu")
    contestants = {
        "SentenceTransformer.encode": lambda part: peer.encode(part, show_progress_bar=False),
        "toolkit, fp32": SentenceTransformerProvider(precision="fp32").embed,
        "toolkit, default": SentenceTransformerProvider().embed,
    }
    seconds, vectors = time_in_turns(contestants, texts, options.rounds)
    print_encoding(seconds, vectors, len(texts))
    print()
    print_cache(texts, median(seconds["toolkit, default"]), options.rounds)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)

    return parser.parse_args()


def time_in_turns(contestants, texts, n_rounds):
    seconds = {name: [] for name in contestants}
    vectors = {name: encode(texts[:64]) for name, encode in contestants.items()}
    for _ in range(n_rounds):
        for name, encode in contestants.items():
            start = perf_counter()
            vectors[name] = encode(texts)
            seconds[name].append(perf_counter() - start)

    return seconds, vectors


def print_encoding(seconds, vectors, n_texts):
    peer_name = "SentenceTransformer.encode"
    peer = unit_rows(np.asarray(vectors[peer_name]))
    print(f"{n_texts:,} distinct texts of Banking77, all-MiniLM-L6-v2")
    print()
    print("| encoder | texts/s, median | times the peer | least cosine to the peer |")
    print("| --- | ---: | ---: | ---: |")
    for name, times in seconds.items():
        ratio = median(
            theirs / ours for theirs, ours in zip(seconds[peer_name], times, strict=True)
        )
        cosine = (unit_rows(np.asarray(vectors[name])) * peer).sum(axis=1).min()
        print(f"| {name} | {n_texts / median(times):,.0f} | {ratio:.2f} | {cosine:.5f} |")


def print_cache(texts, cold_seconds, n_rounds):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.sqlite"
        CachedProvider(SentenceTransformerProvider(), path).embed(texts)
        embedder = TextEmbedder(cache=path)
        seconds = []
        for _ in range(n_rounds + 1):
            start = perf_counter()
            embedder.fit_transform(texts)
            seconds.append(perf_counter() - start)
    warm = median(seconds[1:])
    print("| run | microseconds a text | ratio |")
    print("| --- | ---: | ---: |")
    print(f"| cold: the model | {cold_seconds / len(texts) * 1e6:,.0f} | 1 |")
    ratio = cold_seconds / warm
    print(f"| warm: the cache | {warm / len(texts) * 1e6:.1f} | {ratio:,.0f} times as fast |")


if __name__ == "__main__":
    main()
