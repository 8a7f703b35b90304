"""An earlier output of toolkit cluster, to go on from."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolkit.cli.tables import Rejects, read_whole, table_named

if TYPE_CHECKING:
    import pandas as pd


def earlier_clusters(
    columns: Sequence[str], rejects: Rejects, options: Mapping[str, Any]
) -> "pd.DataFrame":
    """Read an earlier output: the number and name of the group by key."""
    import pandas as pd

    from toolkit.errors import TableError
    from toolkit.frames import require_columns

    previous, ids = options["previous"], options["id_column"]
    frame, _ = read_whole(previous, rejects)
    with table_named(previous):
        require_columns(frame, [ids] if ids else list(columns))
        last = _last_answer(list(map(str, frame.columns)))
    numbers = pd.to_numeric(frame[last], errors="coerce")
    odd = numbers.isna() | (numbers < -1) | (numbers % 1 != 0)
    if odd.any():
        raise TableError(
            f"{previous}: expected the number of a group in column {last!r}, got "
            f"{frame[last][odd].iloc[0]!r}: give an output of toolkit cluster"
        )
    name = last.replace("cluster", "cluster_name", 1)
    names = frame[name].fillna("").astype(str) if name in frame else ""
    earlier = pd.DataFrame({"cluster": numbers.astype(int), "cluster_name": names})
    earlier["key"] = row_keys(frame, columns, ids)

    return earlier.drop_duplicates("key").set_index("key")


def row_keys(
    frame: "pd.DataFrame", columns: Sequence[str], id_column: str | None
) -> "pd.Series[Any]":
    """What a row is known by in another table: its id, else its text."""
    import pandas as pd

    from toolkit.frames import require_columns
    from toolkit.texts import clean_texts, text_values

    if id_column:
        require_columns(frame, [id_column])
        return frame[id_column].astype(str)

    return pd.Series(clean_texts(text_values(frame, list(columns))).texts, index=frame.index)


def _last_answer(columns: list[str]) -> str:
    """Of cluster, cluster_2, ... the last: each run appends its own to those that are there."""
    from toolkit.errors import TableError

    found = [name for name in columns if re.fullmatch(r"cluster(_\d+)?", name)]
    if not found:
        raise TableError(
            f"there is no column 'cluster'; the columns are: {', '.join(columns)}: give an output "
            "of toolkit cluster"
        )

    return found[-1]
