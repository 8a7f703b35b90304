"""toolkit cluster: groups of texts that nobody named yet."""

from typing import Any

import click

from toolkit.cli.cluster_naming import naming_option
from toolkit.cli.options import (
    cost_options,
    id_option,
    input_options,
    json_option,
    output_options,
    provider_options,
    rejects_option,
    table_argument,
    talk_options,
    text_option,
)


class _Noise(click.ParamType[str | float]):
    """A word, or a share."""

    name = "noise"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | float:
        """Return keep, assign or a number from 0 to 1."""
        if value in ("keep", "assign") or isinstance(value, float):
            return value  # type: ignore[no-any-return]
        share = click.FloatRange(0, 1).convert(value, param, ctx)

        return float(share)


@click.command("cluster", short_help="Find groups of texts, and name them.")
@table_argument
@text_option
@id_option
@click.option(
    "--n-clusters",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many groups, if that is known; else it is found out.",
)
@click.option(
    "--method",
    type=click.Choice(["leiden", "hdbscan", "kmeans", "agglomerative"]),
    default="leiden",
    show_default=True,
    help="What groups vectors; kmeans and agglomerative need --n-clusters, hdbscan takes none.",
)
@click.option(
    "--min-cluster-size",
    metavar="N",
    type=click.IntRange(min=2),
    help="Smallest group of --method hdbscan.  [default: 10]",
)
@click.option(
    "--noise",
    metavar="keep|assign|SHARE",
    type=_Noise(),
    default="assign",
    show_default=True,
    help="Texts that hdbscan leaves in no group: keep, assign, or keep at most this share.",
)
@click.option("--levels", is_flag=True, help="Append coarser and finer groups that nest (leiden).")
@click.option("--clusters", metavar="FILE", help="Write a row for each group here.")
@click.option(
    "--model", metavar="FILE", help="Keep the groups here, *.toolkit; `toolkit predict` takes it."
)
@click.option(
    "--previous",
    metavar="FILE",
    help="An earlier output with rows that are here too, or an earlier --model: groups that go on "
    "keep their numbers and names.",
)
@naming_option
@click.option("--check", is_flag=True, help="Judge the groups: do they come back, is there any?")
@provider_options
@cost_options
@input_options
@output_options
@rejects_option
@json_option
@talk_options
def cluster_command(**options: Any) -> None:
    """
    Append the group of each row of the table INPUT: its number, its name and how sure it is.

    How many groups there are is found out. The same words are always in the same group, and the
    order of the rows does not matter. Groups are numbered by size; -1 is for rows in none, such as
    empty ones. Names are words that set a group apart from the others, or a chat model's.
    """
    from toolkit.cli.clustering import answer, check_usage, clustered
    from toolkit.cli.tables import Rejects
    from toolkit.cli.talk import telling_counts

    check_usage(options)
    named = [options[name] for name in ("table", "output", "clusters", "model", "previous")]
    rejects = Rejects(options["rejects"], not_over=[*filter(None, named)], force=options["force"])
    with rejects, telling_counts(options["max_cost"]):
        found = clustered(rejects, options)
        if found is not None:
            answer(found, options)
    if failure := rejects.failure():
        raise failure
