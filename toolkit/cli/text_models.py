"""Model files as the commands take them: a classifier, or groups of texts."""

from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from toolkit.classification import TextClassifier
    from toolkit.clustering import TextClusterer
    from toolkit.pipelines import TextModel

ENDING = ".toolkit"

_CLASSIFIER, _CLUSTERER = "TextClassifier", "TextClusterer"


def text_model(path: str, provider: str | None) -> "TextModel":
    """Load a model that takes texts."""
    return cast("TextModel", _loaded(path, provider, _CLASSIFIER, _CLUSTERER))


def classifier(path: str, provider: str | None) -> "TextClassifier":
    """Load a classifier of texts."""
    return cast("TextClassifier", _loaded(path, provider, _CLASSIFIER))


def clusterer(path: str) -> "TextClusterer":
    """Load groups of texts."""
    return cast("TextClusterer", _loaded(path, None, _CLUSTERER))


def check_clusterer(path: str) -> None:
    """Raise now, not after the work, if the file holds no groups."""
    from toolkit.persistence import read_manifest

    estimator = str(read_manifest(path)["estimator"])
    _check_kind(path, estimator.rpartition(".")[2], _CLUSTERER)


def is_clusterer(model: object) -> bool:
    """Return whether a model is groups of texts; nothing is imported to tell."""
    return type(model).__name__ == _CLUSTERER


def _loaded(path: str, provider: str | None, *kinds: str) -> Any:
    from toolkit.persistence import load

    model = load(path, provider=provider)
    _check_kind(path, type(model).__name__, *kinds)

    return model


def _check_kind(path: str, kind: str, *expected: str) -> None:
    if kind in expected:
        return
    if kind == _CLUSTERER:
        raise click.UsageError(
            f"{path} holds groups, which have no labels to compare with: toolkit predict finds the "
            "group of each row, toolkit cluster --check judges groups"
        )
    if kind == _CLASSIFIER:
        raise click.UsageError(
            f"{path} holds a classifier where groups were expected: give a file that toolkit "
            "cluster --model wrote"
        )
    raise click.UsageError(
        f"{path} holds {kind}, which takes no table of texts: give a file that toolkit fit or "
        "toolkit cluster --model wrote, or load this one in Python with toolkit.load"
    )
