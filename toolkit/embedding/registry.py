"""The models that are loaded in this process, so that clones and folds share one."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

from toolkit.errors import ModelNotFound

Model = TypeVar("Model")

MAX_MODELS = 4

_lock = threading.RLock()
_models: OrderedDict[str, object] = OrderedDict()


def loaded(key: str, load: Callable[[], Model]) -> Model:
    """
    Return the model of this key, loading it on first use; the least recently used one makes room.

    >>> loaded("doctest", lambda: [1]) is loaded("doctest", lambda: [2])
    True
    """
    with _lock:
        if key not in _models:
            _models[key] = load()
        _models.move_to_end(key)
        while len(_models) > MAX_MODELS:
            _models.popitem(last=False)

        return cast(Model, _models[key])


def cannot_load(folder: Path, error: Exception) -> ModelNotFound:
    """
    Return the error of a model whose files are there but broken, in one sentence.

    >>> print(cannot_load(Path("minilm"), ValueError("no config\\nmore")))
    the model in minilm cannot be loaded (no config): fetch or save it again
    """
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)

    return ModelNotFound(
        f"the model in {folder.name} cannot be loaded ({reason}): fetch or save it again"
    )
