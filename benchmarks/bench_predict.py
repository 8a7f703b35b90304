"""
Run `toolkit predict` on a table of 1,000,000 rows with many repeats; measure time and memory.

    python benchmarks/bench_predict.py --data DIR [--rows 1000000]

DIR holds banking77.csv: a classifier is fitted on its train rows, and its test rows, repeated in a
fixed random order, are the large table. Checks that the output has the same rows in the same order.
"""

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd


def main() -> None:
    options = read_options()
    source = options.data / "banking77.csv"
    with tempfile.TemporaryDirectory() as folder:
        model, large, output = (Path(folder) / name for name in ("m.toolkit", "in.csv", "out.csv"))
        run(
            "fit",
            source,
            "--text",
            "text",
            "--label",
            "label",
            "--where",
            "split=train",
            "-o",
            model,
        )
        write_large(source, large, options.rows)
        start = perf_counter()
        run("predict", large, "--model", model, "-o", output)
        seconds = perf_counter() - start
        check_same_rows(large, output)
    # The largest child so far is this run: fitting on 10,003 rows takes less.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print("| rows | seconds | rows/s | peak memory, GiB |")
    print("| ---: | ---: | ---: | ---: |")
    print(f"| {options.rows:,} | {seconds:.0f} | {options.rows / seconds:,.0f} | {peak:.2f} |")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument("--rows", type=int, default=1_000_000)

    return parser.parse_args()


def run(*arguments: object) -> None:
    subprocess.run(
        [sys.executable, "-m", "toolkit", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def write_large(source: Path, target: Path, n_rows: int) -> None:
    frame = pd.read_csv(source, keep_default_na=False)
    texts = frame.loc[frame["split"] == "test", "text"].tolist()
    order = np.random.default_rng(0).integers(len(texts), size=n_rows)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["number", "text"])
        writer.writerows((f"{number:07}", texts[row]) for number, row in enumerate(order))


def check_same_rows(large: Path, output: Path) -> None:
    with large.open(newline="") as before, output.open(newline="") as after:
        for old, new in zip_longest(csv.reader(before), csv.reader(after)):
            assert old == new[: len(old)], f"{old} became {new}"


if __name__ == "__main__":
    main()
