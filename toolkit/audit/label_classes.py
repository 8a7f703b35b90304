"""What can be said of the labels of a table: how many rows, which are alike, which are confused."""

import unicodedata

import numpy as np
import pandas as pd

from toolkit.audit.held_out_labels import HeldOut

_FEWEST_CONFUSED = 2


def class_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each label, the most frequent first."""
    labelled = table[table["label"] != ""]
    groups = labelled.groupby("label", sort=True)
    n_rows = groups.size()
    found = pd.DataFrame(
        {
            "label": n_rows.index,
            "n_rows": n_rows.to_numpy(),
            "share": n_rows.to_numpy() / max(len(labelled), 1),
            "n_issues": groups["is_issue"].sum().to_numpy(),
            "confidence": groups["confidence"].mean().to_numpy(),
        }
    )
    found["like"] = _alike(found["label"].tolist(), found["n_rows"].tolist())

    return found.sort_values("n_rows", ascending=False, kind="stable", ignore_index=True)


def confusable_pairs(found: HeldOut) -> pd.DataFrame:
    """Return the pairs of labels that are taken for each other, the most confused first."""
    n_classes = len(found.classes)
    is_confused = found.other > found.own
    counts = np.zeros((n_classes, n_classes), dtype=np.intp)
    np.add.at(counts, (found.given[is_confused], found.suggested[is_confused]), 1)
    n_rows = np.bincount(found.given, minlength=n_classes)
    shares = counts / np.maximum(n_rows[:, None], 1)
    # Of both directions of a pair the one with the larger share comes first.
    first, second = np.nonzero(
        (counts >= _FEWEST_CONFUSED)
        & ((shares > shares.T) | ((shares == shares.T) & np.tri(n_classes, k=-1, dtype=bool).T))
    )
    pairs = pd.DataFrame(
        {
            "label": found.classes[first],
            "other": found.classes[second],
            "n_rows": counts[first, second],
            "share": shares[first, second],
            "share_back": shares[second, first],
        }
    )
    order = np.lexsort((pairs["label"].astype(str), -(pairs["share"] + pairs["share_back"])))

    return pairs.iloc[order].reset_index(drop=True)


def _alike(labels: list[str], n_rows: list[int]) -> list[str]:
    """Name for each label the most frequent other one that is spelled alike."""
    by_words: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        by_words.setdefault(_spelling(label), []).append(place)
    alike = [""] * len(labels)
    for places in by_words.values():
        for place in places:
            others = [other for other in places if other != place]
            if others:
                alike[place] = labels[max(others, key=lambda other: n_rows[other])]

    return alike


def _spelling(label: str) -> str:
    """Return the letters and digits of a label, without case and accents."""
    decomposed = unicodedata.normalize("NFKD", label.casefold())

    return "".join(filter(str.isalnum, decomposed)) or label
