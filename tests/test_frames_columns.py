"""Columns are found by name or guessed with a reason; rows are picked by value."""

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import TableError
from toolkit.frames import (
    filter_rows,
    guess_label_column,
    guess_text_column,
    require_columns,
)


@pytest.fixture
def tickets():
    generator = np.random.default_rng(0)
    words = ["parcel", "refund", "late", "broken", "please", "invoice", "again", "thanks"]
    texts = [" ".join(generator.choice(words, size=12)) + f" {n}" for n in range(200)]
    return pd.DataFrame(
        {
            "ticket_id": [f"T-{n:05d}" for n in range(200)],
            "created": [f"2026-01-{1 + n % 28:02d} 10:00" for n in range(200)],
            "url": [f"https://shop.example/a/very/long/way/to/ticket/{n}/" * 3 for n in range(200)],
            "mail": [f"somebody.with.a.long.name.{n}@shop.example" for n in range(200)],
            "amount": [f"{n}.50" for n in range(200)],
            "split": ["train", "test"] * 100,
            "source": ["web"] * 200,
            "body": texts,
            "kind": [["delivery", "refund", "other question"][n % 3] for n in range(200)],
        }
    )


def test_the_text_column_is_found_among_ids_dates_and_links(tickets):
    """
    Long identifiers, links and numbers are no texts, in any order of columns.
    """
    for columns in (list(tickets.columns), list(tickets.columns)[::-1]):
        guess = guess_text_column(tickets[columns])
        assert guess.column == "body"
        assert guess.reason == "mean 83 characters, 100 % distinct"


def test_names_break_near_ties_only(tickets):
    """
    Of two columns much alike, the one named like a text is taken; a far longer one wins anyway.
    """
    shorter = tickets["body"].str.slice(10)
    alike = tickets.assign(notes_x=shorter, message=shorter).drop(columns="body")
    longer = tickets.assign(essay=tickets["body"] * 5)

    assert guess_text_column(alike).column == "message"
    assert guess_text_column(longer).column == "essay"


def test_of_two_text_columns_the_first_is_taken():
    """
    text_a comes before text_b, even if text_b is a little longer.
    """
    frame = pd.DataFrame(
        {"text_a": ["one two", "three four"], "text_b": ["one two.", "three for."]}
    )

    assert guess_text_column(frame).column == "text_a"


def test_odd_cells_do_not_hide_the_text_column():
    """
    Empty and missing cells are passed over; single words are texts too.
    """
    frame = pd.DataFrame({"n": [1, 2, 3, 4], "word": ["Apple", None, "", "Orange"]})

    assert guess_text_column(frame).column == "word"


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"id": ["T-1", "T-2"], "n": [1, 2]}),
        pd.DataFrame({"text": pd.Series([], dtype="str"), "id": []}),
        pd.DataFrame({"text": [None, None], "id": ["1", "2"]}),
    ],
)
def test_no_text_column_is_an_error_with_the_names(frame):
    """
    If nothing looks like texts the error names the columns there are.
    """
    with pytest.raises(TableError, match=f"name one of {', '.join(frame.columns)}"):
        guess_text_column(frame)


@pytest.mark.parametrize("name", ["label", "Category", "INTENT", "true_label", "ticketCategory"])
def test_label_columns_are_known_by_name(tickets, name):
    """
    A column named like labels is taken whatever else there is, and its values are counted.
    """
    guess = guess_label_column(tickets.assign(**{name: range(200)}), "body")

    assert guess.column == name
    assert guess.reason == "its name, 200 different values in 200 rows"


def test_labels_without_a_name_are_few_values_that_repeat(tickets):
    """
    Ids, dates, numbers, constants and the split are no labels.
    """
    guess = guess_label_column(tickets, ["body"])

    assert guess.column == "kind"
    assert guess.reason == "3 different values in 200 rows"


def test_a_constant_is_no_label_even_by_name(tickets):
    """
    A label column with one value is passed over.
    """
    assert guess_label_column(tickets.assign(label="x"), "body").column == "kind"


def test_lists_of_labels_count():
    """
    A column named labels may hold lists.
    """
    frame = pd.DataFrame({"text": ["a b", "c d"], "labels": [["x"], ["x", "y"]]})

    assert guess_label_column(frame, "text").column == "labels"


def test_no_label_column_is_an_error_with_the_names(tickets):
    """
    If nothing looks like labels the error names the columns there are.
    """
    with pytest.raises(TableError, match="no column looks like labels: name one of ticket_id, "):
        guess_label_column(tickets.drop(columns="kind"), "body")


def test_missing_columns_are_answered_with_the_nearest():
    """
    The error names what is missing, what is near, and all there is.
    """
    frame = pd.DataFrame(columns=["id", "text", "Label"])
    require_columns(frame, ["text", "id"])

    with pytest.raises(TableError) as caught:
        require_columns(frame, "txt")
    assert str(caught.value) == (
        "there is no column 'txt'; did you mean 'text'? The columns are: id, text, Label"
    )
    with pytest.raises(TableError, match="did you mean 'Label'"):
        require_columns(["id", "Label"], ["id", "label"])
    with pytest.raises(TableError, match="no column 'zzz'; the columns are: id"):
        require_columns(frame, "zzz")


def test_rows_are_picked_by_value():
    """
    Conditions are all met by every row kept; index and dtypes stay; values compare as text.
    """
    frame = pd.DataFrame(
        {
            "split": ["train", "test", "train", ""],
            "year": [2024, 2025, 2025, 2025],
            "note": ["a=b", None, " x ", "NA"],
        },
        index=list("pqrs"),
    )

    assert filter_rows(frame, "split=train").index.tolist() == ["p", "r"]
    assert filter_rows(frame, "split!=train").index.tolist() == ["q", "s"]
    assert filter_rows(frame, ["split=train", "year=2025"]).index.tolist() == ["r"]
    assert filter_rows(frame, "note=a=b").index.tolist() == ["p"]
    assert filter_rows(frame, "note=").index.tolist() == ["q"]
    assert filter_rows(frame, "note= x ").index.tolist() == ["r"]
    assert filter_rows(frame, "split=").index.tolist() == ["s"]
    assert filter_rows(frame, " split = train ").index.tolist() == ["p", "r"]
    assert filter_rows(frame, "year!=2024")["year"].dtype == frame["year"].dtype


def test_column_names_may_hold_the_sign():
    """
    A condition is split where a known column ends.
    """
    frame = pd.DataFrame({"a=b": ["x", "y"]})

    assert len(filter_rows(frame, "a=b=x")) == 1


def test_conditions_that_nothing_meets():
    """
    No row left is an error with the commonest values; a wrong column and a condition that is
    none are errors too.
    """
    values = ["train"] * 1500 + list("abcde") + ["test"] * 2
    frame = pd.DataFrame({"split": values})

    with pytest.raises(TableError) as caught:
        filter_rows(frame, "split=tset")
    assert str(caught.value) == (
        "no row meets 'split=tset'; the values of 'split' are "
        "'train' (1,500), 'test' (2), 'a' (1), 'b' (1), 'c' (1), ..."
    )
    with pytest.raises(TableError, match="did you mean 'split'"):
        filter_rows(frame, "splt=train")
    for condition in ("split", "=train", ""):
        with pytest.raises(TableError, match="expected a condition like"):
            filter_rows(frame, condition)
    with pytest.raises(TableError, match="there are no rows"):
        filter_rows(frame.head(0), "split=train")
