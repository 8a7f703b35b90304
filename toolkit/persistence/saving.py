"""A fitted model to a file."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from toolkit.errors import InputError
from toolkit.persistence.archive import SCHEMA, Place
from toolkit.persistence.embedders import fitted_embedder, named_embedder, origin_of
from toolkit.persistence.frames_apart import StoredFrame, frame_to_json
from toolkit.persistence.manifest import new_manifest
from toolkit.persistence.rebuilding import rebuild, twin
from toolkit.persistence.schema import Schema, foreign_parts, nodes
from toolkit.text_embedder import TextEmbedder

Members = dict[str, bytes]
"""Contents by their names in the file."""


def save(
    model: Any,
    path: str | os.PathLike[str],
    *,
    training: Mapping[str, object] | None = None,
    metrics: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> None:
    """
    Write a fitted model to one file, whole or not at all.

    The file holds settings, arrays and plain values, no code, no weights of embedding models and
    no keys; the provider is kept by its name. It holds the training texts where the model does
    (see ``TextClassifier(keep_texts=False)``); of clusters it holds a few texts each.

    Parameters
    ----------
    model : estimator
        Fitted; a classifier or clusterer of the toolkit's, a linear one of scikit-learn's, or a
        Pipeline of such.
    path : path-like
        The file; ``.toolkit`` is the usual ending.
    training, metrics : dict, optional
        What to tell in the manifest: texts, numbers, lists and dicts; of a path, as of
        ``training["table"]``, only the file's name.
    overwrite : bool, default=False
        Whether a file of this name may be replaced.

    Raises
    ------
    InputError
        If the model is not fitted, or holds what a model file cannot.
    ModelFileError
        If the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from toolkit import HashingProvider, TextClassifier, TextEmbedder, load, save
    >>> texts = ["card lost", "lost my card", "my card is gone", "a refund", "refund me"]
    >>> labels = ["card", "card", "card", "refund", "refund"]
    >>> model = TextClassifier(TextEmbedder(HashingProvider(64))).fit(texts, labels)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tickets.toolkit"
    >>> save(model, path, metrics={"accuracy": 0.9})
    >>> load(path).predict(["i lost a card"])
    array(['card'], dtype='<U6')
    """
    _check_model(model)
    place = Place(path, overwrite=overwrite)

    embedder = fitted_embedder(model)
    members = _members(model)
    manifest = new_manifest(
        model,
        origin=None if embedder is None else origin_of(embedder),
        columns=_columns(model, embedder),
        rows=members.get("frame-0.json") if hasattr(model, "training_rows_") else None,
        training=training or {},
        metrics=metrics or {},
    )
    place.write(manifest, members)


def _check_model(model: object) -> None:
    if isinstance(model, BaseSearchCV):
        raise InputError(
            f"a model file holds one fitted model, got {type(model).__name__}: "
            "save its best_estimator_"
        )
    if not isinstance(model, BaseEstimator):
        raise InputError(f"expected a fitted estimator, got {type(model).__name__}")
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise InputError(f"{type(model).__name__} is not fitted yet: fit it, then save") from error
    labels = getattr(model, "classes_", None)
    if isinstance(labels, np.ndarray) and isinstance(labels[0], (date, np.datetime64)):
        raise InputError(
            "a model file holds labels that are texts or numbers, got dates: fit on their text, "
            "as [str(label) for label in labels]"
        )


def _columns(model: BaseEstimator, embedder: TextEmbedder | None) -> Any:
    if embedder is None:
        return getattr(model, "feature_names_in_", None)

    return embedder.columns


def _members(model: BaseEstimator) -> Members:
    frames: Members = {}

    def without_foreign_parts(part: Any) -> Any:
        if isinstance(part, TextEmbedder):
            return named_embedder(part)
        if isinstance(part, BaseEstimator) and hasattr(part, "themes_"):
            return twin(part, themes_=dict(vars(part.themes_)))  # its frame is put apart like any
        if isinstance(part, Pipeline):
            return twin(part, memory=None)  # a folder of this machine
        if isinstance(part, pd.DataFrame):
            name = f"frame-{len(frames)}.json"
            frames[name] = frame_to_json(part)
            return StoredFrame(name)
        if isinstance(part, (np.random.RandomState, np.random.Generator)):
            raise InputError(
                f"random_state must be a whole number or None in a model file, got {part!r}"
            )
        return part

    return _estimator_members(rebuild(model, without_foreign_parts)) | frames


def _estimator_members(estimator: BaseEstimator) -> Members:
    import skops.io

    try:
        dumped = skops.io.dumps(estimator)
    except Exception as error:  # skops tells what it cannot store in many ways
        raise InputError(f"a model file cannot hold this model: {error}") from error
    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        schema: Schema = json.loads(archive.read(SCHEMA))
        names = _renumber(schema)
        foreign = next(foreign_parts(schema), None)
        if foreign is not None:
            raise InputError(
                f"a model file cannot hold {foreign}: use the toolkit's estimators or linear ones "
                "of scikit-learn, or pickle the model and load it only where you trust the pickle"
            )
        arrays = {new: archive.read(old) for old, new in names.items()}

    return {SCHEMA: json.dumps(schema, separators=(",", ":")).encode(), **arrays}


def _renumber(schema: Schema) -> dict[str, str]:
    """
    Number arrays and containers as they come, not by where they stood in memory.

    Returns the names of the array files, old to new. Plain values need no number: that two of
    them are one object means nothing.
    """
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    for node in nodes(schema):
        if node["__loader__"] in ("JsonNode", "TypeNode"):
            del node["__id__"]
            continue
        node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if "file" in node:
            node["file"] = files.setdefault(node["file"], f"{len(files) + 1}.npy")

    return files
