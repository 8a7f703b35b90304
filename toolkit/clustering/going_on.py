"""Clusters that go on from an earlier clustering, under the numbers and names they had."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toolkit.cluster_numbers import NOISE
from toolkit.clustering.matching import ClusterMatch, match_clusters
from toolkit.clustering.points import distinct_points
from toolkit.clustering.text_clusterer import TextClusterer
from toolkit.kernels import Vectors, top_k
from toolkit.texts import TextInput

_GOES_ON = ("same", "grew", "shrank")
_STRANGE = 0.05  # of the rows of a model are as far from all others
_MOST_STRANGE = 0.25  # of new rows: more of them have another style, not another topic
_ROWS_ASKED = 2000


@dataclass(frozen=True, eq=False)
class EarlierClusters:
    """
    What is known of an earlier clustering.

    Attributes
    ----------
    labels : Series of int
        The number of the cluster that each row was in; the index, without repeats, names rows.
    names : dict of int to str
    next_number : int
        The smallest number that no cluster ever had, as far as that is known.
    """

    labels: pd.Series
    names: Mapping[int, str] = field(default_factory=dict)
    next_number: int = 0

    @property
    def numbers(self) -> set[int]:
        """Those of all clusters, also of those without a row in `labels`."""
        return {number for number in {*self.labels.tolist(), *self.names} if number >= 0}


def predicted_clusters(model: TextClusterer, X: TextInput) -> EarlierClusters:
    """
    Tell in which of an earlier model's clusters rows would have been; rows are named by position.

    A row that is less similar to any row of the model than 95 of 100 of those are to another is in
    none, but no more than a quarter of the rows: a topic that came up since lies somewhere, too,
    and is not to be taken for what lies there.

    Parameters
    ----------
    model : TextClusterer
        Fitted.
    X : texts or vectors
        What its `predict` takes.

    Examples
    --------
    >>> from toolkit.clustering import CosineLeiden
    >>> texts = ["a late parcel", "parcel", "where is my parcel", "a refund", "refund"]
    >>> model = TextClusterer("hashing:64", CosineLeiden(n_clusters=2)).fit(texts)
    >>> predicted_clusters(model, ["my refund", "no parcel"]).labels.tolist()
    [1, 0]
    """
    vectors = model.embed(X)
    labels = np.where(_are_strange(vectors, model.vectors_), NOISE, model.predict(vectors))

    return EarlierClusters(pd.Series(labels), model.themes_.names, model.next_number_)


def _are_strange(vectors: Vectors, known: Vectors) -> np.ndarray:
    """Tell which rows are unlike all that is known."""
    points = distinct_points(known).vectors
    if len(points) < 2:
        return np.zeros(len(vectors), dtype=bool)
    some = points[:: -(-len(points) // _ROWS_ASKED)]
    _, of_known = top_k(some, points, 2)  # the nearest is the row itself
    _, nearest = top_k(vectors, points, 1)
    limit = min(
        np.quantile(of_known[:, 1], _STRANGE),
        np.quantile(nearest[:, 0], _MOST_STRANGE, method="lower"),
    )
    are_strange: np.ndarray = nearest[:, 0] < limit

    return are_strange


def gone_on(
    clusterer: TextClusterer, rows: pd.Series, earlier: EarlierClusters
) -> tuple[TextClusterer, ClusterMatch]:
    """
    Give clusters that go on their old numbers, and their old names unless they are others now.

    A cluster that was split or merged gets a new name, whatever its number. No number of an earlier
    cluster is given to a new one.

    Parameters
    ----------
    clusterer : TextClusterer
        Fitted.
    rows : Series
        What each row of `fit` is called in ``earlier.labels``; of repeated names the first counts.
    earlier : EarlierClusters

    Returns
    -------
    TextClusterer
    ClusterMatch

    Examples
    --------
    >>> from toolkit.clustering import CosineLeiden
    >>> texts = pd.Series(["a late parcel", "parcel", "where is my parcel", "a refund", "refund"])
    >>> found = TextClusterer("hashing:64", CosineLeiden(n_clusters=2)).fit(texts)
    >>> last = pd.Series([4, 4, 4, 2, 2], index=texts)
    >>> again, match = gone_on(found, texts, EarlierClusters(last, {4: "lost parcels"}))
    >>> again.labels_, again.themes_.names
    (array([4, 4, 4, 2, 2]), {2: 'refund', 4: 'lost parcels'})
    """
    now = pd.Series(clusterer.labels_, index=rows.to_numpy())
    now = now[~now.index.duplicated()]
    next_number = max([earlier.next_number, *(number + 1 for number in earlier.numbers)])
    match = match_clusters(earlier.labels, now, next_number=next_number)

    unchanged = match.changes[match.changes["change"].isin(_GOES_ON)]["after"].tolist()
    names = {number: earlier.names[number] for number in unchanged if earlier.names.get(number)}
    again = clusterer.renumbered(match.numbers, names, next_number=next_number)

    return again, match
