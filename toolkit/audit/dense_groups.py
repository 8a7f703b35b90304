"""Small groups of texts that are near each other and far from the rest: campaigns, templates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.comparing import texts_of, vectors_of
from toolkit.clustering import CosineHDBSCAN
from toolkit.errors import InputError
from toolkit.json_ready import records
from toolkit.kernels import Indices, Vectors, top_k, unit_rows
from toolkit.plain_text import cut
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, row_index

_MIN_SAMPLES = 5


@dataclass(frozen=True, eq=False)
class DenseGroups:
    """
    Groups of texts that stand apart from the rest of their table.

    Attributes
    ----------
    table : DataFrame
        A row for each text, on the index of the texts: ``group`` (number of its group; -1 for
        none) and ``text``.
    groups : DataFrame
        A row for each group, the one that stands apart most first: ``group``, ``n_rows``,
        ``cohesion`` (mean cosine of a row with the others of the group), ``outside`` (mean cosine
        of a row with the nearest row that is not in it), ``gap`` (the difference) and ``example``.
    """

    table: pd.DataFrame
    groups: pd.DataFrame

    def to_text(self) -> str:
        """Return a line for each group as plain text."""
        lines = [f"{len(self.table):,} texts, {len(self.groups)} dense groups"]
        lines += [
            f"  {group['n_rows']:,} texts like {cut(group['example'], 60)!r}: cosine "
            f"{group['cohesion']:.2f} among them, {group['outside']:.2f} to the nearest other"
            for group in self.groups.to_dict("records")
        ]

        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, object]:
        """Return the groups in plain types, ready for JSON."""
        return {"n_rows": len(self.table), "groups": records(self.groups)}


def dense_groups(
    texts: TextInput,
    vectors: Vectors | None = None,
    *,
    embedder: TextEmbedder | None = None,
    min_size: int = 10,
    max_share: float = 0.1,
    min_gap: float = 0.3,
) -> DenseGroups:
    """
    Find groups of odd texts that look normal one by one, as each has its like beside it.

    A topic of a table passes into the others: its rows are about as near to rows of other topics as
    to each other. A campaign, a template or a burst of log lines does not. Candidates are the
    leaves of `CosineHDBSCAN`; those are reported whose rows are nearer to each other, by `min_gap`
    on average, than to any other row. On seven public tables of short texts no group of normal
    ones has a gap above 0.25, sixty planted variants of one text one of 0.4 to 0.7.

    Parameters
    ----------
    texts : list, Series or one-column DataFrame
        One text a row.
    vectors : ndarray of shape (n_rows, n_dimensions), optional
        Vectors of the texts, of any length.
    embedder : TextEmbedder, optional
        Makes the vectors if none are given; by default the default model does.
    min_size : int, default=10
        Rows of the smallest group, copies counted, >= 2.
    max_share : float, default=0.1
        Share of all rows above which a group is no longer small, above 0 and at most 1.
    min_gap : float, default=0.3
        By how much the mean cosine within a group must be above that with the nearest row outside.

    Returns
    -------
    DenseGroups

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> topics = np.eye(64)[rng.integers(4, size=200)] + 0.1 * rng.normal(size=(200, 64))
    >>> mails = np.eye(64)[63] + 0.02 * rng.normal(size=(12, 64))
    >>> found = dense_groups([f"text {row}" for row in range(212)], np.vstack([topics, mails]))
    >>> found.groups[["group", "n_rows"]]
       group  n_rows
    0      0      12
    """
    if not min_size >= 2:
        raise InputError(f"min_size must be a whole number >= 2, got {min_size!r}")
    if not 0 < max_share <= 1:
        raise InputError(f"max_share must be a share above 0 and at most 1, got {max_share!r}")
    clean = texts_of(texts)
    units = unit_rows(vectors_of(clean, vectors, embedder)).astype(np.float32)
    found = []
    for rows in _candidates(units, min_size):
        if len(rows) <= max_share * len(units):
            cohesion, outside = _measured(units, rows)
            if cohesion - outside >= min_gap:
                found.append((cohesion - outside, cohesion, outside, rows))
    found.sort(key=lambda each: (-each[0], -len(each[3])))

    group = np.full(len(units), -1)
    for number, (_, _, _, rows) in enumerate(found):
        group[rows] = number
    index = row_index(texts, len(units))
    described = [
        (number, len(rows), cohesion, outside, gap, clean.texts[_central(units, rows)])
        for number, (gap, cohesion, outside, rows) in enumerate(found)
    ]
    columns = ["group", "n_rows", "cohesion", "outside", "gap", "example"]

    return DenseGroups(
        pd.DataFrame({"group": group, "text": clean.texts}, index=index),
        pd.DataFrame(described, columns=columns),
    )


def _candidates(units: Vectors, min_size: int) -> list[Indices]:
    """Return the rows of each leaf of the density tree."""
    if len(units) <= min_size:
        return []
    labels = CosineHDBSCAN(
        min_cluster_size=min_size,
        min_samples=min(_MIN_SAMPLES, min_size - 1),
        cluster_selection_method="leaf",
    )
    numbers = labels.fit(units).labels_

    return [np.flatnonzero(numbers == number) for number in range(numbers.max(initial=-1) + 1)]


def _measured(units: Vectors, rows: Indices) -> tuple[float, float]:
    """Return the mean cosine within a group, and that with the nearest rows outside."""
    inside = units[rows].astype(np.float64)
    to_others = (inside @ inside.sum(axis=0) - np.vecdot(inside, inside)) / (len(rows) - 1)
    others = np.delete(np.arange(len(units)), rows)
    if not len(others):
        return float(to_others.mean()), 1.0
    _, similarities = top_k(units[rows], units[others], 1)

    return float(to_others.mean()), float(similarities.mean())


def _central(units: Vectors, rows: Indices) -> int:
    inside = units[rows].astype(np.float64)

    return int(rows[np.argmax(inside @ inside.sum(axis=0))])
