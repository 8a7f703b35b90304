"""Our columns behind a table's own, none of which is ever replaced."""

from collections.abc import Iterable

import pandas as pd


def append_columns(frame: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """
    Return the frame with the added columns behind its own, row by row, on the frame's index.

    An added column whose name is taken, by a column or by the index, is called ``name_2``,
    ``name_3`` and so on.

    >>> table = pd.DataFrame({"text": ["late"], "status": ["open"]})
    >>> append_columns(table, pd.DataFrame({"status": ["ok"]}))
       text status status_2
    0  late   open       ok
    """
    taken = [*frame.columns, *frame.index.names]
    named = added.set_axis(_free_names(added.columns, taken), axis=1)

    return pd.concat([frame, named.set_axis(frame.index, axis=0)], axis=1)


def _free_names(wanted: Iterable[str], taken: Iterable[str]) -> list[str]:
    used, names = set(taken), []
    for name in wanted:
        free, number = name, 2
        while free in used:
            free, number = f"{name}_{number}", number + 1
        used.add(free)
        names.append(free)

    return names
