"""Where a table's bytes go: written whole, or not at all."""

import gzip
import os
import secrets
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from toolkit.errors import MissingDependency, TableError
from toolkit.frames.formats import Format


class Target:
    """
    A file that appears under its name only once it is complete.

    The place is checked at once, so that nobody works for hours towards a file that cannot be. The
    bytes go to a hidden file in the same folder, which takes the name's place on ``commit``
    and is removed on ``abandon``. "-" is standard output, which gets them as they come.

    Parameters
    ----------
    target
        A path, or "-".
    format
        Tells the compression.
    overwrite
        Whether a file of this name may be replaced.
    """

    def __init__(
        self, target: str | os.PathLike[str], format: Format, *, overwrite: bool = False
    ) -> None:
        name = os.fspath(target)
        self.name = "standard output" if name == "-" else name
        # A link stays a link: the file that it points to is replaced.
        self._path = None if name == "-" else Path(os.path.realpath(name))
        self._part: Path | None = None
        self._format = format
        self._streams: list[IO[bytes]] = []
        if self._path is not None:
            _check_place(self._path, name, overwrite=overwrite)

    def open(self) -> IO[bytes]:
        """Return the stream to write to; it compresses where the format says so."""
        raw = self._open_raw()
        self._streams = [raw]
        if self._format.compression is not None:
            self._streams.insert(0, self._compressed(raw))

        return self._streams[0]

    def commit(self) -> None:
        """Close the file and give it its name."""
        *compressed, raw = self._streams
        for stream in compressed:
            stream.close()
        raw.flush()
        if self._path is None:
            return
        if self._part is not None:
            os.fsync(raw.fileno())
        raw.close()
        if self._part is not None:
            self._rename(self._part, self._path)

    def abandon(self) -> None:
        """Close the file and remove what was written."""
        if self._path is None:
            return

        for stream in self._streams:
            with suppress(OSError, ValueError):
                stream.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def _open_raw(self) -> IO[bytes]:
        if self._path is None:
            return sys.stdout.buffer
        if self._path.exists() and not self._path.is_file():
            # A device or a pipe, such as /dev/null, cannot be replaced.
            return self._path.open("wb")

        self._part = self._path.with_name(f".{self._path.name[:200]}.{secrets.token_hex(4)}.part")
        try:
            return self._part.open("xb")
        except OSError as error:
            raise TableError(
                f"{self.name} cannot be written: {error.strerror}; choose another folder"
            ) from error

    def _compressed(self, raw: IO[bytes]) -> IO[bytes]:
        if self._format.compression == "gz":
            # Without name and time of day the same table gives the same bytes.
            zipped = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
            return cast(IO[bytes], zipped)

        try:
            import zstandard
        except ImportError as error:
            self.abandon()
            raise MissingDependency("zstandard", "zst", "writing .zst files") from error
        return cast(IO[bytes], zstandard.ZstdCompressor().stream_writer(raw, closefd=False))

    def _rename(self, part: Path, path: Path) -> None:
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
        _sync_folder(path.parent)


def _check_place(path: Path, name: str, *, overwrite: bool) -> None:
    if path.is_dir():
        raise TableError(f"expected a file to write, but {name!r} is a folder: add a file name")
    if not path.parent.is_dir():
        raise TableError(
            f"{name!r} cannot be written: there is no folder {str(path.parent)!r}; make it first"
        )
    if path.is_file() and not overwrite:
        raise TableError(
            f"{name!r} is there already; choose another name, or replace it with overwrite=True "
            "(--force on the command line)"
        )


def _sync_folder(folder: Path) -> None:
    # Makes the new name survive a power cut; some systems do not let folders be opened.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
