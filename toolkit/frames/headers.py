"""Column names that are all there and all different."""

from collections.abc import Sequence
from itertools import chain, count


def clean_header(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """
    Return unique, non-empty names for the columns, and a sentence for every change.

    >>> clean_header(["id", "", "id"])
    (['id', 'column_2', 'id.2'], ["column 2 has no name and is called 'column_2'",
    "the second column 'id' is called 'id.2'"])
    """
    taken = {cell for cell in cells if cell}
    names: list[str] = []
    changes: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = cell
        if not cell:
            name = _free_name(f"column_{position}", taken)
            changes.append(f"column {position} has no name and is called {name!r}")
        elif cell in names:
            name = _free_name(cell, taken)
            nth = _ordinal(list(cells[:position]).count(cell))
            changes.append(f"the {nth} column {cell!r} is called {name!r}")
        taken.add(name)
        names.append(name)

    return names, changes


def _free_name(wanted: str, taken: set[str]) -> str:
    numbered = (f"{wanted}.{number}" for number in count(2))

    return next(name for name in chain([wanted], numbered) if name not in taken)


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
