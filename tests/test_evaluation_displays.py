import os
import subprocess
import sys

import numpy as np
import pytest

from toolkit.errors import InputError, MissingDependency, TableError
from toolkit.evaluation import (
    ConfusionMatrixDisplay,
    ReliabilityDisplay,
    evaluate_classification,
    save_evaluation_plot,
)

STARTS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.fixture(autouse=True)
def matplotlib():
    """These tests draw."""
    return pytest.importorskip("matplotlib")


def report_of(classes, n_rows=200):
    """A report with some mistakes among these classes."""
    random = np.random.default_rng(3)
    truth = random.integers(len(classes), size=n_rows)
    probabilities = random.dirichlet(np.ones(len(classes)), size=n_rows)
    probabilities[np.arange(n_rows), truth] += 0.3
    probabilities /= probabilities.sum(axis=1, keepdims=True)

    return evaluate_classification(np.array(classes, dtype=object)[truth], probabilities, classes)


def tick_labels(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


@pytest.mark.parametrize("ending", STARTS)
def test_a_picture_is_written_whole(tmp_path, ending):
    """
    The file has its format's bytes and is the only one left, and comes out the same again.
    """
    report, path = report_of(["a", "b", "c"]), tmp_path / f"plot.{ending}"
    save_evaluation_plot(report, path)
    first = path.read_bytes()
    save_evaluation_plot(report, path, overwrite=True)

    assert first.startswith(STARTS[ending])
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_bytes() == first


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    """
    If writing breaks off, the older picture is untouched and nothing half-written is left.
    """
    path = tmp_path / "plot.png"
    path.write_bytes(b"older")
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk")))

    with pytest.raises(OSError, match="disk"):
        save_evaluation_plot(report_of(["a", "b"]), path, overwrite=True)
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["plot.png"]


def test_a_picture_that_is_there_is_not_replaced_unasked(tmp_path):
    """
    An existing file is an error unless overwrite is asked for.
    """
    path = tmp_path / "plot.png"
    path.write_bytes(b"older")

    with pytest.raises(TableError, match="overwrite=True"):
        save_evaluation_plot(report_of(["a", "b"]), path)


def test_an_unknown_ending_is_told_before_anything_is_drawn(tmp_path):
    """
    The endings that work are named.
    """
    with pytest.raises(InputError, match=r"\.png, \.svg or \.pdf"):
        save_evaluation_plot(report_of(["a", "b"]), tmp_path / "plot.jpeg")


@pytest.mark.parametrize(
    "labels",
    [["$x^2$", "a_b", "<b>&", r"\frac{1}"], ["退款", "🙂", "\x1b[31m", "l\nm"], [1, 2, 3, 4]],
    ids=["markup", "scripts", "numbers"],
)
def test_labels_are_drawn_as_they_are(tmp_path, labels):
    """
    No label is read as mathematics or markup, and a script that the font lacks is no failure.
    """
    report = report_of(sorted(labels))
    save_evaluation_plot(report, tmp_path / "plot.png")

    names = tick_labels(ConfusionMatrixDisplay.from_report(report))
    assert all(name.isprintable() for name in names)
    assert {"$x^2$", "a_b"} <= set(names) or "a_b" not in labels


def test_of_many_classes_the_most_confused_are_drawn():
    """
    The title says how many are left out, and the class with most mistakes is there.
    """
    report = report_of([f"class {number:02}" for number in range(77)], n_rows=400)
    display = ConfusionMatrixDisplay.from_report(report)

    mistakes = report.confusion_matrix.to_numpy(copy=True)
    np.fill_diagonal(mistakes, 0)
    worst = report.confusion_matrix.index[(mistakes.sum(axis=0) + mistakes.sum(axis=1)).argmax()]
    assert display.ax_.get_title() == "The 25 most confused of 77 classes"
    assert len(tick_labels(display)) == 25
    assert worst in tick_labels(display)


def test_every_count_is_written_in_its_cell():
    """
    The numbers drawn are the confusion matrix, zeros left blank.
    """
    report = report_of(["a", "b", "c"])
    display = ConfusionMatrixDisplay.from_report(report)

    drawn = np.zeros((3, 3), dtype=int)
    for text in display.ax_.texts:
        column, row = text.get_position()
        drawn[row, column] = int(text.get_text())
    np.testing.assert_array_equal(drawn, report.confusion_matrix)


@pytest.mark.parametrize("n_classes", [1, 5, 12, 40])
def test_no_labels_overlap(n_classes):
    """
    Whatever the number of classes, no name of a class runs into its neighbour's.
    """
    report = report_of([f"a_rather_long_name_{number:02}" for number in range(n_classes)])
    display = ConfusionMatrixDisplay.from_report(report)
    display.figure_.canvas.draw()

    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    boxes.sort(key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 for low, high in zip(boxes[:-1], boxes[1:], strict=True))


@pytest.mark.parametrize("display", [ConfusionMatrixDisplay, ReliabilityDisplay])
def test_a_display_draws_on_given_axes(display):
    """
    Axes of the caller's are used; else the display makes its own figure, and a notebook shows it.
    """
    from matplotlib.figure import Figure

    report, ax = report_of(["a", "b"]), Figure().add_subplot()

    assert display.from_report(report, ax).ax_ is ax
    assert display.from_report(report).figure_ is not ax.figure
    assert display.from_report(report)._repr_png_().startswith(STARTS["png"])


def test_max_classes_must_be_positive():
    """
    A matrix of no classes is an error.
    """
    with pytest.raises(InputError, match="max_classes"):
        ConfusionMatrixDisplay.from_report(report_of(["a", "b"]), max_classes=0)


def test_matplotlib_is_needed_for_pictures_only(tmp_path, monkeypatch):
    """
    Without matplotlib a picture is an error that holds the line to install it.
    """
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingDependency, match=r"text-embedding-toolkit\[plot\]"):
        save_evaluation_plot(report_of(["a", "b"]), tmp_path / "plot.png")


def test_reports_load_no_matplotlib(tmp_path):
    """
    Importing the evaluation does not import matplotlib, and drawing does not import pyplot.
    """
    code = (
        "import sys, toolkit.evaluation as e\n"
        "assert 'matplotlib' not in sys.modules\n"
        "report = e.evaluate_classification(['a', 'b'], [[1, 0], [1, 0]], ['a', 'b'])\n"
        f"e.save_evaluation_plot(report, {str(tmp_path / 'plot.svg')!r})\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
