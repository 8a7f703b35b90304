"""How much a clustering is worth where nobody knows the truth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.cluster_numbers import cluster_numbers
from toolkit.errors import InputError
from toolkit.evaluation.clustering_text import clustering_text
from toolkit.evaluation.density_validity import density_validities
from toolkit.evaluation.resampling import (
    Clusterer,
    cluster_stabilities,
    shuffled_silhouettes,
)
from toolkit.evaluation.silhouettes import ClusterSilhouettes, cosine_silhouettes
from toolkit.json_ready import plain, records
from toolkit.kernels import Indices, Vectors, unit_rows
from toolkit.kernels.rows import finite_rows

SOLID, FUZZY = 0.75, 0.5
"""Stabilities from which on a cluster is solid, and below which it is an accident."""


@dataclass(frozen=True, eq=False)
class ClusteringReport:
    """
    How good a clustering is, without labels to compare it with.

    Attributes
    ----------
    n_rows, n_clusters, n_noise : int
        Rows, clusters, and rows in no cluster.
    cohesion : float
        Mean cosine of a row with the others of its cluster.
    background : float
        Mean cosine of two rows of the table.
    silhouette : float
        Mean over the rows that are in a cluster, from -1 to 1.
    dbcv : float or None
        How dense clusters are within against how sparse it is between them, from -1 to 1, rows in
        no cluster counting as 0; see `density_validities`. None for fewer than two clusters.
    shuffled_silhouette : float or None
        The most that the same clusterer reaches where the columns of the vectors are shuffled, so
        that nothing goes together.
    stability : float or None
        Mean over the clusters, weighted by their rows.
    clusters : DataFrame
        For each cluster ``cluster, n_rows, share, cohesion, silhouette, next_cluster`` (where most
        of its rows would go else), ``validity`` (by density), ``stability`` and ``verdict``
        ("solid", "fuzzy", "accident"; both only if a clusterer came).
    """

    n_rows: int
    n_clusters: int
    n_noise: int
    cohesion: float
    background: float
    silhouette: float
    dbcv: float | None
    shuffled_silhouette: float | None
    stability: float | None
    clusters: pd.DataFrame

    @property
    def has_structure(self) -> bool | None:
        """Whether there is more to be found than in shuffled rows; None if not tried."""
        if self.shuffled_silhouette is None:
            return None

        return self.n_clusters > 1 and self.silhouette > self.shuffled_silhouette

    def to_text(self, *, width: int | None = None) -> str:
        """Return the report as plain text, `width` columns wide or, if None, as the terminal is."""
        return clustering_text(self, width)

    def to_dict(self) -> dict[str, object]:
        """Return the report in plain types, ready for JSON."""
        names = [name for name in self.__dataclass_fields__ if name != "clusters"]

        return {
            "schema_version": 1,
            "kind": "clustering",
            **{name: plain(getattr(self, name)) for name in names},
            "has_structure": self.has_structure,
            "clusters": records(self.clusters),
        }


def evaluate_clustering(
    vectors: Vectors,
    labels: npt.ArrayLike,
    *,
    clusterer: Clusterer | None = None,
    n_resamples: int = 10,
    random_state: int = 0,
) -> ClusteringReport:
    """
    Judge a clustering by what can be seen without labels.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of any length.
    labels : array-like of shape (n_rows,)
        The cluster of each row, from 0; -1 for none.
    clusterer : estimator, optional
        What found the clusters; it is fitted anew on samples of the rows, to see which clusters
        come back, and on vectors with shuffled columns, to see how good clusters look where there
        are none.
    n_resamples : int, default=10
        Samples, >= 1; what they cost is as many fits.
    random_state : int, default=0

    Returns
    -------
    ClusteringReport

    Raises
    ------
    InputError
        If vectors are not finite rows, there is not one label a row, or one is no whole number from
        -1 on.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.1], [1.0, 0.0], [0.0, 1.0], [0.1, 1.0]])
    >>> report = evaluate_clustering(vectors, [0, 0, 1, 1])
    >>> report.n_clusters, round(report.cohesion, 3), round(report.silhouette, 2)
    (2, 0.995, 0.99)
    """
    vectors = finite_rows(vectors)
    numbers = cluster_numbers(labels, len(vectors))
    if n_resamples < 1:
        raise InputError(f"n_resamples must be at least 1, got {n_resamples!r}")

    silhouettes = cosine_silhouettes(vectors, numbers)
    clusters = _clusters(numbers, silhouettes)
    clusters["validity"] = density_validities(vectors, numbers)
    stability = shuffled = None
    if clusterer is not None and len(clusters):
        clusters["stability"] = cluster_stabilities(
            clusterer, vectors, numbers, n_resamples=n_resamples, random_state=random_state
        )
        clusters["verdict"] = clusters["stability"].map(verdict)
        stability = float(np.average(clusters["stability"], weights=clusters["n_rows"]))
        shuffled = max(shuffled_silhouettes(clusterer, vectors, random_state=random_state).tolist())

    return ClusteringReport(
        n_rows=len(numbers),
        n_clusters=len(clusters),
        n_noise=int((numbers < 0).sum()),
        cohesion=_mean(silhouettes.cohesions),
        background=_background(vectors),
        silhouette=_mean(silhouettes.widths),
        dbcv=_dbcv(clusters, len(numbers)),
        shuffled_silhouette=shuffled,
        stability=stability,
        clusters=clusters,
    )


def verdict(stability: float) -> str:
    """
    Return a word for how surely a cluster comes back.

    >>> verdict(0.9), verdict(0.6), verdict(0.2)
    ('solid', 'fuzzy', 'accident')
    """
    if stability >= SOLID:
        return "solid"

    return "fuzzy" if stability >= FUZZY else "accident"


def _clusters(labels: Indices, silhouettes: ClusterSilhouettes) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "cluster": labels,
            "cohesion": silhouettes.cohesions,
            "silhouette": silhouettes.widths,
            "next_cluster": silhouettes.next_clusters,
        }
    )[labels >= 0]
    groups = rows.groupby("cluster")
    table = groups[["cohesion", "silhouette"]].mean()
    table.insert(0, "n_rows", groups.size())
    table.insert(1, "share", table["n_rows"] / max(len(labels), 1))
    nexts = rows.groupby(["cluster", "next_cluster"]).size().reset_index(name="n")
    most = nexts.sort_values(["n", "next_cluster"], ascending=[False, True], kind="stable")
    table["next_cluster"] = most.groupby("cluster")["next_cluster"].first()

    return table.reset_index()


def _dbcv(clusters: pd.DataFrame, n_rows: int) -> float | None:
    if len(clusters) < 2:
        return None

    return float((clusters["validity"] * clusters["n_rows"]).sum() / n_rows)


def _background(vectors: Vectors) -> float:
    """Mean cosine of two different rows, from their sum."""
    units = unit_rows(vectors).astype(np.float64)
    n_pairs = len(units) * (len(units) - 1)
    total = units.sum(axis=0)

    return float((total @ total - np.vecdot(units, units).sum()) / n_pairs) if n_pairs else 1.0


def _mean(values: npt.NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]

    return float(known.mean()) if len(known) else 0.0
