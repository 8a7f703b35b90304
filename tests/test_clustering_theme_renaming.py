import pandas as pd
import pytest

from toolkit.clustering.theme_names import names_beside
from toolkit.clustering.theme_renaming import renumbered_themes
from toolkit.clustering.themes import themes

TEXTS = ["a late parcel", "parcel", "a refund", "my refund", "a password", "password"]
FOUND = themes(TEXTS, [0, 0, 1, 1, 2, 2])


def test_each_cluster_has_its_new_number():
    """
    With all that is known of it, in the order of the new numbers.
    """
    again = renumbered_themes(FOUND, {0: 5, 1: 0, 2: 9}, {})

    assert again.table["cluster"].tolist() == [0, 5, 9]
    pd.testing.assert_frame_equal(
        again.table.drop(columns="cluster"),
        FOUND.table.drop(columns="cluster").iloc[[1, 0, 2]].reset_index(drop=True),
    )
    assert FOUND.table["cluster"].tolist() == [0, 1, 2]


def test_a_name_that_is_kept_belongs_to_one_cluster():
    """
    The cluster that has it now by its own words is called something else.
    """
    names = renumbered_themes(FOUND, {0: 0, 1: 1, 2: 2}, {0: "Refund"}).names

    assert names[0] == "Refund"
    assert names[1].casefold() != "refund"
    assert "refund" in names[1]
    assert names[2] == FOUND.names[2]


def test_an_empty_name_is_none():
    """
    The cluster keeps its own.
    """
    assert renumbered_themes(FOUND, {0: 0, 1: 1, 2: 2}, {0: ""}).names == FOUND.names


def test_what_a_model_said_of_other_names_is_forgotten():
    """
    A name from last time, or one that stepped back, is not the model's.
    """
    told = FOUND.table.assign(named_by="model", support=0.9, name=["A", "B", "C"])
    found = renumbered_themes(
        type(FOUND)(told, FOUND.n_rows, FOUND.n_noise), {0: 0, 1: 1, 2: 2}, {0: "B"}
    )

    assert found.table["named_by"].tolist() == ["earlier", "words", "model"]
    assert found.table["support"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("names", "terms", "kept", "expected"),
    [
        (["a · b · c", "d"], [["a", "b", "c"], ["d"]], [None, "a · b · c"], "a · b"),
        (["a · b · c", "d"], [["a", "b", "c"], ["d"]], [None, "C · b · a"], "a · b"),
        (["a · b", "x", "a"], [["a", "b"], ["x"], ["a"]], [None, "b · a", None], "b"),
        (["a", "x"], [["a"], ["x"]], [None, "A"], "a (2)"),
        (["a", "x", "y"], [["a"], ["x"], ["y"]], [None, "a", "a (2)"], "a (3)"),
        (["?!", "x"], [[], ["x"]], [None, "?!"], "?! (2)"),
    ],
)
def test_a_new_name_steps_back_to_its_next_best_terms(names, terms, kept, expected):
    """
    Whatever the order of the terms; numbers are for those that have no others.
    """
    found = names_beside(names, terms, kept)

    assert found[0] == expected
    assert [name for name, old in zip(found, kept, strict=True) if old] == list(filter(None, kept))
    assert len(set(found)) == len(found)
