"""
How well wrong labels are found, against cleanlab's rankings, and whether the rate asked for holds.

    python benchmarks/bench_labels.py --data DIR

A share of the labels of public tables is flipped: to any label, or to the one whose centre is
nearest. `ours` ranks by `label_issues`, `self` and `margin` by cleanlab's scores (self-confidence,
normalized margin) of scikit-learn's cross-validated logistic regression on the same vectors, which
is cleanlab's own recipe. Figures are average precisions, means over the seeds; then how many issues
are listed at fdr=0.2, the share of them that was not flipped, and the share of flips listed.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import cross_val_predict

from toolkit import TextEmbedder, label_issues, unit_rows

TABLES = (
    "banking77.csv",
    "hwu64.csv",
    "massive_en_subset.csv",
    "stackoverflow_short.csv",
    "sms_spam.csv",
)


def main() -> None:
    options = read_options()
    rows = []
    for table in options.tables:
        texts, vectors, labels = read_table(options.data / table, options.rows)
        for protocol in ("any", "nearest"):
            runs = [
                run(texts, vectors, labels, protocol, options.share, seed)
                for seed in range(options.seeds)
            ]
            means = pd.DataFrame(runs).mean().to_dict()
            rows.append({"table": table.removesuffix(".csv"), "flipped to": protocol, **means})
            print(pd.DataFrame(rows[-1:]).to_string(index=False, float_format="%.3f"), flush=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)

    return parser.parse_args()


def read_table(path: Path, n_rows: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    frame = pd.read_csv(path, keep_default_na=False).drop_duplicates("text")
    frame = frame.sample(min(n_rows, len(frame)), random_state=0)
    vectors = unit_rows(TextEmbedder(task="none").fit_transform(frame["text"]))

    return frame["text"].tolist(), vectors, pd.factorize(frame["label"], sort=True)[0]


def run(
    texts: list[str],
    vectors: np.ndarray,
    labels: np.ndarray,
    protocol: str,
    share: float,
    seed: int,
) -> dict[str, float]:
    given = flipped(vectors, labels, protocol, share, seed)
    is_wrong = given != labels
    started = perf_counter()
    found = label_issues(texts, given, vectors, fdr=0.2).table
    seconds = perf_counter() - started
    is_judged = found["confidence"].notna().to_numpy()
    listed = found["is_issue"].to_numpy()

    started = perf_counter()
    theirs = cross_val_predict(
        LogisticRegression(max_iter=1000), vectors, given, cv=5, method="predict_proba"
    )
    their_seconds = perf_counter() - started
    at = np.arange(len(given))
    places = np.searchsorted(np.unique(given), given)
    own = theirs[at, places]
    theirs[at, places] = -1
    margin = own - theirs.max(axis=1)

    def precision(scores: np.ndarray) -> float:
        return float(average_precision_score(is_wrong[is_judged], -scores[is_judged]))

    return {
        "ours": precision(found["confidence"].to_numpy()),
        "self": precision(own),
        "margin": precision(margin),
        "listed": float(listed.sum()),
        "not flipped": float((~is_wrong[listed]).mean()) if listed.any() else float("nan"),
        "recall": float(listed[is_wrong].mean()),
        "s": seconds,
        "their s": their_seconds,
    }


def flipped(
    vectors: np.ndarray, labels: np.ndarray, protocol: str, share: float, seed: int
) -> np.ndarray:
    random = np.random.default_rng(seed)
    n_labels = int(labels.max()) + 1
    is_wrong = random.random(len(labels)) < share
    given = labels.copy()
    if protocol == "any":
        given[is_wrong] += random.integers(1, n_labels, is_wrong.sum())
        return given % n_labels
    centres = unit_rows(
        np.array([vectors[labels == label].mean(axis=0) for label in range(n_labels)])
    )
    similarities = centres @ centres.T
    np.fill_diagonal(similarities, -2)
    given[is_wrong] = similarities.argmax(axis=1)[labels[is_wrong]]

    return given


if __name__ == "__main__":
    main()
