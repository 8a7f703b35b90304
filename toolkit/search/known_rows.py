"""What is known of each row of an index besides its vector: an id, a text, other columns."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import InputError
from toolkit.frames import append_columns, require_columns
from toolkit.search.stored_vectors import Mask

Ids: TypeAlias = str | Sequence[object] | np.ndarray | pd.Series | pd.Index
"""The name of a column, or one value a row."""

Columns: TypeAlias = pd.DataFrame | Mapping[str, Sequence[object]]

Filter: TypeAlias = Mapping[str, object] | Sequence[bool] | Mask | pd.Series
"""``{column: value or list of values}``, or one bool for each of the rows."""

OUR_COLUMNS = ("query", "rank", "id", "score", "similarity", "text")


def known_rows(
    n_rows: int,
    ids: Ids | None,
    texts: Sequence[str] | None,
    columns: pd.DataFrame | None,
    first_number: int = 0,
) -> pd.DataFrame:
    """
    Return one frame with ``id``, ``text`` if there are texts, and the other columns.

    A column that has the name of one of ours is called ``name_2``.

    >>> known_rows(2, "key", ["late", "lost"], pd.DataFrame({"key": ["a", "b"], "rank": [7, 8]}))
      id  text  rank_2
    0  a  late       7
    1  b  lost       8
    """
    others = pd.DataFrame(index=range(n_rows)) if columns is None else columns
    _check_length("columns", len(others), n_rows)
    if isinstance(ids, str):
        require_columns(others, ids)
        others, ids = others.drop(columns=ids), others[ids]
    values = _row_labels(others, first_number) if ids is None else ids
    _check_length("ids", len(values), n_rows)

    ours = pd.DataFrame(dict.fromkeys(OUR_COLUMNS, 0), index=range(n_rows))
    ours["id"] = pd.Series(list(values), dtype=getattr(values, "dtype", None), index=ours.index)
    if texts is not None:
        ours["text"] = pd.Series(list(texts), dtype=object, index=ours.index)
    left_out = [
        name for name in OUR_COLUMNS if name not in ("id", "text" if texts is not None else "")
    ]

    return append_columns(ours, others.reset_index(drop=True)).drop(columns=left_out)


def check_ids(ids: pd.Series) -> None:
    """
    Raise InputError unless each row has an id of its own.

    >>> check_ids(pd.Series(["a", "b", "a"]))
    Traceback (most recent call last):
    toolkit.errors.InputError: expected a different id for each row, got 'a' 2 times: ...
    """
    if ids.isna().any():
        raise InputError(
            f"expected an id for each row, got none in row {int(ids.isna().to_numpy().argmax())}: "
            "fill it in, or give no ids to have the rows numbered"
        )
    repeated = ids[ids.duplicated()]
    if len(repeated):
        value = repeated.iloc[0]
        raise InputError(
            f"expected a different id for each row, got {value!r} {int((ids == value).sum())} "
            "times: give other ids, or remove() the rows that are to be replaced"
        )


def extended(rows: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Return all rows, if the new ones have the same columns and new ids."""
    if set(rows.columns) != set(added.columns):
        raise InputError(
            f"the rows of the index have the columns {', '.join(rows.columns)} and the new ones "
            f"{', '.join(added.columns)}: give the same"
        )
    joined = pd.concat([rows, added[rows.columns]], ignore_index=True)
    check_ids(joined["id"])

    return joined


def is_among(rows: pd.DataFrame, ids: Sequence[object]) -> Mask:
    """Return which rows have these ids; all of them must be there."""
    wanted = pd.Index(list(ids))
    missing = wanted[~wanted.isin(rows["id"])]
    if len(missing):
        raise InputError(
            f"expected ids of the index, got {missing[0]!r}"
            f"{f' and {len(missing) - 1:,} more' if len(missing) > 1 else ''} that it does not "
            f"have: its ids are such as {', '.join(map(repr, rows['id'].head(3).tolist()))}"
        )

    return np.asarray(rows["id"].isin(wanted), dtype=bool)


def is_kept(rows: pd.DataFrame, filter: Filter) -> Mask:
    """
    Return which rows a filter keeps.

    >>> rows = pd.DataFrame({"id": [1, 2, 3], "label": ["a", "b", "c"]})
    >>> is_kept(rows, {"label": ["a", "c"]})
    array([ True, False,  True])
    """
    if not isinstance(filter, Mapping):
        return _as_mask(filter, len(rows))

    kept = np.ones(len(rows), dtype=bool)
    for name, wanted in filter.items():
        require_columns(rows, name)
        values = list(wanted) if _is_several(wanted) else [wanted]
        kept &= np.asarray(rows[name].isin(values), dtype=bool)

    return kept


def _as_mask(filter: object, n_rows: int) -> Mask:
    mask = np.asarray(filter)
    if mask.dtype != bool or mask.shape != (n_rows,):
        raise InputError(
            "expected a filter such as {'label': 'refund'}, or one bool for each of the "
            f"{n_rows:,} rows of the index (CosineIndex.rows), got {mask.dtype} of shape "
            f"{mask.shape}"
        )

    return mask


def _is_several(wanted: object) -> bool:
    return isinstance(wanted, (list, tuple, set, frozenset, np.ndarray, pd.Series, pd.Index))


def _row_labels(columns: pd.DataFrame, first_number: int) -> npt.ArrayLike:
    """The labels of a frame's rows, or numbers that go on where it just counts from 0."""
    index = columns.index
    if index.equals(pd.RangeIndex(len(index))):
        return np.arange(first_number, first_number + len(index))

    return index.to_numpy()


def _check_length(what: str, n_given: int, n_rows: int) -> None:
    if n_given != n_rows:
        raise InputError(f"expected {what} for {n_rows:,} rows, got {n_given:,}: give one a row")
