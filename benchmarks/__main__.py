"""
Run every benchmark, one after the other.

    python -m benchmarks --data DIR
"""

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
WITHOUT_DATA = ("bench_start.py", "bench_top_k.py", "bench_services.py", "bench_index.py")
WITH_DATA = (
    "bench_encode.py",
    "bench_fit.py",
    "bench_out_of_scope.py",
    "bench_predict.py",
    "bench_sts.py",
    "bench_duplicates.py",
    "bench_clusters.py",
    "bench_hdbscan.py",
    "bench_names.py",
    "bench_drift.py",
    "bench_outliers.py",
    "bench_labels.py",
    "bench_false_alarms.py",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Run every benchmark.")
    parser.add_argument("--data", type=Path, help="folder of the public tables, see README.md here")
    options = parser.parse_args()
    for script in WITHOUT_DATA:
        run(script)
    for script in WITH_DATA if options.data else ():
        run(script, "--data", str(options.data))
    if not options.data:
        print(f"left out for want of --data DIR: {', '.join(WITH_DATA)}")


def run(script: str, *arguments: str) -> None:
    print(f"\n## {script}\n", flush=True)
    subprocess.run([sys.executable, str(FOLDER / script), *arguments], check=True)


if __name__ == "__main__":
    main()
