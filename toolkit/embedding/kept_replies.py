"""Replies of chat models kept on disk, a file each, so that nothing is asked twice."""

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from toolkit.embedding.cache import default_cache_path
from toolkit.errors import warn_user

FORMAT = 1
OURS = r"[0-9a-f]{64}\.json(\.corrupt)?"


@dataclass(frozen=True)
class KeptReplies:
    """
    A folder of replies, each under a hash of all that it depends on.

    It holds what the models wrote, and neither questions nor keys. A file that is damaged is set
    aside with a ToolkitWarning; if nothing can be written, one says that nothing is kept.

    Parameters
    ----------
    folder : path-like, optional
        Beside the cache of vectors if not given.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = KeptReplies(Path(folder))
    ...     kept.keep("ab" * 32, "[]")
    ...     kept.reply("ab" * 32), kept.reply("cd" * 32), len(kept.files())
    ('[]', None, 1)
    """

    folder: Path | str | None = None

    @property
    def path(self) -> Path:
        """The folder."""
        if self.folder is not None:
            return Path(self.folder)

        return default_cache_path().with_suffix(".replies")

    def reply(self, key: str) -> str | None:
        """Return the reply that is kept under a key, None if there is none."""
        file = self.path / f"{key}.json"
        try:
            content = file.read_bytes()
        except OSError:
            return None
        try:
            return _reply_in(json.loads(content), key)
        except (ValueError, RecursionError):
            _set_aside(file)

        return None

    def keep(self, key: str, reply: str) -> None:
        """Keep a reply: whole, or not at all."""
        content = json.dumps({"format": FORMAT, "key": key, "reply": reply})
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _write(self.path, f"{key}.json", content)
        except OSError as error:
            warn_user(
                f"the reply of the model cannot be kept in {self.path} ({error.strerror}): the "
                "same question is asked anew next time"
            )

    def files(self) -> list[Path]:
        """Return the files of replies, damaged ones among them."""
        if not self.path.is_dir():
            return []

        return sorted(file for file in self.path.iterdir() if re.fullmatch(OURS, file.name))

    def n_bytes(self) -> int:
        """Return how large the files are together."""
        return sum(file.stat().st_size for file in self.files())

    def clear(self) -> int:
        """Forget all replies; return how many there were."""
        files = self.files()
        for file in files:
            file.unlink(missing_ok=True)

        return len(files)


def _reply_in(content: object, key: str) -> str:
    match content:
        case {"format": int(), "key": str() as own, "reply": str() as reply} if own == key:
            return reply
    raise ValueError("this is no reply that we kept")


def _set_aside(file: Path) -> None:
    aside = file.with_name(f"{file.name}.corrupt")
    try:
        os.replace(file, aside)
    except OSError:
        return
    warn_user(f"the kept reply {file} is damaged: set aside as {aside.name}, and asked for anew")


def _write(folder: Path, name: str, content: str) -> None:
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".reply-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(draft, folder / name)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
