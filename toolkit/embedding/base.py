"""What an embedding provider is: two members, and the words for what vectors are wanted for."""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias, get_args, runtime_checkable

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError, InvalidResponse

Embeddings: TypeAlias = npt.NDArray[np.float32]
"""One float32 row for each text, shape (n_texts, n_dimensions)."""

Task = Literal["none", "classification", "clustering", "similarity", "query", "document"]
"""What the vectors are for; each provider maps the word to its own prompt, or to nothing."""

TASKS: tuple[Task, ...] = get_args(Task)


@runtime_checkable
class Provider(Protocol):
    """
    Anything that turns texts into vectors.

    Attributes
    ----------
    fingerprint : str
        Two providers with equal fingerprints give interchangeable vectors: it names the provider,
        the model with its revision, the dimensions and the precision class, and never a key.
    """

    @property
    def fingerprint(self) -> str: ...

    def embed(self, texts: Sequence[str], *, task: Task = "none") -> Embeddings:
        """Return one float32 row for each text, in the order of the texts."""
        ...


def check_task(task: str) -> None:
    """
    Raise InputError unless the task is one of the six words.

    >>> check_task("classification")
    """
    if task not in TASKS:
        raise InputError(f"task must be one of {', '.join(TASKS)}; got {task!r}")


def check_embeddings(vectors: Embeddings, n_texts: int, fingerprint: str) -> Embeddings:
    """
    Return the vectors as float32 if there is one finite row for each text, else raise.

    Raises
    ------
    InvalidResponse
        If the number of rows differs, rows are empty, or a value is NaN or infinite.
    """
    vectors = _as_float32(vectors, fingerprint)
    if vectors.ndim != 2 or len(vectors) != n_texts or (n_texts and not vectors.shape[1]):
        raise InvalidResponse(
            f"{fingerprint}: expected {n_texts} vectors for {n_texts} texts, "
            f"got an array of shape {vectors.shape}"
        )
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise InvalidResponse(f"{fingerprint}: the vector of text {row} is not finite")

    return vectors


def _as_float32(vectors: npt.ArrayLike, fingerprint: str) -> Embeddings:
    try:
        with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
            return np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidResponse(
            f"{fingerprint}: expected rows of numbers of one length, got {type(vectors).__name__} "
            f"that is none ({error})"
        ) from error
