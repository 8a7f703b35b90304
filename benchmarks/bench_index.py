"""
Build, keep, open and query a large index: seconds and peak memory of each step.

    python benchmarks/bench_index.py --rows 1000000 --dims 384

Rows lie in clusters, as those of texts do, or are `--vectors FILE.npy` jittered to the number asked
for. Building and querying run in processes of their own, so that each has its own peak, which
counts memory-mapped pages.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from toolkit.search import CosineIndex

N_QUERIES, K, BLOCK_ROWS, JITTER = 100, 10, 50_000, 0.03


def main() -> None:
    options = read_options()
    if options.step:
        print(json.dumps(STEPS[options.step](Path(options.folder))))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        make_rows(Path(folder) / "rows.npy", options)
        print(f"{options.rows:,} x {options.dims}, {N_QUERIES} queries, k={K}")
        print()
        print("| index | step | seconds | peak GB |")
        print("| --- | --- | ---: | ---: |")
        for kind in ("exact", "approximate"):
            for step in (f"build {kind}", f"query {kind}"):
                told = run_step(step, folder)
                for name, seconds in told["seconds"].items():
                    print(f"| {kind} | {name} | {seconds:.2f} | {told['peak']:.2f} |")
        print()
        print(f"recall of the approximate index: {told['recall']:.3f}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dims", type=int, default=384)
    parser.add_argument("--vectors", help="an .npy file of real vectors to jitter")
    parser.add_argument("--folder", help="where to put files for the while")
    parser.add_argument("--step", help=argparse.SUPPRESS)

    return parser.parse_args()


def make_rows(path: Path, options: argparse.Namespace) -> None:
    random = np.random.default_rng(0)
    if options.vectors:
        base = np.load(options.vectors).astype(np.float32)
        base /= np.linalg.norm(base, axis=1, keepdims=True)
        options.dims = base.shape[1]
    else:
        topics = random.standard_normal((200, options.dims), dtype=np.float32)
        own = random.standard_normal((20_000, options.dims), dtype=np.float32)
        base = topics[random.integers(200, size=20_000)] + own
        base /= np.linalg.norm(base, axis=1, keepdims=True)
    shape = (options.rows, options.dims)
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, options.rows, BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        noise = random.standard_normal(block.shape, dtype=np.float32)
        block[:] = base[random.integers(len(base), size=len(block))] + JITTER * noise


def run_step(step: str, folder: str) -> dict:
    command = [sys.executable, __file__, "--step", step, "--folder", folder]

    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def build(folder: Path, *, approximate: bool) -> dict:
    rows, watch = np.load(folder / "rows.npy", mmap_mode="r"), Stopwatch()
    index = CosineIndex(approximate=approximate).fit(rows)
    watch.lap("fit")
    if approximate:
        index.search(rows[:1])
        watch.lap("learn neighbourhoods")
    shutil.rmtree(folder / "index", ignore_errors=True)
    index.save(folder / "index")
    watch.lap("save")

    return {"seconds": watch.seconds, "peak": peak_gigabytes()}


def query(folder: Path) -> dict:
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    queries = np.array(rows[:: len(rows) // N_QUERIES][:N_QUERIES]) + 0.02
    watch = Stopwatch()
    index = CosineIndex.load(folder / "index")
    watch.lap("open")
    index.search(queries[:1], K)
    watch.lap("first query")
    for number in range(10):
        index.search(queries[number : number + 1], K)
    watch.lap("10 queries, one by one")
    index.search(queries, K)
    watch.lap(f"{N_QUERIES} queries at once")
    index.search(queries[:1], K, filter=index.rows["id"] % 100 == 0)
    watch.lap("1 query in 1 % of the rows")
    peak = peak_gigabytes()

    return {"seconds": watch.seconds, "peak": peak, "recall": index.recall}


class Stopwatch:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started = perf_counter()

    def lap(self, name: str) -> None:
        self.seconds[name] = perf_counter() - self._started
        self._started = perf_counter()


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


STEPS = {
    "build exact": lambda folder: build(folder, approximate=False),
    "query exact": query,
    "build approximate": lambda folder: build(folder, approximate=True),
    "query approximate": query,
}


if __name__ == "__main__":
    main()
