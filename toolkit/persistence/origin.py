"""Where the vectors of a model came from."""

import base64
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from toolkit.embedding import TASKS
from toolkit.embedding.verified import Canary
from toolkit.errors import ModelFileError


@dataclass(frozen=True)
class Origin:
    """
    The provider that a model was fitted with, and what it gave for a few texts.

    Examples
    --------
    >>> origin = Origin("hashing:2", "hashing:2", Canary(("a",), "none", ((1.0, 0.5),)))
    >>> Origin.from_json(origin.to_json()) == origin
    True
    """

    name: str
    fingerprint: str
    canary: Canary

    def to_json(self) -> dict[str, Any]:
        """Return plain values; the vectors are base64 of little-endian float32."""
        vectors = np.array(self.canary.vectors, dtype="<f4")

        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "task": self.canary.task,
            "canary": {
                "texts": list(self.canary.texts),
                "shape": list(vectors.shape),
                "float32": base64.b64encode(vectors.tobytes()).decode(),
            },
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Return what ``to_json`` was called on."""
        name, fingerprint, task, canary = (
            told[key] for key in ("name", "fingerprint", "task", "canary")
        )
        if not (isinstance(name, str) and isinstance(fingerprint, str) and task in TASKS):
            raise ModelFileError("is damaged: it tells no provider, fingerprint or task")
        content = base64.b64decode(canary["float32"], validate=True)
        vectors = np.frombuffer(content, dtype="<f4").reshape(canary["shape"])
        texts = tuple(map(str, canary["texts"]))
        if vectors.ndim != 2 or len(vectors) != len(texts) or not len(texts):
            raise ModelFileError("is damaged: its canary has not one vector for each text")
        if not np.isfinite(vectors).all():
            raise ModelFileError("is damaged: its canary holds what is no number")

        return cls(name, fingerprint, Canary(texts, task, tuple(map(tuple, vectors.tolist()))))
