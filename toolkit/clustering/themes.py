"""What each cluster of texts is about, told by its own texts: no language model is asked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
import pandas as pd

from toolkit.cluster_numbers import NOISE, cluster_numbers
from toolkit.clustering.theme_documents import Documents, documents_of
from toolkit.clustering.theme_findings import Finding, findings
from toolkit.clustering.theme_names import unique_names
from toolkit.errors import InputError
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.rows import finite_rows
from toolkit.plain_text import cut, percent
from toolkit.texts import TextInput, clean_texts, text_values

_TYPES = {
    "cluster": "int64",
    "n_rows": "int64",
    "share": "float64",
    "name": "object",
    "terms": "object",
    "supports": "object",
    "medoid": "object",
    "exemplars": "object",
    "boundary": "object",
    "coverage": "float64",
    "cohesion": "float64",
}


@dataclass(frozen=True, eq=False)
class Themes:
    """
    What the clusters of a table of texts are about.

    Attributes
    ----------
    table : DataFrame
        A row for each cluster, by its number:
        ``cluster``, ``n_rows``, ``share`` (of all rows), ``name`` (unlike all others),
        ``terms`` (list of str: words and phrases that set it apart from the other clusters, the
        best first), ``supports`` (list of float: the share of the cluster's rows that hold each),
        ``medoid`` (its most central text), ``exemplars`` (list of str: up to 3 central texts that
        are unlike each other, the medoid first), ``boundary`` (list of str: up to 2 others, the
        nearest to another cluster), ``coverage`` (share of the cluster's rows that hold any of the
        terms) and ``cohesion`` (mean cosine of its rows to their mean; NaN without vectors).
    n_rows, n_noise : int
        All rows, and those in no cluster.
    """

    table: pd.DataFrame
    n_rows: int
    n_noise: int

    @property
    def names(self) -> dict[int, str]:
        """The name of each cluster."""
        return dict(zip(self.table["cluster"].tolist(), self.table["name"], strict=True))

    def to_text(self, *, n_exemplars: int = 1) -> str:
        """Return the clusters, the largest first, each with some exemplars, as plain text."""
        counts = f"{len(self.table):,} clusters of {self.n_rows:,} rows, {self.n_noise:,} in none."
        lines = [counts]
        ordered = self.table.sort_values("n_rows", ascending=False, kind="stable")
        columns = ["cluster", "n_rows", "share", "name", "exemplars"]
        for number, n_rows, share, name, texts in ordered[columns].to_numpy(dtype=object).tolist():
            lines.append(f"{number:5d}  {n_rows:7,d}  {percent(share):>7}  {cut(name, 100)}")
            lines += [f"{'':24}{cut(text, 76)!r}" for text in texts[:n_exemplars]]

        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return the table in plain types, ready for JSON."""
        clusters = self.table.astype({"cohesion": object})
        clusters["cohesion"] = clusters["cohesion"].where(self.table["cohesion"].notna(), None)

        return {
            "n_rows": self.n_rows,
            "n_noise": self.n_noise,
            "clusters": clusters.to_dict(orient="records"),
        }


def themes(
    texts: TextInput,
    labels: Sequence[int] | Indices | pd.Series,
    vectors: Vectors | None = None,
    *,
    n_terms: int = 4,
) -> Themes:
    """
    Name clusters of texts, and find the texts that show what they are.

    A name is made of words and phrases of up to three words that stand in the cluster far more
    than in the other clusters of the same partition. Nothing is known of any language: which words
    are forms of one word, and which say nothing, is learned from the texts. Where words are not
    written apart, as in Chinese, phrases are runs of characters. Equal texts count once. The order
    of the rows has no part in it.

    Parameters
    ----------
    texts : list, Series or one-column DataFrame
        One text a row.
    labels : list, ndarray or Series of int
        The cluster of each row, -1 for rows in none, which are left out.
    vectors : ndarray of shape (n_rows, n_dimensions), optional
        Vectors of the texts, of any length. Without them texts are compared by their words, which
        tells less of which is central.
    n_terms : int, default=4
        Of how many terms a name is at most, >= 1.

    Returns
    -------
    Themes

    Raises
    ------
    InputError
        If the arguments do not fit together.

    Notes
    -----
    A term is scored by its log-odds in the cluster against the other clusters, divided by their
    standard error, with all texts as the prior: B. L. Monroe, M. P. Colaresi and K. M. Quinn,
    "Fightin' Words", Political Analysis 16 (2008).

    Time grows with the number of words: 20,000 short texts take about two seconds.

    Examples
    --------
    >>> refunds = ["I want a refund", "Is the refund on the way?", "Where is my refund?"]
    >>> parcels = ["Where is my parcel?", "The parcel is late", "I want a new parcel"]
    >>> found = themes(refunds + parcels, [0, 0, 0, 1, 1, 1])
    >>> found.table[["cluster", "n_rows", "name", "coverage"]]
       cluster  n_rows    name  coverage
    0        0       3  refund       1.0
    1        1       3  parcel       1.0
    """
    clean = clean_texts(text_values(texts)).texts
    numbers = cluster_numbers(labels, len(clean))
    if vectors is not None:
        vectors = _checked_vectors(vectors, len(clean))
    if n_terms < 1:
        raise InputError(f"n_terms must be at least 1, got {n_terms!r}")

    clusters, sizes = np.unique(numbers[numbers != NOISE], return_counts=True)
    place = np.where(numbers == NOISE, NOISE, np.searchsorted(clusters, numbers))
    documents = documents_of(clean, place, vectors)
    table = pd.DataFrame(
        {"cluster": clusters, "n_rows": sizes, "share": sizes / max(len(clean), 1)},
    ).join(_table(documents, sizes, n_terms))
    if vectors is None:
        table["cohesion"] = np.nan

    return Themes(table.astype(_TYPES)[list(_TYPES)], len(clean), int((numbers == NOISE).sum()))


def _table(documents: Documents, sizes: Indices, n_terms: int) -> pd.DataFrame:
    """Return what is found of each cluster; there is nothing to find where all texts are empty."""
    told = np.unique(documents.cluster)
    untold = np.setdiff1d(np.arange(len(sizes)), told)
    renumbered = replace(documents, cluster=np.searchsorted(told, documents.cluster))
    found = dict(zip(told.tolist(), findings(renumbered, sizes[told], n_terms), strict=True))
    names = unique_names([[]] * len(untold), [""] * len(untold))
    found |= dict(zip(untold.tolist(), map(Finding, names), strict=True))
    rows = [asdict(found[place]) for place in range(len(sizes))]

    return pd.DataFrame(rows, columns=[field.name for field in fields(Finding)])


def _checked_vectors(vectors: Vectors, n_rows: int) -> Vectors:
    rows = finite_rows(vectors)
    if len(rows) != n_rows:
        raise InputError(
            f"expected one row of vectors a text, got an array of shape {rows.shape} for "
            f"{n_rows:,} texts"
        )

    return rows
