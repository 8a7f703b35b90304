"""
Measure what `SelectiveClassifier` knows of its own limits, on Banking77 with out-of-scope rows.

    python benchmarks/bench_out_of_scope.py --data DIR

DIR holds banking77_oos.csv with the columns text, label, split, kind. The classifier sees in-scope
train rows only. Kinds of test rows: `in`, `id-oos` (near: banking, but none of the classes) and
`ood-oos` (far: other subjects). Figures are means over 5 seeds, which choose 80 % of the train
rows and the folds, and one fit on all train rows.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from toolkit.classification import SelectiveClassifier
from toolkit.text_embedder import TextEmbedder

N_SEEDS = 5


def main() -> None:
    options = read_options()
    frame = pd.read_csv(options.data / "banking77_oos.csv", keep_default_na=False)
    vectors = TextEmbedder().fit_transform(frame["text"])
    train = np.flatnonzero((frame["split"] == "train") & (frame["kind"] == "in"))
    test = np.flatnonzero(frame["split"] == "test")

    some = [measure(frame, vectors, sample(train, seed), test, seed) for seed in range(N_SEEDS)]
    means, spreads = pd.DataFrame(some).mean(), pd.DataFrame(some).std(ddof=0)
    everything = measure(frame, vectors, train, test, None)
    print(f"| {len(test):,} test rows | mean of {N_SEEDS} seeds | sd | all {len(train):,} rows |")
    print("| --- | --- | --- | --- |")
    for measured, value in everything.items():
        print(f"| {measured} | {means[measured]:.4f} | {spreads[measured]:.4f} | {value:.4f} |")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")

    return parser.parse_args()


def sample(rows: np.ndarray, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(rows)[: int(0.8 * len(rows))]


def measure(
    frame: pd.DataFrame, vectors: np.ndarray, train: np.ndarray, test: np.ndarray, seed: int | None
) -> dict[str, float]:
    labels = frame["label"].to_numpy()
    classifier = SelectiveClassifier(random_state=seed).fit(vectors[train], labels[train])
    decided = classifier.decide(vectors[test])
    decided["kind"] = frame["kind"].to_numpy()[test]
    decided["is_right"] = decided["prediction"].to_numpy() == labels[test]
    in_scope = decided[decided["kind"] == "in"]
    answered = in_scope[in_scope["status"] == "ok"]

    figures = {
        "AUROC of the score, in against far": auroc(decided, "ood-oos"),
        "AUROC of the score, in against near": auroc(decided, "id-oos"),
        "precision asked for": classifier.precision,
        "precision on held-out train rows": classifier.precision_,
        "coverage on held-out train rows": classifier.coverage_,
        "precision on in-scope test rows": answered["is_right"].mean(),
        "coverage on in-scope test rows": len(answered) / len(in_scope),
        "accuracy on all in-scope test rows": in_scope["is_right"].mean(),
    }
    for kind, rows in decided.groupby("kind"):
        for status in ("ok", "out_of_scope"):
            figures[f"share of `{kind}` that is `{status}`"] = (rows["status"] == status).mean()

    return figures


def auroc(decided: pd.DataFrame, kind: str) -> float:
    compared = decided[decided["kind"].isin(["in", kind])]

    return float(roc_auc_score(compared["kind"] == "in", compared["score"]))


if __name__ == "__main__":
    main()
