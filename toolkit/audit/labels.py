"""Labels of a table that are probably wrong, and what they might be instead."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.comparing import LabelInput, labels_of, texts_of, vectors_of
from toolkit.audit.held_out_labels import HeldOut, held_out_labels
from toolkit.audit.label_classes import class_table, confusable_pairs
from toolkit.audit.label_issues_text import label_issues_text
from toolkit.errors import InputError
from toolkit.json_ready import records
from toolkit.kernels import Vectors
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, row_index

FEWEST_OF_A_LABEL = 5
"""Rows of a label below which nothing is said of them: there is too little to tell them by."""


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """
    Which labels of a table are probably wrong.

    Attributes
    ----------
    table : DataFrame
        A row for each text, on the index of the texts: ``label``, ``suggested_label`` (the most
        probable of the others), ``confidence`` (probability of the given label, by a classifier
        that has not seen the row or its near-duplicates; NaN where nothing can be said),
        ``p_right`` (probability that the label is right),
        ``suggested_confidence``, ``agreement`` (share of the nearest rows that have the given
        label), ``is_issue``, ``evidence`` (index labels of the nearest rows that have the suggested
        label) and ``text``.
    classes : DataFrame
        A row for each label: ``label``, ``n_rows``, ``share``, ``n_issues``, ``confidence`` (mean)
        and ``like`` (another label that differs only in case, white space, accents or signs; "" if
        there is none).
    confusable : DataFrame
        Pairs of labels that are taken for each other: ``label``, ``other``, ``n_rows`` (held-out
        rows of the first that look like the other), ``share`` (of its rows) and ``share_back``.
    fdr : float
        Share of the issues that may be right, on average.
    noise : float
        Share of the labels that are wrong, as estimated.
    """

    table: pd.DataFrame
    classes: pd.DataFrame
    confusable: pd.DataFrame
    fdr: float
    noise: float

    @property
    def issues(self) -> pd.DataFrame:
        """The rows whose labels are probably wrong, the surest first."""
        return self.ranked[self.ranked["is_issue"]]

    @property
    def ranked(self) -> pd.DataFrame:
        """The rows to which another label is more probable, the least probable label first."""
        other = self.table[self.table["confidence"] < self.table["suggested_confidence"]]

        return other.sort_values("confidence", kind="stable")

    @property
    def n_judged(self) -> int:
        """Rows of which something can be said: they have a text and a label that is not rare."""
        return int(self.table["confidence"].notna().sum())

    @property
    def n_right(self) -> float:
        """How many of the issues are right after all, on average."""
        return float(self.issues["p_right"].sum())

    def to_text(self, *, n_examples: int = 10) -> str:
        """Return the counts, the surest issues and the pairs of labels as plain text."""
        return label_issues_text(self, n_examples)

    def to_dict(self) -> dict[str, object]:
        """Return the counts and the labels in plain types, ready for JSON."""
        return {
            "n_rows": len(self.table),
            "n_judged": self.n_judged,
            "n_issues": len(self.issues),
            "noise": self.noise,
            "n_right": self.n_right,
            "fdr": self.fdr,
            "classes": records(self.classes),
            "confusable": records(self.confusable),
        }


def label_issues(
    texts: TextInput,
    labels: LabelInput,
    vectors: Vectors | None = None,
    *,
    embedder: TextEmbedder | None = None,
    fdr: float = 0.2,
    random_state: int = 0,
) -> LabelIssues:
    """
    Find the labels of a table that are probably wrong.

    A classifier that has seen neither a row nor its near-duplicates tells how probable the row's
    label is, so that no row vouches for itself and no copy of a wrong label for the other. Rows are
    ranked by that probability. An improbable label need not be wrong, as the classifier may be; how
    many are, and how probable it is that each is right, `label_noise` tells, and the list of issues
    is cut where the mean of that is `fdr`. Where labels are hard to tell from the texts, or are
    exchanged by a rule, nothing can be claimed and the list is empty; `ranked` shows all the same
    which labels are the least probable.

    Nothing is said of rows without text or label, and of labels with fewer than five different
    texts.

    Parameters
    ----------
    texts : list, Series or one-column DataFrame
        One text a row. The index of a Series or frame names the rows.
    labels : list or Series
        The label of each row; None, NaN or "" where there is none.
    vectors : ndarray of shape (n_rows, n_dimensions), optional
        Vectors of the texts, of any length.
    embedder : TextEmbedder, optional
        Makes the vectors if none are given; by default the default model does.
    fdr : float, default=0.2
        Share of the issues that may be right, on average; above 0 and below 1. Less gives fewer and
        surer issues.
    random_state : int, default=0
        Which rows are held out together.

    Returns
    -------
    LabelIssues

    Raises
    ------
    InputError
        If there is not one label a text, or fewer than two labels have five different texts.

    References
    ----------
    D. Chong et al., "Detecting label errors by using pre-trained language models", EMNLP 2022,
    arXiv 2205.12702, for the ranking. The cut is at a local false discovery rate: B. Efron,
    "Large-scale inference", Cambridge University Press 2010.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder
    >>> words = "late lost slow gone stuck missing".split()
    >>> texts = [f"my parcel is {word}" for word in words] + [f"a {word} refund" for word in words]
    >>> labels = ["delivery"] * 6 + ["money"] * 5 + ["delivery"]
    >>> found = label_issues(texts, labels, embedder=TextEmbedder(HashingProvider(256)))
    >>> found.ranked[["label", "suggested_label", "text"]]
           label suggested_label              text
    11  delivery           money  a missing refund
    """
    if not 0 < fdr < 1:
        raise InputError(f"fdr must be a share above 0 and below 1, got {fdr!r}")
    clean = texts_of(texts)
    given = _labels(labels, len(clean.texts))
    rows = vectors_of(clean, vectors, embedder)
    is_judged = ~clean.is_empty & (given != "") & rows.any(axis=1)
    found = held_out_labels(rows, given, is_judged, FEWEST_OF_A_LABEL, random_state=random_state)
    index = row_index(texts, len(clean.texts))
    is_issue = _issues(found, fdr)
    table = _table(found, given, index, is_issue).assign(text=clean.texts)

    return LabelIssues(
        table,
        class_table(table),
        confusable_pairs(found),
        fdr=float(fdr),
        noise=found.noise.share,
    )


def _labels(labels: LabelInput, n_rows: int) -> np.ndarray:
    given = labels_of(labels, n_rows)
    if given is None:
        raise InputError("expected the labels of the texts, got None: give a list or a Series")

    return given


def _table(
    found: HeldOut, labels: np.ndarray, index: pd.Index, is_issue: np.ndarray
) -> pd.DataFrame:
    n_rows = len(labels)
    confidence, p_right, suggested_confidence, agreement = np.full((4, n_rows), np.nan)
    suggested = np.full(n_rows, "", dtype=object)
    evidence: list[list[object]] = [[] for _ in range(n_rows)]
    at = found.rows
    confidence[at], p_right[at], agreement[at] = found.own, found.noise.right, found.agreement
    suggested[at], suggested_confidence[at] = found.classes[found.suggested], found.other
    for row, others in zip(at.tolist(), found.evidence, strict=True):
        evidence[row] = index[others].tolist()
    is_listed = np.zeros(n_rows, dtype=bool)
    is_listed[at] = is_issue

    return pd.DataFrame(
        {
            "label": labels,
            "suggested_label": suggested,
            "confidence": confidence,
            "p_right": p_right,
            "suggested_confidence": suggested_confidence,
            "agreement": agreement,
            "is_issue": is_listed,
            "evidence": pd.Series(evidence, index=index, dtype=object),
        },
        index=index,
    )


def _issues(found: HeldOut, fdr: float) -> np.ndarray:
    """The longest ranked list of which on average at most a share is right."""
    right = found.noise.right
    order = np.argsort(right, kind="stable")
    means = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(means <= fdr)
    most = right[order[enough[-1]]] if len(enough) else -1.0

    return np.asarray((right <= most) & (found.own < found.other))
