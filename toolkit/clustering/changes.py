"""What became of clusters: kept, grown, split, merged, born, died."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.kernels.arrays import Indices

MUCH = 0.5
"""Of the rows of one cluster that lie in another, from which on the one is part of the other."""

SAME = 0.1
"""By what part of its rows a cluster may grow or shrink and count as the same."""

_TYPES = {
    "before": "Int64",
    "after": "Int64",
    "n_before": "int64",
    "n_after": "int64",
    "n_shared": "int64",
}

_Change: TypeAlias = tuple[str, int | None, int | None]
"""The kind, the place of the old cluster and that of the new one."""


@dataclass(frozen=True)
class Overlaps:
    """
    How many rows the clusters of two clusterings have, alone and in common.

    Attributes
    ----------
    olds, news : ndarray of int, shapes (n_old,) and (n_new,)
        Numbers of the clusters, ascending.
    n_before, n_after : ndarray of int
        Rows of each old and of each new cluster.
    n_still_there, n_there_before : ndarray of int
        Those of them that the other clustering has as well.
    counts : ndarray of int, shape (n_old, n_new)
        Rows in common.
    n_rows : int
        Rows that both clusterings have.
    """

    olds: Indices
    news: Indices
    n_before: Indices
    n_after: Indices
    n_still_there: Indices
    n_there_before: Indices
    counts: Indices
    n_rows: int

    @property
    def jaccard(self) -> npt.NDArray[np.float64]:
        """Rows in common by rows in either, of those that both clusterings have."""
        either = self.n_still_there[:, None] + self.n_there_before - self.counts

        jaccard: npt.NDArray[np.float64] = self.counts / np.maximum(either, 1)

        return jaccard

    @property
    def is_in_new(self) -> npt.NDArray[np.bool_]:
        """Whether much of each old cluster lies in each new one."""
        return (self.counts > 0) & (self.counts >= MUCH * self.n_still_there[:, None])

    @property
    def is_from_old(self) -> npt.NDArray[np.bool_]:
        """Whether much of each new cluster comes from each old one."""
        return (self.counts > 0) & (self.counts >= MUCH * self.n_there_before)

    @property
    def is_much(self) -> npt.NDArray[np.bool_]:
        """Whether much of either lies in the other."""
        return self.is_in_new | self.is_from_old


def changes(overlaps: Overlaps, numbers: dict[int, int]) -> pd.DataFrame:
    """
    Tell what became of each cluster, and where each new one comes from, as a tidy table.

    `numbers` leads from the new clusters' numbers to stable ones.
    """
    rows = [
        {
            "change": change,
            "before": pd.NA if old is None else overlaps.olds[old],
            "after": pd.NA if new is None else numbers[int(overlaps.news[new])],
            "n_before": 0 if old is None else overlaps.n_before[old],
            "n_after": 0 if new is None else overlaps.n_after[new],
            "n_shared": 0 if old is None or new is None else overlaps.counts[old, new],
        }
        for change, old, new in _found(overlaps, numbers)
    ]
    table = pd.DataFrame(rows, columns=["change", *_TYPES]).astype(_TYPES)

    return table.sort_values(["after", "before"], ignore_index=True)


def _found(overlaps: Overlaps, numbers: dict[int, int]) -> Iterator[_Change]:
    """Yield one change a link between an old and a new cluster, and those without a link."""
    links = overlaps.is_much
    for old, new in np.argwhere(links).tolist():
        goes_on = numbers[int(overlaps.news[new])] == overlaps.olds[old]
        yield _kind(overlaps, old, new, goes_on=goes_on), old, new
    for new in np.flatnonzero(~links.any(axis=0)).tolist():
        yield "born", None, new
    for old in np.flatnonzero(~links.any(axis=1)).tolist():
        yield "died" if overlaps.n_still_there[old] else "absent", old, None


def _kind(overlaps: Overlaps, old: int, new: int, *, goes_on: bool) -> str:
    """A cluster that goes on is split or merged only where others are so with it."""
    n_in_new = overlaps.is_in_new[:, new].sum()
    n_from_old = overlaps.is_from_old[old].sum()
    if overlaps.is_in_new[old, new] and n_in_new > 1:
        return "merged"
    if overlaps.is_from_old[old, new] and n_from_old > 1:
        return "split"
    if not goes_on:
        return "merged" if overlaps.is_in_new[old, new] else "split"

    return _sized(int(overlaps.n_before[old]), int(overlaps.n_after[new]))


def _sized(n_before: int, n_after: int) -> str:
    if abs(n_after - n_before) <= SAME * n_before:
        return "same"

    return "grew" if n_after > n_before else "shrank"
