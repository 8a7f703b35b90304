"""A folder that appears under its name only once it is complete."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.errors import ModelFileError


@contextmanager
def new_folder(path: Path, *, marker: str, overwrite: bool) -> Iterator[Path]:
    """
    Give a hidden folder to write to, which gets its name if the block ends well.

    Parameters
    ----------
    path : Path
        The name.
    marker : str
        A file that tells a folder of our own: no other is ever replaced.
    overwrite : bool
        Whether one of our own may be.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "index"
    >>> with new_folder(path, marker="manifest.json", overwrite=False) as folder:
    ...     _ = (folder / "manifest.json").write_text("{}")
    >>> [file.name for file in path.iterdir()]
    ['manifest.json']
    """
    path = Path(os.path.realpath(path))
    check_place(path, marker, overwrite=overwrite)
    part = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir()
        yield part
        for file in part.iterdir():
            _sync(file)
        _rename(part, path)
    except OSError as error:
        raise ModelFileError(
            f"{str(path)!r} cannot be written: {error.strerror or error}; choose another place"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def check_place(path: Path, marker: str, *, overwrite: bool) -> None:
    """Raise ModelFileError unless a folder may be written here."""
    if not path.absolute().parent.is_dir():
        raise ModelFileError(
            f"{str(path)!r} cannot be written: there is no folder {str(path.parent)!r}; make it "
            "first"
        )
    if not path.exists():
        return
    if not overwrite:
        raise ModelFileError(
            f"{str(path)!r} is there already; choose another name, or replace it with "
            "overwrite=True (--force on the command line)"
        )
    if not (path / marker).is_file():
        raise ModelFileError(
            f"{str(path)!r} is there already and is no index, so that it is not replaced: choose "
            "another name"
        )


def _rename(part: Path, path: Path) -> None:
    """Take the place of an older folder, which is back if that fails."""
    if not path.exists():
        part.rename(path)
        return
    older = part.with_suffix(".old")
    path.rename(older)
    try:
        part.rename(path)
    except OSError:
        older.rename(path)
        raise
    shutil.rmtree(older, ignore_errors=True)


def _sync(file: Path) -> None:
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())
