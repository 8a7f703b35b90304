"""Whether the texts of two tables come from one source, and what grew or vanished."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.audit.comparing import both
from toolkit.audit.drift_groups import (
    STEADY,
    clearest_groups,
    group_changes,
    groups_test,
    levels_of_both,
)
from toolkit.audit.drift_sides import Side, side_table, sides_of
from toolkit.audit.drift_text import drift_text
from toolkit.audit.two_samples import classifier_test, mean_discrepancy_test, own_order
from toolkit.errors import InputError
from toolkit.json_ready import plain, records
from toolkit.kernels import Indices, Vectors
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput

MOST_TESTED = 10_000
"""Rows of a table that the tests of vectors look at, drawn by chance; groups are of all rows."""


@dataclass(frozen=True, eq=False)
class Drift:
    """
    What changed from one table of texts to another.

    Attributes
    ----------
    tests : DataFrame
        A row for each test: ``test`` ("mean discrepancy", "classifier", "groups"), ``statistic``
        and ``p_value``.
    groups : DataFrame
        A row for each group of the texts of both tables, those that changed most surely first:
        ``group``, ``name``, ``change`` ("new", "vanished", "grew", "shrank", "steady"),
        ``n_before``, ``n_after``, ``share_before``, ``share_after``, ``p_value`` (adjusted for the
        number of groups) and ``example``.
    before, after : DataFrame
        A row for each text, on the index of the texts: ``group`` (-1 for empty texts),
        ``nearest`` (index label of the most similar text of the other table), ``similarity``
        (cosine with it) and ``text``.
    level : float
        p-values above it are taken for chance.
    """

    tests: pd.DataFrame
    groups: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    level: float

    @property
    def p_value(self) -> float:
        """The least p-value of the tests times their number (Bonferroni), at most 1."""
        return min(1.0, float(self.tests["p_value"].min()) * len(self.tests))

    @property
    def has_drifted(self) -> bool:
        """Whether the tables differ by more than chance, at the level."""
        return self.p_value <= self.level

    @property
    def changes(self) -> pd.DataFrame:
        """The groups that are not steady."""
        return self.groups[self.groups["change"] != STEADY]

    def to_text(self, *, n_groups: int = 10) -> str:
        """Return the verdict, the tests and the groups that changed as plain text."""
        return drift_text(self, n_groups)

    def to_dict(self) -> dict[str, object]:
        """Return the verdict, the tests and the groups in plain types, ready for JSON."""
        return {
            "schema_version": 1,
            "kind": "drift",
            "n_before": len(self.before),
            "n_after": len(self.after),
            "has_drifted": self.has_drifted,
            "p_value": plain(self.p_value),
            "level": self.level,
            "tests": records(self.tests),
            "groups": records(self.groups),
        }


def drift(
    before: TextInput,
    after: TextInput,
    *,
    vectors: tuple[Vectors, Vectors] | None = None,
    embedder: TextEmbedder | None = None,
    level: float = 0.05,
    n_permutations: int = 999,
    random_state: int = 0,
) -> Drift:
    """
    Tell whether two tables of texts differ by more than chance, and in what.

    Three tests look at it from three sides: the mean discrepancy of the vectors, how well a
    classifier tells the tables apart, and how the texts of both divide into groups. Where texts are
    drawn from one source each p-value is below 0.05 in 5 % of cases, whatever the texts are. Texts
    that come in bursts, such as one mail sent to all, are not drawn one by one: they count as a
    change. Rows that stand in both tables make the tests more cautious: where the new table holds
    the old one, give only what was added.

    Parameters
    ----------
    before, after : list, Series or one-column DataFrame
        One text a row, as last month's tickets and this month's. Empty texts are left out.
    vectors : pair of ndarrays, optional
        The vectors of `before` and of `after`, of any length.
    embedder : TextEmbedder, optional
        Makes the vectors if none are given; by default the default model does.
    level : float, default=0.05
        In (0, 1): the share of false alarms that is accepted.
    n_permutations : int, default=999
        Random divisions that the tests compare with, >= 1; the smallest p-value of a test is
        1 / (n_permutations + 1).
    random_state : int, default=0

    Returns
    -------
    Drift

    Raises
    ------
    InputError
        If the vectors do not fit, or a parameter is out of its range.
    TooFewRows
        If one of the tables has fewer than two texts.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder
    >>> march = ["late parcel", "parcel is late", "where is my parcel", "parcel lost"] * 5
    >>> april = march + ["my code does not work", "code refused", "the code is invalid"] * 5
    >>> found = drift(march, april, embedder=TextEmbedder(HashingProvider(64)))
    >>> found.has_drifted
    True
    >>> found.changes[["change", "n_before", "n_after"]].head(1)
      change  n_before  n_after
    0    new         0       15
    """
    _check(level, n_permutations)
    sides = sides_of((before, after), both("vectors", vectors), embedder)
    pool = np.vstack([side.vectors for side in sides])
    is_after = np.repeat([False, True], [len(side.texts) for side in sides])
    levels = levels_of_both(pool)
    groups, p_values = clearest_groups(levels, is_after)
    texts = [text for side in sides for text in side.texts]
    changes = group_changes(texts, pool, groups, is_after, p_values, level=level)
    own_groups = np.split(groups, [len(sides[0].texts)])

    return Drift(
        tests=_tests(
            sides, levels, is_after, n_permutations=n_permutations, random_state=random_state
        ),
        groups=_surest_first(changes),
        before=side_table(sides[0], sides[1], own_groups[0]),
        after=side_table(sides[1], sides[0], own_groups[1]),
        level=level,
    )


def _check(level: float, n_permutations: int) -> None:
    if not 0 < level < 1:
        raise InputError(f"level must be a share between 0 and 1, got {level!r}")
    if n_permutations < 1:
        raise InputError(f"n_permutations must be at least 1, got {n_permutations!r}")


def _tests(
    sides: list[Side],
    levels: Indices,
    is_after: npt.NDArray[np.bool_],
    *,
    n_permutations: int,
    random_state: int,
) -> pd.DataFrame:
    rng = np.random.default_rng(random_state)
    some = [_at_most(side.vectors, MOST_TESTED, rng) for side in sides]
    many, seed = n_permutations, random_state
    tests = {
        "mean discrepancy": mean_discrepancy_test(*some, n_permutations=many, random_state=seed),
        "classifier": classifier_test(*some, n_permutations=many, random_state=seed),
        "groups": groups_test(levels, is_after, n_permutations=many, random_state=seed),
    }

    return pd.DataFrame(
        {
            "test": list(tests),
            "statistic": [test.statistic for test in tests.values()],
            "p_value": [test.p_value for test in tests.values()],
        }
    )


def _at_most(vectors: Vectors, n_rows: int, rng: np.random.Generator) -> Vectors:
    if len(vectors) <= n_rows:
        return vectors

    return vectors[own_order(vectors)[rng.permutation(len(vectors))[:n_rows]]]


def _surest_first(changes: pd.DataFrame) -> pd.DataFrame:
    """Order the groups by p-value, among equals what grew most first."""
    growth = changes["share_before"] - changes["share_after"]
    order = np.lexsort((growth, changes["p_value"]))

    return changes.iloc[order].reset_index(drop=True)
