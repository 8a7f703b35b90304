"""A progress bar on stderr that is silent wherever nobody watches."""

import os
import sys
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

    It is drawn on stderr, only on a terminal or in a notebook, and never if the environment
    variable ``TOOLKIT_PROGRESS`` is ``0``.

    >>> with progress(3, "embedding") as bar:
    ...     bar.update(3)
    """
    in_notebook = "ipykernel" in sys.modules
    is_watched = in_notebook or (sys.stderr is not None and sys.stderr.isatty())
    if os.environ.get("TOOLKIT_PROGRESS") == "0" or not is_watched:
        return _Silent()

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


class _Silent:
    def update(self, n: float = 1) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
