"""
Time `top_k` against faiss flat and scikit-learn's brute force, all rows against all rows.

    python benchmarks/bench_top_k.py --rows 20000 --dims 384 -k 16

Each contestant gets the same raw vectors and scales them itself. Rounds are interleaved, so that
whatever else the machine does falls on all of them.
"""

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from toolkit.kernels import top_k, unit_rows

try:
    import faiss
except ImportError:
    faiss = None


def main() -> None:
    options = read_options()
    corpus = read_vectors(options)
    n_queries = min(options.queries or len(corpus), len(corpus))
    contestants = pick_contestants(corpus, n_queries, options.k)

    with threadpool_limits(options.threads):
        if faiss:
            faiss.omp_set_num_threads(options.threads)
        seconds = time_in_turns(contestants, options.rounds)

    n_rows, n_dimensions = corpus.shape
    print(f"{n_queries:,} queries against {n_rows:,} x {n_dimensions}, k={options.k}, ", end="")
    print(f"{options.threads} threads")
    print_table(seconds)
    if not faiss:
        print("faiss was left out: pip install 'text-embedding-toolkit[search]'")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dims", type=int, default=384)
    parser.add_argument("-k", type=int, default=16)
    parser.add_argument("--queries", type=int, help="only the first so many rows ask")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--vectors", help="an .npy file of real vectors instead of made-up ones")

    return parser.parse_args()


def read_vectors(options: argparse.Namespace) -> np.ndarray:
    """Take real vectors, or make up some that lie in clusters as those of texts do."""
    if options.vectors:
        return np.load(options.vectors)[: options.rows].astype(np.float32)

    random = np.random.default_rng(0)
    centers = random.standard_normal((200, options.dims), dtype=np.float32)
    noise = random.standard_normal((options.rows, options.dims), dtype=np.float32)

    return centers[random.integers(len(centers), size=options.rows)] + noise


def pick_contestants(corpus: np.ndarray, n_queries: int, k: int) -> dict[str, Callable[[], object]]:
    def run_toolkit() -> object:
        units = unit_rows(corpus)
        return top_k(units[:n_queries], units, k)

    def run_faiss() -> object:
        units = corpus.copy()
        faiss.normalize_L2(units)
        index = faiss.IndexFlatIP(units.shape[1])
        index.add(units)
        return index.search(units[:n_queries], k)

    def run_sklearn() -> object:
        nearest = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute")
        return nearest.fit(corpus).kneighbors(corpus[:n_queries])

    contestants = {"toolkit top_k": run_toolkit, "scikit-learn brute cosine": run_sklearn}
    if faiss:
        contestants["faiss IndexFlatIP"] = run_faiss

    return contestants


def time_in_turns(
    contestants: dict[str, Callable[[], object]], n_rounds: int
) -> dict[str, list[float]]:
    for run in contestants.values():
        run()

    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(n_rounds):
        for name, run in contestants.items():
            started = perf_counter()
            run()
            seconds[name].append(perf_counter() - started)

    return seconds


def print_table(seconds: dict[str, list[float]]) -> None:
    """Print medians; a ratio is the median over rounds of peer time by our time."""
    ours = seconds["toolkit top_k"]
    print("| contestant | median s | fastest s | top_k is so many times as fast |")
    print("| --- | ---: | ---: | ---: |")
    for name, times in seconds.items():
        ratio = median(theirs / mine for theirs, mine in zip(times, ours, strict=True))
        print(f"| {name} | {median(times):.2f} | {min(times):.2f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
