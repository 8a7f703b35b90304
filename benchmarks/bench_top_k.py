"""
Time `top_k` and `neighbor_graph` against faiss flat, scikit-learn's brute force and
sentence-transformers' `semantic_search`, all rows against all rows, and tell what share of the time
a bare matrix product takes. "top_k of others" gets a copy of the rows as its queries, and so does
not know that each pair occurs twice.

    python benchmarks/bench_top_k.py --rows 20000 --dims 384 -k 16
    python benchmarks/bench_top_k.py --data folder                 # real vectors, 20,000 x 384
    python benchmarks/bench_top_k.py --data folder --rows 100000 --rounds 1 --without scikit-learn
    python benchmarks/bench_top_k.py --data folder --dims 1536 --rounds 3

Each contestant gets the same raw vectors and scales them itself. Rounds are interleaved, so that
whatever else the machine does falls on all of them. More rows than there are come from jittering
those there are, more dimensions from a random map.
"""

import argparse
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TypeAlias

import numpy as np
from sentence_transformers.util import semantic_search
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from toolkit.kernels import neighbor_graph, top_k, unit_rows

try:
    import faiss
except ImportError:
    faiss = None

KERNELS = {
    "top_k": lambda x, k: top_k(x, x, k),
    "top_k of others": lambda x, k: top_k(x.copy(), x, k),
    "neighbor_graph": neighbor_graph,
}
PRODUCT = "sgemm alone"

Times: TypeAlias = list[tuple[float, float]]


def main() -> None:
    options = read_options()
    corpus = made_to_measure(read_vectors(options), options.rows, options.dims)
    n_rows, n_dimensions = corpus.shape
    print(f"{n_rows:,} x {n_dimensions}, k={options.k}, {options.threads} threads\n")

    with threadpool_limits(options.threads):
        if faiss:
            faiss.omp_set_num_threads(options.threads)
        contestants = pick_contestants(corpus, options)
        times = time_in_turns(contestants, options.rounds)

    print_table(times, corpus)
    print_agreement(contestants, options.k)
    print_memory(corpus, options)
    if not faiss:
        print("faiss was left out: pip install 'text-embedding-toolkit[search]'")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dims", type=int, default=384)
    parser.add_argument("-k", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--vectors", help="an .npy file of real vectors instead of made-up ones")
    parser.add_argument("--data", type=Path, help="folder of stackoverflow_short.csv")

    return parser.parse_args()


def read_vectors(options: argparse.Namespace) -> np.ndarray:
    """Take real vectors, or make up some that lie in clusters as those of texts do."""
    if options.vectors:
        return np.load(options.vectors)
    if options.data:
        return embedded(options.data / "stackoverflow_short.csv")

    random = np.random.default_rng(0)
    centers = random.standard_normal((200, options.dims), dtype=np.float32)
    noise = random.standard_normal((options.rows, options.dims), dtype=np.float32)

    return centers[random.integers(len(centers), size=options.rows)] + noise


def embedded(path: Path) -> np.ndarray:
    import pandas as pd

    from toolkit import TextEmbedder

    return TextEmbedder().fit_transform(pd.read_csv(path, keep_default_na=False)["text"])


def made_to_measure(vectors: np.ndarray, n_rows: int, n_dimensions: int) -> np.ndarray:
    """Jitter rows until there are enough, map them at random to more dimensions."""
    random = np.random.default_rng(0)
    vectors = unit_rows(np.asarray(vectors, dtype=np.float32))
    if vectors.shape[1] != n_dimensions:
        shape = vectors.shape[1], n_dimensions
        vectors = vectors @ random.standard_normal(shape, dtype=np.float32)
    if n_rows <= len(vectors):
        return vectors[:n_rows]

    vectors = np.resize(vectors, (n_rows, n_dimensions))
    typical_entry = np.linalg.norm(vectors[0]) / np.sqrt(n_dimensions)
    vectors += 0.2 * typical_entry * random.standard_normal(vectors.shape, dtype=np.float32)

    return vectors[random.permutation(n_rows)]


def pick_contestants(
    corpus: np.ndarray, options: argparse.Namespace
) -> dict[str, Callable[[], object]]:
    k = options.k

    def run_faiss() -> object:
        units = corpus.copy()
        faiss.normalize_L2(units)
        index = faiss.IndexFlatIP(units.shape[1])
        index.add(units)
        return index.search(units, k)

    def run_sklearn() -> object:
        nearest = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute")
        return nearest.fit(corpus).kneighbors(corpus)

    contestants: dict[str, Callable[[], object]] = {
        name: lambda kernel=kernel: kernel(corpus, k) for name, kernel in KERNELS.items()
    }
    contestants[PRODUCT] = lambda: multiply_only(corpus, options.threads)
    contestants["scikit-learn"] = run_sklearn
    contestants["sentence-transformers"] = lambda: semantic_search(corpus, corpus, top_k=k)
    if faiss:
        contestants["faiss"] = run_faiss

    return {name: run for name, run in contestants.items() if name not in options.without}


def multiply_only(corpus: np.ndarray, n_threads: int) -> None:
    """Multiply all rows with all rows in the blocks of `top_k`, and look at nothing."""
    n_rows, n_columns = 1500, 5592
    starts = range(0, len(corpus), n_rows)

    def run(thread: int) -> None:
        memory = np.empty(n_rows * n_columns, dtype=np.float32)
        for start in starts[thread::n_threads]:
            rows = corpus[start : start + n_rows]
            for column in range(0, len(corpus), n_columns):
                columns = corpus[column : column + n_columns]
                out = memory[: len(rows) * len(columns)].reshape(len(rows), len(columns))
                np.matmul(rows, columns.T, out=out)

    with threadpool_limits(1), ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(run, range(n_threads)))


def time_in_turns(contestants: dict[str, Callable[[], object]], n_rounds: int) -> dict[str, Times]:
    """Run all once to warm up and then in turns; note seconds and seconds of processors."""
    if n_rounds > 1:
        for run in contestants.values():
            run()

    times: dict[str, Times] = {name: [] for name in contestants}
    for _ in range(n_rounds):
        for name, run in contestants.items():
            started, cpu_started = perf_counter(), process_time()
            run()
            times[name].append((perf_counter() - started, process_time() - cpu_started))

    return times


def print_table(times: dict[str, Times], corpus: np.ndarray) -> None:
    """Print medians; a ratio is the median over rounds of the one time by the other."""

    def ratio(slow: str, fast: str, clock: int) -> float:
        pairs = zip(times[slow], times[fast], strict=True)
        return median(a[clock] / b[clock] for a, b in pairs)

    print(
        "| contestant | s | CPU s |" + "".join(f" times of {name} | by CPU |" for name in KERNELS)
    )
    print("| --- |" + " ---: |" * (2 + 2 * len(KERNELS)))
    for name, measured in times.items():
        cells = [median(each[clock] for each in measured) for clock in (0, 1)]
        cells += [ratio(name, kernel, clock) for kernel in KERNELS for clock in (0, 1)]
        print(f"| {name} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")

    n_flop = 2 * len(corpus) ** 2 * corpus.shape[1]
    rate = n_flop / median(cpu for _, cpu in times[PRODUCT]) / 1e9
    others, graph = (ratio(PRODUCT, name, 1) for name in ("top_k of others", "neighbor_graph"))
    print(f"\nsgemm: {rate:.0f} GFLOPS a processor; of that rate top_k of others reaches ", end="")
    print(f"{others:.0%}, neighbor_graph, of half the products, {graph / 2:.0%}")


def print_agreement(contestants: dict[str, Callable[[], object]], k: int) -> None:
    """Tell how many of the neighbours that sentence-transformers names are ours too."""
    if "sentence-transformers" not in contestants:
        return
    theirs = contestants["sentence-transformers"]()
    ours, _ = contestants["top_k"]()
    pairs = zip(theirs, ours, strict=True)
    n_same = sum(len({hit["corpus_id"] for hit in hits} & set(own)) for hits, own in pairs)
    print(f"of the neighbours of semantic_search {n_same / ours.size:.3%} are those of top_k")


def print_memory(corpus: np.ndarray, options: argparse.Namespace) -> None:
    """Run each kernel in a process of its own, whose peak is then its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.npy"
        np.save(path, corpus)
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            for name in KERNELS:
                peak = pool.apply(peak_above_inputs, (path, name, options.k, options.threads))
                print(f"{name}: peak memory {peak / 2**20:,.0f} MiB above the vectors")


def peak_above_inputs(path: Path, name: str, k: int, n_threads: int) -> int:
    """Tell by how many bytes a kernel raises the most memory that the process ever had."""
    corpus = np.load(path)
    before = peak_memory()
    with threadpool_limits(n_threads):
        KERNELS[name](corpus, k)

    return peak_memory() - before


def peak_memory() -> int:
    """Ask Linux, whose getrusage would count the parent's memory as well."""
    status = Path("/proc/self/status").read_text()

    return 1024 * int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    main()
