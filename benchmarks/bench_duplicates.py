"""
Time `near_duplicates` against semhash and sentence-transformers on the same vectors.

    python benchmarks/bench_duplicates.py --data DIR --table banking77.csv

Beside time and memory the table says how good an answer is: `near kept` counts rows that were kept
although another kept row is near, `far gone` rows that were left out although no kept row is near.
"""

import argparse
import threading
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from threadpoolctl import threadpool_limits

from toolkit import TextEmbedder, top_k
from toolkit.audit import THRESHOLD, near_duplicates

try:
    from semhash import SemHash
except ImportError:
    SemHash = None

PAGE_MB = 4096 / 2**20


def main() -> None:
    options = read_options()
    texts = read_texts(options)
    vectors = TextEmbedder(task="similarity").fit_transform(texts)
    contestants = pick_contestants(texts, vectors, options.threshold)
    with threadpool_limits(options.threads):
        kept = {name: run() for name, run in contestants.items()}
        seconds, megabytes = measured(contestants, options.rounds)

    print(f"{len(texts):,} different texts of {options.table}, threshold {options.threshold}")
    print_table(kept, vectors, options.threshold, seconds, megabytes)
    if SemHash is None:
        print("semhash was left out: pip install semhash")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--table", default="banking77.csv")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)

    return parser.parse_args()


def read_texts(options: argparse.Namespace) -> list[str]:
    """Read different texts: what is exactly the same everybody finds."""
    texts = pd.read_csv(options.data / options.table, keep_default_na=False)["text"]
    is_repeat = texts.str.casefold().str.split().str.join(" ").duplicated()

    return texts[~is_repeat].head(options.rows).tolist()


def pick_contestants(
    texts: list[str], vectors: np.ndarray, threshold: float
) -> dict[str, Callable[[], np.ndarray]]:
    """Each returns which rows it keeps."""
    from sentence_transformers import util

    def run_toolkit() -> np.ndarray:
        return ~near_duplicates(texts, vectors, threshold=threshold).is_duplicate.to_numpy()

    def run_mining() -> np.ndarray:
        pairs = util.paraphrase_mining_embeddings(vectors, max_pairs=10**8, top_k=100)
        near = [(i, j) for score, i, j in pairs if score >= threshold]
        return first_of_components(np.array(near, dtype=int).reshape(-1, 2), len(texts))

    def run_communities() -> np.ndarray:
        groups = util.community_detection(vectors, threshold=threshold, min_community_size=2)
        kept = np.ones(len(texts), dtype=bool)
        for group in groups:
            kept[group[1:]] = False
        return kept

    def run_semhash() -> np.ndarray:
        place = {text: row for row, text in enumerate(texts)}
        index = SemHash.from_embeddings(vectors, texts, model=None)
        kept = np.zeros(len(texts), dtype=bool)
        kept[[place[text] for text in index.self_deduplicate(threshold).selected]] = True
        return kept

    contestants = {
        "toolkit near_duplicates": run_toolkit,
        "sentence-transformers paraphrase_mining": run_mining,
        "sentence-transformers community_detection": run_communities,
    }

    return contestants | ({"semhash self_deduplicate": run_semhash} if SemHash else {})


def first_of_components(pairs: np.ndarray, n_rows: int) -> np.ndarray:
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(n_rows, n_rows))
    _, component = connected_components(graph, directed=False)
    kept = np.zeros(n_rows, dtype=bool)
    kept[np.unique(component, return_index=True)[1]] = True

    return kept


def measured(
    contestants: dict[str, Callable[[], object]], n_rounds: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Time in turns, after the warm-up that the answers were; the most memory of any round."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    megabytes = dict.fromkeys(contestants, 0.0)
    for _ in range(n_rounds):
        for name, run in contestants.items():
            with PeakMemory() as peak:
                started = perf_counter()
                run()
                seconds[name].append(perf_counter() - started)
            megabytes[name] = max(megabytes[name], peak.megabytes)

    return seconds, megabytes


class PeakMemory:
    """Megabytes of the process above those at the start; Linux only, else 0."""

    def __enter__(self) -> "PeakMemory":
        self._before, self.megabytes, self._watching = self._now(), 0.0, True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

        return self

    def __exit__(self, *_: object) -> None:
        self._watching = False
        self._thread.join()

    def _watch(self) -> None:
        while self._watching:
            self.megabytes = max(self.megabytes, self._now() - self._before)
            sleep(0.002)

    @staticmethod
    def _now() -> float:
        status = Path("/proc/self/statm")
        return int(status.read_text().split()[1]) * PAGE_MB if status.exists() else 0.0


def print_table(
    kept: dict[str, np.ndarray],
    vectors: np.ndarray,
    threshold: float,
    seconds: dict[str, list[float]],
    megabytes: dict[str, float],
) -> None:
    """Print medians; a ratio is the median over rounds of peer time by our time."""
    ours, *_ = seconds.values()
    mine, *_ = kept.values()
    print("| contestant | median s | times ours | MB | kept | near kept | far gone | agreement |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, times in seconds.items():
        ratio = median(theirs / own for theirs, own in zip(times, ours, strict=True))
        near, far = faults(kept[name], vectors, threshold)
        agreement = (kept[name] == mine).mean()
        print(
            f"| {name} | {median(times):.2f} | {ratio:.1f} | {megabytes[name]:.0f} | "
            f"{kept[name].sum():,} | {near:,} | {far:,} | {agreement:.3f} |"
        )


def faults(kept: np.ndarray, vectors: np.ndarray, threshold: float) -> tuple[int, int]:
    """Count kept rows near another kept row, and rows left out that no kept row is near to."""
    _, among = top_k(vectors[kept], vectors[kept], 2)
    near = int((among[:, 1] >= threshold).sum())
    if kept.all():
        return near, 0
    _, best = top_k(vectors[~kept], vectors[kept], 1)

    return near, int((best[:, 0] < threshold).sum())


if __name__ == "__main__":
    main()
