"""Queries answered: one, those that are typed, or a table of them."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.hit_lines import hit_lines
from toolkit.cli.searched_table import SearchedTable
from toolkit.cli.tables import CHUNK_ROWS, Rejects
from toolkit.cli.talk import note, notes

if TYPE_CHECKING:
    import pandas as pd

NARROWEST, WIDEST = 60, 160


def answer_query(searched: SearchedTable, query: str, options: Mapping[str, Any]) -> None:
    """Print what is found for one query, or write it as a table if that is asked for."""
    if options["output"] != "-" or options["format"]:
        import pandas as pd

        _write(searched, iter([pd.Series([query])]), options)
    else:
        _print(searched, query, options)


def answer_typed(searched: SearchedTable, options: Mapping[str, Any]) -> None:
    """Answer each line of standard input until one is empty or there is none."""
    note(f"{len(searched.index):,} rows are searched; an empty line ends")
    while query := _typed():
        _print(searched, query, options)


def answer_table(searched: SearchedTable, rejects: Rejects, options: Mapping[str, Any]) -> None:
    """Write what is found for each text of a table of queries, chunk by chunk."""
    queries = _queries(searched, rejects, options)
    if not options["as_json"]:
        _write(searched, queries, options)
        return
    for chunk in queries:
        hits = searched.hits(chunk.tolist())
        for number, query in enumerate(chunk):
            _print_json(searched, query, hits[hits["query"] == number])


def _print(searched: SearchedTable, query: str, options: Mapping[str, Any]) -> None:
    hits = searched.hits([query])
    if options["as_json"]:
        _print_json(searched, query, hits)
    elif hits.empty:
        note(f"nothing is found: {_what_to_try(options)}")
    else:
        width = min(max(shutil.get_terminal_size((100, 24)).columns, NARROWEST), WIDEST)
        words = searched.words_of(query)
        click.echo(hit_lines(hits, searched.id_title, searched.shown, width=width, words=words))


def _what_to_try(options: Mapping[str, Any]) -> str:
    if options["threshold"] is not None:
        return f"no cosine is {options['threshold']:g} or more; try a lower --threshold"
    if options["mode"] == "keyword":
        return "no row has a word of the query; try other words, or --mode semantic"

    return "try other words"


def _print_json(searched: SearchedTable, query: object, hits: "pd.DataFrame") -> None:
    """Print one object on a line, so that many queries are JSON lines."""
    from toolkit.frames.cells import as_json, column_values

    names = [name for name in hits.columns if name != "query"]
    rows = zip(*(column_values(hits[name]) for name in names), strict=True)
    told = {"query": query, "mode": searched.mode, "provider": searched.provider}
    click.echo(as_json(told | {"results": [dict(zip(names, row, strict=True)) for row in rows]}))


def _typed() -> str:
    """Return a line without the white space around it, "" at the end of input."""
    if sys.stdin.isatty():
        click.echo("\n> ", nl=False, err=True)

    return sys.stdin.readline().strip()


def _write(
    searched: SearchedTable, queries: "Iterator[pd.Series]", options: Mapping[str, Any]
) -> None:
    """Write a row a hit, with the text of its query and the number of the query's row."""
    from toolkit.frames import FrameWriter

    writer = FrameWriter(
        options["output"],
        format=options["format"],
        overwrite=options["force"],
        spreadsheet_safe=options["spreadsheet_safe"],
    )
    n_asked = n_answered = 0
    with writer:
        for chunk in queries:
            hits = searched.hits(chunk.tolist())
            of_query = hits["query"].to_numpy()
            n_asked, n_answered = n_asked + len(chunk), n_answered + hits["query"].nunique()
            hits["query"] = chunk.to_numpy(dtype=object)[of_query]
            hits.insert(0, "query_row", chunk.index.to_numpy()[of_query])
            writer.write(hits)
    if n_answered < n_asked:
        note(f"nothing is found for {n_asked - n_answered:,} of {n_asked:,} queries")
    notes(writer.notes())


def _queries(
    searched: SearchedTable, rejects: Rejects, options: Mapping[str, Any]
) -> "Iterator[pd.Series]":
    """Yield the texts of the table of queries; the index is the number of the row."""
    import pandas as pd

    from toolkit.frames import FrameReader, guess_text_column, require_rows
    from toolkit.texts import text_values

    n_rows, columns = 0, list(searched.text)
    with FrameReader(options["queries"], chunk_rows=CHUNK_ROWS) as reader:
        for frame in reader:
            require_rows(frame, reader.report.source)
            rejects.take(reader.report)
            if not set(columns) <= set(frame.columns):
                guess = guess_text_column(frame)
                columns = [guess.column]
                note(f"queries: column {guess.column!r} ({guess.reason})")
            texts = pd.Series(text_values(frame, columns), dtype=object)
            yield texts.set_axis(range(n_rows, n_rows + len(frame)))
            n_rows += len(frame)
    notes(reader.report.problems())
