"""Groups of the texts of two tables together, and which of them grew or vanished."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import false_discovery_control, fisher_exact

from toolkit.audit.two_samples import TwoSampleTest
from toolkit.clustering import CosineLeiden, themes
from toolkit.kernels import Indices, Vectors

NEW, VANISHED, GREW, SHRANK, STEADY = "new", "vanished", "grew", "shrank", "steady"

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def levels_of_both(vectors: Vectors) -> Indices:
    """
    Return groups of the rows from coarse to fine, shape (n_rows, n_levels); -1 for rows of zeros.

    They nest, and are found without regard to which table a row is of.
    """
    return np.asarray(CosineLeiden().fit(vectors).levels_)


def groups_test(
    levels: Indices, is_after: Bools, *, n_permutations: int, random_state: int
) -> TwoSampleTest:
    """
    Compare how the rows of two tables divide into groups, by permutation.

    The statistic is the largest squared gap, over all groups of all levels, between the rows that a
    group has in the second table and those that chance would give it, in variances of that chance.

    >>> is_after = np.repeat([False, True], 30)
    >>> levels = is_after.astype(int)[:, None]
    >>> groups_test(levels, is_after, n_permutations=99, random_state=0).p_value
    0.01
    """
    grouped = levels[:, -1] >= 0
    levels, is_after = levels[grouped], is_after[grouped]
    n_after = int(is_after.sum())
    if not 0 < n_after < len(is_after):
        return TwoSampleTest(0.0, 1.0)

    finest = _counts(levels[:, -1], is_after)
    rng = np.random.default_rng(random_state)
    drawn = rng.multivariate_hypergeometric(finest.sum(axis=0), n_after, size=n_permutations)
    afters = np.vstack([finest[1], drawn])
    values = np.max(
        [_largest_gaps(afters, levels, level) for level in range(levels.shape[1])], axis=0
    )
    is_as_far = values >= values[0] - 1e-9

    return TwoSampleTest(float(values[0]), float(is_as_far.mean()))


def clearest_groups(levels: Indices, is_after: Bools) -> tuple[Indices, Floats]:
    """
    Return a partition, of each branch the level at which a change is clearest, and its p-values.

    p-values are those of Fisher's exact test, adjusted by Benjamini and Hochberg for all groups of
    all levels. Groups are numbered by size.
    """
    groups, p_values = np.full(len(levels), -1), np.empty(0)
    tried: list[float] = []
    for level in range(levels.shape[1])[::-1]:
        own = _fisher(_counts(levels[:, level], is_after))
        tried += own.tolist()
        groups, p_values = _merged(groups, p_values, levels[:, level], own)

    return _by_size(groups, _adjusted(p_values, np.array(tried)))


def group_changes(
    texts: list[str],
    vectors: Vectors,
    groups: Indices,
    is_after: Bools,
    p_values: Floats,
    *,
    level: float,
) -> pd.DataFrame:
    """
    Return a row for each group: its name, its rows in each table, and what became of it.

    A group whose p-value is above `level` is "steady".
    """
    found = themes(texts, groups, vectors).table
    counts = _counts(groups, is_after)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    known = zip(*counts.tolist(), shares[1] > shares[0], p_values <= level, strict=True)
    members = [np.flatnonzero(groups == group) for group in found["cluster"]]

    return pd.DataFrame(
        {
            "group": found["cluster"],
            "name": found["name"],
            "change": pd.Series([_change(*each) for each in known], dtype=object),
            "n_before": counts[0],
            "n_after": counts[1],
            "share_before": shares[0],
            "share_after": shares[1],
            "p_value": p_values,
            "example": [texts[_most_changed(vectors, rows, is_after)] for rows in members],
        }
    )


def _counts(groups: Indices, is_after: Bools) -> Indices:
    """Count the rows of each group, before and after, shape (2, n_groups)."""
    n_groups = int(groups.max(initial=-1)) + 1
    sides = [groups[side & (groups >= 0)] for side in (~is_after, is_after)]

    return np.array([np.bincount(side, minlength=n_groups) for side in sides])


def _largest_gaps(afters: Indices, levels: Indices, level: int) -> Floats:
    """Return for each division the largest squared gap of a group, in variances of chance."""
    totals = np.bincount(levels[:, level])
    parent = np.zeros(afters.shape[1], dtype=np.intp)
    parent[levels[:, -1]] = levels[:, level]
    sums = np.zeros((len(totals), len(afters)))
    np.add.at(sums, parent, afters.T)
    n_rows, n_after = int(totals.sum()), int(afters[0].sum())
    share = n_after / n_rows
    variances = totals * share * (1 - share) * (n_rows - totals) / max(n_rows - 1, 1)
    gaps = (sums - (totals * share)[:, None]) ** 2

    return np.asarray((gaps / np.maximum(variances, 1e-12)[:, None]).max(axis=0))


def _fisher(counts: Indices) -> Floats:
    others = counts.sum(axis=1, keepdims=True) - counts
    tables = np.stack([counts, others], axis=1).transpose(2, 1, 0)

    return np.array([fisher_exact(table).pvalue for table in tables], dtype=np.float64)


def _merged(
    groups: Indices, p_values: Floats, coarser: Indices, own: Floats
) -> tuple[Indices, Floats]:
    """Put a coarser group in place of its parts where it tells as much as the clearest of them."""
    merged = groups.copy()
    kept = p_values.tolist()
    for group, p_value in enumerate(own.tolist()):
        rows = np.flatnonzero(coarser == group)
        parts = np.unique(groups[rows])
        if parts.min(initial=0) < 0 or p_value <= p_values[parts].min(initial=1):
            merged[rows] = len(kept)
            kept.append(p_value)

    return merged, np.array(kept)


def _adjusted(p_values: Floats, tried: Floats) -> Floats:
    """Return what Benjamini and Hochberg make of some of the p-values that were tried."""
    if not len(tried):
        return p_values
    order = np.argsort(tried, kind="stable")
    adjusted = np.asarray(false_discovery_control(tried))

    return np.asarray(adjusted[order][np.searchsorted(tried[order], p_values)])


def _by_size(groups: Indices, p_values: Floats) -> tuple[Indices, Floats]:
    """Number the groups that have rows by size, the largest 0."""
    numbers, first, n_rows = np.unique(groups[groups >= 0], return_index=True, return_counts=True)
    ordered = numbers[np.lexsort((first, -n_rows))]
    place = np.full(len(p_values) + 1, -1)
    place[ordered] = np.arange(len(ordered))

    return place[groups], p_values[ordered]


def _change(n_before: int, n_after: int, is_more: bool, is_sure: bool) -> str:
    if not is_sure:
        return STEADY
    if not n_before:
        return NEW
    if not n_after:
        return VANISHED

    return GREW if is_more else SHRANK


def _most_changed(vectors: Vectors, rows: Indices, is_after: Bools) -> int:
    """Return the row that shows best what the group has more of in one table than in the other."""
    sides = [rows[is_after[rows] == side] for side in (False, True)]
    n_rows = np.bincount(is_after.astype(int), minlength=2)
    sums = [vectors[own].sum(axis=0) / n for own, n in zip(sides, n_rows, strict=True)]
    grew = int(len(sides[1]) / n_rows[1] >= len(sides[0]) / n_rows[0])
    own = sides[grew]

    return int(own[np.argmax(vectors[own] @ (sums[grew] - sums[1 - grew]))])
