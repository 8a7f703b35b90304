"""Where a table's bytes come from: a file or standard input, compressed or not."""

import codecs
import difflib
import gzip
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO, cast

from toolkit.errors import MissingDependency, TableError
from toolkit.frames.encodings import TextEncoding, checked_encoding, detect_encoding
from toolkit.frames.formats import Format, format_of
from toolkit.frames.report import ReadReport

STDIN = "standard input"
PIPE_STARTS = {
    rb'\{[ \t]*"': "jsonl",
    rb'\[\s*\{|\{\s*"': "json",
    rb"PAR1\x15": "parquet",
    rb"PK\x03\x04": "xlsx",
}
"""Patterns of the first bytes, tried in turn; JSON that breaks a line within is no JSON lines."""


class Source:
    """
    A table's bytes, which can be read from the start as often as needed.

    Parameters
    ----------
    source
        A path, or "-" for standard input. That, and any other pipe, is copied to a temporary file.
    format
        As in ``format_of``; None tells it from the name.
    """

    def __init__(self, source: str | os.PathLike[str], format: str | None = None) -> None:
        name = os.fspath(source)
        self.format: Format = format_of(name, format)
        self.name = STDIN if name == "-" else name
        self._path = None if name == "-" else Path(name)
        self._spool: IO[bytes] | None = None
        if self._path is not None:
            _check_is_file(self._path)
        elif format is None:
            self.format = format_of(name, self._format_of_pipe())

    def open(self) -> IO[bytes]:
        """Return a fresh stream over the decompressed bytes; the caller closes it."""
        raw = self._open_raw()
        if self.format.compression == "gz":
            return cast(IO[bytes], _GzipStream(raw))
        if self.format.compression == "zst":
            return io.BufferedReader(_ZstdStream(raw), buffer_size=1 << 17)

        return raw

    def open_text(self, report: ReadReport, encoding: str | None, newline: str | None) -> IO[str]:
        """Return the content as text; the encoding is found unless given, and put on record."""
        found = self._encoding(encoding)
        report.encoding = found.label
        if found.problem:
            report.oddities.append(found.problem)
        elif found.label != "utf-8":
            report.remarks.append(f"read as {found.label.upper()}")

        return io.TextIOWrapper(
            self.open(), encoding=found.codec, errors=found.errors, newline=newline
        )

    def close(self) -> None:
        """Forget the copy of a pipe, if there is one."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _encoding(self, encoding: str | None) -> TextEncoding:
        if encoding is not None:
            return checked_encoding(encoding)

        return detect_encoding(self.open, self.name)

    def _format_of_pipe(self) -> str | None:
        """A pipe has no name; its first bytes tell JSON lines, JSON and Parquet from CSV."""
        with self._open_raw() as stream:
            head = stream.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()

        return next((name for start, name in PIPE_STARTS.items() if re.match(start, head)), None)

    def _open_raw(self) -> IO[bytes]:
        if self._path is not None and self._path.is_file():
            return self._path.open("rb")

        if self._spool is None:
            self._spool = self._copy_of_pipe()
        stream = os.fdopen(os.dup(self._spool.fileno()), "rb")
        stream.seek(0)

        return stream

    def _copy_of_pipe(self) -> IO[bytes]:
        """Copy what can be read once only to a temporary file, which has no name."""
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        if self._path is None:
            shutil.copyfileobj(sys.stdin.buffer, spool)
        else:
            with self._path.open("rb") as pipe:
                shutil.copyfileobj(pipe, spool)
        spool.flush()

        return spool


def _check_is_file(path: Path) -> None:
    if path.is_dir():
        raise TableError(f"expected a file, but {str(path)!r} is a folder: name a file in it")
    if path.exists():
        return

    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    if near:
        hint = f"did you mean {str(path.with_name(near[0]))!r}?"
    elif not path.parent.is_dir():
        hint = f"there is no folder {str(path.parent)!r} either"
    else:
        hint = "check the name and the folder"
    raise TableError(f"there is no file {str(path)!r}; {hint}")


class _GzipStream(gzip.GzipFile):
    """A gzip stream that closes the file below it."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__(fileobj=raw, mode="rb")
        self._raw_file = raw

    def close(self) -> None:
        super().close()
        self._raw_file.close()


class _ZstdStream(io.RawIOBase):
    """A zstd stream that notices when the file is cut short, which zstandard's own does not."""

    def __init__(self, raw: IO[bytes]) -> None:
        try:
            import zstandard
        except ImportError as error:
            raw.close()
            raise MissingDependency("zstandard", "zst", "reading .zst files") from error

        self._raw = raw
        self._new = zstandard.ZstdDecompressor().decompressobj
        self._error: type[Exception] = zstandard.ZstdError
        self._decompressor = self._new()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            block = self._decompressor.unused_data or self._raw.read(1 << 16)
            if not block:
                break
            if self._decompressor.eof:
                self._decompressor = self._new()
            self._ready = self._decompress(block)
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        if n == 0 and not self._decompressor.eof:
            raise EOFError("the compressed file ends too early")

        return n

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _decompress(self, block: bytes) -> bytes:
        try:
            return self._decompressor.decompress(block)
        except self._error as error:
            raise OSError(f"not valid zstd ({error})") from error
