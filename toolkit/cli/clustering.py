"""Groups of a table's texts found, told and written, as the options of a command ask for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.cluster_naming import (
    check_namer,
    name_groups,
    tell_naming_forecast,
    with_names,
)
from toolkit.cli.earlier_clusters import earlier_clusters, row_keys
from toolkit.cli.tables import (
    Rejects,
    check_written,
    read_whole,
    rows_named,
    text_columns,
    write_whole,
)
from toolkit.cli.talk import note

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.clustering import TextClusterer
    from toolkit.evaluation.clustering import ClusteringReport
    from toolkit.frames import ReadReport

APPENDED = ["cluster", "cluster_name", "confidence"]
MIN_CLUSTER_SIZE = 10


@dataclass(frozen=True)
class Clustered:
    """
    A table and its groups.

    Attributes
    ----------
    frame : DataFrame
    report : ReadReport
        How it was read, so that it is written alike.
    rows : DataFrame
        What is appended to each row.
    themes : DataFrame
        A row for each group.
    changes : DataFrame or None
        Since the earlier output, if there is one.
    card : ClusteringReport or None
        How good the groups are, if that was asked for.
    """

    frame: "pd.DataFrame"
    report: "ReadReport"
    rows: "pd.DataFrame"
    themes: "pd.DataFrame"
    changes: "pd.DataFrame | None" = None
    card: "ClusteringReport | None" = None

    def marked(self) -> "pd.DataFrame":
        """Return all rows, each with its group."""
        from toolkit.frames import append_columns

        return append_columns(self.frame, self.rows)


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise now, not after hours of work, if the command cannot end well."""
    method, n_clusters = options["method"], options["n_clusters"]
    if method in ("kmeans", "agglomerative") and n_clusters is None:
        raise click.UsageError(f"--method {method} does not find out how many: give --n-clusters N")
    if method == "hdbscan" and n_clusters is not None:
        raise click.UsageError("--method hdbscan finds out how many: leave out --n-clusters")
    if method != "hdbscan" and options["min_cluster_size"] is not None:
        raise click.UsageError("--min-cluster-size is for --method hdbscan")
    if method != "hdbscan" and options["noise"] != "assign":
        raise click.UsageError("--noise is for --method hdbscan; the others leave no text out")
    if method != "leiden" and options["levels"]:
        raise click.UsageError("--levels is for --method leiden")
    if options["clusters"] == "-":
        raise click.UsageError("--clusters - would mix with the output: name a file")
    read = [options["table"], options["previous"]]
    if read == ["-", "-"]:
        raise click.UsageError("INPUT and --previous cannot both be standard input")
    check_namer(options)
    check_written("output", read, options)
    check_written("clusters", [*read, options["output"]], options)


def clustered(rejects: Rejects, options: Mapping[str, Any]) -> Clustered | None:
    """Read the table and group its texts; None if only a forecast was asked for."""
    import pandas as pd

    from toolkit.cli.forecasts import tell_forecast_of
    from toolkit.embedding import counting
    from toolkit.texts import text_values

    frame, report = read_whole(
        options["table"], rejects, limit=options["limit"], input_format=options["input_format"]
    )
    columns = text_columns(frame, options["text"])
    keys = row_keys(frame, columns, options["id_column"])
    texts = pd.Series(text_values(frame, columns), index=frame.index, dtype=object)
    clusterer = _clusterer(options)
    earlier = earlier_clusters(columns, rejects, options) if options["previous"] else None
    if options["dry_run"]:
        tell_forecast_of([list(texts)], clusterer.embedder)
        tell_naming_forecast(list(texts), options)
        return None

    with counting() as counts, rows_named(list(frame.index)):
        clusterer.fit(texts)
    rejects.take_failures(counts.failures, list(texts), list(frame.index))
    name_groups(clusterer, texts, options)
    found = Clustered(frame, report, _rows(clusterer, options), clusterer.themes_.table)
    if earlier is not None:
        found = _as_before(found, keys, earlier)

    return (
        replace(found, card=_card(clusterer, found.rows["cluster"])) if options["check"] else found
    )


def answer(found: Clustered, options: Mapping[str, Any]) -> None:
    """Write the tables that are asked for, and say what was found."""
    as_json = options["as_json"]
    if options["output"] != "-" or not as_json:
        write_whole(
            found.marked(),
            options["output"],
            options,
            like=found.report,
            format=options["format"],
        )
    if options["clusters"]:
        write_whole(_flat(found.themes), options["clusters"], options)
    if as_json:
        click.echo(json.dumps(_as_dict(found), ensure_ascii=False))
    elif not click.get_current_context().meta.get("toolkit.quiet"):
        from toolkit.cli.cluster_lines import cluster_lines

        click.echo(cluster_lines(found.themes, found.rows, found.changes), err=True)
        if found.card is not None:
            click.echo(f"\n{found.card.to_text().rstrip()}", err=True)


def _clusterer(options: Mapping[str, Any]) -> "TextClusterer":
    from toolkit.clustering import (
        CosineAgglomerative,
        CosineHDBSCAN,
        CosineLeiden,
        SphericalKMeans,
        TextClusterer,
    )
    from toolkit.text_embedder import TextEmbedder

    n_clusters = options["n_clusters"]
    clusterer: Any
    match options["method"]:
        case "hdbscan":
            clusterer = CosineHDBSCAN(
                min_cluster_size=options["min_cluster_size"] or MIN_CLUSTER_SIZE
            )
        case "kmeans":
            clusterer = SphericalKMeans(n_clusters=n_clusters)
        case "agglomerative":
            clusterer = CosineAgglomerative(n_clusters=n_clusters)
        case _:
            clusterer = CosineLeiden(n_clusters=n_clusters)
    embedder = TextEmbedder(options["provider"], task="clustering", cache=not options["no_cache"])

    return TextClusterer(embedder, clusterer, noise=options["noise"])


def _rows(clusterer: "TextClusterer", options: Mapping[str, Any]) -> "pd.DataFrame":
    """What is appended: cluster, name, confidence and, if asked for, the levels."""
    rows = clusterer.decide(clusterer.vectors_)[APPENDED].round(4)
    if options["levels"]:
        levels = clusterer.clusterer_.levels_
        for number in range(levels.shape[1]):
            rows[f"cluster_level_{number + 1}"] = levels[:, number]

    return rows


def _card(clusterer: "TextClusterer", labels: "pd.Series[int]") -> "ClusteringReport":
    from toolkit.evaluation import evaluate_clustering

    return evaluate_clustering(
        clusterer.vectors_, labels.to_numpy(), clusterer=clusterer.clusterer_
    )


def _as_before(found: Clustered, keys: "pd.Series[Any]", earlier: "pd.DataFrame") -> Clustered:
    """Give groups that go on their old numbers, and their old names unless they are others now."""
    from toolkit.clustering import match_clusters

    now = found.rows.assign(key=keys.to_numpy()).drop_duplicates("key").set_index("key")
    match = match_clusters(earlier["cluster"], now["cluster"])
    if not match.n_shared:
        note("note: no row of the table is in --previous: all groups are new")
    numbers = {**match.numbers, -1: -1}
    goes_on = match.changes[match.changes["change"].isin(["same", "grew", "shrank"])]["after"]
    old_names = earlier[earlier["cluster"].isin(goes_on)].drop_duplicates("cluster")
    named = dict(zip(old_names["cluster"], old_names["cluster_name"], strict=True))

    themes = found.themes.assign(cluster=found.themes["cluster"].map(numbers))
    kept = [
        named.get(number) or name
        for number, name in zip(themes["cluster"], themes["name"], strict=True)
    ]
    themes = with_names(themes, kept).sort_values("cluster", ignore_index=True)
    names = dict(zip(themes["cluster"], themes["name"], strict=True))
    rows = found.rows.copy()
    for name in rows:  # the cluster, and the level that is the same
        if found.rows[name].equals(found.rows["cluster"]):
            rows[name] = found.rows[name].map(numbers)
    rows["cluster_name"] = [names.get(number, "") for number in rows["cluster"].tolist()]

    return replace(found, rows=rows, themes=themes, changes=match.changes)


def _flat(themes: "pd.DataFrame") -> "pd.DataFrame":
    """Lists do not fit into the cells of a CSV: join them."""
    flat = themes.round(4)
    for name in ("terms", "supports", "exemplars", "boundary"):
        flat[name] = [" | ".join(map(_cell, values)) for values in themes[name]]

    return flat


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _as_dict(found: Clustered) -> dict[str, object]:
    records = json.loads(found.themes.round(4).to_json(orient="records"))
    changes = found.changes

    return {
        "schema_version": 1,
        "kind": "clusters",
        "n_rows": len(found.rows),
        "n_clusters": len(found.themes),
        "n_noise": int((found.rows["cluster"] < 0).sum()),
        "clusters": records,
        "changes": None if changes is None else json.loads(changes.to_json(orient="records")),
        "check": None if found.card is None else found.card.to_dict(),
    }
