"""toolkit search: the rows of a table that are like a query."""

from typing import Any

import click

from toolkit.cli.options import (
    cost_options,
    id_option,
    input_options,
    json_option,
    output_options,
    provider_options,
    rejects_option,
    skip_option,
    table_argument,
    talk_options,
    text_option,
)


def _one_query(
    _ctx: click.Context, _argument: click.Parameter, words: tuple[str, ...]
) -> str | None:
    """Return the query, if there is one; without quotes the shell cuts it up."""
    if len(words) > 1:
        raise click.UsageError(f'put the query in quotes: "{" ".join(words)}"')

    return words[0] if words else None


@click.command("search", short_help="Find the rows that are like a query.")
@table_argument
@click.argument("query", metavar="[QUERY]", nargs=-1, callback=_one_query)
@click.option(
    "-k",
    metavar="K",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many rows to find for a query.",
)
@click.option(
    "--mode",
    type=click.Choice(["semantic", "keyword", "hybrid"]),
    default="semantic",
    show_default=True,
    help="By meaning, by words, or by both.",
)
@click.option(
    "--queries", metavar="FILE", help="Search for each text of this table, or line of a .txt."
)
@click.option("-i", "--interactive", is_flag=True, help="Ask for queries until an empty line.")
@click.option(
    "--filter",
    "--where",
    "where",
    metavar="COL=VALUE",
    multiple=True,
    help="Search only these rows, as label=refund or lang!=de; may be repeated.",
)
@click.option(
    "--threshold",
    metavar="COSINE",
    type=click.FloatRange(-1, 1),
    help="Leave out what is less similar than this.",
)
@click.option("--show", metavar="COL[,COL]", help="Print these columns before the text.")
@click.option(
    "--save", metavar="FOLDER", help="Keep the index here, to be INPUT of later searches."
)
@click.option(
    "--approximate",
    is_flag=True,
    help="Look only near the query, and tell the recall: for millions of rows.",
)
@text_option
@id_option
@provider_options
@cost_options
@input_options
@output_options
@skip_option
@rejects_option
@json_option
@talk_options
def search_command(**options: Any) -> None:
    """
    Print the rows of the table INPUT whose text is most like QUERY, the most similar first.

    With --mode hybrid, rows that stand high both by meaning and by words come first, so that
    cosines need not fall from line to line. With -o, or for a table of queries, all columns of the
    rows are written. Vectors are kept in the cache, so the second search of a table is fast; INPUT
    may be an index kept with --save.
    """
    from toolkit.cli.answers import answer_query, answer_table, answer_typed
    from toolkit.cli.searched_table import check_places, check_usage, searched
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import telling_counts

    check_usage(options)
    check_places(options)
    read = [options["table"], *filter(None, [options["queries"], options["output"]])]
    rejects = Rejects(options["rejects"], not_over=read, force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        index = searched(rejects, options)
        if index is None:
            return
        if options["interactive"]:
            answer_typed(index, options)
        elif options["queries"]:
            answer_table(index, rejects, options)
        else:
            answer_query(index, options["query"], options)
    if failure := rejects.failure():
        raise failure
