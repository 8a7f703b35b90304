import numpy as np
import pandas as pd
import pytest

from toolkit.anomaly.strata import asked_strata, learned_strata
from toolkit.errors import InputError, ToolkitWarning


@pytest.mark.parametrize("make", [list, np.array, pd.Series, pd.Categorical])
@pytest.mark.parametrize("values", [["nl", "en"], [2019, 2018]])
def test_strata_are_compared_as_they_print(make, values):
    """
    Labels of any kind of column will do, numbers too.
    """
    names, numbers = learned_strata(make(values * 30), np.ones(60, dtype=bool))

    assert names.tolist() == sorted(map(str, values))
    assert numbers[:2].tolist() == [1, 0]
    assert asked_strata(make(values), names, 2).tolist() == [1, 0]


def test_only_rows_that_calibrate_count():
    """
    A stratum is small if few of its rows calibrate, however many were fitted.
    """
    with pytest.warns(ToolkitWarning, match="'en' are ranked among all rows"):
        learned_strata(["en"] * 60, np.arange(60) < 10)


def test_many_small_strata_are_told_in_one_line():
    """
    Five are named, the others are counted.
    """
    with pytest.warns(ToolkitWarning, match="'k0', 'k1', 'k2', 'k3', 'k4' and 3 more are"):
        learned_strata([f"k{row}" for row in range(8)], np.ones(8, dtype=bool))


def test_strata_come_to_both_or_to_none():
    """
    What fit got, the question needs, one a row.
    """
    with pytest.raises(InputError, match="strata must be given, as they were to fit"):
        asked_strata(None, np.array(["en"]), 2)
    with pytest.raises(InputError, match="strata must not be given, as fit knows of none"):
        asked_strata(["en"], np.empty(0, dtype=str), 1)
    with pytest.raises(InputError, match=r"one entry a row, got \(1,\) for 2 rows"):
        asked_strata(["en"], np.array(["en"]), 2)
