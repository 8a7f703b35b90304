"""The report of a clustering as plain text."""

from typing import TYPE_CHECKING

from toolkit.evaluation.report_text import checked_width, in_lines
from toolkit.plain_text import percent

if TYPE_CHECKING:
    from toolkit.evaluation.clustering import ClusteringReport

_MOST_CLUSTERS = 30


def clustering_text(report: "ClusteringReport", width: int | None) -> str:
    """Return the headline and a line for each cluster, the largest first."""
    headline = in_lines(_headline(report), checked_width(width))

    return f"{headline}\n\n{_table(report)}\n" if report.n_clusters > 1 else f"{headline}\n"


def _headline(report: "ClusteringReport") -> list[str]:
    noise = f", {percent(report.n_noise / report.n_rows)} in none" if report.n_noise else ""
    counted = "1 cluster" if report.n_clusters == 1 else f"{report.n_clusters:,} clusters"
    said = [f"{counted} of {report.n_rows:,} rows{noise}."]
    if report.n_clusters < 2:
        return [*said, "That is nothing to compare: a clustering is judged from two clusters on."]
    said.append(
        f"Two rows of a cluster have a cosine of {report.cohesion:.2f} on average, any two rows "
        f"one of {report.background:.2f}; the silhouette is {report.silhouette:.3f}."
    )
    if report.dbcv is not None:
        said.append(
            f"By density (DBCV, from -1 for gaps within clusters to 1 for gaps between them) it is "
            f"{report.dbcv:.2f}."
        )

    return [*said, *_tried(report)]


def _tried(report: "ClusteringReport") -> list[str]:
    """Say what came of clustering again, if that was asked for."""
    said = []
    if report.shuffled_silhouette is not None:
        said.append(
            f"With the columns of the vectors shuffled the silhouette is "
            f"{report.shuffled_silhouette:.3f}: "
            + ("there is structure here." if report.has_structure else "no structure was found.")
        )
    if report.stability is not None:
        counts = report.clusters["verdict"].value_counts()
        told = ", ".join(
            f"{counts[word]} {word}" for word in ("solid", "fuzzy", "accident") if word in counts
        )
        said.append(f"Among four fifths of the rows the clusters come back as: {told}.")

    return said


def _table(report: "ClusteringReport") -> str:
    shown = report.clusters.sort_values("n_rows", ascending=False, kind="stable")
    n_more = len(shown) - _MOST_CLUSTERS
    has_verdict = "verdict" in shown
    lines = [f"{'cluster':>7}{'rows':>8}{'cohesion':>10}{'silhouette':>12}{'next':>6}"]
    lines[0] += f"{'stability':>11}" if has_verdict else ""
    for row in shown.head(_MOST_CLUSTERS).to_dict("records"):
        following = row["next_cluster"] if row["next_cluster"] >= 0 else ""
        line = (
            f"{row['cluster']:>7}{row['n_rows']:>8,}{row['cohesion']:>10.2f}"
            f"{row['silhouette']:>12.2f}{following:>6}"
        )
        lines.append(line + (f"{row['stability']:>11.2f}  {row['verdict']}" if has_verdict else ""))

    return "\n".join(lines + ([f"and {n_more} smaller ones"] if n_more > 0 else []))
