"""A progress bar on stderr that is silent wherever nobody watches."""

import os
import sys
import time
from types import TracebackType
from typing import Protocol, Self


class Progress(Protocol):
    """The part of tqdm's bar that the toolkit uses; leaving a ``with`` block closes it."""

    def update(self, n: float = 1) -> object: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def progress(total: float, description: str) -> Progress:
    """
    Return a bar over ``total`` of any unit, for a ``with`` block in which ``update(n)`` is called.

    It is drawn on stderr, on a terminal or in a notebook; elsewhere, as in a log, a line tells
    of it every half minute. Nothing is shown if the environment variable ``TOOLKIT_PROGRESS`` is
    ``0``.

    >>> with progress(3, "embedding") as bar:
    ...     bar.update(3)
    """
    in_notebook = "ipykernel" in sys.modules
    is_watched = in_notebook or (sys.stderr is not None and sys.stderr.isatty())
    if os.environ.get("TOOLKIT_PROGRESS") == "0":
        return _Lines(total, description, every_seconds=float("inf"))
    if not is_watched:
        return _Lines(total, description, every_seconds=30)

    # tqdm.auto warns, and may raise, in a notebook without ipywidgets; the plain bar works there.
    from tqdm import tqdm

    return tqdm(
        total=total,
        desc=description,
        dynamic_ncols=True,
        leave=False,
        mininterval=0.2,
        # A notebook keeps what was drawn: there, short runs draw nothing.
        delay=2 if in_notebook else 0,
        bar_format="{desc}: {percentage:3.0f}% |{bar}| {elapsed}, {remaining} left",
    )


class _Lines:
    """One line now and then, for logs."""

    def __init__(self, total: float, description: str, *, every_seconds: float) -> None:
        self._total, self._done = total, 0.0
        self._description = description
        self._every_seconds = every_seconds
        self._told = time.monotonic()

    def update(self, n: float = 1) -> None:
        self._done += n
        if time.monotonic() - self._told >= self._every_seconds and sys.stderr is not None:
            self._told = time.monotonic()
            sys.stderr.write(f"{self._description}: {self._done / self._total:.0%}\n")

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
