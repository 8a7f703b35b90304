"""
Compare clusters that nobody gave a number for with the labels of public tables.

    python benchmarks/bench_clusters.py --data DIR

`k` is how many clusters there are; NMI and ARI tell how well they agree with labels. What a peer
calls noise is first given to the cluster with the nearest mean, so that all speak of all rows.
Only k-means is told the true number of classes.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter
from types import ModuleType

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from threadpoolctl import threadpool_limits

from toolkit import TextEmbedder
from toolkit.clustering.leiden import CosineLeiden
from toolkit.kernels import group_means, unit_rows

TABLES = (
    "banking77.csv",
    "stackoverflow_short.csv",
    "massive_en_subset.csv",
    "hwu64.csv",
    "snips.csv",
    "customer_support_bitext.csv",
)
Clusterer = Callable[[np.ndarray, int], np.ndarray]


def main() -> None:
    options = read_options()
    peers = {name: module(name) for name in ("umap", "hdbscan", "evoc")}
    contestants = pick_contestants(peers)
    rows = []
    print("| table | classes | method | k | NMI | ARI | s |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    for table in options.tables:
        vectors, truth = read_vectors(options.data / table, options.rows)
        for name, cluster in contestants.items():
            with threadpool_limits(options.threads):
                rows.append((name, *judged(cluster, vectors, truth)))
            print_row(Path(table).stem, len(np.unique(truth)), *rows[-1])

    print_means(rows)
    for name in (name for name, found in peers.items() if found is None):
        print(f"{name} was left out: pip install {'umap-learn' if name == 'umap' else name}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--rows", type=int, default=20_000, help="at most so many of a table")
    parser.add_argument("--threads", type=int, default=2)

    return parser.parse_args()


def module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


def read_vectors(path: Path, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Embed the texts of a table; a table that is too long is thinned evenly."""
    frame = pd.read_csv(path, keep_default_na=False)
    frame = frame.iloc[:: -(-len(frame) // n_rows)]
    vectors = TextEmbedder(task="clustering").fit_transform(frame["text"])

    return unit_rows(np.asarray(vectors, dtype=np.float32)), frame["label"].to_numpy()


def pick_contestants(peers: dict[str, ModuleType | None]) -> dict[str, Clusterer]:
    contestants: dict[str, Clusterer] = {
        "toolkit CosineLeiden": lambda vectors, _: CosineLeiden().fit(vectors).labels_,
        "k-means, true k": lambda vectors, k: (
            KMeans(k, n_init=3, random_state=0).fit(vectors).labels_
        ),
    }
    umap, hdbscan, evoc = peers["umap"], peers["hdbscan"], peers["evoc"]
    if umap and hdbscan:
        for size in (10, 50):
            contestants[f"UMAP + HDBSCAN({size})"] = umap_hdbscan(umap, hdbscan, size)
    if evoc:
        contestants["EVoC"] = lambda vectors, _: evoc.EVoC(random_state=0).fit_predict(vectors)

    return contestants


def umap_hdbscan(umap: ModuleType, hdbscan: ModuleType, size: int) -> Clusterer:
    def run(vectors: np.ndarray, _: int) -> np.ndarray:
        reducer = umap.UMAP(
            n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0
        )
        found = hdbscan.HDBSCAN(min_cluster_size=size).fit(reducer.fit_transform(vectors))
        labels: np.ndarray = found.labels_
        return labels

    return run


def judged(
    cluster: Clusterer, vectors: np.ndarray, truth: np.ndarray
) -> tuple[int, float, float, float]:
    started = perf_counter()
    labels = np.asarray(cluster(vectors, len(np.unique(truth))))
    seconds = perf_counter() - started
    labels = without_noise(vectors, labels)

    return (
        len(np.unique(labels)),
        normalized_mutual_info_score(truth, labels),
        adjusted_rand_score(truth, labels),
        seconds,
    )


def without_noise(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Give each row without a cluster to the cluster with the nearest mean."""
    if (labels < 0).all():
        return np.zeros_like(labels)
    inside = labels >= 0
    means = unit_rows(group_means(vectors[inside], labels[inside], labels.max() + 1))

    return np.where(inside, labels, (vectors @ means.T).argmax(axis=1))


def print_row(
    table: str, n_classes: int, name: str, k: int, nmi: float, ari: float, seconds: float
) -> None:
    print(
        f"| {table} | {n_classes} | {name} | {k} | {nmi:.3f} | {ari:.3f} | {seconds:.1f} |",
        flush=True,
    )


def print_means(rows: list[tuple[str, int, float, float, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["method", "k", "NMI", "ARI", "s"])
    for name, mean in frame.groupby("method", sort=False)[["NMI", "ARI", "s"]].mean().iterrows():
        print(f"| mean | | {name} | | {mean.NMI:.3f} | {mean.ARI:.3f} | {mean.s:.1f} |")


if __name__ == "__main__":
    main()
