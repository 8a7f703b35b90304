"""What is needed to compare texts: clean texts, finite vectors, one label a row."""

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.kernels import Vectors
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, Texts, clean_texts, text_values

LabelInput: TypeAlias = Sequence[object] | np.ndarray | pd.Series
Given = TypeVar("Given")

THRESHOLD = 0.93
"""Cosine from which on two texts are near, chosen for the default model: see `near_duplicates`."""

_ROWS_AT_ONCE = 4096


def checked_threshold(threshold: float) -> float:
    """Refuse what is no cosine, and 0, from which on nearly everything is near."""
    if not 0 < threshold <= 1:
        raise InputError(f"threshold must be a cosine above 0 and at most 1, got {threshold!r}")

    return float(threshold)  # so that vectors of float32 are compared in float32


def both(what: str, values: tuple[Given, Given] | None) -> tuple[Given | None, Given | None]:
    """
    Return what is given of two tables, or nothing of both.

    >>> both("labels", None)
    (None, None)
    """
    if values is None:
        return None, None
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise InputError(
            f"expected two {what}, one of each table, got {type(values).__name__}: give them as "
            f"{what}=(those of the texts, those of the other table)"
        )

    return values[0], values[1]


def texts_of(texts: TextInput) -> Texts:
    """Return at least one clean text."""
    if isinstance(texts, pd.DataFrame) and len(texts.columns) > 1:
        raise InputError(
            f"expected one column of texts, got a frame of {len(texts.columns)}: give one of them, "
            f"as frame[{texts.columns[0]!r}]"
        )
    clean = clean_texts(text_values(texts))
    if not clean.texts:
        raise InputError("expected at least one text, got none: give some rows")

    return clean


def vectors_of(clean: Texts, vectors: Vectors | None, embedder: TextEmbedder | None) -> Vectors:
    """Return one finite row a text: the caller's own, or those of the embedder."""
    if vectors is None:
        embedder = embedder or TextEmbedder(task="similarity")
        return _finite(embedder.fit_transform(clean.texts))
    if np.ndim(vectors) != 2 or len(vectors) != len(clean.texts):
        raise InputError(
            f"expected a vector for each of {len(clean.texts):,} texts, "
            f"got an array of shape {np.shape(vectors)}"
        )
    vectors = np.asarray(vectors)
    if vectors.dtype not in (np.float32, np.float64):
        vectors = vectors.astype(np.float64)

    return _finite(vectors)


def labels_of(labels: LabelInput | None, n_rows: int) -> np.ndarray | None:
    """Return the labels as texts, "" where there is none."""
    if labels is None:
        return None
    if isinstance(labels, str) or len(labels) != n_rows:
        n_labels = len(labels)
        counted = f"{n_labels:,} {'label' if n_labels == 1 else 'labels'}"
        got = "one text" if isinstance(labels, str) else counted
        raise InputError(f"expected a label for each of {n_rows:,} texts, got {got}")

    return np.array(clean_texts(list(labels)).texts, dtype=object)


def _finite(vectors: Vectors) -> Vectors:
    """Put zeros, which are similar to nothing, where a text could not be embedded."""
    starts = range(0, len(vectors), _ROWS_AT_ONCE)
    parts = [
        start + np.flatnonzero(~np.isfinite(vectors[start : start + _ROWS_AT_ONCE]).all(axis=1))
        for start in starts
    ]
    rows = np.concatenate([np.empty(0, dtype=np.intp), *parts])
    if not len(rows):
        return vectors
    vectors = np.array(vectors)
    vectors[rows] = 0

    return vectors
