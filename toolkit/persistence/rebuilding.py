"""Copies of fitted estimators in which some parts are exchanged; the originals stay as they are."""

from collections.abc import Callable
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

Change = Callable[[Any], Any]
Estimator = TypeVar("Estimator", bound=BaseEstimator)


def rebuild(value: Any, change: Change) -> Any:
    """
    Return a copy down to the estimators inside, with ``change(part)`` in place of each part.

    Arrays are shared with the original, and parts that were one object stay one object.

    Examples
    --------
    >>> from toolkit.classification import CosineKNNClassifier, SelectiveClassifier
    >>> model = SelectiveClassifier(CosineKNNClassifier(n_neighbors=16))
    >>> rebuild(model, lambda part: 5 if part == 16 else part)
    SelectiveClassifier(estimator=CosineKNNClassifier(n_neighbors=5))
    >>> model
    SelectiveClassifier(estimator=CosineKNNClassifier())
    """
    # The parts are kept beside their copies: while they live, nothing else has their id.
    done: dict[int, tuple[Any, Any]] = {}

    def visit(part: Any) -> Any:
        if id(part) not in done:
            done[id(part)] = part, _with_parts(change(part), visit)
        return done[id(part)][1]

    return visit(value)


def twin(estimator: Estimator, /, **changed: object) -> Estimator:
    """Return an estimator with the same attributes, fitted or not, but for those given."""
    copy = object.__new__(type(estimator))
    vars(copy).update(vars(estimator), **changed)

    return copy


def _with_parts(value: Any, visit: Change) -> Any:
    if isinstance(value, BaseEstimator):
        return twin(value, **{name: visit(part) for name, part in vars(value).items()})
    if type(value) in (list, tuple):
        return type(value)(map(visit, value))
    if type(value) is dict:
        return {key: visit(part) for key, part in value.items()}

    return value
