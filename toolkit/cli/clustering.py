"""Groups of a table's texts found, told and written, as the options of a command ask for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit.cli.cluster_naming import check_namer, name_groups, tell_naming_forecast
from toolkit.cli.earlier_clusters import check_previous, previous_clusters
from toolkit.cli.tables import (
    Rejects,
    check_place,
    check_written,
    read_whole,
    rows_named,
    text_columns,
    write_whole,
)
from toolkit.cli.talk import note
from toolkit.cli.text_models import ENDING

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
    clusterer : TextClusterer
    rows : DataFrame
        What is appended to each row.
    changes : DataFrame or None
        Since last time, with names, if there is a last time.
    card : ClusteringReport or None
        How good the groups are, if that was asked for.
    """

    frame: "pd.DataFrame"
    report: "ReadReport"
    clusterer: "TextClusterer"
    rows: "pd.DataFrame"
    changes: "pd.DataFrame | None" = None
    card: "ClusteringReport | None" = None

    @property
    def themes(self) -> "pd.DataFrame":
        """A row for each group."""
        return self.clusterer.themes_.table

    def marked(self) -> "pd.DataFrame":
        """Return all rows, each with its group."""
        from toolkit.frames import append_columns

        return append_columns(self.frame, self.rows)


def check_usage(options: Mapping[str, Any]) -> None:
    """Raise now, not after hours of work, if the command cannot end well."""
    _check_method(options)
    if options["clusters"] == "-":
        raise click.UsageError("--clusters - would mix with the output: name a file")
    model = options["model"]
    if model is not None and not model.endswith(ENDING):
        raise click.UsageError(f"--model {model}: expected a name that ends in {ENDING}")
    read = [options["table"], options["previous"]]
    if read == ["-", "-"]:
        raise click.UsageError("INPUT and --previous cannot both be standard input")
    check_written("output", read, options)
    check_written("clusters", [*read, options["output"]], options)
    check_place("model", [*read, options["output"], options["clusters"]], options)
    check_previous(options["previous"])
    check_namer(options)


def _check_method(options: Mapping[str, Any]) -> None:
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
    texts = pd.Series(text_values(frame, columns), index=frame.index, dtype=object)
    clusterer = _clusterer(columns, options)
    previous = previous_clusters(frame, columns, rejects, options)
    if options["dry_run"]:
        tell_forecast_of([list(texts)], clusterer.embedder)
        tell_naming_forecast(list(texts), options)
        return None

    with counting() as counts, rows_named(list(frame.index)):
        clusterer.fit(frame[columns])
    rejects.take_failures(counts.failures, list(texts), list(frame.index))
    name_groups(clusterer, texts, options)
    changes = None
    if previous is not None:
        clusterer, changes = previous.gone_on(clusterer, texts)
    rows = _rows(clusterer, options)
    card = _card(clusterer, rows["cluster"]) if options["check"] else None

    return Clustered(frame, report, clusterer, rows, changes, card)


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
        write_whole(_written(found.themes, options["clusters"]), options["clusters"], options)
    if options["model"]:
        _keep(found, options)
    if as_json:
        click.echo(json.dumps(_as_dict(found), ensure_ascii=False))
        return
    if not click.get_current_context().meta.get("toolkit.quiet"):
        from toolkit.cli.cluster_lines import cluster_lines

        click.echo(f"{cluster_lines(found.themes, found.rows, found.changes)}\n", err=True)
    if found.card is not None:  # asked for by name, so also told by who else wants quiet
        click.echo(found.card.to_text().rstrip(), err=True)


def _keep(found: Clustered, options: Mapping[str, Any]) -> None:
    """Write the model file, with what the table was and how many groups there are."""
    from toolkit.persistence import save

    training = {
        "table": Path(options["table"]).name,
        "n_rows": len(found.frame),
        "id": options["id_column"],
    }
    metrics = {
        "n_clusters": len(found.themes),
        "n_noise": int((found.rows["cluster"] < 0).sum()),
    }
    save(
        found.clusterer,
        options["model"],
        training=training,
        metrics=metrics,
        overwrite=options["force"],
    )
    note(
        f"The groups are in {options['model']}; next:  toolkit predict new.csv --model "
        f"{options['model']}"
    )


def _clusterer(columns: list[str], options: Mapping[str, Any]) -> "TextClusterer":
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
    embedder = TextEmbedder(
        options["provider"], columns=columns, task="clustering", cache=not options["no_cache"]
    )

    return TextClusterer(embedder, clusterer, noise=options["noise"])


def _rows(clusterer: "TextClusterer", options: Mapping[str, Any]) -> "pd.DataFrame":
    """What is appended: cluster, name, confidence and, if asked for, the levels."""
    rows = clusterer.decide(clusterer.vectors_)[APPENDED].round(4)
    if options["levels"]:
        levels = clusterer.levels_
        for number in range(levels.shape[1]):
            rows[f"cluster_level_{number + 1}"] = levels[:, number]

    return rows


def _card(clusterer: "TextClusterer", labels: "pd.Series[int]") -> "ClusteringReport":
    from toolkit.evaluation import evaluate_clustering

    return evaluate_clustering(
        clusterer.vectors_, labels.to_numpy(), clusterer=clusterer.clusterer_
    )


def _written(themes: "pd.DataFrame", target: str) -> "pd.DataFrame":
    """Lists do not fit into the cells of a CSV or a sheet: join them there."""
    from toolkit.frames.formats import written_format

    flat = themes.round(4)
    if written_format(target).name not in ("csv", "tsv", "xlsx"):
        return flat
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
