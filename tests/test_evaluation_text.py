import unicodedata

import numpy as np
import pytest

from toolkit.errors import InputError
from toolkit.evaluation import evaluate_classification, evaluate_multilabel
from toolkit.plain_text import columns, cut

NASTY = [
    "\x1b[31mred\x1b[0m\x07",
    "line\r\nbreak\u2028and\x85more",
    "\u202eright to left",
    "NUL \x00 and half \ud83d",
    "退款" * 200,
    "e\u0301" * 300,
    "",
    "x" * 1_000_000,
    " " * 5_000,
]


def report_of(labels, texts=None, **settings):
    """A report where each class is taken for the next one."""
    classes = sorted(set(labels))
    probabilities = np.roll(np.eye(len(classes)), 1, axis=1)

    return evaluate_classification(classes, probabilities, classes, texts=texts, **settings)


@pytest.mark.parametrize("width", [60, 72, 100, 200])
def test_nothing_in_the_texts_or_labels_steers_the_terminal(width):
    """
    Whatever texts and labels hold, the report has only printable lines, none wider than asked.
    """
    labels = [f"{text[:3_000]} {number}" for number, text in enumerate(NASTY)]
    lines = report_of(labels, NASTY, n_confusions=20).to_text(width=width).splitlines()

    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in "".join(lines))
    assert max(map(columns, lines)) <= width


@pytest.mark.parametrize("label", NASTY)
def test_sentences_hold_any_label(label):
    """
    Labels that are named in a sentence are cut, so that its lines stay as narrow as asked.
    """
    y = [label + "1", label + "2", label + "2"]
    lines = evaluate_classification(y, [[1.0]] * 3, ["a"]).to_text(width=60).splitlines()

    assert max(map(columns, lines)) <= 60


def test_the_text_is_the_same_on_every_terminal_of_a_width(monkeypatch):
    """
    Without a width the terminal's is used, and never more than reads well.
    """
    report = report_of(["a", "b"], ["one " * 99, "two " * 99])
    monkeypatch.setenv("COLUMNS", "80")
    assert report.to_text() == report.to_text(width=80)

    monkeypatch.setenv("COLUMNS", "400")
    assert report.to_text() == report.to_text(width=120)

    monkeypatch.setenv("COLUMNS", "10")
    assert report.to_text() == report.to_text(width=60)


def test_a_width_that_cannot_hold_the_report_is_an_error():
    """
    Asking for too few columns is told, with the least that works.
    """
    with pytest.raises(InputError, match="at least 60"):
        report_of(["a", "b"]).to_text(width=20)


def test_the_headline_comes_first_and_tells_the_uncertainty():
    """
    Accuracy with its interval, and macro-F1, are the first thing to read.
    """
    y = ["a"] * 90 + ["b"] * 10
    report = evaluate_classification(y, [[0.9, 0.1]] * 100, ["a", "b"])

    assert report.to_text(width=100).startswith(
        "Accuracy 90.0 % (95 % interval 82.6 to 94.5), macro-F1 0.474, on 100 rows.\n"
        "Always answering a, the most frequent class, would be right 90.0 % of the time.\n"
        "Calibration error 0.000: it states a confidence of 90.0 % on average"
    )


def test_held_out_rows_are_called_so():
    """
    A cross-validated report says that no row was judged by a model that had learned it.
    """
    held_out = report_of(["a", "b"], held_out=True).to_text(width=100)

    assert "on 2 held-out rows" in held_out
    assert "held-out" not in report_of(["a", "b"]).to_text(width=100)


def test_many_classes_are_cut_to_the_worst():
    """
    Of 77 classes the 20 worst have a line, and the rest one line together.
    """
    classes = [f"class {number:02}" for number in range(77)]
    probabilities = np.eye(77)
    probabilities[:5] = np.roll(probabilities[:5], 1, axis=1)
    text = evaluate_classification(classes, probabilities, classes).to_text(width=100)

    table = text.split("\n\n")[1].splitlines()
    assert len(table) == 1 + 20 + 1
    assert table[1].startswith("class 00  0.000")
    assert table[-1] == "and 57 more classes at F1 >= 1.000"


def test_classes_without_rows_are_counted():
    """
    A class that is neither true nor predicted anywhere is not scored, but told.
    """
    probabilities = [[1, 0, 0], [1, 0, 0]]
    text = evaluate_classification(["a", "new"], probabilities, ["a", "b", "c"]).to_text(width=100)

    assert "2 of 3 classes occur nowhere in these rows." in text


def test_many_unseen_labels_are_named_in_part():
    """
    The first few labels that the model never learned are named, the rest counted.
    """
    y = [f"new {number}" for number in range(8)]
    text = evaluate_classification(y, [[1.0]] * 8, ["a"]).to_text(width=100)

    assert "new 0, new 1, new 2, new 3, new 4 and 3 more." in " ".join(text.split())


def test_columns_stay_aligned_with_wide_letters():
    """
    Letters that take two columns do not push the numbers out of line.
    """
    table = report_of(["退款", "refund"]).to_text(width=100).split("\n\n")[1].splitlines()

    assert len({columns(line[: line.index("0.000")]) for line in table[1:]}) == 1


def test_a_multilabel_report_reads_as_well():
    """
    Headline first, then a line per label, the worst first.
    """
    report = evaluate_multilabel([[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.3]], ["a\x1b", "b"])
    headline, table = report.to_text(width=100).split("\n\n")

    assert headline.startswith("Micro-F1 0.800, macro-F1 0.500, on 2 rows.")
    assert [line.split()[0] for line in table.splitlines()] == ["class", "b", "a"]


@pytest.mark.parametrize("text", NASTY)
def test_a_cut_text_fits(text):
    """
    A cut text is never wider than asked, and whole where it fits.
    """
    assert columns(cut(text, 12)) <= 12
    assert "…" not in cut(text[:4], 12)
