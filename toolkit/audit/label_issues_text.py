"""What was found of labels, in a few lines that can be read at a glance."""

import shutil
from typing import TYPE_CHECKING

from toolkit.plain_text import LABEL_COLUMNS, cut, percent, wrapped

if TYPE_CHECKING:
    from toolkit.audit.labels import LabelIssues

_NARROWEST, _WIDEST = 60, 120
_MOST_PAIRS = 5


def label_issues_text(found: "LabelIssues", n_examples: int) -> str:
    """Return the counts, the surest issues and the pairs of labels that are confused."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    paragraphs = [
        "\n".join(wrapped(sentence, width) for sentence in _headline(found)),
        *_issues(found, n_examples, width),
        *_pairs(found, width),
        *_alike(found),
    ]

    return "\n\n".join(paragraphs) + "\n"


def _headline(found: "LabelIssues") -> list[str]:
    n_rows, n_issues = len(found.table), len(found.issues)
    n_unjudged = n_rows - found.n_judged
    unjudged = f" (nothing can be said of {n_unjudged:,})" if n_unjudged else ""
    start = f"{n_rows:,} labels{unjudged}: "
    if not n_issues:
        return [
            f"{start}none can be called wrong with at most {percent(found.fdr)} of them right: the "
            "texts tell too little of the labels, or nothing is wrong."
        ]

    are = "is" if n_issues == 1 else "are"

    return [
        f"{start}{n_issues:,} {are} probably wrong; about {found.n_right:.0f} of these may be "
        f"right after all (fdr {found.fdr:g})."
    ]


def _issues(found: "LabelIssues", n_examples: int, width: int) -> list[str]:
    issues = found.issues if len(found.issues) else found.ranked
    if issues.empty or not n_examples:
        return []
    title = "The surest first" if len(found.issues) else "The least probable labels all the same"
    lines = [f"{title}: the label, what it might be, and the text"]
    for name, row in issues.head(n_examples).iterrows():
        labels = f"{cut(row['label'], LABEL_COLUMNS)} -> {cut(row['suggested_label'], 48)}"
        lines.append(f"  {cut(name, 16)}  {labels} ({percent(row['suggested_confidence'])})")
        lines.append(f"      {cut(row['text'], width - 6)}")
    n_more = len(issues) - n_examples

    return ["\n".join(lines + ([f"  and {n_more:,} more"] if n_more > 0 else []))]


def _pairs(found: "LabelIssues", width: int) -> list[str]:
    pairs = found.confusable.head(_MOST_PAIRS)
    if pairs.empty:
        return []
    lines = ["Labels that are taken for each other"]
    for row in pairs.to_dict("records"):
        shares = f"{percent(row['share'])} of the first, {percent(row['share_back'])} back"
        lines.append(cut(f"  {row['label']} -> {row['other']}: {shares}", width))

    return ["\n".join(lines)]


def _alike(found: "LabelIssues") -> list[str]:
    alike = found.classes[found.classes["like"] != ""]
    if alike.empty:
        return []
    said = [f"{row['label']!r} ({row['n_rows']:,} rows)" for row in alike.to_dict("records")]

    return [f"Spelled alike, perhaps one label: {', '.join(said)}"]
