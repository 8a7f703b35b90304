"""
False alarms, power and time of `drift` on a public table.

    python benchmarks/bench_drift.py --data DIR --table banking77.csv

False alarms: the table is split at random, so that nothing changed; the p-values of each test must
be uniform (Kolmogorov-Smirnov). Power: a label that the old rows have none of makes up a tenth of
the new ones; `named` counts the runs whose surest group that is new or grew holds mostly its rows.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from scipy.stats import kstest

from toolkit import TextEmbedder
from toolkit.audit import Drift, drift

SIZES = (200, 500, 1000)


def main() -> None:
    options = read_options()
    frame = pd.read_csv(options.data / options.table, keep_default_na=False)
    frame = frame.drop_duplicates("text", ignore_index=True)
    vectors = TextEmbedder(task="clustering").fit_transform(frame["text"])

    print(f"{options.table}: false alarms over {options.splits} splits into twice 300 rows")
    print(false_alarms(frame, vectors, options.splits).to_string(float_format="%.3f"))
    print("\na tenth of the new rows of a label that was not there")
    print(power(frame, vectors, options.seeds).to_string(float_format="%.2f"))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--table", default="banking77.csv")
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=10)

    return parser.parse_args()


def false_alarms(frame: pd.DataFrame, vectors: np.ndarray, n_splits: int) -> pd.DataFrame:
    found = []
    for seed in range(n_splits):
        rows = np.random.default_rng(seed).permutation(len(frame))[:600]
        found.append(compared(frame, vectors, rows[:300], rows[300:], seed).tests)
    p_values = pd.concat(found).groupby("test", sort=False)["p_value"]

    return pd.DataFrame(
        {
            "at most 0.01": p_values.agg(lambda values: np.mean(values <= 0.01)),
            "at most 0.05": p_values.agg(lambda values: np.mean(values <= 0.05)),
            "at most 0.1": p_values.agg(lambda values: np.mean(values <= 0.1)),
            "KS p": p_values.agg(lambda values: kstest(values, "uniform").pvalue),
        }
    )


def power(frame: pd.DataFrame, vectors: np.ndarray, n_seeds: int) -> pd.DataFrame:
    rows = []
    for n_rows in SIZES:
        runs = list(planted_runs(frame, vectors, n_rows, n_seeds))
        rows.append({"rows a table": n_rows, **pd.DataFrame(runs).mean().to_dict()})

    return pd.DataFrame(rows).set_index("rows a table")


def planted_runs(
    frame: pd.DataFrame, vectors: np.ndarray, n_rows: int, n_seeds: int
) -> Iterator[dict[str, float]]:
    labels = frame["label"].to_numpy()
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        new = rng.choice(np.unique(labels))
        others = rng.permutation(np.flatnonzero(labels != new))
        planted = rng.permutation(np.flatnonzero(labels == new))[: n_rows // 10]
        before, rest = others[:n_rows], others[n_rows : 2 * n_rows - len(planted)]
        started = perf_counter()
        found = compared(frame, vectors, before, np.concatenate([rest, planted]), seed)
        seconds = perf_counter() - started
        yield {
            **{f"{row.test} < 0.01": row.p_value < 0.01 for row in found.tests.itertuples()},
            "together < 0.01": found.p_value < 0.01,
            "named": is_named(found, len(planted)),
            "seconds": seconds,
        }


def is_named(found: Drift, n_planted: int) -> bool:
    come = found.changes[found.changes["change"].isin(["new", "grew"])]
    if come.empty:
        return False
    is_planted = np.arange(len(found.after)) >= len(found.after) - n_planted
    is_in = (found.after["group"] == come["group"].iloc[0]).to_numpy()

    return bool(is_planted[is_in].mean() > 0.5)


def compared(
    frame: pd.DataFrame, vectors: np.ndarray, before: np.ndarray, after: np.ndarray, seed: int
) -> Drift:
    texts = frame["text"]

    return drift(
        texts.iloc[before],
        texts.iloc[after],
        vectors=(vectors[before], vectors[after]),
        random_state=seed,
    )


if __name__ == "__main__":
    main()
