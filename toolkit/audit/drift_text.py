"""What changed from one table to another, in a few lines that can be read at a glance."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from toolkit.plain_text import cut, padded, percent

if TYPE_CHECKING:
    from toolkit.audit.drift import Drift

_NAME_COLUMNS = 44
_TEXT_COLUMNS = 64


def drift_text(found: "Drift", n_groups: int) -> str:
    """Return the verdict, the tests, and the groups that changed."""
    n_before, n_after = len(found.before), len(found.after)
    rows = f"{n_before:,} texts before, {n_after:,} after"
    verdict = (
        "they differ by more than chance" if found.has_drifted else "no difference beyond chance"
    )
    tests = [
        f"  {padded(test, 18)} p = {p_value:.3g}{_told(test, statistic)}"
        for test, statistic, p_value in found.tests.to_numpy(dtype=object).tolist()
    ]
    headline = f"{rows}: {verdict} (p = {found.p_value:.3g} of three tests together)"
    paragraphs = ["\n".join([headline, *tests]), *_changes(found, n_groups)]

    return "\n\n".join(paragraphs) + "\n"


def _told(test: str, statistic: float) -> str:
    if test != "classifier":
        return ""

    return f"  (tells which table a text is of with AUC {statistic:.2f}; 0.5 is guessing)"


def _changes(found: "Drift", n_groups: int) -> list[str]:
    changes = found.changes
    if changes.empty or not n_groups:
        return []
    n_more = len(changes) - n_groups
    lines = [f"Groups that changed ({len(changes):,} of {len(found.groups):,})"]
    lines += [line for row in changes.head(n_groups).to_dict("records") for line in _group(row)]

    return ["\n".join(lines + ([f"  and {n_more:,} more"] if n_more > 0 else []))]


def _group(row: dict[Hashable, Any]) -> list[str]:
    shares = f"{percent(row['share_before'])} to {percent(row['share_after'])}"
    counts = f"{row['n_before']:,} to {row['n_after']:,} rows, {shares}"

    return [
        f"  {padded(row['change'], 9)} {padded(row['name'], _NAME_COLUMNS)}  {counts}",
        f"  {'':9} {cut(row['example'], _TEXT_COLUMNS)!r}",
    ]
