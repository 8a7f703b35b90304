"""What --previous names: an earlier output of toolkit cluster, or a model that it wrote."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.tables import Rejects, read_whole, table_named
from toolkit.cli.talk import note
from toolkit.cli.text_models import ENDING, check_clusterer
from toolkit.cli.text_models import clusterer as clusterer_in

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.clustering import TextClusterer
    from toolkit.clustering.going_on import EarlierClusters


def check_previous(path: str | None) -> None:
    """Raise now, not after hours of work, if there is nothing to go on from."""
    from toolkit.errors import TableError
    from toolkit.frames.formats import format_of

    if path in (None, "-"):
        return
    if not os.path.isfile(path):
        raise click.UsageError(
            f"--previous {path}: there is no such file; give an earlier output of toolkit cluster "
            "or a model that it wrote"
        )
    if path.endswith(ENDING):
        check_clusterer(path)
        return
    try:
        format_of(path)
    except TableError as error:
        raise click.UsageError(f"--previous: {error}; models end in {ENDING}") from error


@dataclass(frozen=True)
class Previous:
    """
    Where groups come from.

    Attributes
    ----------
    rows : Series
        What each row of the table is called.
    earlier : EarlierClusters or TextClusterer
        Those of an earlier output, or a model that finds for each row the one it would be in.
    """

    rows: "pd.Series[Any]"
    earlier: "EarlierClusters | TextClusterer"

    def gone_on(
        self, clusterer: "TextClusterer", texts: "pd.Series[Any]"
    ) -> tuple["TextClusterer", "pd.DataFrame"]:
        """Return the clusterer with numbers and names of groups that go on, and what changed."""
        from toolkit.clustering.going_on import EarlierClusters, gone_on

        earlier = self.earlier
        if not isinstance(earlier, EarlierClusters):
            earlier = _predicted(earlier, clusterer, texts)
        found, match = gone_on(clusterer, self.rows, earlier)
        if not match.n_shared:
            note("note: no row of the table is in --previous: all groups are new")

        return found, _with_names(match.changes, earlier.names, found.themes_.names)


def previous_clusters(
    frame: "pd.DataFrame", columns: Sequence[str], rejects: Rejects, options: Mapping[str, Any]
) -> Previous | None:
    """Read what the groups of a table shall go on from, None if nothing is asked for."""
    import pandas as pd

    previous, ids = options["previous"], options["id_column"]
    if not previous:
        return None
    if previous.endswith(ENDING):
        return Previous(pd.Series(range(len(frame))), clusterer_in(previous))

    return Previous(
        _row_keys(frame, columns, ids), _earlier_output(previous, columns, ids, rejects)
    )


def _with_names(
    changes: "pd.DataFrame", before: Mapping[int, str], after: Mapping[int, str]
) -> "pd.DataFrame":
    """Name the group that a change is about: the new one, or the old one if it is gone."""
    import pandas as pd

    names = [
        before.get(old, "") if pd.isna(new) else after.get(new, "")
        for old, new in zip(changes["before"].tolist(), changes["after"].tolist(), strict=True)
    ]

    return changes.assign(name=names)


def _predicted(
    model: "TextClusterer", clusterer: "TextClusterer", texts: "pd.Series[Any]"
) -> "EarlierClusters":
    """Find the group that each text would have been in; vectors that are the same are used."""
    from toolkit.clustering.going_on import predicted_clusters
    from toolkit.pipelines import texts_for

    spaces = {
        (each.embedder_.provider_fingerprint_, each.embedder_.task) for each in (model, clusterer)
    }
    asked: Any = clusterer.vectors_
    if len(spaces) > 1:
        frame = texts.reset_index(drop=True).to_frame("text")
        asked = texts_for(model, frame, ["text"])

    return predicted_clusters(model, asked)


def _earlier_output(
    previous: str, columns: Sequence[str], ids: str | None, rejects: Rejects
) -> "EarlierClusters":
    """Read the number and the name of each row's group, by what the row is known by."""
    import pandas as pd

    from toolkit.clustering.going_on import EarlierClusters
    from toolkit.frames import require_columns

    frame, _ = read_whole(previous, rejects)
    with table_named(previous):
        require_columns(frame, [ids] if ids else list(columns))
        last = _last_answer(list(map(str, frame.columns)))
        numbers = _numbers(frame[last])
    name = last.replace("cluster", "cluster_name", 1)
    names = frame[name].fillna("").astype(str) if name in frame else ""
    groups = pd.DataFrame({"number": numbers, "name": names}).drop_duplicates("number")
    labels = numbers.set_axis(_row_keys(frame, columns, ids))

    return EarlierClusters(
        labels[~labels.index.duplicated()],
        dict(zip(groups["number"].tolist(), groups["name"].tolist(), strict=True)),
    )


def _numbers(cells: "pd.Series[Any]") -> "pd.Series[int]":
    import pandas as pd

    from toolkit.errors import TableError

    numbers = pd.to_numeric(cells, errors="coerce")
    odd = numbers.isna() | (numbers < -1) | (numbers % 1 != 0)
    if odd.any():
        raise TableError(
            f"expected the number of a group in column {cells.name!r}, got "
            f"{cells[odd].iloc[0]!r}: give an output of toolkit cluster"
        )

    return numbers.astype(int)


def _row_keys(
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
