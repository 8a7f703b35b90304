"""Everything that speaks against a table of texts and labels, as one tidy list."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit.audit.dense_groups import DenseGroups
from toolkit.audit.duplicates import Duplicates
from toolkit.audit.findings_text import findings_text
from toolkit.audit.labels import FEWEST_OF_A_LABEL, LabelIssues
from toolkit.audit.outliers import Outliers
from toolkit.audit.overlap import Overlap
from toolkit.audit.reasons import EXACT
from toolkit.json_ready import plain

KINDS = (
    "conflicting_label",
    "label_issue",
    "leak",
    "exact_duplicate",
    "near_duplicate",
    "dense_group",
    "outlier",
    "empty_text",
    "rare_label",
    "alike_label",
)

COLUMNS = ("kind", "row", "reason", "suggestion", "score", "p_value", "group", "evidence", "text")


@dataclass(frozen=True, eq=False)
class Findings:
    """
    What was found in a table, a row each.

    Attributes
    ----------
    table : DataFrame
        ``kind`` (of `KINDS`), ``row`` (index label of the row it is about; None for findings on a
        label), ``reason``, ``suggestion``, ``score`` (similarity for duplicates and leaks,
        probability to be right for labels, gap of dense groups, the detector's for outliers; NaN
        where there is none), ``p_value`` (of outliers), ``group`` (number of the group among
        findings of its kind; NA where there is none), ``evidence`` (list of index labels to look
        at) and ``text``.
    n_rows : int
        Rows of the table that was looked at.
    """

    table: pd.DataFrame
    n_rows: int

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        found = self.table["kind"].value_counts()

        return {kind: int(found.get(kind, 0)) for kind in KINDS}

    def to_text(self, *, n_examples: int = 3) -> str:
        """Return the counts and some findings of each kind as plain text."""
        return findings_text(self, n_examples)

    def to_dict(self) -> dict[str, object]:
        """Return the counts and the findings in plain types, ready for JSON."""
        listed = [
            {name: _plain(value) for name, value in row.items()}
            for row in self.table.astype(object).to_dict("records")
        ]

        return {
            "schema_version": 1,
            "kind": "findings",
            "n_rows": self.n_rows,
            "counts": self.counts,
            "findings": listed,
        }


def findings(
    *,
    duplicates: Duplicates | None = None,
    labels: LabelIssues | None = None,
    outliers: Outliers | None = None,
    groups: DenseGroups | None = None,
    leaks: Overlap | None = None,
) -> Findings:
    """
    Put in one list what was found of duplicates, labels, outliers and leaks.

    Parameters
    ----------
    duplicates : Duplicates, optional
        With labels, the same text under different labels is found, too.
    labels : LabelIssues, optional
    outliers : Outliers, optional
    groups : DenseGroups, optional
    leaks : Overlap, optional
        Of the rows of a test table with those that were learned from.

    Returns
    -------
    Findings
        The kinds in the order of `KINDS`.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder, near_duplicates
    >>> texts = ["late parcel", "Late parcel", "refund please"]
    >>> found = near_duplicates(texts, embedder=TextEmbedder(HashingProvider(64)),
    ...                         labels=["delay", "refund", "refund"])
    >>> findings(duplicates=found).table[["kind", "row", "suggestion"]]
                    kind row            suggestion
    0  conflicting_label   0  decide for one label
    1  conflicting_label   1  decide for one label
    2    exact_duplicate   1              keep one
    """
    parts: list[dict[str, Any]] = []
    if duplicates is not None:
        parts += [*_conflicts(duplicates), *_duplicates(duplicates)]
    if labels is not None:
        parts += [*_labels(labels), *_classes(labels)]
    if leaks is not None:
        parts += _leaks(leaks)
    if groups is not None:
        parts += _groups(groups)
    if outliers is not None:
        parts += _outliers(outliers)
    tables = [found.table for found in (duplicates, labels, outliers) if found is not None]
    if tables:
        parts += _empty(tables[0])
    empty = {"score": np.nan, "p_value": np.nan, "group": pd.NA, "evidence": [], "text": ""}
    table = pd.DataFrame([{**empty, **part} for part in parts], columns=list(COLUMNS))
    order = np.argsort([KINDS.index(kind) for kind in table["kind"]], kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    for name in ("score", "p_value"):
        table[name] = table[name].astype("float64")
    table["group"] = table["group"].astype("Int64")

    return Findings(table, len(tables[0]) if tables else 0)


def _conflicts(found: Duplicates) -> list[dict[str, Any]]:
    conflicts = found.conflicts
    parts = []
    for number, group in conflicts.groupby("group", sort=False):
        labels = ", ".join(map(repr, sorted(set(group["label"]) - {""})))
        for name, row in group.iterrows():
            parts.append(
                {
                    "kind": "conflicting_label",
                    "row": name,
                    "reason": f"the same text stands under the labels {labels}",
                    "suggestion": "decide for one label",
                    "score": row["similarity"],
                    "group": number,
                    "evidence": [other for other in group.index if other != name],
                    "text": row["text"],
                }
            )

    return parts


def _duplicates(found: Duplicates) -> list[dict[str, Any]]:
    repeats = found.table[found.is_duplicate]

    return [
        {
            "kind": "exact_duplicate" if row["reason"] == EXACT else "near_duplicate",
            "row": name,
            "reason": f"says the same as {row['duplicate_of']} ({row['reason']})",
            "suggestion": "keep one",
            "score": row["similarity"],
            "group": row["group"],
            "evidence": [row["duplicate_of"]],
            "text": row["text"],
        }
        for name, row in repeats.iterrows()
    ]


def _labels(found: LabelIssues) -> list[dict[str, Any]]:
    return [
        {
            "kind": "label_issue",
            "row": name,
            "reason": f"its label {row['label']!r} has a probability of {row['confidence']:.1%}, "
            f"{row['suggested_label']!r} one of {row['suggested_confidence']:.1%}",
            "suggestion": f"relabel: {row['suggested_label']}",
            "score": row["p_right"],
            "evidence": row["evidence"],
            "text": row["text"],
        }
        for name, row in found.issues.iterrows()
    ]


def _classes(found: LabelIssues) -> list[dict[str, Any]]:
    rare = found.classes[found.classes["n_rows"] < FEWEST_OF_A_LABEL]
    alike = found.classes[found.classes["like"] != ""]

    return [
        {
            "kind": "rare_label",
            "row": None,
            "reason": f"the label {row['label']!r} has {row['n_rows']} rows",
            "suggestion": "add rows, or join it with another label",
        }
        for row in rare.to_dict("records")
    ] + [
        {
            "kind": "alike_label",
            "row": None,
            "reason": f"the label {row['label']!r} is spelled like {row['like']!r}",
            "suggestion": "perhaps one label",
        }
        for row in alike.to_dict("records")
    ]


def _leaks(found: Overlap) -> list[dict[str, Any]]:
    return [
        {
            "kind": "leak",
            "row": name,
            "reason": f"this row of the other table says the same as {row['duplicate_of']} "
            f"({row['reason']})",
            "suggestion": "leave it out of the test",
            "score": row["similarity"],
            "evidence": [row["duplicate_of"]],
            "text": row["text"],
        }
        for name, row in found.pairs.iterrows()
    ]


def _groups(found: DenseGroups) -> list[dict[str, Any]]:
    described = found.groups.set_index("group")
    parts = []
    for name, row in found.table[found.table["group"] >= 0].iterrows():
        group = described.loc[row["group"]]
        parts.append(
            {
                "kind": "dense_group",
                "row": name,
                "reason": f"one of {group['n_rows']:,} texts that are near each other (cosine "
                f"{group['cohesion']:.2f}) and far from all others ({group['outside']:.2f})",
                "suggestion": "look at the group",
                "score": group["gap"],
                "group": row["group"],
                "text": row["text"],
            }
        )

    return parts


def _outliers(found: Outliers) -> list[dict[str, Any]]:
    return [
        {
            "kind": "outlier",
            "row": name,
            "reason": row["reason"],
            "suggestion": "look",
            "score": row["score"],
            "p_value": row["p_value"],
            "evidence": [row["nearest"]],
            "text": row["text"],
        }
        for name, row in found.outliers.iterrows()
    ]


def _empty(table: pd.DataFrame) -> list[dict[str, Any]]:
    is_empty = [not text.strip() for text in table["text"]]

    return [
        {"kind": "empty_text", "row": name, "reason": "there is no text", "suggestion": "look"}
        for name in table.index[is_empty]
    ]


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [plain(each) for each in value]
    if value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None

    return plain(value)
