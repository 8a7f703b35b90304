"""What was found of groups, as lines that can be read at a glance."""

import shutil

import pandas as pd

from toolkit.plain_text import cut, padded, percent

_MOST_CLUSTERS = 30
_MOST_CHANGES = 20
_NARROWEST, _WIDEST = 60, 120
_NAME_COLUMNS = 40


def cluster_lines(
    themes: pd.DataFrame, rows: pd.DataFrame, changes: pd.DataFrame | None = None
) -> str:
    """Return a line for each group, the largest first, and what changed since last time."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    n_noise = int((rows["cluster"] < 0).sum())
    noise = f"; {n_noise:,} rows ({percent(n_noise / len(rows))}) are in none" if n_noise else ""
    n_rows = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    lines = [f"{n_rows} in {_clusters(len(themes))}{noise}", *_table(themes, width)]
    if changes is not None:
        lines += ["", *_changes(changes)]

    return "\n".join(lines)


def _table(themes: pd.DataFrame, width: int) -> list[str]:
    shown = themes.sort_values("n_rows", ascending=False, kind="stable").head(_MOST_CLUSTERS)
    if not len(shown):
        return []
    columns = min(max(map(len, shown["name"])), _NAME_COLUMNS)
    lines = ["", f"{'':>4} {'rows':>7}  {'name':<{columns}}  a text at its centre"]
    for row in shown.to_dict("records"):
        name = padded(cut(row["name"], columns), columns)
        begin = f"{row['cluster']:>4} {row['n_rows']:>7,}  {name}  "
        lines.append(begin + cut(row["medoid"], max(width - 16 - columns, 10)))
    n_more = len(themes) - len(shown)

    return [*lines, *([f"and {n_more} smaller ones"] if n_more else [])]


def _changes(changes: pd.DataFrame) -> list[str]:
    """Say in a line each what was born, died, split or merged, and count groups that went on."""
    counted = ("same", "grew", "shrank", "absent")
    counts, goes_on = changes["change"].value_counts(), changes["change"].isin(counted)
    told = ", ".join(f"{counts[word]} {word}" for word in counted if word in counts)
    lines = [f"Since last time: {told or 'no group goes on'}"]
    others = changes[~goes_on]
    for row in others.head(_MOST_CHANGES).to_dict("records"):
        name = row["name"]
        match row["change"]:
            case "born":
                lines.append(f"  born    {row['after']} {name} ({row['n_after']:,} rows)")
            case "died":
                lines.append(f"  died    {row['before']} {name} ({row['n_before']:,} rows)")
            case change:
                lines.append(
                    f"  {change:<7} {row['before']} -> {row['after']} {name} "
                    f"({row['n_shared']:,} of {row['n_before']:,} rows)"
                )
    n_more = len(others) - _MOST_CHANGES

    return [*lines, *([f"  and {n_more:,} more changes"] if n_more > 0 else [])]


def _clusters(n: int) -> str:
    return "1 group" if n == 1 else f"{n:,} groups"
