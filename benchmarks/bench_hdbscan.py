"""
Compare `CosineHDBSCAN` with hdbscan, fast_hdbscan and EVoC: time, memory, and how far the clusters
and the spanning tree are those of hdbscan.

    python benchmarks/bench_hdbscan.py --data folder --min-samples 5 10 15 --with-hdbscan
    python benchmarks/bench_hdbscan.py --data folder --rows 5000 --exactness
    python benchmarks/bench_hdbscan.py --vectors rows.npy --rows 5000 10000 20000 100000

The vectors are those of `stackoverflow_short.csv` in the folder, or rows of an .npy file; where
more are asked for than there are, they are jittered. Every contestant runs once on a few rows, so
that what it compiles is compiled, and then `--rounds` times, in turns. Times are medians; "times
ours" is a contestant's time by that of `CosineHDBSCAN`. hdbscan compares all rows with all, which
takes minutes for 20,000: it is left out unless it is asked for, and runs once, with the first
`--min-samples`. EVoC has no such setting.

Where rows tie in mutual reachability, as all do that lie within a core distance, hdbscan's clusters
depend on the order of the rows. So `--exactness` compares them three times: with ours, with those
of hdbscan on shuffled rows (how far it agrees with itself), and ours with those of hdbscan's own
spanning tree where what ties is joined at once.
"""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from types import ModuleType
from typing import Protocol

import numpy as np
from sklearn.metrics import adjusted_rand_score

from toolkit.clustering.hdbscan import CosineHDBSCAN
from toolkit.clustering.hdbscan_cuts import CutSettings, cut
from toolkit.clustering.hdbscan_hierarchy import linkage_along
from toolkit.kernels import unit_rows

OURS = "CosineHDBSCAN"
ONCE = "hdbscan"
PEERS = {"fast_hdbscan": "fast_hdbscan[nndescent]", "evoc": "evoc"}


class Fitted(Protocol):
    """What a contestant leaves behind."""

    labels_: np.ndarray


@dataclass(frozen=True)
class Labelled:
    """Labels where a fitted clusterer is expected."""

    labels_: np.ndarray


Contestants = dict[str, Callable[[np.ndarray], Fitted]]


@dataclass
class Runs:
    """What came of the rounds of one contestant."""

    seconds: list[float]
    cpu_seconds: list[float]
    fitted: Fitted | None = None


def main() -> None:
    options = read_options()
    vectors = read_vectors(options)
    peers = {name: found(name) for name in PEERS}
    if options.exactness:
        print_exactness(made_to_measure(vectors, options.rows[0]), options)
        return

    print(
        "| rows | min_samples | contestant | s | times ours | CPU s | clusters | noise | proved |"
    )
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for n_rows in options.rows:
        rows = made_to_measure(vectors, n_rows)
        for min_samples in options.min_samples:
            contestants = pick_contestants(options, peers, min_samples)
            print_table(n_rows, min_samples, time_in_turns(contestants, rows, options.rounds))
    print(f"\npeak memory {peak_memory() / 2**30:.2f} GiB, the vectors included")
    for name in (name for name, peer in peers.items() if peer is None):
        print(f"{name} was left out: pip install {PEERS[name]}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n\n")[0])
    parser.add_argument("--data", type=Path, help="folder of stackoverflow_short.csv")
    parser.add_argument("--vectors", type=Path, help="an .npy file of vectors")
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--min-cluster-size", type=int, default=10)
    parser.add_argument("--min-samples", type=int, nargs="+", default=[5])
    parser.add_argument("--with-hdbscan", action="store_true", help="time it as well")
    parser.add_argument("--exactness", action="store_true", help="compare clusters with hdbscan's")
    parser.add_argument("--without", nargs="*", default=[], help="contestants to leave out")

    return parser.parse_args()


def found(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


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


def pick_contestants(
    options: argparse.Namespace, peers: dict[str, ModuleType | None], min_samples: int
) -> Contestants:
    sizes = {"min_cluster_size": options.min_cluster_size, "min_samples": min_samples}
    contestants: Contestants = {OURS: CosineHDBSCAN(**sizes).fit}
    fast_hdbscan, evoc = peers["fast_hdbscan"], peers["evoc"]
    if fast_hdbscan:
        contestants["fast_hdbscan"] = fast_hdbscan.HDBSCAN(**sizes).fit
    if evoc:
        contestants["EVoC"] = lambda rows: Labelled(evoc.EVoC().fit_predict(rows))
    if options.with_hdbscan and min_samples == options.min_samples[0]:
        from hdbscan import HDBSCAN

        peer = HDBSCAN(**sizes, core_dist_n_jobs=1)
        contestants[ONCE] = lambda rows: peer.fit(unit_rows(rows.astype(np.float64)))

    return {name: run for name, run in contestants.items() if name not in options.without}


def time_in_turns(contestants: Contestants, rows: np.ndarray, rounds: int) -> dict[str, Runs]:
    """Let each have its turn in every round, so that what else the machine does falls on all."""
    runs = {name: Runs([], []) for name in contestants}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for run in contestants.values():
            run(rows[:1000])
        for number in range(rounds):
            for name, run in contestants.items():
                if number == 0 or name != ONCE:
                    take_time(runs[name], run, rows)

    return runs


def take_time(runs: Runs, run: Callable[[np.ndarray], Fitted], rows: np.ndarray) -> None:
    started, cpu_started = perf_counter(), process_time()
    runs.fitted = run(rows)
    runs.seconds.append(perf_counter() - started)
    runs.cpu_seconds.append(process_time() - cpu_started)


def print_table(n_rows: int, min_samples: int, runs: dict[str, Runs]) -> None:
    ours = median(runs[OURS].seconds) if OURS in runs else np.nan
    for name, these in runs.items():
        labels, seconds = these.fitted.labels_, median(these.seconds)
        proved = getattr(these.fitted, "proved_share_", None)
        cells = (
            f"{n_rows:,}",
            "" if name == "EVoC" else str(min_samples),
            name,
            f"{seconds:.2f}",
            f"{seconds / ours:.2f}",
            f"{median(these.cpu_seconds):.1f}",
            str(labels.max() + 1),
            f"{(labels < 0).mean():.0%}",
            "" if proved is None else f"{proved:.2%}",
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def print_exactness(rows: np.ndarray, options: argparse.Namespace) -> None:
    """Run hdbscan twice, the second time on shuffled rows."""
    from hdbscan import HDBSCAN

    size, samples = options.min_cluster_size, options.min_samples[0]
    exact = unit_rows(rows.astype(np.float64))
    order = np.random.default_rng(1).permutation(len(rows))
    peer = HDBSCAN(size, samples, gen_min_span_tree=True, core_dist_n_jobs=1)

    started = perf_counter()
    labels = peer.fit_predict(exact)
    print(f"hdbscan on {len(rows):,} rows: {perf_counter() - started:.1f} s")
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
