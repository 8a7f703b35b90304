"""What is known of each row of an index besides its vector: an id, a text, other columns."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.frames import append_columns, require_columns
from toolkit.search.given import Given
from toolkit.search.stored_vectors import Mask
from toolkit.texts import clean_texts

Ids: TypeAlias = str | Sequence[object] | np.ndarray | pd.Series | pd.Index
"""The name of a column, or one value a row."""

Columns: TypeAlias = pd.DataFrame | Mapping[str, Sequence[object]]

Filter: TypeAlias = Mapping[str, object] | Sequence[bool] | Mask | pd.Series
"""``{column: value or list of values}``, or one bool for each of the rows."""

OUR_COLUMNS = ("query", "rank", "id", "score", "similarity", "text")


def known_rows(
    rows: Given, ids: Ids | None, columns: Columns | None, first_number: int = 0
) -> pd.DataFrame:
    """
    Return one frame with ``id``, ``text`` if there are texts, and the other columns.

    A column that has the name of one of ours is called ``name_2``.

    >>> from toolkit.search.given import given
    >>> known_rows(given(["late", "lost"]), "key", {"key": ["a", "b"], "rank": [7, 8]})
      id  text  rank_2
    0  a  late       7
    1  b  lost       8
    """
    others = rows.columns if columns is None else pd.DataFrame(columns)
    if others is None:
        others = pd.DataFrame(index=rows.index)
    _check_length("columns", len(others), rows.n_rows)
    if isinstance(ids, str):
        require_columns(others, ids)
        others, ids = others.drop(columns=ids), others[ids]
    known = {"id": _column(_row_labels(rows.index, first_number) if ids is None else ids)}
    _check_length("ids", len(known["id"]), rows.n_rows)
    if rows.texts is not None:
        known["text"] = _column(rows.texts)
    elif "text" in others:
        known["text"] = _column(clean_texts(list(others["text"])).texts)
        others = others.drop(columns="text")
    ours = pd.DataFrame(dict.fromkeys(OUR_COLUMNS, 0) | known, index=range(rows.n_rows))
    left_out = [name for name in OUR_COLUMNS if name not in known]

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


def with_more(
    rows: pd.DataFrame, more: Given, ids: Ids | None, columns: Columns | None, n_seen: int
) -> pd.DataFrame:
    """
    Return all rows, if the new ones have the same columns and new ids.

    New rows without labels are numbered on from those ever seen, and so are rows of a frame that
    just counts from 0 if the rows that are there are numbered like that.
    """
    is_numbered = pd.api.types.is_integer_dtype(rows["id"]) and rows["id"].between(0, n_seen - 1)
    goes_on = not more.has_labels or np.all(is_numbered)
    added = known_rows(more, ids, columns, n_seen if goes_on else 0)
    if set(rows.columns) != set(added.columns):
        raise InputError(
            f"the rows of the index have the columns {', '.join(rows.columns)} and the new ones "
            f"{', '.join(added.columns)}: give the same"
        )
    joined = pd.concat([rows, added[rows.columns]], ignore_index=True)
    check_ids(joined["id"])

    return joined


def is_among(rows: pd.DataFrame, ids: object) -> Mask:
    """Return which rows have this id or these; all of them must be there."""
    wanted = pd.Index(_several(ids))
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
        return _as_mask(_in_order_of(rows, filter), len(rows))

    kept = np.ones(len(rows), dtype=bool)
    for name, wanted in filter.items():
        require_columns(rows, name)
        kept &= np.asarray(rows[name].isin(_several(wanted)), dtype=bool)

    return kept


def _in_order_of(rows: pd.DataFrame, filter: object) -> object:
    """A Series whose labels are the ids of the index may stand in another order."""
    ids = pd.Index(rows["id"])
    if not isinstance(filter, pd.Series) or filter.index.equals(ids):
        return filter
    is_by_id = filter.index.is_unique and len(filter) == len(ids) and filter.index.isin(ids).all()

    return filter.reindex(ids) if is_by_id else filter


def _as_mask(filter: object, n_rows: int) -> Mask:
    mask = np.asarray(filter)
    if mask.dtype != bool or mask.shape != (n_rows,):
        raise InputError(
            "expected a filter such as {'label': 'refund'}, or one bool for each of the "
            f"{n_rows:,} rows of the index (CosineIndex.rows), got {mask.dtype} of shape "
            f"{mask.shape}"
        )

    return mask


def _several(wanted: object) -> list[object]:
    if isinstance(wanted, (list, tuple, set, frozenset, np.ndarray, pd.Series, pd.Index)):
        return list(wanted)

    return [wanted]


def _column(values: Sequence[object] | np.ndarray | pd.Series | pd.Index) -> pd.Series:
    """One value a row, as they are."""
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)

    return pd.Series(values if isinstance(values, (np.ndarray, pd.Index)) else list(values))


def _row_labels(index: pd.Index, first_number: int) -> pd.Index:
    """The labels of a frame's rows, or numbers that go on where it just counts from 0."""
    counts_from_0 = index.equals(pd.RangeIndex(len(index)))

    return index + first_number if counts_from_0 else index


def _check_length(what: str, n_given: int, n_rows: int) -> None:
    if n_given != n_rows:
        raise InputError(f"expected {what} for {n_rows:,} rows, got {n_given:,}: give one a row")
