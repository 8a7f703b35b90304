"""From texts to labels: an embedder, a classifier on its vectors, and evidence for answers."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.utils import Tags, assert_all_finite, check_array
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from toolkit.classification.decisions import (
    blank,
    judge_by_vectors,
    one_label_decisions,
    several_label_decisions,
)
from toolkit.classification.logistic import CosineLogisticClassifier
from toolkit.classification.selective import SelectiveClassifier
from toolkit.classification.targets import holds_label_sets, refuse_missing_labels
from toolkit.errors import InputError
from toolkit.kernels import Vectors, top_k, unit_rows
from toolkit.text_embedder import TextEmbedder
from toolkit.texts import TextInput, clean_texts, row_index, text_values


class TextClassifier(ClassifierMixin, BaseEstimator):
    """
    Learn labels from texts: any embedder, then any classifier on its vectors.

    Parameters
    ----------
    embedder : transformer, Provider or str, optional
        Turns texts into vectors; ``TextEmbedder(task="classification")`` if not given. Of a
        provider or its name one is made.
    head : classifier, optional
        Learns labels from vectors. If not given, ``SelectiveClassifier()``, which knows when it
        should not answer, or ``CosineLogisticClassifier()`` for several labels a row.
    keep_texts : bool, default=True
        Keep the training texts, so that evidence can show them. They are part of a saved model:
        turn it off where a model file must not hold texts.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    embedder_, head_ : estimators
        Fitted clones.
    training_vectors_ : ndarray of shape (n_rows, n_dimensions)
        Unit vectors of the training texts, for evidence.
    training_rows_ : DataFrame of n_rows rows
        ``id`` (the index of the training data), ``label`` and, if kept, ``text``.
    label_sets_ : MultiLabelBinarizer or None
        Turns lists of labels into an indicator matrix, if `y` held lists.
    is_multilabel_ : bool
        Whether each row may have several labels.

    Notes
    -----
    `y` may hold one label a row, a list of labels a row, or be an indicator matrix; predictions
    come in the same form.

    Examples
    --------
    >>> from toolkit import HashingProvider, TextClassifier, TextEmbedder
    >>> texts = ["card lost", "lost my card", "my card is gone", "a refund", "refund me"]
    >>> labels = ["card", "card", "card", "refund", "refund"]
    >>> model = TextClassifier(TextEmbedder(HashingProvider(64))).fit(texts, labels)
    >>> model.predict(["i lost a card"])
    array(['card'], dtype='<U6')
    >>> model.evidence(["i lost a card"], k=1)[["rank", "id", "label", "text"]]
       rank  id label       text
    0     1   0  card  card lost
    """

    classes_: np.ndarray
    embedder_: Any
    head_: Any
    training_vectors_: Vectors
    training_rows_: pd.DataFrame
    label_sets_: MultiLabelBinarizer | None
    is_multilabel_: bool

    def __init__(self, embedder: Any = None, head: Any = None, *, keep_texts: bool = True) -> None:
        self.embedder = embedder
        self.head = head
        self.keep_texts = keep_texts

    def fit(
        self, X: TextInput, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Embed the texts and fit the head on their vectors."""
        vectors, target, options = self._begin(X, y, sample_weight)
        self.head_.fit(vectors, target, **options)

        return self._finish(X, target, vectors)

    def fit_held_out(
        self, X: TextInput, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Vectors:
        """
        Fit, and return what each row is given when it is held out, shape (n_rows, n_classes).

        A report on these probabilities tells how the classifier does on rows it has not seen.
        """
        vectors, target, options = self._begin(X, y, sample_weight)
        if not hasattr(self.head_, "fit_held_out"):
            raise InputError(f"the head must have fit_held_out, {self.head_!r} has none")
        probabilities: Vectors = self.head_.fit_held_out(vectors, target, **options)
        self._finish(X, target, vectors)

        return probabilities

    def embed(self, X: TextInput) -> Vectors:
        """
        Return the unit vectors of texts, shape (n_rows, n_dimensions).

        Every method takes them in place of texts, so that texts asked about twice are embedded
        once. Rows of NaN stand for texts that could not be embedded.
        """
        check_is_fitted(self)
        are_vectors = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind == "f"
        vectors = X if are_vectors else self.embedder_.transform(X)

        checked = check_array(vectors, dtype=np.float32, ensure_all_finite="allow-nan")
        units = unit_rows(checked)
        units[np.isnan(checked).any(axis=1)] = np.nan

        return units

    def predict(self, X: TextInput) -> npt.NDArray[Any] | list[tuple[Any, ...]]:
        """Return the most probable label of each text, or all its labels where `y` had several."""
        vectors = _require_embedded(self.embed(X))
        predicted = np.asarray(self.head_.predict(vectors))
        if self.label_sets_ is None:
            return predicted

        return list(self.label_sets_.inverse_transform(predicted))

    def predict_proba(self, X: TextInput) -> Vectors:
        """Return probabilities in the order of `classes_`, shape (n_rows, n_classes)."""
        vectors = _require_embedded(self.embed(X))

        return np.asarray(self.head_.predict_proba(vectors))

    def decide(self, X: TextInput) -> pd.DataFrame:
        """
        Return prediction, confidence, margin and status of each text, on the index of `X`.

        `status` is "ok", "unsure" or "out_of_scope" where the head is a SelectiveClassifier, and
        "ok" elsewhere. Whatever the head, empty texts are "out_of_scope", and texts that could not
        be embedded are "failed": their prediction is None. For several labels a row, confidence
        and margin are those of the least certain label.
        """
        vectors = self.embed(X)
        known = np.nan_to_num(vectors)
        if hasattr(self.head_, "decide"):
            decisions: pd.DataFrame = self.head_.decide(known)
        else:
            decisions = self._undoubted(np.asarray(self.head_.predict_proba(known)))
        decisions = judge_by_vectors(decisions, vectors)
        decisions.index = row_index(X, len(vectors))

        return decisions[["prediction", "confidence", "margin", "status"]]

    def evidence(self, X: TextInput, k: int = 3) -> pd.DataFrame:
        """
        Return the `k` most similar training rows of each text.

        Returns
        -------
        DataFrame
            One row a pair: query (index of `X`), rank (from 1), id, label, similarity in [-1, 1]
            and, if kept, text. A text that could not be embedded has its rows, but nothing in
            them.
        """
        vectors = self.embed(X)
        is_failed = np.isnan(vectors).any(axis=1)
        rows, similarities = top_k(np.nan_to_num(vectors), self.training_vectors_, k)
        similarities[is_failed] = np.nan
        n_found = rows.shape[1]
        found = self.training_rows_.iloc[rows.ravel()].reset_index(drop=True)
        found.insert(0, "query", np.repeat(row_index(X, len(rows)).to_numpy(), n_found))
        found.insert(1, "rank", np.tile(np.arange(1, n_found + 1), len(rows)))
        found.insert(4, "similarity", similarities.ravel())

        return blank(found, self.training_rows_.columns.tolist(), np.repeat(is_failed, n_found))

    def __sklearn_tags__(self) -> Tags:
        """Say that texts, not numbers, are expected, and that several labels a row are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.classifier_tags.multi_label = True

        return tags

    def _begin(
        self, X: TextInput, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None
    ) -> tuple[Vectors, np.ndarray, dict[str, npt.ArrayLike]]:
        target = self._target(y)
        self.embedder_ = self._new_embedder()
        vectors = unit_rows(_require_embedded(np.asarray(self.embedder_.fit_transform(X))))
        if len(target) != len(vectors):
            raise InputError(
                f"expected one label for each text, got {len(vectors)} texts "
                f"and {len(target)} labels"
            )
        self.head_ = self._new_head()

        return vectors, target, {} if sample_weight is None else {"sample_weight": sample_weight}

    def _target(self, y: npt.ArrayLike) -> np.ndarray:
        refuse_missing_labels(y)
        self.label_sets_ = MultiLabelBinarizer() if holds_label_sets(y) else None
        if self.label_sets_ is None:
            target = _plain_labels(y)
            self.is_multilabel_ = type_of_target(target) == "multilabel-indicator"
            return target

        indicator: np.ndarray = self.label_sets_.fit_transform(y)
        self.is_multilabel_ = True
        if indicator.shape[1] < 2:
            raise InputError(
                f"lists of labels need at least 2 different labels, got "
                f"{self.label_sets_.classes_.tolist()}: add rows of another label"
            )

        return indicator

    def _new_embedder(self) -> Any:
        if self.embedder is None:
            return TextEmbedder(task="classification")

        if not hasattr(self.embedder, "fit_transform"):  # a provider, or its name
            return TextEmbedder(self.embedder, task="classification")

        return clone(self.embedder)

    def _new_head(self) -> Any:
        if self.head is not None:
            return clone(self.head)

        return CosineLogisticClassifier() if self.is_multilabel_ else SelectiveClassifier()

    def _finish(self, X: TextInput, target: np.ndarray, vectors: Vectors) -> Self:
        named = self.label_sets_
        self.classes_ = np.asarray(self.head_.classes_ if named is None else named.classes_)
        self.n_features_in_ = self.embedder_.n_features_in_
        if hasattr(self.embedder_, "feature_names_in_"):
            self.feature_names_in_ = self.embedder_.feature_names_in_
        self.training_vectors_ = vectors
        rows = pd.DataFrame({"id": row_index(X, len(vectors)), "label": self._shown(target)})
        if self.keep_texts:
            values = text_values(X, getattr(self.embedder_, "columns", None))
            rows["text"] = clean_texts(values).texts
        self.training_rows_ = rows

        return self

    def _shown(self, target: np.ndarray) -> list[Any]:
        """Return one cell a row; several labels stand in one cell."""
        if not self.is_multilabel_:
            return list(target)

        return [", ".join(map(str, self.classes_[row > 0])) for row in np.asarray(target)]

    def _undoubted(self, probabilities: Vectors) -> pd.DataFrame:
        if self.is_multilabel_:
            return several_label_decisions(probabilities, self.label_sets_)

        return one_label_decisions(probabilities, self.classes_)


def _plain_labels(y: npt.ArrayLike | None) -> np.ndarray:
    if y is None:
        raise InputError("TextClassifier requires y to be passed, but the target y is None")
    labels = np.asarray(y)
    assert_all_finite(labels, input_name="y")

    return labels


def _require_embedded(vectors: Vectors) -> Vectors:
    """Return the vectors, none of which may be NaN."""
    n_failed = int(np.isnan(vectors).any(axis=1).sum())
    if n_failed:
        raise InputError(
            f"{n_failed:,} of {len(vectors):,} texts could not be embedded (their vectors are "
            "NaN): leave them out, or use decide, which marks them as failed"
        )

    return vectors
