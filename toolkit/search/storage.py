"""An index as a folder of plain arrays, a table and a manifest."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.embedding import Provider
from toolkit.embedding.origin import Origin
from toolkit.errors import ModelFileError, ToolkitError
from toolkit.frames import read_frame, write_frame
from toolkit.kernels import Vectors
from toolkit.search.folders import new_folder
from toolkit.search.neighbourhoods import Neighbourhoods
from toolkit.search.paired_embedder import PairedEmbedder
from toolkit.search.stored_vectors import StoredVectors
from toolkit.text_embedder import TextEmbedder

FORMAT, KIND = 1, "CosineIndex"
MANIFEST, ROWS = "manifest.json", "rows.parquet"
VECTORS, ZERO_ROWS = "vectors.npy", "zero_rows.npy"
NEIGHBOURHOODS = "neighbourhoods-{}.npy"
SMALL_PARTS, CODES = ("centers", "ranges", "sizes", "numbers"), "codes"

EMBEDDER_SETTINGS = ("columns", "on_empty", "on_error")


@dataclass(frozen=True)
class StoredIndex:
    """
    What an index is made of.

    Attributes
    ----------
    vectors : StoredVectors
    rows : DataFrame
        What is known of each row.
    n_seen : int
        Rows that were ever added, where numbering goes on.
    embedder : PairedEmbedder or None
    approximate : bool
    places : Neighbourhoods or None
        Of an approximate index that is large enough to have them.
    """

    vectors: StoredVectors
    rows: pd.DataFrame
    n_seen: int
    embedder: PairedEmbedder | None
    approximate: bool = False
    places: Neighbourhoods | None = None


def write_index(content: StoredIndex, path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Write a folder, whole or not at all."""
    manifest = _manifest(content)
    with new_folder(Path(path), marker=MANIFEST, overwrite=overwrite) as folder:
        shape = (len(content.vectors), content.vectors.n_dimensions)
        _write_array(folder / VECTORS, shape, "<f4", content.vectors.blocks())
        np.save(folder / ZERO_ROWS, content.vectors.zero_rows)
        write_frame(content.rows, folder / ROWS)
        if content.places is not None:
            for name in SMALL_PARTS:
                np.save(folder / NEIGHBOURHOODS.format(name), getattr(content.places, name))
            _write_array(folder / NEIGHBOURHOODS.format(CODES), shape, "|u1", content.places.codes)
        text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_index(
    path: str | os.PathLike[str], *, mmap: bool, provider: Provider | str | None
) -> StoredIndex:
    """Read a folder that `write_index` wrote; arrays that hold objects are refused."""
    folder = Path(path)
    manifest = _read_manifest(folder)
    try:
        shape = (int(manifest["n_rows"]), int(manifest["n_dimensions"]))
        vectors = _array(folder / VECTORS, shape, mmap=mmap)
        is_zero = np.zeros(len(vectors), dtype=bool)
        is_zero[np.load(folder / ZERO_ROWS, allow_pickle=False)] = True
        rows = read_frame(folder / ROWS)
        if len(rows) != len(vectors) or "id" not in rows:
            raise ValueError(f"{len(rows)} rows are known of {len(vectors)} vectors")
        content = StoredIndex(
            StoredVectors(vectors, is_zero),
            rows,
            int(manifest["n_seen"]),
            _embedder(manifest, provider),
            bool(manifest["approximate"]),
            _neighbourhoods(folder, shape),
        )
    except Exception as error:  # a damaged file breaks what reads it in any way
        if isinstance(error, ToolkitError) and not isinstance(error, ValueError):
            raise
        raise ModelFileError(
            f"the index {os.fspath(path)!r} is damaged ({error}): copy it again, or save it again"
        ) from error

    return content


def _manifest(content: StoredIndex) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": KIND,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "n_rows": len(content.vectors),
        "n_dimensions": content.vectors.n_dimensions,
        "n_seen": content.n_seen,
        "approximate": content.approximate,
        **_told_embedder(content.embedder),
    }


def _told_embedder(paired: PairedEmbedder | None) -> dict[str, Any]:
    """The provider by its name and canary, as in a model file; no key and no weights."""
    if paired is None:
        return {"provider": None, "embedder": None}
    embedder = paired.embedder
    provider = embedder.resolved_provider()
    origin = Origin.of(
        provider,
        embedder.task,
        fitted_with=provider.fingerprint,
        through=embedder.caching_provider(),
    )
    settings = {name: getattr(embedder, name) for name in EMBEDDER_SETTINGS}
    if settings["columns"] is not None and not isinstance(settings["columns"], str):
        settings["columns"] = list(settings["columns"])

    return {"provider": origin.to_json(), "embedder": settings}


def _read_manifest(folder: Path) -> dict[str, Any]:
    if not (folder / MANIFEST).is_file():
        raise ModelFileError(
            f"expected an index, and {str(folder)!r} has no {MANIFEST}: give a folder that "
            "CosineIndex.save wrote (--save on the command line)"
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kind, version = manifest["kind"], manifest["format"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(
            f"{str(folder)!r} is no index: its {MANIFEST} tells no kind and format "
            f"({type(error).__name__}); give a folder that CosineIndex.save wrote"
        ) from error
    if kind != KIND or not isinstance(version, int) or not 1 <= version <= FORMAT:
        raise ModelFileError(
            f"{str(folder)!r} is a {kind} of format {version}, and this version reads a {KIND} up "
            f"to format {FORMAT}: upgrade with pip install -U text-embedding-toolkit"
        )

    return dict(manifest)


def _embedder(manifest: dict[str, Any], provider: Provider | str | None) -> PairedEmbedder | None:
    told, settings = manifest["provider"], manifest["embedder"]
    if told is None:
        return None
    origin = Origin.from_json(told)
    found = (
        origin.named_provider() if provider is None else TextEmbedder(provider).resolved_provider()
    )
    embedder = TextEmbedder(
        _verified(origin, found),
        task=origin.canary.task,
        **{name: settings[name] for name in EMBEDDER_SETTINGS},
    )

    return PairedEmbedder.of(embedder)


def _verified(origin: Origin, found: Provider) -> Provider:
    """Return the provider if its vectors are those of the index, else say whose these are."""
    try:
        return origin.verified(found)
    except ModelFileError as error:
        raise ModelFileError(f"the vectors of this index are of {origin.name}: {error}") from error


def _neighbourhoods(folder: Path, shape: tuple[int, int]) -> Neighbourhoods | None:
    names = (*SMALL_PARTS, CODES)
    files = {name: folder / NEIGHBOURHOODS.format(name) for name in names}
    if not any(file.exists() for file in files.values()):
        return None
    as_map: dict[str, Literal["r"]] = {CODES: "r"}
    arrays = {
        name: np.load(file, mmap_mode=as_map.get(name), allow_pickle=False)
        for name, file in files.items()
    }

    return Neighbourhoods.from_arrays(shape, **arrays)


def _array(path: Path, shape: tuple[int, int], *, mmap: bool) -> Vectors:
    with path.open("rb") as file:  # np.load leaves a file open that is a zip, and no array
        if file.read(6) != b"\x93NUMPY":
            raise ValueError(f"{path.name} is no array")
    as_map = mmap and shape[0] * shape[1] > 0  # nothing cannot be mapped
    array: Vectors = np.load(path, mmap_mode="r" if as_map else None, allow_pickle=False)
    if array.shape != shape or array.dtype != np.float32:
        raise ValueError(f"{path.name} holds {array.dtype} of shape {array.shape}, not {shape}")

    return array


def _write_array(
    path: Path, shape: tuple[int, int], kind: str, blocks: Iterable[np.ndarray]
) -> None:
    """Write block by block, in the format of numpy."""
    header = {"descr": kind, "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(file, header)
        for block in blocks:
            if block.size:
                file.write(np.ascontiguousarray(block, dtype=kind).data)
