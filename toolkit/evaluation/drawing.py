"""What is drawn on a pair of axes: the cells of a confusion matrix, a reliability diagram."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.evaluation.figures import LITERALLY
from toolkit.evaluation.intervals import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _GREY, _DARK_GREY = "#2166ac", "#bdbdbd", "#888888"


def draw_cells(ax: "Axes", counts: np.ndarray, shares: np.ndarray) -> None:
    """Draw each count on a colour that shows its share of the row: right blue, wrong orange."""
    from matplotlib import colormaps

    # Orange deepens faster than blue: half a class taken for another is bad already.
    blue = colormaps["Blues"](0.9 * shares)
    orange = colormaps["Oranges"](np.minimum(1.4 * shares, 0.8))
    colours = np.where(np.eye(len(counts), dtype=bool)[:, :, None], blue, orange)
    colours[counts == 0] = 1.0
    ax.imshow(colours, aspect="equal")

    brightness = colours[:, :, :3] @ (0.299, 0.587, 0.114)
    for row, column in np.argwhere(counts):
        ink = "white" if brightness[row, column] < 0.55 else "black"
        number = f"{counts[row, column]}"
        # Long numbers are set smaller, so that they stay within their cell.
        size = 8 if len(number) <= 4 else 6
        ax.text(column, row, number, ha="center", va="center", fontsize=size, color=ink)


def name_classes(ax: "Axes", names: list[str]) -> None:
    """Write the classes at both sides, and draw fine lines between the cells."""
    at = np.arange(len(names))
    ax.set_yticks(at, names, fontsize=8, **LITERALLY)
    ax.set_xticks(at, names, fontsize=8, **LITERALLY)
    for label in ax.get_xticklabels():
        label.set(rotation=45, ha="right", rotation_mode="anchor")
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")

    ax.set_xticks(at[:-1] + 0.5, minor=True)
    ax.set_yticks(at[:-1] + 0.5, minor=True)
    ax.grid(which="minor", color="#e6e6e6", linewidth=0.8)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_color("#e6e6e6")


def draw_reliability(ax: "Axes", reliability: pd.DataFrame) -> None:
    """Draw accuracy over stated confidence; a larger point stands for more rows."""
    stated, right, n = (reliability[name].to_numpy() for name in ("confidence", "accuracy", "n"))
    n_right = np.rint(right * n).astype(int)
    low, high = np.transpose([wilson_interval(*counts) for counts in zip(n_right, n, strict=True)])

    ax.plot([0, 1], [0, 1], linestyle="--", color=_DARK_GREY, linewidth=1, label="as stated")
    ax.vlines(stated, low, high, color=_BLUE, alpha=0.3, linewidth=2, label="95 % interval")
    ax.scatter(
        stated, right, 12 + 90 * n / n.max(), color=_BLUE, label="measured", clip_on=False, zorder=3
    )
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="stated confidence", ylabel="share that is right")
    ax.set_box_aspect(1)
    ax.spines[["top", "right"]].set_visible(False)
    for handle in ax.legend(loc="upper left", frameon=False, fontsize=8).legend_handles:
        if handle is not None and hasattr(handle, "set_sizes"):
            handle.set_sizes([30])


def draw_histogram(ax: "Axes", reliability: pd.DataFrame) -> None:
    """Draw how many rows each bin of confidence holds."""
    low, n = reliability["low"], reliability["n"]
    widths = reliability["high"] - low
    ax.bar(low, n, widths, align="edge", color=_GREY, edgecolor="white", linewidth=0.5)
    ax.set_yticks([n.max()], [f"{n.max():,}"], fontsize=8)
    ax.set_ylabel("rows", rotation=0, ha="right", va="center")
    ax.tick_params(labelbottom=False, length=0)
    ax.spines[["top", "right"]].set_visible(False)
