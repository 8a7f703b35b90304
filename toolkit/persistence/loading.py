"""A file to a fitted model, without running anything from the file."""

import json
import os
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from toolkit.embedding import Provider
from toolkit.embedding.origin import Origin
from toolkit.errors import ModelFileError
from toolkit.persistence.archive import (
    SCHEMA,
    Manifest,
    ModelArchive,
    damage_told,
    open_archive,
)
from toolkit.persistence.embedders import with_provider
from toolkit.persistence.frames_apart import StoredFrame, frame_from_json
from toolkit.persistence.rebuilding import rebuild, twin
from toolkit.persistence.schema import OLDEST_PROTOCOL, foreign_parts, nodes, trusted_types
from toolkit.text_embedder import TextEmbedder


def load(path: str | os.PathLike[str], *, provider: str | Provider | None = None) -> Any:
    """
    Return the fitted model of a file.

    Loading runs no code from the file. Before the first text is embedded, a few texts kept in
    the file tell whether the provider still gives the vectors of the fit.

    Parameters
    ----------
    path : path-like
        A file that ``save``, ``toolkit fit`` or ``toolkit cluster`` wrote.
    provider : str or Provider, optional
        Who embeds texts in place of the provider that the file names: the same model elsewhere,
        or one that has no name here.

    Returns
    -------
    estimator
        What was saved, fitted.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, of a newer format or refused, or if the provider gives
        other vectors than at fit; the latter may also come when the first text is embedded.

    Notes
    -----
    The file names the provider: its model is fetched from, and texts go, where that name says.
    ``read_manifest(path)["provider"]["name"]`` tells it without loading.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from toolkit import CosineCentroidClassifier, load, save
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "directions.toolkit"
    >>> save(CosineCentroidClassifier().fit([[1.0, 0.0], [0.0, 1.0]], ["east", "north"]), path)
    >>> load(path).predict([[3.0, 1.0]])
    array(['east'], dtype='<U5')
    """
    with open_archive(path) as archive, damage_told(path):
        _check_schema(archive.read(SCHEMA))
        model = _restored(_estimator(archive), archive)
        told = archive.manifest["provider"]
        origin = None if told is None else Origin.from_json(told)
    if origin is not None:
        return with_provider(model, origin, provider)
    if provider is not None:
        raise ModelFileError("the model takes vectors, not texts: leave provider out")

    return model


def read_manifest(path: str | os.PathLike[str]) -> Manifest:
    """
    Return what a model file tells about itself; nothing is loaded.

    >>> import pathlib, tempfile
    >>> from toolkit import CosineCentroidClassifier, save
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "directions.toolkit"
    >>> save(CosineCentroidClassifier().fit([[1.0, 0.0], [0.0, 1.0]], ["east", "north"]), path)
    >>> read_manifest(path)["classes"]
    ['east', 'north']
    """
    with open_archive(path) as archive:
        return archive.manifest


def _check_schema(text: bytes) -> None:
    schema = json.loads(text)
    foreign = next(foreign_parts(schema), None)
    if foreign is not None:
        raise ModelFileError(f"is refused: no model file may hold {foreign}")
    readers: dict[str, object] = {}
    for node in nodes(schema):
        if "file" in node and readers.setdefault(node["file"], node["__id__"]) != node["__id__"]:
            raise ModelFileError(f"is refused: it would read {node['file']} many times")
    if schema["protocol"] < OLDEST_PROTOCOL:
        raise ModelFileError(f"is refused: it has the skops protocol {schema['protocol']}")


def _estimator(archive: ModelArchive) -> BaseEstimator:
    import skops.io

    try:
        estimator = skops.io.load(archive.file, trusted=trusted_types())
    except Exception as error:
        written = ", ".join(f"{k} {v}" for k, v in archive.manifest["versions"].items())
        raise ModelFileError(
            f"cannot be loaded ({type(error).__name__}: {error}); it was written with {written}"
        ) from error
    if not isinstance(estimator, BaseEstimator):
        raise ModelFileError(f"is refused: it holds {type(estimator).__name__}, no estimator")

    return estimator


def _restored(estimator: BaseEstimator, archive: ModelArchive) -> BaseEstimator:
    def found(part: Any) -> Any:
        if isinstance(part, StoredFrame):
            return frame_from_json(archive.read(part.member))
        _check_reach(part)
        return part

    restored: BaseEstimator = rebuild(rebuild(estimator, found), _with_themes)

    return restored


def _with_themes(part: Any) -> Any:
    if not (isinstance(part, BaseEstimator) and hasattr(part, "themes_")):
        return part
    from toolkit.clustering.themes import Themes  # classifiers load without it

    return twin(part, themes_=Themes(**part.themes_))


def _check_reach(part: object) -> None:
    """No file chooses what is written to, or unpickled from, the disk of its reader."""
    if isinstance(part, TextEmbedder) and not (
        isinstance(part.cache, bool) and isinstance(part.provider, str)
    ):
        raise ModelFileError("is refused: its embedder has a cache or a provider of its own")
    if isinstance(part, Pipeline) and part.memory is not None:
        raise ModelFileError("is refused: its pipeline has a memory of its own")
