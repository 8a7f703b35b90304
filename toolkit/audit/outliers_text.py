"""What was found of outliers, in a few lines that can be read at a glance."""

import shutil
from typing import TYPE_CHECKING

from toolkit.plain_text import cut, wrapped

if TYPE_CHECKING:
    from toolkit.audit.outliers import Outliers

_NARROWEST, _WIDEST = 60, 120


def outliers_text(found: "Outliers", n_examples: int) -> str:
    """Return what could be flagged, how many are, and the oddest texts."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    sentences = [found.power.to_text(), *_counts(found)]
    paragraphs = [
        "\n".join(wrapped(sentence, width) for sentence in sentences),
        *_examples(found, n_examples, width),
    ]

    return "\n\n".join(paragraphs) + "\n"


def _counts(found: "Outliers") -> list[str]:
    n_rows, n_outliers = len(found.table), len(found.outliers)
    n_empty = int(found.table["p_value"].isna().sum())
    empty = f", {n_empty:,} empty" if n_empty else ""
    flagged = f"{n_rows:,} texts{empty}: {n_outliers:,} flagged"
    if found.power.fdr is not None:
        return [f"{flagged}; of these at most {found.power.fdr:.0%} should be normal, on average."]
    if found.has_reference:
        return [f"{flagged}; about {found.n_expected:.0f} would be if all were like the reference."]

    return [
        f"{flagged}. A table that is its own reference always has about {found.n_expected:.0f}: "
        "these are the first to look at, not a count of what is wrong."
    ]


def _examples(found: "Outliers", n_examples: int, width: int) -> list[str]:
    outliers = found.outliers
    if outliers.empty or not n_examples:
        return []
    lines = ["The oddest first: p-value, text and why"]
    for name, row in outliers.head(n_examples).iterrows():
        lines.append(f"  {cut(name, 16)}  {row['p_value']:.3g}  {cut(row['text'], width - 28)}")
        lines.append(f"      {cut(row['reason'], width - 6)}")
    n_more = len(outliers) - n_examples

    return ["\n".join(lines + ([f"  and {n_more:,} more"] if n_more > 0 else []))]
