"""Texts that do not belong: flagged with a known rate of false alarms, each with reasons."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit.anomaly import ConformalDetector, Power
from toolkit.anomaly.calibration import discovery_threshold
from toolkit.anomaly.power import warn_if_powerless
from toolkit.audit.comparing import texts_of, vectors_of
from toolkit.audit.outlier_reasons import outlier_reasons
from toolkit.audit.outliers_text import outliers_text
from toolkit.audit.reasons import as_column
from toolkit.errors import InputError, TooFewRows
from toolkit.kernels import Indices, Vectors, neighbor_graph, top_k
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, Texts, row_index

_FEWEST = 3


@dataclass(frozen=True, eq=False)
class Outliers:
    """
    Which texts of a table are unlike the others, or unlike a reference.

    Attributes
    ----------
    table : DataFrame
        A row for each text, on the index of the texts: ``is_outlier``, ``p_value`` (share of normal
        texts that look at least as odd; NaN for empty texts), ``score`` (of the detector, high is
        normal), ``nearest`` (index label of the most similar text of the table or reference),
        ``similarity`` (cosine with it), ``reason`` (what can be said of a text that is flagged; ""
        for others) and ``text``.
    power : Power
        What the number of rows allows, known before anything was scored.
    has_reference : bool
    """

    table: pd.DataFrame
    power: Power
    has_reference: bool

    @property
    def outliers(self) -> pd.DataFrame:
        """The rows that are flagged, the oddest first."""
        flagged = self.table[self.table["is_outlier"]]

        return flagged.sort_values(["p_value", "score"], kind="stable")

    @property
    def n_expected(self) -> float:
        """How many rows would be flagged if all were normal."""
        share = self.power.false_alarm_rate if self.power.fdr is None else 0.0

        return share * int(self.table["p_value"].notna().sum())

    def to_text(self, *, n_examples: int = 10) -> str:
        """Return what could be flagged, how many are, and the oddest texts as plain text."""
        return outliers_text(self, n_examples)

    def to_dict(self) -> dict[str, object]:
        """Return the counts in plain types, ready for JSON."""
        return {
            "n_rows": len(self.table),
            "n_empty": int(self.table["p_value"].isna().sum()),
            "n_outliers": int(self.table["is_outlier"].sum()),
            "n_expected": self.n_expected,
            "has_reference": self.has_reference,
            "power": self.power.to_dict(),
        }


def find_outliers(
    texts: TextInput,
    vectors: Vectors | None = None,
    *,
    reference: TextInput | None = None,
    reference_vectors: Vectors | None = None,
    embedder: TextEmbedder | None = None,
    detector: Any = None,
    false_alarm_rate: float = 0.05,
    fdr: float | None = None,
) -> Outliers:
    """
    Flag the texts that are unlike a reference of normal ones, or unlike the rest of their table.

    With a reference, at most `false_alarm_rate` of the texts that are like it are flagged, or, with
    `fdr`, at most that share of the flagged ones is normal. Without one every text is ranked among
    all, so that about the asked share is flagged whether anything is wrong or not: these are the
    first to look at. Odd is not wrong, and texts that are odd but like each other are not seen: a
    reference shows them.

    Parameters
    ----------
    texts : list, Series or one-column DataFrame
        One text a row. Empty ones are never flagged: their p-value is NaN.
    vectors : ndarray of shape (n_rows, n_dimensions), optional
        Vectors of the texts, of any length.
    reference : list, Series or one-column DataFrame, optional
        Texts that are normal.
    reference_vectors : ndarray of shape (n_reference, n_dimensions), optional
        Vectors of those.
    embedder : TextEmbedder, optional
        Makes the vectors that are not given; by default the default model does.
    detector : outlier detector, optional
        What scores vectors; ``CosineNeighborsDetector()`` by default, see `ConformalDetector`.
    false_alarm_rate : float, default=0.05
        Share of the normal texts that may be flagged, above 0 and below 1.
    fdr : float, optional
        Share of the flagged texts that may be normal, above 0 and below 1; needs a reference.

    Returns
    -------
    Outliers

    Raises
    ------
    InputError
        If `fdr` comes without a reference, or vectors do not fit.
    TooFewRows
        If there are fewer than three texts to learn from.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextEmbedder
    >>> texts = [f"parcel {number} is late" for number in range(60)] + ["zebra zebra"]
    >>> found = find_outliers(texts, embedder=TextEmbedder(HashingProvider(64)),
    ...                       false_alarm_rate=0.02)
    >>> found.outliers["text"].tolist()
    ['zebra zebra']
    """
    clean = texts_of(texts)
    rows = vectors_of(clean, vectors, embedder)
    index = row_index(texts, len(clean.texts))
    known, known_rows, known_index = clean, rows, index
    if reference is not None:
        known = texts_of(reference)
        known_rows = vectors_of(known, reference_vectors, embedder)
        known_index = row_index(reference, len(known.texts))
    elif fdr is not None:
        raise InputError(
            "fdr needs a reference, got none: within one table a false discovery rate cannot be "
            "told from chance; give reference=, or set false_alarm_rate"
        )

    asked, learned = _texts_with_vectors(clean, rows), _texts_with_vectors(known, known_rows)
    _check(rows, known_rows, learned)
    conformal = ConformalDetector(detector, false_alarm_rate=false_alarm_rate, fdr=fdr)
    conformal.fit(known_rows[learned])
    flags, p_values, scores = _judged(conformal, rows[asked], itself=reference is None)
    nearest, similarity = _nearest(rows[asked], known_rows[learned], itself=reference is None)

    table = _table(asked, index, clean, {"p_value": p_values, "score": scores})
    table.insert(0, "is_outlier", _spread(asked, len(table), flags < 0, False))
    table["nearest"] = as_column(
        known_index, _spread(asked, len(table), learned[nearest], -1), index
    )
    table["similarity"] = _spread(asked, len(table), similarity, np.nan)
    table["text"] = clean.texts
    table.insert(5, "reason", outlier_reasons(table, known.texts))

    return Outliers(table, conformal.power(max(len(asked), 1)), reference is not None)


def _texts_with_vectors(clean: Texts, vectors: Vectors) -> Indices:
    return np.flatnonzero(~clean.is_empty & vectors.any(axis=1))


def _check(vectors: Vectors, known: Vectors, learned: Indices) -> None:
    if vectors.shape[1] != known.shape[1]:
        raise InputError(
            f"vectors with {vectors.shape[1]} dimensions came with a reference that has "
            f"{known.shape[1]}: both must come from the same model"
        )
    if len(learned) < _FEWEST:
        raise TooFewRows(
            f"expected at least {_FEWEST} texts to learn from, got {len(learned)}: give more rows"
        )


def _judged(
    conformal: ConformalDetector, vectors: Vectors, *, itself: bool
) -> tuple[Indices, Vectors, Vectors]:
    """Return flags, p-values and scores; a table that is its own reference was judged by fit."""
    if not len(vectors):
        return np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
    p_values = conformal.fit_p_values_ if itself else conformal.p_values(vectors)
    most = conformal.false_alarm_rate
    if conformal.fdr is not None:
        warn_if_powerless(conformal.power(len(vectors)))
        most = discovery_threshold(p_values, conformal.fdr)
    flags = np.where(p_values <= most, -1, 1)

    return flags, p_values, conformal.detector_scores(vectors)


def _nearest(vectors: Vectors, known: Vectors, *, itself: bool) -> tuple[Indices, Vectors]:
    if not len(vectors):
        return np.empty(0, dtype=np.intp), np.empty(0)
    found, similarities = neighbor_graph(known, 1) if itself else top_k(vectors, known, 1)

    return found[:, 0], similarities[:, 0].astype(np.float64)


def _table(
    rows: Indices, index: pd.Index, clean: Texts, columns: dict[str, Vectors]
) -> pd.DataFrame:
    n_rows = len(clean.texts)

    return pd.DataFrame(
        {name: _spread(rows, n_rows, values, np.nan) for name, values in columns.items()},
        index=index,
    )


def _spread(rows: Indices, n_rows: int, values: np.ndarray, elsewhere: object) -> np.ndarray:
    """Set values at their rows, and something else at the others."""
    spread = np.full(n_rows, elsewhere, dtype=np.result_type(values, type(elsewhere)))
    spread[rows] = values

    return spread
