"""Static models (model2vec): a table of token vectors, no torch, thousands of texts a second."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from toolkit.embedding.base import Embeddings, Task, check_embeddings, check_task
from toolkit.embedding.models import known_model
from toolkit.embedding.registry import cannot_load, loaded
from toolkit.embedding.weights import files_digest, full_model_name, is_folder, model_folder
from toolkit.errors import InputError, MissingDependency

if TYPE_CHECKING:
    from model2vec import StaticModel


@dataclass(frozen=True)
class StaticProvider:
    """
    Embed texts with a model2vec model: the mean of its tokens' stored vectors.

    Parameters
    ----------
    model : str, default="minishlab/potion-base-8M"
        Name on the model hub, or a folder written as a path (``./my-model``).
    dimensions : int, optional
        Cut vectors to their first values, > 0; these models sort them by importance.

    References
    ----------
    Tulkens and van Dongen, "Model2Vec: Fast State-of-the-Art Static Embeddings", 2024.

    Examples
    --------
    >>> from toolkit.embedding import StaticProvider
    >>> StaticProvider("minishlab/potion-base-8M", dimensions=64).name
    'static:minishlab/potion-base-8M@64'
    """

    model: str = "minishlab/potion-base-8M"
    dimensions: int | None = None

    def __post_init__(self) -> None:
        if not (isinstance(self.model, str) and self.model):
            raise InputError(f"model must be the name or folder of a model, got {self.model!r}")
        if self.dimensions is not None and self.dimensions < 1:
            raise InputError(f"dimensions must be > 0, got {self.dimensions!r}")
        if self.dimensions is not None and (known := known_model(self.model, "static")):
            known.check_dimensions(self.dimensions)

    def __sklearn_clone__(self) -> "StaticProvider":
        return self

    def __getstate__(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def name(self) -> str:
        return f"static:{self.model}{f'@{self.dimensions}' if self.dimensions else ''}"

    @cached_property
    def fingerprint(self) -> str:
        model = Path(self.model).name if is_folder(self.model) else self._full_name
        at = f"@{self.dimensions}" if self.dimensions else ""

        return f"static:{model}#{self._digest}{at}"

    def task_as_sent(self, task: Task) -> str:
        """Return nothing: static models know no tasks."""
        check_task(task)

        return ""

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return the model's vectors, shape (n_texts, n_dimensions)."""
        check_task(task)
        model = self._model
        if not len(texts):
            return np.zeros((0, self.dimensions or model.dim), dtype=np.float32)
        vectors = model.encode(
            list(texts), max_length=None, show_progress_bar=False, use_multiprocessing=False
        )
        self._check_dimensions(vectors.shape[1])

        return check_embeddings(vectors[:, : self.dimensions], len(texts), self.fingerprint)

    @property
    def _model(self) -> "StaticModel":
        return loaded(f"static {self._digest}", lambda: _load(self._folder))

    @property
    def _full_name(self) -> str:
        return full_model_name(self.model, "minishlab")

    @cached_property
    def _folder(self) -> Path:
        return model_folder(self._full_name)

    @cached_property
    def _digest(self) -> str:
        return files_digest(self._folder)

    def _check_dimensions(self, available: int) -> None:
        if self.dimensions is not None and self.dimensions > available:
            raise InputError(
                f"dimensions must be from 1 to {available} for {self.model}, got {self.dimensions}"
            )


def _load(folder: Path) -> "StaticModel":
    try:
        from model2vec import StaticModel
    except ImportError as error:
        raise MissingDependency("model2vec", "static", "a static: provider") from error
    try:
        return StaticModel.from_pretrained(folder)
    except Exception as error:  # a broken folder fails in as many ways as it has files
        raise cannot_load(folder, error) from error
