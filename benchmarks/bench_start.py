"""
Measure what starting costs: CPU time of commands that should not load the heavy packages.

    python benchmarks/bench_start.py
"""

import resource
import subprocess
import sys
from statistics import median

ROUNDS = 9

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "toolkit --help": ["-m", "toolkit", "--help"],
    "toolkit fit --help": ["-m", "toolkit", "fit", "--help"],
    "import toolkit": ["-c", "import toolkit"],
    "import sentence_transformers": ["-c", "import sentence_transformers"],
}


def main() -> None:
    print(f"| command | CPU ms, median of {ROUNDS} | least |")
    print("| --- | ---: | ---: |")
    for name, arguments in COMMANDS.items():
        times = [cpu_milliseconds(arguments) for _ in range(ROUNDS + 1)][1:]
        print(f"| {name} | {median(times):.0f} | {min(times):.0f} |")


def cpu_milliseconds(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


if __name__ == "__main__":
    main()
