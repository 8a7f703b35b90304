import pandas as pd
import pytest

from toolkit.errors import InputError
from toolkit.texts import text_values

TABLE = pd.DataFrame({"Text": ["a", "b", "c"], "title": ["x", "y", "z"], "n": [1, 2, 3]})


@pytest.mark.parametrize("columns", ["text", ["text"], ["title", "text"]])
def test_columns_of_one_name_are_refused(columns):
    """
    Two columns of one name are no column of texts: the error says to rename one.
    """
    twice = pd.DataFrame([["a", "b", "c"]] * 3, columns=["text", "text", "title"])

    with pytest.raises(InputError, match="one column 'text', got 2 of that name: rename one"):
        text_values(twice, columns)


def test_other_columns_may_have_one_name():
    """
    Only the columns that hold text need names of their own.
    """
    twice = pd.DataFrame([["a", "b", "c"]] * 3, columns=["n", "n", "title"])

    assert text_values(twice, "title") == ["c"] * 3


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("text", r"no column 'text': did you mean 'Text'\? The columns are Text, title, n"),
        (["title", "titel"], r"no column 'titel': did you mean 'title'\? The columns are"),
        ("message", "no column 'message': the columns are Text, title, n"),
        ([], "columns must name at least one column, got none: the columns are Text, title, n"),
    ],
)
def test_a_missing_column_is_told_with_the_nearest_name(asked, message):
    """
    A misspelt column is answered with the name that was meant, or else with those there are.
    """
    with pytest.raises(InputError, match=message):
        text_values(TABLE, asked)
