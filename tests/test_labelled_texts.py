"""One label reads the same in every format, and rows without one are counted."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from toolkit import read_frame, write_frame
from toolkit.errors import InputError
from toolkit.labelled_texts import label_texts, labelled_texts


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (2, "2"),
        (2.0, "2"),
        (np.float32(2), "2"),
        (Decimal("2.0"), "2"),
        ("2.0", "2"),
        ("-12.0", "-12"),
        ("0.0", "0"),
        (2.5, "2.5"),
        ("2.50", "2.50"),
        ("007", "007"),
        ("007.0", "007.0"),
        ("v2.0", "v2.0"),
        (True, "True"),
        (datetime.date(2025, 3, 1), "2025-03-01"),
        (datetime.datetime(2025, 3, 1), "2025-03-01"),
        (pd.Timestamp("2025-03-01"), "2025-03-01"),
        (np.datetime64("2025-03-01", "ns"), "2025-03-01"),
        ("2025-03-01T00:00:00", "2025-03-01"),
        (pd.Timestamp("2025-03-01 08:30"), "2025-03-01 08:30:00"),
        (pd.NaT, ""),
        (float("nan"), ""),
        ("  ", ""),
    ],
)
def test_a_label_reads_the_same_however_it_is_held(label, expected):
    """
    Whole numbers and dates are one label as number, as date and as text; other texts stay.
    """
    assert label_texts([label]) == [expected]


LABELS = {
    "whole numbers": [1, 2, 2],
    "floats": [1.0, 2.0, 2.0],
    "floats as text": ["1.0", "2.0", "2.0"],
    "fractions": [0.5, 1.0, 2.0],
    "dates": [datetime.date(2025, 3, day) for day in (1, 2, 2)],
    "midnights": pd.to_datetime(["2025-03-01", "2025-03-02", "2025-03-02"]),
    "midnights with a gap": pd.to_datetime(["2025-03-01", None, "2025-03-02"]),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_a_table_has_the_same_labels_in_every_format(tmp_path, labels):
    """
    Whatever a table is written as, it teaches the labels of the frame that it was.
    """
    frame = pd.DataFrame({"text": ["late", "lost", "found"], "label": labels})
    expected = labelled_texts(frame, "text", "label").labels

    for ending in ("csv", "jsonl", "json", "parquet", "feather", "xlsx"):
        write_frame(frame, tmp_path / f"t.{ending}")
        read = read_frame(tmp_path / f"t.{ending}")
        assert labelled_texts(read, "text", "label").labels == expected, ending


@pytest.mark.parametrize("gap", [None, float("nan"), pd.NA, [], (), [None], ["", " "], ""])
@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_lists_of_labels_may_have_gaps(gap, kind):
    """
    Rows without a label, and no labels within a list, are left out; the first are counted.
    """
    labels = [gap, kind(["a"]), kind(["b", "a", ""]), gap, "c", [None, 2.0]]
    frame = pd.DataFrame({"text": list("uvwxyz"), "label": pd.Series(labels, dtype=object)})

    table = labelled_texts(frame, "text", "label")

    assert table.labels == [["a"], ["b", "a"], ["c"], ["2"]]
    assert list(table.frame["text"]) == ["v", "w", "y", "z"]
    assert (table.n_without_label, table.n_without_text) == (2, 0)
    assert table.has_label_sets


@pytest.mark.parametrize("cell", ["1.0; 2", " 1;2.0;", "2;;1.0", ";1 ; 2.0"])
def test_parts_of_a_cell_are_labels_like_any_other(cell):
    """
    White space around a separator, empty parts and the .0 of whole numbers mean nothing.
    """
    frame = pd.DataFrame({"text": ["late", "lost", "found"], "label": [cell, None, " ; "]})

    table = labelled_texts(frame, "text", "label", separator=";")

    assert [sorted(labels) for labels in table.labels] == [["1", "2"]]
    assert table.n_without_label == 2


@pytest.mark.parametrize("labels", [[[], None, []], [None, [None], []], [None, None, None]])
def test_a_column_of_gaps_teaches_nothing(labels):
    """
    Where no row has a label, that is said.
    """
    frame = pd.DataFrame({"text": list("xyz"), "label": pd.Series(labels, dtype=object)})

    with pytest.raises(InputError, match="no row has both a text and a label"):
        labelled_texts(frame, "text", "label")
