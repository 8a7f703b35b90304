"""
Measure whether `ConformalDetector` keeps the false-alarm rate and the FDR that are asked for.

    python benchmarks/bench_false_alarms.py --data DIR [--seeds 20] [--rows 3000]

DIR holds sms_spam.csv, banking77.csv and hwu64.csv; the tickets are those of this repository. Of
each table at most so many normal rows are drawn, anew for each seed: two thirds are the reference
and one third is asked about. Anomalies are planted among the latter, one for each ten: spam among
ham, the tickets' own outliers and odd texts, and rows of another table elsewhere. A cell shows the
mean over the seeds and, in brackets, the standard deviation of a single seed; rates are in percent.
A self-check ranks the rows that are asked about among themselves.
"""

import argparse
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from toolkit import TextEmbedder
from toolkit.anomaly import ConformalDetector
from toolkit.anomaly.calibration import discovery_threshold

RATES = (0.01, 0.05, 0.1)
FDRS = (0.05, 0.1, 0.2)
WAYS = {"cross": None, "split": 0.5}
TICKETS = Path(__file__).parents[1] / "data"
ODD_KINDS = ("outlier", "odd_text", "empty_text")


class Table(NamedTuple):
    """Vectors of rows that are normal, and of some that do not belong."""

    normal: np.ndarray
    odd: np.ndarray


class Draw(NamedTuple):
    """A reference, and rows that are asked about, the normal ones first."""

    reference: np.ndarray
    asked: np.ndarray
    n_normal: int


def main() -> None:
    options = read_options()
    tables = read_tables(options.data, options.vectors)
    figures: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for name, table in tables.items():
        for seed in range(options.seeds):
            draw = draw_rows(table, options.rows, seed)
            for way, share in WAYS.items():
                detector = ConformalDetector(calibration_size=share, random_state=seed)
                measure_reference(figures, (name, f"reference, {way}"), detector, draw)
            measure_self_check(figures, (name, "self-check"), draw, seed)
        detector = ConformalDetector(fdr=0.1).fit(draw.reference)
        print(f"{name}: {detector.power(len(draw.asked)).to_text()}", flush=True)

    print_false_alarms(figures)
    print_discoveries(figures)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public tables")
    parser.add_argument(
        "--vectors", type=Path, help="folder with NAME.npy made by the default model"
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rows", type=int, default=3000, help="at most so many normal rows")

    return parser.parse_args()


def read_tables(folder: Path, vectors: Path | None) -> dict[str, Table]:
    frames = {
        name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("sms_spam", "banking77", "hwu64")
    }
    frames["support_tickets"] = pd.read_csv(
        TICKETS / "support_tickets.csv", dtype=str, keep_default_na=False
    )
    embedded = {name: embed(name, frame, vectors) for name, frame in frames.items()}
    is_ham = (frames["sms_spam"]["label"] == "ham").to_numpy()
    is_ticket = ~frames["support_tickets"]["ticket_id"].isin(odd_tickets()).to_numpy()

    return {
        "support_tickets": split(embedded["support_tickets"], is_ticket),
        "sms_spam, ham": split(embedded["sms_spam"], is_ham),
        "banking77": Table(embedded["banking77"], embedded["hwu64"]),
        "hwu64": Table(embedded["hwu64"], embedded["banking77"]),
    }


def embed(name: str, frame: pd.DataFrame, vectors: Path | None) -> np.ndarray:
    if vectors is not None:
        return np.load(vectors / f"{name}.npy")

    return np.asarray(TextEmbedder().fit_transform(frame["text"]), dtype=np.float32)


def odd_tickets() -> pd.Series:
    planted = pd.read_csv(TICKETS / "support_tickets_planted.csv", dtype=str)

    return planted.loc[planted["kind"].isin(ODD_KINDS), "ticket_id"]


def split(vectors: np.ndarray, is_normal: np.ndarray) -> Table:
    return Table(vectors[is_normal], vectors[~is_normal])


def draw_rows(table: Table, n_rows: int, seed: int) -> Draw:
    random = np.random.default_rng(seed)
    normal = table.normal[random.permutation(len(table.normal))[:n_rows]]
    n_asked = len(normal) // 3
    odd = table.odd[random.permutation(len(table.odd))[: n_asked // 10]]

    return Draw(normal[n_asked:], np.vstack([normal[:n_asked], odd]), n_asked)


def measure_reference(
    figures: dict[tuple[str, ...], list[float]],
    key: tuple[str, ...],
    detector: ConformalDetector,
    draw: Draw,
) -> None:
    detector.fit(draw.reference)
    p_values = detector.p_values(draw.asked)
    normal, odd = p_values[: draw.n_normal], p_values[draw.n_normal :]
    for rate in RATES:
        figures[*key, "false alarms", f"{rate:.0%}"].append(np.mean(normal <= rate))
        figures[*key, "found", f"{rate:.0%}"].append(np.mean(odd <= rate))
    for fdr in FDRS:
        is_flagged = p_values <= discovery_threshold(p_values, fdr)
        n_flagged = max(is_flagged.sum(), 1)
        figures[*key, "FDR", f"{fdr:.0%}"].append(is_flagged[: draw.n_normal].sum() / n_flagged)
        figures[*key, "power", f"{fdr:.0%}"].append(is_flagged[draw.n_normal :].mean())


def measure_self_check(
    figures: dict[tuple[str, ...], list[float]], key: tuple[str, ...], draw: Draw, seed: int
) -> None:
    """Once without anything planted, for false alarms, and once with, for what is found."""
    detector = ConformalDetector(random_state=seed)
    clean = detector.fit(draw.asked[: draw.n_normal]).fit_p_values_
    mixed = detector.fit(draw.asked).fit_p_values_
    for rate in RATES:
        figures[*key, "false alarms", f"{rate:.0%}"].append(np.mean(clean <= rate))
        figures[*key, "false alarms, planted", f"{rate:.0%}"].append(
            np.mean(mixed[: draw.n_normal] <= rate)
        )
        figures[*key, "found", f"{rate:.0%}"].append(np.mean(mixed[draw.n_normal :] <= rate))


def print_false_alarms(figures: dict[tuple[str, ...], list[float]]) -> None:
    print()
    measured = ("false alarms", "false alarms, planted", "found")
    print_table(figures, measured, [f"{rate:.0%}" for rate in RATES])
    means = {key: np.mean(values) for key, values in figures.items() if key[2] == measured[0]}
    gaps = {key: 100 * abs(mean - float(key[3][:-1]) / 100) for key, mean in means.items()}
    worst = max(gaps, key=lambda key: gaps[key])
    print(f"\nfurthest from what was asked: {gaps[worst]:.2f} points ({', '.join(worst)})\n")


def print_discoveries(figures: dict[tuple[str, ...], list[float]]) -> None:
    print_table(figures, ("FDR", "power"), [f"{fdr:.0%}" for fdr in FDRS])
    excess = {
        key: 100 * np.mean(values) - float(key[3][:-1])
        for key, values in figures.items()
        if key[2] == "FDR"
    }
    worst = max(excess, key=lambda key: excess[key])
    print(f"\nhighest FDR: {excess[worst]:+.2f} points from the asked ({', '.join(worst)})")


def print_table(
    figures: dict[tuple[str, ...], list[float]], measured: tuple[str, ...], asked: list[str]
) -> None:
    print("| table | mode | measured |", " | ".join(asked), "|")
    print("| --- | --- | --- |", " | ".join("---:" for _ in asked), "|")
    for name, mode, what, _ in (
        key for key in figures if key[2] in measured and key[3] == asked[0]
    ):
        cells = [np.array(figures[name, mode, what, each]) * 100 for each in asked]
        shown = " | ".join(f"{cell.mean():.1f} ({cell.std(ddof=1):.1f})" for cell in cells)
        print(f"| {name} | {mode} | {what} | {shown} |")


if __name__ == "__main__":
    main()
