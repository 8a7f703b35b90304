"""What a model file tells about itself, to people and to the one who loads it."""

import hashlib
import math
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any

import numpy as np

from toolkit.embedding.origin import Origin
from toolkit.errors import InputError
from toolkit.persistence.archive import FORMAT, Manifest

PACKAGES = ("text-embedding-toolkit", "scikit-learn", "numpy", "skops")


def new_manifest(
    model: Any,
    *,
    origin: Origin | None,
    columns: Any,
    rows: bytes | None,
    training: Mapping[str, object],
    metrics: Mapping[str, object],
) -> Manifest:
    """Describe a fitted model; `rows` is the table it keeps of its training rows."""
    told = dict(training)
    if isinstance(told.get("table"), str):
        told["table"] = PurePath(str(told["table"])).name
    if rows is not None:
        told.setdefault("n_rows", len(model.training_rows_))
        told.setdefault("rows_sha256", hashlib.sha256(rows).hexdigest())
    elif hasattr(model, "labels_"):
        told.setdefault("n_rows", len(model.labels_))

    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "estimator": f"{type(model).__module__}.{type(model).__qualname__}",
        "provider": None if origin is None else origin.to_json(),
        "columns": plain(columns),
        "classes": plain(getattr(model, "classes_", None)),
        "training": plain(told),
        "metrics": plain(metrics),
    }


def versions() -> dict[str, str]:
    """Return what a model depends on: Python and packages, each with its version."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def plain(value: object) -> Any:
    """
    Return a value as JSON knows it; numbers that are not finite become None.

    Of a path only the file's name is kept: where it lies concerns this machine alone.

    >>> plain({"f1": np.float32(0.5), "labels": np.array(["a", "b"]), "loss": float("nan")})
    {'f1': 0.5, 'labels': ['a', 'b'], 'loss': None}
    """
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    match value:
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int():
            return value
        case PurePath():
            return plain(value.name)
        case str():
            return value.encode("utf-8", "replace").decode()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    raise InputError(
        f"training and metrics may hold texts, numbers, lists and dicts, got {type(value).__name__}"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
