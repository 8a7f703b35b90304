"""The zip around a model: written whole or not at all, read with every byte accounted for."""

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from toolkit.errors import ModelFileError, TableError
from toolkit.frames.formats import Format
from toolkit.frames.targets import Target

MANIFEST = "manifest.json"
SCHEMA = "schema.json"
FORMAT = 1

MAX_MEMBERS = 100_000
MAX_MANIFEST_BYTES = 16 * 2**20
MAX_RATIO = 100
"""No member unpacks to more than this many times its size in the file, if that is over 1 MiB."""

_NAME = re.compile(r"manifest\.json|schema\.json|frame-\d{1,4}\.json|\d{1,9}\.npy")
_UNTIMED = (1980, 1, 1, 0, 0, 0)
_ARRAY_MAGIC = b"\x93NUMPY"

Manifest = dict[str, Any]
"""What ``manifest.json`` holds."""


class Place:
    """Where a model file goes; whether it may go there is known at once."""

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool) -> None:
        with _as_model_file_error():
            self._target = Target(Path(path), Format("toolkit"), overwrite=overwrite)

    def write(self, manifest: Manifest, members: Mapping[str, bytes]) -> None:
        """Write the manifest, completed by a hash of each member, and the members."""
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
        text = json.dumps(
            manifest | {"members": hashes}, indent=2, ensure_ascii=False, allow_nan=False
        )
        with _as_model_file_error():
            try:
                with zipfile.ZipFile(self._target.open(), "w") as archive:
                    for name, content in {MANIFEST: text.encode(), **members}.items():
                        archive.writestr(_entry(name, content), content)
                self._target.commit()
            except BaseException:
                self._target.abandon()
                raise


@dataclass(frozen=True)
class ModelArchive:
    """A model file whose manifest and hashes have been checked; ``file`` stands open."""

    file: IO[bytes]
    zipped: zipfile.ZipFile
    manifest: Manifest

    def read(self, name: str) -> bytes:
        """Return the content of a member."""
        return self.zipped.read(name)


@contextmanager
def open_archive(path: str | os.PathLike[str]) -> Iterator[ModelArchive]:
    """Open a model file, or say in one sentence what is wrong with it."""
    with _opened(path) as file:
        with damage_told(path):
            zipped = zipfile.ZipFile(file)
            _check_members(zipped, os.fstat(file.fileno()).st_size)
            manifest = _manifest(zipped)
            _check_hashes(zipped, manifest["members"])
        yield ModelArchive(file, zipped, manifest)


@contextmanager
def damage_told(path: str | os.PathLike[str]) -> Iterator[None]:
    """Tell any failure as a damaged file; a damaged zip fails in as many ways as it has fields."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{os.fspath(path)!r} {error}") from error
    except Exception as error:
        raise ModelFileError(
            f"{os.fspath(path)!r} is cut short, damaged or no model file "
            f"({type(error).__name__}: {error}): copy it again, or fit again"
        ) from error


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    try:
        file = Path(path).open("rb")  # noqa: SIM115  closed below; only opening may fail like this
    except OSError as error:
        raise ModelFileError(
            f"the model file {os.fspath(path)!r} cannot be read: {error.strerror}; give a file "
            "that toolkit fit, toolkit cluster --model or toolkit.save wrote"
        ) from error
    with file:
        yield file


def _check_members(zipped: zipfile.ZipFile, n_bytes: int) -> None:
    entries = zipped.infolist()
    names = [entry.filename for entry in entries]
    if MANIFEST not in names:
        raise ModelFileError("is no model file: it has no manifest.json")
    if len(entries) > MAX_MEMBERS or len(set(names)) < len(names):
        raise ModelFileError("is refused: it has too many members, or one of them twice")
    if sum(entry.compress_size for entry in entries) > n_bytes:
        raise ModelFileError("is refused: its members overlap")
    for entry in entries:
        _check_entry(entry)
    if sum(entry.file_size for entry in entries) > 16 * 2**20 + MAX_RATIO * n_bytes:
        raise ModelFileError("is refused: it would unpack to far more than it should")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if not _NAME.fullmatch(entry.filename):
        raise ModelFileError(f"is refused: no model file has a member {entry.filename[:80]!r}")
    limit = max(2**20, MAX_RATIO * entry.compress_size)
    if entry.filename == MANIFEST:
        limit = min(limit, MAX_MANIFEST_BYTES)
    if entry.file_size > limit:
        raise ModelFileError(
            f"is refused: {entry.filename} would unpack to {entry.file_size:,} bytes, "
            f"and {limit:,} is the most"
        )


def _manifest(zipped: zipfile.ZipFile) -> Manifest:
    manifest = json.loads(zipped.read(MANIFEST))
    version = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(version, int) or version < 1:
        raise ModelFileError("is no model file: its manifest tells no format")
    if version > FORMAT:
        raise ModelFileError(
            f"has the format {version}, and this version reads up to {FORMAT}: "
            "upgrade with pip install -U text-embedding-toolkit"
        )
    members = manifest.get("members")
    if not isinstance(members, dict) or set(members) | {MANIFEST} != set(zipped.namelist()):
        raise ModelFileError("is damaged: its members are not those that its manifest lists")

    return cast(Manifest, manifest)


def _check_hashes(zipped: zipfile.ZipFile, hashes: Mapping[str, object]) -> None:
    for name, expected in hashes.items():
        digest = hashlib.sha256()
        with zipped.open(name) as member:
            start = member.read(len(_ARRAY_MAGIC))
            digest.update(start)
            while block := member.read(2**20):
                digest.update(block)
        if digest.hexdigest() != expected:
            raise ModelFileError(f"is damaged: {name} is not as it was written; copy it again")
        if name.endswith(".npy") and start != _ARRAY_MAGIC:
            raise ModelFileError(f"is refused: {name} holds no array")


def _entry(name: str, content: bytes) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _UNTIMED)
    entry.create_system = 3  # the same bytes on every system
    entry.external_attr = 0o644 << 16
    if name.endswith(".json") and not _squeezes_too_well(content):
        entry.compress_type = zipfile.ZIP_DEFLATED

    return entry


def _squeezes_too_well(content: bytes) -> bool:
    return len(content) > 2**20 and len(content) > MAX_RATIO / 2 * len(zlib.compress(content, 1))


@contextmanager
def _as_model_file_error() -> Iterator[None]:
    try:
        yield
    except TableError as error:
        raise ModelFileError(str(error)) from error
