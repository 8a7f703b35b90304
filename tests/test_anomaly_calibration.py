import numpy as np
import pytest

from toolkit.anomaly.calibration import Calibration, discovery_threshold


def made(scores, *, folds=None, strata=None):
    n = len(scores)

    return Calibration(
        np.array(scores, dtype=float),
        np.zeros(n, dtype=int) if folds is None else np.array(folds),
        np.full(n, -1) if strata is None else np.array(strata),
        np.arange(n, dtype=np.uint64),
    )


def asked(calibration, scores, *, strata=None, uniforms=None, keys=None):
    scores = np.atleast_2d(np.array(scores, dtype=float))
    n = scores.shape[1]
    keys = np.arange(1000, 1000 + n, dtype=np.uint64) if keys is None else np.array(keys, np.uint64)
    strata = np.full(n, -1) if strata is None else np.array(strata)

    return calibration.p_values(scores, keys, strata, uniforms)


def test_a_p_value_is_a_rank():
    """
    (1 + rows that score no higher) / (n + 1), with what ties counted.
    """
    calibration = made([1, 2, 2, 3])

    assert asked(calibration, [0, 1, 2, 9]) == pytest.approx([1 / 5, 2 / 5, 4 / 5, 1])


def test_each_fold_is_ranked_by_its_own_detector():
    """
    Detectors whose scores differ in scale are never compared with each other.
    """
    calibration = made([1, 2, 100, 200], folds=[0, 0, 1, 1])

    assert asked(calibration, [[1.5], [150]]) == pytest.approx([3 / 5])


def test_a_calibration_row_does_not_count_itself():
    """
    Asked about itself, a row is ranked among the others.
    """
    calibration = made([1, 2, 3, 4])
    is_known, scores = calibration.known_scores(np.array([2, 77], dtype=np.uint64))

    assert is_known.tolist() == [True, False]
    assert scores[0] == 3
    assert asked(calibration, [1, 3], keys=[0, 2]) == pytest.approx([1 / 4, 3 / 4])


def test_ties_are_broken_by_the_numbers_given():
    """
    A row takes each place among those it ties with for an equal share of the numbers.
    """
    calibration = made([2, 2, 2, 5])
    uniforms = np.array([0.0, 0.3, 0.6, 0.99])

    ranks = asked(calibration, [2, 2, 2, 2], uniforms=uniforms) * 5
    assert ranks == pytest.approx([1, 2, 3, 4])
    assert asked(calibration, [4], uniforms=np.array([0.99])) == pytest.approx([4 / 5])


def test_strata_of_20_rows_are_ranked_among_their_own():
    """
    With 19 rows, or without a stratum, rows are ranked among all.
    """
    calibration = made(np.arange(59), strata=[0] * 19 + [1] * 20 + [-1] * 20)

    p_values = asked(calibration, [18.5] * 3, strata=[0, 1, -1])
    assert p_values == pytest.approx([20 / 60, 1 / 21, 20 / 60])
    assert np.unique(calibration.pool_sizes()).tolist() == [20, 59]


def test_discoveries_by_hand():
    """
    The largest p-value that is at most its rank's share of the FDR, and all below it.
    """
    p_values = np.array([0.9, 0.012, 0.03, 0.001, 0.2])

    assert discovery_threshold(p_values, 0.05) == 0.03
    assert discovery_threshold(p_values, 0.01) == 0.001
    assert discovery_threshold(p_values, 0.004) == 0.0
    assert discovery_threshold(np.full(10, 1 / 100), 0.01) == 0.01
