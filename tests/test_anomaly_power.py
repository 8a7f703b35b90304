import numpy as np
import pytest

from toolkit.anomaly import Power
from toolkit.anomaly.calibration import discovery_threshold


def test_the_sentence_of_discoveries():
    """
    Sizes alone tell how many rows must be extreme, and how many calibration rows do for one.
    """
    assert Power(280, 0.05, fdr=0.1, n_rows=333).to_text() == (
        "With 280 calibration rows the smallest p-value is 0.0036: at a false discovery rate of "
        "0.1 over 333 rows, at least 12 rows must be more extreme than all of them before any can "
        "be flagged; 3,329 calibration rows would do for one."
    )
    assert "one row that is more extreme than all of them can be flagged" in (
        Power(3329, 0.05, fdr=0.1, n_rows=333).to_text()
    )
    assert Power(1, 0.05, fdr=0.1, n_rows=2).to_text() == (
        "With 1 calibration row the smallest p-value is 0.5: at a false discovery rate of 0.1 over "
        "2 rows nothing can be flagged, it takes at least 19 calibration rows for one."
    )


def test_the_sentence_of_false_alarms():
    """
    A rate below the smallest p-value can flag nothing, and it is told how many rows it takes.
    """
    assert Power(10, 0.05).to_text() == (
        "With 10 calibration rows the smallest p-value is 0.091: at a false-alarm rate of 0.05 "
        "nothing can be flagged, it takes at least 19 calibration rows."
    )
    assert Power(280, 0.05).to_text().endswith("if no more than 13 of them are as odd.")
    assert not Power(18, 0.05).can_flag
    assert Power(19, 0.05).can_flag
    assert not Power(98, 0.01).can_flag
    assert Power(99, 0.01).can_flag


@pytest.mark.parametrize("n_calibration", [1, 9, 99, 280, 999])
@pytest.mark.parametrize("n_rows", [1, 7, 100, 333])
@pytest.mark.parametrize("fdr", [0.05, 0.1, 0.3])
def test_what_is_told_is_what_happens(n_calibration, n_rows, fdr):
    """
    So many rows at the smallest p-value are flagged, one row fewer is not.
    """
    power = Power(n_calibration, 0.05, fdr=fdr, n_rows=n_rows)
    for n_extreme in (power.n_extreme - 1, power.n_extreme):
        if not 0 < n_extreme <= n_rows:
            continue
        p_values = np.ones(n_rows)
        p_values[:n_extreme] = power.smallest_p_value
        flagged = (p_values <= discovery_threshold(p_values, fdr)).sum()
        assert flagged == (n_extreme if n_extreme == power.n_extreme else 0)

    everything = np.full(n_rows, power.smallest_p_value)
    assert (discovery_threshold(everything, fdr) > 0) == power.can_flag
    assert Power(power.n_calibration_for_one, 0.05, fdr=fdr, n_rows=n_rows).n_extreme == 1
    if power.n_calibration_for_one > 1:
        assert Power(power.n_calibration_for_one - 1, 0.05, fdr=fdr, n_rows=n_rows).n_extreme == 2


def test_figures_come_in_plain_types():
    """
    The dictionary is ready for JSON, and names the rate that counts.
    """
    figures = Power(280, 0.05, fdr=0.1, n_rows=333).to_dict()

    assert figures["false_alarm_rate"] is None
    assert (figures["fdr"], figures["n_extreme"], figures["can_flag"]) == (0.1, 12, True)
    assert Power(280, 0.05).to_dict()["false_alarm_rate"] == 0.05
