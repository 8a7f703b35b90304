"""What was found of duplicates, in a few lines that can be read at a glance."""

import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.audit.reasons import EXACT, NEAR, SPELLING
from toolkit.plain_text import LABEL_COLUMNS, cut, one_line

if TYPE_CHECKING:
    from toolkit.audit.duplicates import Duplicates
    from toolkit.audit.overlap import Overlap

_NARROWEST, _WIDEST = 60, 120
_ROWS_SHOWN = 4


def duplicates_text(found: "Duplicates", n_examples: int) -> str:
    """Return the counts, the largest groups and the contradictions."""
    counts = found.to_dict()
    rows = _rows(len(found.table))
    if not counts["n_duplicates"]:
        return f"{rows}, no duplicates (threshold {found.threshold:g})\n"

    groups, conflicts = found.groups, found.conflicts
    paragraphs = [
        f"{rows}: {counts['n_kept']:,} to keep, {counts['n_duplicates']:,} duplicates of them "
        f"({_by_reason(counts)}) in {_groups(counts['n_groups'])} "
        f"(threshold {found.threshold:g})",
        *_examples("Groups, the largest first", groups, n_examples),
        *_examples("The same text under different labels", conflicts, n_examples),
    ]

    return "\n\n".join(paragraphs) + "\n"


def overlap_text(found: "Overlap", n_examples: int) -> str:
    """Return the counts, the pairs that are least alike, and the contradictions."""
    counts = found.to_dict()
    rows = _rows(len(found.table))
    if not counts["n_duplicates"]:
        return f"{rows}, none of which the other table has (threshold {found.threshold:g})\n"

    told = (
        f"{rows}: {counts['n_duplicates']:,} of them the other table has already "
        f"({_by_reason(counts)}; threshold {found.threshold:g})"
    )
    least_alike, conflicts = found.pairs.sort_values("similarity", kind="stable"), found.conflicts
    title = f"The same text under different labels ({len(conflicts):,})"
    paragraphs = [
        told,
        *_pairs("Least alike among them", least_alike, n_examples),
        *_pairs(title, conflicts, n_examples),
    ]

    return "\n\n".join(paragraphs) + "\n"


def _examples(title: str, groups: pd.DataFrame, n_examples: int) -> list[str]:
    by_size = groups["group"].value_counts(sort=False).sort_values(ascending=False, kind="stable")
    if by_size.empty or not n_examples:
        return []

    blocks = [_block(groups[groups["group"] == group]) for group in by_size.index[:n_examples]]
    n_more = len(by_size) - len(blocks)
    more = [f"  and {n_more:,} more {'group' if n_more == 1 else 'groups'}"] if n_more else []

    return ["\n".join([f"{title} ({len(by_size):,})", *"\n".join(blocks).split("\n"), *more])]


def _pairs(title: str, pairs: pd.DataFrame, n_examples: int) -> list[str]:
    """Show rows of both tables, one below the other."""
    if pairs.empty or not n_examples:
        return []

    lines = [title]
    for row in pairs.head(n_examples).itertuples():
        lines.append(_line(row.Index, row.reason, row.similarity, row.label, row.text))
        lines.append(_line(row.duplicate_of, "", None, row.other_label, row.other_text))

    return ["\n".join(lines)]


def _block(group: pd.DataFrame) -> str:
    lines = [
        _line(row.Index, row.reason or "keep", row.similarity, row.label, row.text)
        for row in group.head(_ROWS_SHOWN).itertuples()
    ]
    if len(group) > _ROWS_SHOWN:
        n_more = len(group) - _ROWS_SHOWN
        lines.append(f"  {'':<13}  and {n_more:,} more {'row' if n_more == 1 else 'rows'}")

    return "\n".join(lines)


def _line(row: object, reason: object, similarity: object, label: object, text: object) -> str:
    shown = f"{similarity:.2f}" if isinstance(similarity, float) and similarity < 1 else ""
    tag = f" [{cut(label, LABEL_COLUMNS)}]" if label else ""
    line = f"  {reason!s:<8} {shown:<4}  {one_line(row)}{tag}: {one_line(text)}"

    return cut_keeping_indent(line)


def cut_keeping_indent(line: str) -> str:
    """Cut a line to the terminal, with the blanks that it begins with."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    head, tail = line[:17], line[17:]

    return head + cut(tail, width - len(head))


def _by_reason(counts: dict[str, object]) -> str:
    named: Iterable[tuple[object, str]] = (
        (counts["n_exact"], EXACT),
        (counts["n_spelling"], f"by {SPELLING}"),
        (counts["n_near"], NEAR),
    )

    return ", ".join(f"{n:,} {what}" for n, what in named if n)


def _rows(n: int) -> str:
    return f"{n:,} {'row' if n == 1 else 'rows'}"


def _groups(n: object) -> str:
    return f"{n:,} {'group' if n == 1 else 'groups'}"
