"""Pictures of a report, in the shape of scikit-learn's displays."""

import os
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.evaluation.classification import ClassificationReport
from toolkit.evaluation.drawing import (
    draw_cells,
    draw_histogram,
    draw_reliability,
    name_classes,
)
from toolkit.evaluation.figures import (
    axes_at,
    new_figure,
    picture_bytes,
    picture_format,
    write_picture,
)
from toolkit.plain_text import columns, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_MOST_LABEL_COLUMNS = 32
# Inches: a cell, a column of a name's text, the diagram's side, the least of the matrix, a title.
_CELL, _COLUMN, _DIAGRAM, _SMALLEST_SIDE, _TITLE = 0.36, 0.085, 3.4, 4.2, 0.5
_HISTOGRAM = 0.22
"""How high the histogram reaches above the diagram, as a share of the diagram's height."""


class ConfusionMatrixDisplay:
    """
    What is taken for what: right answers in blue, mistakes in orange.

    A cell's colour is its share of the row's true label, so that rare classes show as well as
    frequent ones. Of many classes only the most confused are drawn, and the title says so.

    Parameters
    ----------
    confusion_matrix : DataFrame of shape (n_labels, n_labels)
        Rows are true labels, columns predictions.
    max_classes : int, default=25
        How many classes to draw at most, >= 1.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from toolkit.evaluation import evaluate_classification
    >>> report = evaluate_classification(["a", "b"], [[0.9, 0.1], [0.7, 0.3]], ["a", "b"])
    >>> ConfusionMatrixDisplay.from_report(report).ax_.get_ylabel()
    'true'
    """

    ax_: "Axes"
    figure_: "Figure | SubFigure"

    def __init__(self, confusion_matrix: pd.DataFrame, *, max_classes: int = 25) -> None:
        self.confusion_matrix = confusion_matrix
        self.max_classes = max_classes

    @classmethod
    def from_report(
        cls, report: ClassificationReport, ax: "Axes | None" = None, *, max_classes: int = 25
    ) -> Self:
        """Draw the confusion matrix of a report, on `ax` or on a figure of its own."""
        return cls(report.confusion_matrix, max_classes=max_classes).plot(ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw, on `ax` or on a figure of its own."""
        chosen, names = self._chosen_classes(), self._names()
        counts = self.confusion_matrix.to_numpy()
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        drawn = np.ix_(chosen, chosen)
        if ax is None:
            beside, side = self.inches()
            figure = new_figure(beside + side + 0.3, _TITLE + side + beside)
            ax = axes_at(figure, left=beside, top=_TITLE, side=side)
        self.ax_, self.figure_ = ax, ax.figure

        draw_cells(ax, counts[drawn], shares[drawn])
        name_classes(ax, names)
        ax.set_title(self._title(len(chosen)), fontsize=11, pad=10)

        return self

    def inches(self) -> tuple[float, float]:
        """Return how much room the names of the classes take beside the cells, and the cells."""
        names = self._names()

        return max(map(columns, names)) * _COLUMN + 0.5, max(len(names) * _CELL, _SMALLEST_SIDE)

    def _repr_png_(self) -> bytes:
        """Show the picture as the value of a notebook's cell."""
        return picture_bytes(self.figure_.figure, "png")

    def _chosen_classes(self) -> np.ndarray:
        if self.max_classes < 1:
            raise InputError(f"max_classes must be at least 1, got {self.max_classes!r}")
        mistakes = self.confusion_matrix.to_numpy(copy=True)
        np.fill_diagonal(mistakes, 0)
        n_mistakes = mistakes.sum(axis=0) + mistakes.sum(axis=1)
        most_confused = np.argsort(-n_mistakes, kind="stable")[: self.max_classes]

        return np.sort(most_confused)

    def _names(self) -> list[str]:
        names = self.confusion_matrix.index[self._chosen_classes()]

        return [cut(name, _MOST_LABEL_COLUMNS) for name in names]

    def _title(self, n_drawn: int) -> str:
        n_classes = len(self.confusion_matrix)
        if n_drawn == n_classes:
            return "True and predicted classes"

        return f"The {n_drawn} most confused of {n_classes} classes"


class ReliabilityDisplay:
    """
    How often a stated confidence is right, with 95 % intervals, below how often it is stated.

    Parameters
    ----------
    reliability : DataFrame
        ``low, high, confidence, accuracy, n`` of each bin that holds rows.
    calibration_error : float
        Shown in the title.

    Attributes
    ----------
    ax_, histogram_ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from toolkit.evaluation import evaluate_classification
    >>> report = evaluate_classification(["a", "b"], [[0.9, 0.1], [0.7, 0.3]], ["a", "b"])
    >>> ReliabilityDisplay.from_report(report).ax_.get_xlabel()
    'stated confidence'
    """

    ax_: "Axes"
    histogram_ax_: "Axes"
    figure_: "Figure | SubFigure"

    def __init__(self, reliability: pd.DataFrame, *, calibration_error: float) -> None:
        self.reliability = reliability
        self.calibration_error = calibration_error

    @classmethod
    def from_report(cls, report: ClassificationReport, ax: "Axes | None" = None) -> Self:
        """Draw the reliability diagram of a report, on `ax` or on a figure of its own."""
        return cls(report.reliability, calibration_error=report.calibration_error).plot(ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw, on `ax` or on a figure of its own."""
        if ax is None:
            above = _TITLE + _HISTOGRAM * _DIAGRAM
            figure = new_figure(_DIAGRAM + 1.1, above + _DIAGRAM + _TITLE)
            ax = axes_at(figure, left=0.8, top=above, side=_DIAGRAM)
        self.ax_, self.figure_ = ax, ax.figure
        self.histogram_ax_ = ax.inset_axes((0, 1.06, 1, _HISTOGRAM - 0.06), sharex=ax)

        draw_reliability(self.ax_, self.reliability)
        draw_histogram(self.histogram_ax_, self.reliability)
        self.histogram_ax_.set_title(
            f"Calibration error {self.calibration_error:.3f}", fontsize=11, pad=10
        )

        return self

    def _repr_png_(self) -> bytes:
        """Show the picture as the value of a notebook's cell."""
        return picture_bytes(self.figure_.figure, "png")


def save_evaluation_plot(
    report: ClassificationReport, path: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """
    Write both pictures of a report side by side to a file, whole or not at all.

    Parameters
    ----------
    report : ClassificationReport
    path : str or path
        Its ending tells the format: .png, .svg or .pdf.
    overwrite : bool, default=False
        Whether a file of this name may be replaced.

    Raises
    ------
    InputError
        If the name ends otherwise, or the place cannot be written to.
    MissingDependency
        If matplotlib is not installed (the extra ``plot``).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from toolkit.evaluation import evaluate_classification
    >>> report = evaluate_classification(["a", "b"], [[0.9, 0.1], [0.7, 0.3]], ["a", "b"])
    >>> with TemporaryDirectory() as folder:
    ...     save_evaluation_plot(report, Path(folder) / "confusion.svg")
    ...     [path.name for path in Path(folder).iterdir()]
    ['confusion.svg']
    """
    format = picture_format(path)
    matrix = ConfusionMatrixDisplay(report.confusion_matrix)
    beside, side = matrix.inches()
    left, above = beside + side + 1, _TITLE + _HISTOGRAM * _DIAGRAM
    figure = new_figure(
        left + _DIAGRAM + 0.3, max(_TITLE + side + beside, above + _DIAGRAM + _TITLE)
    )

    matrix.plot(axes_at(figure, left=beside, top=_TITLE, side=side))
    ReliabilityDisplay.from_report(report, axes_at(figure, left=left, top=above, side=_DIAGRAM))

    write_picture(picture_bytes(figure, format), path, overwrite=overwrite)
