"""A table made searchable, as the options of a command line ask for it."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.tables import (
    Rejects,
    check_output,
    check_table_format,
    rows_named,
    same_file,
    text_columns,
    whole_table,
)
from toolkit.cli.talk import note
from toolkit.plain_text import percent

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.search import CosineIndex
    from toolkit.search.rankings import Mode
    from toolkit.search.stored_vectors import Mask
    from toolkit.text_embedder import TextEmbedder

FOR_TABLES = ("text", "id_column", "limit", "input_format", "dry_run", "save", "approximate")
"""Options that an index has no use for."""

ROW = "row"
"""What rows are called by where no column names them."""


@dataclass(frozen=True)
class SearchedTable:
    """
    An index of a table, and how it is asked.

    Attributes
    ----------
    index : CosineIndex
    options : mapping
        Those of the command line.
    text : list of str
        The columns that were searched.
    id_title : str
        What ids are called.
    shown : dict of str to str
        Columns of the hits to print beside the text, by their titles.
    mask : ndarray of bool or None
        The rows of the index that may be found.
    """

    index: "CosineIndex"
    options: Mapping[str, Any]
    text: Sequence[str]
    id_title: str
    shown: Mapping[str, str]
    mask: "Mask | None" = None

    @property
    def mode(self) -> "Mode":
        """How rows are found."""
        mode: Mode = self.options["mode"]

        return mode

    @property
    def provider(self) -> str | None:
        """Who embeds the texts, if anyone does."""
        embedder = None if self.mode == "keyword" else self.index.embedder

        return None if embedder is None else embedder.provider_name

    def words_of(self, query: str) -> list[str]:
        """Return the words of a query that are searched for, if any are."""
        from toolkit.search.keyword import words

        return [] if self.mode == "semantic" else words(query)

    def hits(self, queries: Sequence[object]) -> "pd.DataFrame":
        """Return what is found for each query; `query` is its number."""
        return self.index.search(
            list(queries),
            self.options["k"],
            threshold=self.options["threshold"],
            filter=self.mask,
            mode=self.mode,
        )


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise a UsageError unless there is just one source of queries, and it makes sense."""
    ways = [options["query"] is not None, bool(options["queries"]), options["interactive"]]
    if sum(ways) != 1:
        raise click.UsageError("give a QUERY, a table of them with --queries FILE, or -i")
    if options["query"] is not None and not options["query"].strip():
        raise click.UsageError("the query is empty: give some words")
    _check_threshold(options)
    if options["mode"] == "keyword" and (options["save"] or options["approximate"]):
        raise click.UsageError("--save and --approximate are for vectors; --mode keyword has none")
    if options["interactive"] and (options["table"] == "-" or options["output"] != "-"):
        raise click.UsageError("-i reads queries from standard input and prints what it finds")
    if options["as_json"] and (options["output"] != "-" or options["format"]):
        raise click.UsageError(
            "--json prints what is found and -o or --format make a table of it: choose one "
            "(-o found.jsonl writes JSON lines)"
        )
    if options["queries"] and same_file(options["queries"], options["output"]):
        raise click.UsageError("--queries is also written: name another output")


def _check_threshold(options: Mapping[str, Any]) -> None:
    if options["threshold"] is None:
        return
    if math.isnan(options["threshold"]):
        raise click.UsageError("--threshold nan is no cosine: name a number")
    if options["mode"] == "keyword":
        raise click.UsageError("--threshold is a cosine, and --mode keyword has none")


def check_places(options: Mapping[str, Any]) -> None:
    """Raise now, not after the work, if what is asked for cannot be read or written."""
    from toolkit.frames import FrameReader
    from toolkit.search.folders import check_place
    from toolkit.search.storage import MANIFEST

    check_table_format(options["output"], options["format"])
    if options["output"] != "-":
        check_output(options["output"], force=options["force"])
    if options["save"]:
        check_place(Path(options["save"]), MANIFEST, overwrite=options["force"])
    if options["queries"] not in (None, "-"):
        FrameReader(options["queries"])  # looks whether there is such a file


def searched(rejects: Rejects, options: Mapping[str, Any]) -> SearchedTable | None:
    """Return the index that INPUT is, or that of a table; None if only a forecast is asked for."""
    from toolkit.frames import require_columns

    if os.path.isdir(options["table"]):
        return _saved_index(options)
    frame = whole_table(
        options["table"],
        rejects=rejects,
        input_format=options["input_format"],
        limit=options["limit"],
        where=options["where"],
    )
    text = text_columns(frame, options["text"])
    require_columns(frame, _asked_to_show(options))
    if options["dry_run"]:
        _tell_forecast(frame, text, _embedder(options))
        return None
    ids = _ids(frame, options["id_column"])
    index = _index(frame, text, ids, rejects, options)
    if options["save"]:
        index.save(options["save"], overwrite=options["force"])
        note(f"The index is in {options['save']}: search it in place of the table")

    return SearchedTable(index, options, text, ids or ROW, _shown(index, frame, options))


def _saved_index(options: Mapping[str, Any]) -> SearchedTable:
    """Open an index; a provider is taken only where it is asked for."""
    import numpy as np

    from toolkit.frames import filter_rows
    from toolkit.search import CosineIndex

    for name in FOR_TABLES:
        if options[name]:
            option = f"--{name.removesuffix('_column').replace('_', '-')}"
            raise click.UsageError(f"{option} is for tables, and {options['table']} is an index")
    is_default = click.get_current_context().get_parameter_source("provider") in (
        click.core.ParameterSource.DEFAULT,
        click.core.ParameterSource.DEFAULT_MAP,
    )
    index = CosineIndex.load(options["table"], provider=None if is_default else options["provider"])
    if index.embedder is not None:
        index.embedder.embedder.set_params(cache=not options["no_cache"])
    mask = None
    if options["where"]:
        mask = np.zeros(len(index), dtype=bool)
        mask[filter_rows(index.rows, list(options["where"])).index] = True

    return SearchedTable(index, options, ["text"], "id", _shown(index, index.rows, options), mask)


def _embedder(options: Mapping[str, Any]) -> "TextEmbedder":
    from toolkit.text_embedder import TextEmbedder

    return TextEmbedder(
        options["provider"],
        task="document",
        cache=not options["no_cache"],
        on_error="raise" if options["on_error"] == "raise" else "nan",
    )


def _index(
    frame: "pd.DataFrame",
    text: Sequence[str],
    ids: str | None,
    rejects: Rejects,
    options: Mapping[str, Any],
) -> "CosineIndex":
    import pandas as pd

    from toolkit.embedding import counting
    from toolkit.search import CosineIndex
    from toolkit.texts import text_values

    embedder = None if options["mode"] == "keyword" else _embedder(options)
    index = CosineIndex(embedder, approximate=options["approximate"])
    texts = pd.Series(text_values(frame, text), index=frame.index, dtype=object)
    names = list(texts.index)
    with counting() as counts, rows_named(names):
        index.fit(texts, ids, frame.drop(columns=list(text)) if len(text) == 1 else frame)
    rejects.take_failures(counts.failures, texts.tolist(), names)
    if index.recall is not None:
        note(f"approximate: {percent(index.recall)} of the 10 nearest rows are found")

    return index


def _shown(
    index: "CosineIndex", frame: "pd.DataFrame", options: Mapping[str, Any]
) -> dict[str, str]:
    """Find the columns of --show among those of the hits; id and text are printed anyway."""
    from toolkit.frames import require_columns
    from toolkit.search.known_rows import OUR_COLUMNS

    asked = _asked_to_show(options)
    require_columns(frame, asked)
    found = {name: f"{name}_2" if name in OUR_COLUMNS else name for name in asked}

    return {title: name for title, name in found.items() if name in index.rows}


def _asked_to_show(options: Mapping[str, Any]) -> list[str]:
    return [name.strip() for name in (options["show"] or "").split(",") if name.strip()]


def _ids(frame: "pd.DataFrame", column: str | None) -> str | None:
    """Return the column of --id if it tells rows apart, else tell that rows are numbered."""
    from toolkit.frames import require_columns

    if column is None:
        return None
    require_columns(frame, column)
    if frame[column].is_unique and frame[column].notna().all():
        return column
    note(f"note: column {column!r} does not tell rows apart: they are numbered")

    return None


def _tell_forecast(frame: "pd.DataFrame", text: Sequence[str], embedder: "TextEmbedder") -> None:
    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.texts import text_values

    tell_forecast_of([text_values(frame, text)], embedder)
