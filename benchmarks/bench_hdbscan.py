"""
Compare `CosineHDBSCAN` with hdbscan, fast_hdbscan and EVoC: time, memory, and how far the clusters
and the spanning tree are those of hdbscan.

    python benchmarks/bench_hdbscan.py --data folder --rows 5000 --with-hdbscan
    python benchmarks/bench_hdbscan.py --vectors rows.npy --rows 5000 10000 20000 100000

The vectors are those of `stackoverflow_short.csv` in the folder, or rows of an .npy file; where
more are asked for than there are, they are jittered. Every contestant runs once on a few rows, so
that what it compiles is compiled, and then `--rounds` times. hdbscan compares all rows with all: it
is left out unless it is asked for, and runs once.

Where rows tie in mutual reachability, as all do that lie within a core distance, hdbscan's clusters
depend on the order of the rows. So they are compared three times: with ours, with those of hdbscan
on shuffled rows (how far it agrees with itself), and ours with those of hdbscan's own spanning tree
where what ties is joined at once.
"""

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from sklearn.metrics import adjusted_rand_score

from toolkit.clustering.hdbscan import CosineHDBSCAN
from toolkit.clustering.hdbscan_cuts import CutSettings, cut
from toolkit.clustering.hdbscan_hierarchy import linkage_along
from toolkit.kernels import unit_rows


def main() -> None:
    options = read_options()
    vectors = read_vectors(options)
    contestants = pick_contestants(options)
    for run in contestants.values():
        run(vectors[:1000])

    print("| rows | contestant | s | clusters | noise | edges proved by the graph |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for n_rows in options.rows:
        rows = made_to_measure(vectors, n_rows)
        for name, run in contestants.items():
            print_row(name, rows, run, options.rounds)
    print(f"\npeak memory {peak_memory() / 2**30:.2f} GiB, the vectors included")

    if options.with_hdbscan:
        print_exactness(made_to_measure(vectors, options.rows[0]), options)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n\n")[0])
    parser.add_argument("--data", type=Path, help="folder of stackoverflow_short.csv")
    parser.add_argument("--vectors", type=Path, help="an .npy file of vectors")
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--min-cluster-size", type=int, default=10)
    parser.add_argument("--min-samples", type=int, default=5)
    parser.add_argument("--with-hdbscan", action="store_true", help="compare with it, on --rows")
    parser.add_argument("--without", nargs="*", default=[], help="contestants to leave out")

    return parser.parse_args()


def read_vectors(options: argparse.Namespace) -> np.ndarray:
    if options.vectors:
        return unit_rows(np.load(options.vectors).astype(np.float32))

    import pandas as pd

    from toolkit import TextEmbedder

    texts = pd.read_csv(options.data / "stackoverflow_short.csv", keep_default_na=False)["text"]

    return unit_rows(TextEmbedder().fit_transform(texts))


def made_to_measure(vectors: np.ndarray, n_rows: int) -> np.ndarray:
    """Take some rows at random, or jitter them until there are enough."""
    random = np.random.default_rng(0)
    if n_rows <= len(vectors):
        return vectors[np.sort(random.permutation(len(vectors))[:n_rows])]

    rows = np.resize(vectors, (n_rows, vectors.shape[1]))
    rows += 0.4 / np.sqrt(rows.shape[1]) * random.standard_normal(rows.shape, dtype=np.float32)

    return unit_rows(rows[random.permutation(n_rows)])


def pick_contestants(options: argparse.Namespace) -> dict[str, Callable[[np.ndarray], object]]:
    size, samples = options.min_cluster_size, options.min_samples
    contestants: dict[str, Callable[[np.ndarray], object]] = {
        "CosineHDBSCAN": CosineHDBSCAN(min_cluster_size=size, min_samples=samples).fit
    }
    try:
        import fast_hdbscan

        peer = fast_hdbscan.HDBSCAN(min_cluster_size=size, min_samples=samples)
        contestants["fast_hdbscan"] = peer.fit
    except ImportError:
        print("fast_hdbscan was left out: pip install fast_hdbscan[nndescent]\n")
    try:
        import evoc

        contestants["EVoC"] = lambda rows: labelled(evoc.EVoC().fit_predict(rows))
    except ImportError:
        print("EVoC was left out: pip install evoc\n")

    return {name: run for name, run in contestants.items() if name not in options.without}


class labelled:
    """Labels where a fitted clusterer is expected."""

    def __init__(self, labels: np.ndarray) -> None:
        self.labels_ = labels


def print_row(name: str, rows: np.ndarray, run: Callable[[np.ndarray], object], rounds: int):
    seconds = []
    for _ in range(rounds):
        started = perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = run(rows)
        seconds.append(perf_counter() - started)

    labels = fitted.labels_
    proved = getattr(fitted, "proved_share_", None)
    cells = f"{labels.max() + 1} | {(labels < 0).mean():.0%} | "
    cells += "" if proved is None else f"{proved:.2%}"
    print(f"| {len(rows):,} | {name} | {median(seconds):.2f} | {cells} |", flush=True)


def print_exactness(rows: np.ndarray, options: argparse.Namespace) -> None:
    """Run hdbscan twice, the second time on shuffled rows."""
    from hdbscan import HDBSCAN

    size, samples = options.min_cluster_size, options.min_samples
    exact = unit_rows(rows.astype(np.float64))
    order = np.random.default_rng(1).permutation(len(rows))
    peer = HDBSCAN(size, samples, gen_min_span_tree=True, core_dist_n_jobs=1)

    started = perf_counter()
    labels = peer.fit_predict(exact)
    print(f"\nhdbscan on {len(rows):,} rows: {perf_counter() - started:.1f} s")
    tree = peer.minimum_spanning_tree_.to_numpy()
    shuffled = np.empty_like(labels)
    shuffled[order] = peer.fit_predict(exact[order])

    ours = CosineHDBSCAN(min_cluster_size=size, min_samples=samples).fit(rows)
    lengths = ours.single_linkage_tree_.to_numpy()[:, 2]
    linkage = linkage_along(tree[:, 0].astype(int), tree[:, 1].astype(int), tree[:, 2])
    at_once = cut(linkage, len(rows), CutSettings(size)).labels
    print(f"weight of the tree, relative difference: {lengths.sum() / tree[:, 2].sum() - 1:.1e}")
    print(f"largest difference of an edge: {abs(lengths - np.sort(tree[:, 2])).max():.1e}")
    print("adjusted Rand of CosineHDBSCAN")
    print(f"  with hdbscan: {adjusted_rand_score(ours.labels_, labels):.6f}")
    print(f"  with hdbscan's tree, ties at once: {adjusted_rand_score(ours.labels_, at_once):.6f}")
    print(f"and of hdbscan on shuffled rows: {adjusted_rand_score(shuffled, labels):.6f}")


def peak_memory() -> int:
    """Ask Linux."""
    status = Path("/proc/self/status").read_text()

    return 1024 * int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    main()
