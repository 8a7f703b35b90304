"""Clusters under other numbers, some with names that they had before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from toolkit.clustering.theme_names import names_beside
from toolkit.clustering.themes import Themes


def renumbered_themes(
    found: Themes, numbers: Mapping[int, int], names: Mapping[int, str]
) -> Themes:
    """
    Give clusters other numbers, and some of them names; what has a name of those finds another.

    Parameters
    ----------
    found : Themes
    numbers : dict of int to int
        The new number of every cluster.
    names : dict of int to str
        By the new number; a cluster that is not there, or has an empty name there, keeps its own.

    Returns
    -------
    Themes

    Examples
    --------
    >>> from toolkit.clustering.themes import themes
    >>> found = themes(["a late parcel", "parcel", "a refund", "refund"], [0, 0, 1, 1])
    >>> renumbered_themes(found, {0: 7, 1: 3}, {3: "money"}).table[["cluster", "name"]]
       cluster    name
    0        3   money
    1        7  parcel
    """
    table = found.table.assign(cluster=[numbers[own] for own in found.table["cluster"].tolist()])
    kept = [names.get(number) or None for number in table["cluster"].tolist()]
    named = names_beside(table["name"].tolist(), table["terms"].tolist(), kept)
    table = _without_what_was_said(table, named, kept)
    table["name"] = pd.Series(named, index=table.index, dtype=object)

    return replace(found, table=table.sort_values("cluster", ignore_index=True))


def _without_what_was_said(
    table: pd.DataFrame, named: Sequence[str], kept: Sequence[str | None]
) -> pd.DataFrame:
    """Forget who gave the names that are others now, and how far texts bear those out."""
    if "named_by" not in table:
        return table.copy()
    is_same = np.array(named, dtype=object) == table["name"].to_numpy(dtype=object)
    by = ["words" if name is None else "earlier" for name in kept]

    return table.assign(
        named_by=table["named_by"].where(is_same, pd.Series(by, index=table.index, dtype=object)),
        support=table["support"].where(is_same),
    )
