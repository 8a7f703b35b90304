"""A table made searchable, as the options of a command line ask for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.tables import Rejects, same_file, text_columns, whole_table
from toolkit.cli.talk import note

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.search import CosineIndex
    from toolkit.search.rankings import Mode
    from toolkit.text_embedder import TextEmbedder

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
    """

    index: "CosineIndex"
    options: Mapping[str, Any]
    text: Sequence[str]
    id_title: str
    shown: Mapping[str, str]

    @property
    def mode(self) -> "Mode":
        """How rows are found."""
        mode: Mode = self.options["mode"]

        return mode

    @property
    def provider(self) -> str | None:
        """Who embeds the texts, if anyone does."""
        return None if self.mode == "keyword" else self.options["provider"]

    def hits(self, queries: Sequence[object]) -> "pd.DataFrame":
        """Return what is found for each query; `query` is its number."""
        return self.index.search(
            list(queries),
            self.options["k"],
            threshold=self.options["threshold"],
            mode=self.mode,
        )


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise a UsageError unless there is just one source of queries, and it makes sense."""
    ways = [options["query"] is not None, bool(options["queries"]), options["interactive"]]
    if sum(ways) != 1:
        raise click.UsageError("give a QUERY, a table of them with --queries FILE, or -i")
    if options["query"] is not None and not options["query"].strip():
        raise click.UsageError("the query is empty: give some words")
    if options["mode"] == "keyword" and options["threshold"] is not None:
        raise click.UsageError("--threshold is a cosine, and --mode keyword has none")
    if options["interactive"] and (options["table"] == "-" or options["output"] != "-"):
        raise click.UsageError("-i reads queries from standard input and prints what it finds")
    if options["queries"] and same_file(options["queries"], options["output"]):
        raise click.UsageError("--queries is also written: name another output")


def searched_table(rejects: Rejects, options: Mapping[str, Any]) -> SearchedTable | None:
    """Read, embed and index the table; None if only a forecast was asked for."""
    from toolkit.frames import require_columns
    from toolkit.search.known_rows import OUR_COLUMNS

    frame = whole_table(
        options["table"],
        rejects=rejects,
        input_format=options["input_format"],
        limit=options["limit"],
        where=options["where"],
    )
    text = text_columns(frame, options["text"])
    shown = [name.strip() for name in (options["show"] or "").split(",") if name.strip()]
    require_columns(frame, shown)
    embedder = _embedder(options)
    if options["dry_run"]:
        _tell_forecast(frame, text, embedder)
        return None
    index = _index(frame, text, embedder, rejects, options)
    id_title = options["id_column"] if _has_ids(frame, options["id_column"]) else ROW
    titles = {name: name for name in shown} | {
        name: f"{name}_2" for name in shown if f"{name}_2" in index.rows and name in OUR_COLUMNS
    }
    printed = {name: found for name, found in titles.items() if found in index.rows}

    return SearchedTable(index, options, text, id_title, printed)


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
    embedder: "TextEmbedder",
    rejects: Rejects,
    options: Mapping[str, Any],
) -> "CosineIndex":
    from toolkit.embedding import counting
    from toolkit.search import CosineIndex
    from toolkit.texts import text_values

    ids = options["id_column"] if _has_ids(frame, options["id_column"]) else None
    if options["id_column"] and ids is None:
        note(f"note: column {options['id_column']!r} does not tell rows apart: they are numbered")
    index = CosineIndex(None if options["mode"] == "keyword" else embedder)
    values = text_values(frame, text)
    with counting() as counts:
        index.fit(values, ids, frame.drop(columns=list(text)) if len(text) == 1 else frame)
    rejects.take_failures(counts.failures, values, 0)

    return index


def _has_ids(frame: "pd.DataFrame", column: str | None) -> bool:
    from toolkit.frames import require_columns

    if column is None:
        return False
    require_columns(frame, column)

    return bool(frame[column].is_unique and frame[column].notna().all())


def _tell_forecast(frame: "pd.DataFrame", text: Sequence[str], embedder: "TextEmbedder") -> None:
    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.texts import text_values

    tell_forecast_of([text_values(frame, text)], embedder)
