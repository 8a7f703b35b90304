"""Whether a table can be trusted: what it holds twice, and what it contradicts."""

from toolkit.audit.comparing import THRESHOLD
from toolkit.audit.dense_groups import DenseGroups, dense_groups
from toolkit.audit.drift import Drift, drift
from toolkit.audit.duplicates import Duplicates, near_duplicates
from toolkit.audit.findings import Findings, findings
from toolkit.audit.labels import LabelIssues, label_issues
from toolkit.audit.outliers import Outliers, find_outliers
from toolkit.audit.overlap import Overlap, text_overlap

__all__ = [
    "THRESHOLD",
    "DenseGroups",
    "Drift",
    "Duplicates",
    "Findings",
    "LabelIssues",
    "Outliers",
    "Overlap",
    "dense_groups",
    "drift",
    "find_outliers",
    "findings",
    "label_issues",
    "near_duplicates",
    "text_overlap",
]
