"""What was found in a table, in a few lines that can be read at a glance."""

import shutil
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.plain_text import cut

if TYPE_CHECKING:
    from toolkit.audit.findings import Findings

_NARROWEST, _WIDEST = 60, 120
_TITLES = {
    "conflicting_label": "the same text under different labels",
    "label_issue": "labels that are probably wrong",
    "leak": "rows of the other table that are here, too",
    "exact_duplicate": "exact repeats",
    "near_duplicate": "near repeats",
    "dense_group": "texts in small groups far from the rest",
    "outlier": "texts unlike all others",
    "empty_text": "empty texts",
    "rare_label": "labels with few rows",
    "alike_label": "labels that are spelled alike",
}


def findings_text(found: "Findings", n_examples: int) -> str:
    """Return the counts, and some findings of each kind."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    counts = {kind: n for kind, n in found.counts.items() if n}
    if not counts:
        return f"{found.n_rows:,} rows: nothing was found\n"
    lines = [f"{found.n_rows:,} rows, {len(found.table):,} findings"]
    lines += [f"{n:7,}  {_TITLES[kind]} ({kind})" for kind, n in counts.items()]
    blocks = [
        _block(found.table[found.table["kind"] == kind], n_examples, width) for kind in counts
    ]

    return "\n\n".join(["\n".join(lines), *(block for block in blocks if block)]) + "\n"


def _block(of_kind: pd.DataFrame, n_examples: int, width: int) -> str:
    if not n_examples:
        return ""
    lines = [_TITLES[of_kind["kind"].iloc[0]].capitalize()]
    for row in of_kind.head(n_examples).to_dict("records"):
        name = "" if row["row"] is None else f"{cut(row['row'], 16)}  "
        lines.append(cut(f"  {name}{row['suggestion']}: {row['reason']}", width))
        if row["text"]:
            lines.append(f"      {cut(row['text'], width - 6)}")

    return "\n".join(lines)
