"""
How well detectors rank outliers of public tables, and how fast they do.

    python benchmarks/bench_outliers.py --data DIR
    python benchmarks/bench_outliers.py --data DIR --speed 20000

Every detector learns from normal rows and ranks other rows, normal ones and outliers, by the same
vectors. A label (or, of BANKING77 and the paper titles, each of several in turn) is what is not
normal. `auroc` is the mean over these; the interval is that of 200 bootstrap samples of the rows
that are ranked. PyOD is left out where it is not installed.
"""

import argparse
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from toolkit import (
    CosineLOF,
    CosineMahalanobisDetector,
    CosineNeighborsDetector,
    TextEmbedder,
    unit_rows,
)

try:
    from pyod.models.ecod import ECOD
    from pyod.models.knn import KNN
    from pyod.models.lof import LOF
except ImportError:
    KNN = None

MOST_LEARNED, MOST_RANKED = 4_000, 2_000
N_SAMPLES = 200


@dataclass(frozen=True)
class Task:
    """Rows to learn from, rows to rank, and which of those are outliers."""

    normal: np.ndarray
    ranked: np.ndarray
    is_outlier: np.ndarray


def main() -> None:
    options = read_options()
    if options.speed:
        print(speeds(options.speed).to_string(float_format="%.2f"))
        return
    for table, labels in TABLES.items():
        tasks = list(tasks_of(options.data / table, labels))
        print(f"\n{table}: {len(tasks)} x {len(tasks[0].ranked):,} rows ranked", flush=True)
        print(quality(tasks).to_string(float_format="%.3f"), flush=True)
    if KNN is None:
        print("PyOD was left out: pip install pyod")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--speed", type=int, default=0, help="time this many made rows instead")

    return parser.parse_args()


TABLES: dict[str, str | int] = {
    "banking77.csv": 10,
    "paper_titles_mag.csv": 7,
    "clickbait_headlines.csv": "clickbait",
    "sms_spam.csv": "spam",
}
"""The label that is not normal, or of how many labels each is left out in turn."""


def tasks_of(path: Path, labels: str | int) -> Iterator[Task]:
    frame = pd.read_csv(path, keep_default_na=False).drop_duplicates("text", ignore_index=True)
    vectors = unit_rows(TextEmbedder(task="none").fit_transform(frame["text"]))
    own = frame["label"].to_numpy()
    random = np.random.default_rng(0)
    outside = [labels]
    if isinstance(labels, int):
        outside = random.permutation(np.unique(own))[:labels].tolist()
    for label in outside:
        normal = random.permutation(np.flatnonzero(own != label))
        outliers = random.permutation(np.flatnonzero(own == label))[:MOST_RANKED]
        learned, others = np.split(normal, [min(MOST_LEARNED, len(normal) // 2)])
        ranked = np.append(others[:MOST_RANKED], outliers)
        yield Task(vectors[learned], vectors[ranked], np.isin(ranked, outliers))


def contestants() -> dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]:
    """Return what gives high scores to normal rows, from rows learned from and rows ranked."""
    ours: dict[str, Any] = {
        "CosineNeighborsDetector": CosineNeighborsDetector(),
        "CosineLOF": CosineLOF(),
        "CosineMahalanobisDetector": CosineMahalanobisDetector(),
        "sklearn LOF": LocalOutlierFactor(novelty=True),
        "sklearn IsolationForest": IsolationForest(random_state=0),
    }
    found = {name: scorer(detector) for name, detector in ours.items()}
    if KNN is not None:
        found |= {
            "PyOD KNN": pyod_scorer(KNN),
            "PyOD LOF": pyod_scorer(LOF),
            "PyOD ECOD": pyod_scorer(ECOD),
            "PyOD EmbeddingOD (scaled KNN)": pyod_scorer(KNN, scaled=True),
        }

    return found


def scorer(detector: Any) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda normal, ranked: detector.fit(normal).score_samples(ranked)


def pyod_scorer(detector: Any, *, scaled: bool = False) -> Callable[..., np.ndarray]:
    def scores(normal: np.ndarray, ranked: np.ndarray) -> np.ndarray:
        if scaled:
            scaler = StandardScaler().fit(normal)
            normal, ranked = scaler.transform(normal), scaler.transform(ranked)
        return -detector().fit(normal).decision_function(ranked)

    return scores


def quality(tasks: list[Task]) -> pd.DataFrame:
    rows = []
    for name, score in contestants().items():
        scores = [score(task.normal, task.ranked) for task in tasks]
        areas = np.array(
            [sampled_areas(task, each) for task, each in zip(tasks, scores, strict=True)]
        )
        whole = [
            roc_auc_score(task.is_outlier, -each) for task, each in zip(tasks, scores, strict=True)
        ]
        low, high = np.quantile(areas.mean(axis=0), [0.025, 0.975])
        rows.append({"detector": name, "auroc": np.mean(whole), "low": low, "high": high})

    return pd.DataFrame(rows).set_index("detector")


def sampled_areas(task: Task, scores: np.ndarray) -> list[float]:
    random = np.random.default_rng(0)
    sides = [np.flatnonzero(task.is_outlier == side) for side in (False, True)]
    areas = []
    for _ in range(N_SAMPLES):
        rows = np.concatenate([random.choice(side, len(side)) for side in sides])
        areas.append(float(roc_auc_score(task.is_outlier[rows], -scores[rows])))

    return areas


def speeds(n_rows: int) -> pd.DataFrame:
    """Time scoring made rows against as many others, each detector fitted beforehand."""
    random = np.random.default_rng(0)
    normal, ranked = (random.standard_normal((n_rows, 384)).astype(np.float32) for _ in range(2))
    normal, ranked = unit_rows(normal), unit_rows(ranked)
    timed: dict[str, Any] = {
        "CosineNeighborsDetector": CosineNeighborsDetector(),
        "sklearn LOF": LocalOutlierFactor(novelty=True, n_jobs=2),
    }
    if KNN is not None:
        timed["PyOD KNN"] = KNN(n_jobs=2)
    rows = []
    for name, detector in timed.items():
        started = perf_counter()
        detector.fit(normal)
        fitted = perf_counter() - started
        ask = getattr(detector, "score_samples", None) or detector.decision_function
        seconds = []
        for _ in range(3 if name.startswith("Cosine") else 1):
            started = perf_counter()
            ask(ranked)
            seconds.append(perf_counter() - started)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        rows.append(
            {"detector": name, "fit s": fitted, "score s": median(seconds), "peak GB so far": peak}
        )
    table = pd.DataFrame(rows).set_index("detector")
    table["times ours"] = table["score s"] / table["score s"].iloc[0]

    return table


if __name__ == "__main__":
    main()
