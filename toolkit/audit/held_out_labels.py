"""What a classifier that has not seen a row says of its label."""

from dataclasses import dataclass

import numpy as np

from toolkit.anomaly.near_groups import deal_groups, group_rows
from toolkit.audit.label_noise import LabelNoise, label_noise
from toolkit.classification import CosineLogisticClassifier
from toolkit.errors import InputError, TooFewRows
from toolkit.kernels import Indices, Vectors, neighbor_graph, top_k, unit_rows
from toolkit.kernels.keys import row_keys

_N_FOLDS = 5
_NEAR = 0.95
_N_NEIGHBORS = 10
_N_EVIDENCE = 3


@dataclass(frozen=True)
class HeldOut:
    """
    Labels as they look without their own rows.

    Attributes
    ----------
    rows : ndarray of shape (n_judged,)
        Which rows of the table these are.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    given, suggested : ndarray of shape (n_judged,)
        The given label of each row, and the most probable of the others, by number.
    own, other : ndarray of shape (n_judged,)
        Their probabilities.
    noise : LabelNoise
        How many of the labels are wrong, and how probable it is that each is right.
    agreement : ndarray of shape (n_judged,)
        Share of the nearest rows that have the given label.
    evidence : list of ndarray
        For each row the nearest rows of the table that have the suggested label.
    """

    rows: Indices
    classes: np.ndarray
    given: Indices
    suggested: Indices
    own: Vectors
    other: Vectors
    noise: LabelNoise
    agreement: Vectors
    evidence: list[Indices]


def held_out_labels(
    vectors: Vectors, labels: np.ndarray, is_judged: np.ndarray, fewest: int, *, random_state: int
) -> HeldOut:
    """
    Judge the label of each row by a classifier that has not seen it or its near-duplicates.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
    labels : ndarray of str, shape (n_rows,)
    is_judged : ndarray of bool, shape (n_rows,)
        Rows that have a text and a label.
    fewest : int
        Different rows that a label must have.
    random_state : int
    """
    units = unit_rows(vectors).astype(np.float32)
    keys = row_keys(units)
    rows = np.flatnonzero(is_judged & _is_frequent(labels, keys, is_judged, fewest))
    classes, given = np.unique(labels[rows].astype(str), return_inverse=True)
    if len(classes) < 2:
        raise TooFewRows(
            f"expected at least two labels with {fewest} different texts each, got {len(classes)}: "
            "add rows of other labels"
        )

    units = units[rows]
    probabilities = _probabilities(units, keys[rows], given, random_state)
    at = np.arange(len(rows))
    own = probabilities[at, given]
    noise = label_noise(probabilities, given)
    probabilities[at, given] = -1
    suggested = probabilities.argmax(axis=1)
    neighbors, similarities = neighbor_graph(units, _N_NEIGHBORS)
    votes = np.where(similarities > 0, similarities, 0)
    agreement = ((given[neighbors] == given[:, None]) * votes).sum(axis=1)

    return HeldOut(
        rows=rows,
        classes=classes.astype(object),
        given=given,
        suggested=suggested,
        own=own,
        other=probabilities[at, suggested],
        noise=noise,
        agreement=agreement / np.maximum(votes.sum(axis=1), 1e-12),
        evidence=_evidence(units, rows, given, suggested, own < probabilities[at, suggested]),
    )


def _is_frequent(
    labels: np.ndarray, keys: np.ndarray, is_judged: np.ndarray, fewest: int
) -> np.ndarray:
    """Tell which rows have a label that stands at enough different rows."""
    rows = np.flatnonzero(is_judged)
    if not len(rows):
        raise InputError("expected rows with a text and a label, got none: give some labels")
    names, group = np.unique(labels[rows].astype(str), return_inverse=True)
    pairs = np.unique(np.column_stack([group.astype(np.uint64), keys[rows]]), axis=0)
    counts = np.bincount(pairs[:, 0].astype(np.intp), minlength=len(names))
    is_frequent = np.zeros(len(labels), dtype=bool)
    is_frequent[rows] = counts[group] >= fewest

    return is_frequent


def _probabilities(units: Vectors, keys: np.ndarray, given: Indices, random_state: int) -> Vectors:
    groups = group_rows(units, keys, None, threshold=_NEAR, n_folds=_N_FOLDS)
    folds = deal_groups(groups, row_keys(units, seed=random_state), _N_FOLDS)
    splits = [
        (np.flatnonzero(folds != number), np.flatnonzero(folds == number))
        for number in np.unique(folds)
    ]

    return np.asarray(
        CosineLogisticClassifier(cv=splits).fit_held_out(units, given), dtype=np.float64
    )


def _evidence(
    units: Vectors, rows: Indices, given: Indices, suggested: Indices, is_contradicted: np.ndarray
) -> list[Indices]:
    """Find the nearest rows of the suggested label for each row whose label is contradicted."""
    evidence = [np.empty(0, dtype=np.intp) for _ in rows]
    for label in np.unique(suggested[is_contradicted]):
        asked = np.flatnonzero(is_contradicted & (suggested == label))
        known = np.flatnonzero(given == label)
        nearest, _ = top_k(units[asked], units[known], _N_EVIDENCE)
        for row, places in zip(asked.tolist(), nearest, strict=True):
            evidence[row] = rows[known[places]]

    return evidence
