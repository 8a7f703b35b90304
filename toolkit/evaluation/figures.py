"""Figures made without pyplot, labels shown as they are, and files written whole."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from toolkit.errors import InputError, MissingDependency
from toolkit.frames.formats import Format
from toolkit.frames.targets import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Files of the same report are equal, byte by byte, if they do not hold the time of day.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
_DOTS_PER_INCH = 160


class Literally(TypedDict):
    """Settings of a text that is shown as it is, "$" and "_" included."""

    parse_math: bool
    usetex: bool


LITERALLY = Literally(parse_math=False, usetex=False)


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure, in inches, that pyplot knows nothing of."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency("matplotlib", "plot", "drawing a report") from error

    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)

    return figure


def axes_at(figure: "Figure", *, left: float, top: float, side: float) -> "Axes":
    """Return new square axes, `left` and `top` inches from the figure's corner."""
    width, height = figure.get_size_inches()
    place = (left / width, 1 - (top + side) / height, side / width, side / height)

    return figure.add_axes(place)


def picture_format(path: str | os.PathLike[str]) -> str:
    """
    Tell "png", "svg" or "pdf" from a file's name.

    >>> picture_format("confusion.PNG")
    'png'
    """
    format = Path(path).suffix.lower().lstrip(".")
    if format not in _METADATA:
        raise InputError(
            f"expected a picture's name to end in .png, .svg or .pdf, got {os.fspath(path)!r}"
        )

    return format


def picture_bytes(figure: "Figure", format: str) -> bytes:
    """Return a figure as the bytes of a picture."""
    from matplotlib import rc_context

    picture = BytesIO()
    with rc_context({"svg.hashsalt": "toolkit"}), _missing_glyphs_allowed():
        figure.savefig(
            picture,
            format=format,
            dpi=_DOTS_PER_INCH,
            bbox_inches="tight",
            pad_inches=0.15,
            metadata=_METADATA[format],
        )

    return picture.getvalue()


def write_picture(picture: bytes, path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Write a picture whole or not at all."""
    target = Target(path, Format(picture_format(path)), overwrite=overwrite)
    try:
        target.open().write(picture)
        target.commit()
    except BaseException:
        target.abandon()
        raise


@contextmanager
def _missing_glyphs_allowed() -> Iterator[None]:
    # A label in a script that the font lacks is drawn as boxes; that is no reason to stop.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield
