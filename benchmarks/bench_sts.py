"""
Compare our cosines with human judgement, and with those of sentence-transformers.

    python benchmarks/bench_sts.py --data DIR

DIR holds stsb.csv. Both sides embed the pairs of the STS Benchmark with all-MiniLM-L6-v2; the
score is Spearman's correlation with the human scores, which should be the peer's to 0.001 in fp32.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import pairwise_cos_sim

from toolkit import SentenceTransformerProvider, TextEmbedder
from toolkit.embedding.weights import PACKAGED_MODEL, model_folder

TOLERANCE = 1e-3


def main() -> None:
    options = read_options()
    pairs = pd.read_csv(options.data / "stsb.csv", keep_default_na=False)
    pairs = pairs[pairs["split"] == "test"].head(options.pairs)
    peer = peer_cosines(pairs)
    cosines = {
        "sentence-transformers": peer,
        "toolkit, fp32": our_cosines(pairs, SentenceTransformerProvider(precision="fp32")),
        "toolkit, default": our_cosines(pairs, SentenceTransformerProvider()),
    }
    scores = {name: correlation(values, pairs["score"]) for name, values in cosines.items()}

    print(f"{len(pairs):,} pairs of the test rows of the STS Benchmark, all-MiniLM-L6-v2")
    print()
    print("| cosines of | Spearman | largest difference to the peer's cosine |")
    print("| --- | ---: | ---: |")
    for name, score in scores.items():
        print(f"| {name} | {score:.4f} | {np.abs(cosines[name] - peer).max():.5f} |")
    difference = abs(scores["toolkit, fp32"] - scores["sentence-transformers"])
    print()
    verdict = "within" if difference <= TOLERANCE else "OVER"
    print(f"fp32 differs by {difference:.6f}: {verdict} {TOLERANCE}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--pairs", type=int, help="only the first so many pairs")

    return parser.parse_args()


def our_cosines(pairs: pd.DataFrame, provider: SentenceTransformerProvider) -> np.ndarray:
    embedder = TextEmbedder(provider, task="similarity", cache=False)
    a, b = (embedder.fit_transform(pairs[name]) for name in ("text_a", "text_b"))

    return np.vecdot(a, b)


def peer_cosines(pairs: pd.DataFrame) -> np.ndarray:
    model = SentenceTransformer(str(model_folder(PACKAGED_MODEL)), device="cpu")
    a, b = (
        model.encode(pairs[name].tolist(), show_progress_bar=False) for name in ("text_a", "text_b")
    )

    return pairwise_cos_sim(a, b).numpy()


def correlation(cosines: np.ndarray, scores: pd.Series) -> float:
    return float(spearmanr(cosines, scores).statistic)


if __name__ == "__main__":
    main()
