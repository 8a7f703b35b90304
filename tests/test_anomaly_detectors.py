import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import LocalOutlierFactor
from sklearn.utils.estimator_checks import parametrize_with_checks

from toolkit import CosineLOF, CosineMahalanobisDetector, CosineNeighborsDetector, unit_rows
from toolkit.errors import InputError

DETECTORS = [
    CosineNeighborsDetector(n_neighbors=4),
    CosineLOF(n_neighbors=8),
    CosineMahalanobisDetector(),
]
every_detector = pytest.mark.parametrize(
    "detector", DETECTORS, ids=lambda each: type(each).__name__
)


def one_topic(n_rows, seed=0, n_dimensions=16):
    """Rows around one direction."""
    rng = np.random.default_rng(seed)

    return 3 * np.eye(n_dimensions)[0] + rng.normal(size=(n_rows, n_dimensions))


@parametrize_with_checks([CosineNeighborsDetector(), CosineLOF(), CosineMahalanobisDetector()])
def test_contract(estimator, check):
    """
    They are outlier detectors as scikit-learn knows them.
    """
    check(estimator)


@every_detector
def test_what_is_unlike_the_rest_is_flagged(detector):
    """
    A row in a direction of its own has the lowest score, among the others and when asked about.
    """
    rows = np.vstack([one_topic(80), -np.eye(16)[3]])
    asked = clone(detector).fit(one_topic(80))

    assert clone(detector).fit(rows).fit_scores_.argmin() == 80
    assert asked.predict(-np.eye(16)[[3]]) == [-1]
    assert asked.decision_function(-np.eye(16)[[3]])[0] < 0


@every_detector
def test_a_training_row_never_counts_itself(detector):
    """
    As many fresh rows are flagged as were asked for, where each training row is seen without it.

    Were they to count themselves, all would look more normal than fresh rows do.
    """
    shares = []
    for seed in range(8):
        fitted = clone(detector).set_params(contamination=0.1).fit(one_topic(300, seed))
        shares.append((fitted.predict(one_topic(500, seed + 100)) == -1).mean())

    assert np.mean(shares) == pytest.approx(0.1, abs=0.025)


@every_detector
def test_predict_on_training_rows_is_what_fit_said(detector):
    """
    Also for scaled rows, and for some of them, and for copies of them.
    """
    rows = one_topic(60)
    fitted = clone(detector).fit(rows)
    flags = clone(detector).fit_predict(rows)

    np.testing.assert_array_equal(fitted.predict(rows), flags)
    np.testing.assert_array_equal(fitted.score_samples(4 * rows), fitted.fit_scores_)
    np.testing.assert_array_equal(fitted.score_samples(rows[[5, 5]]), fitted.fit_scores_[[5, 5]])
    assert (flags == -1).sum() == 3


@every_detector
def test_the_order_of_the_rows_has_no_part(detector):
    """
    Shuffled rows have the same scores, and so have rows asked about.
    """
    rows, others = one_topic(70), one_topic(20, seed=1)
    order = np.random.default_rng(2).permutation(70)
    fitted, again = clone(detector).fit(rows), clone(detector).fit(rows[order])

    np.testing.assert_allclose(again.fit_scores_, fitted.fit_scores_[order], rtol=1e-5)
    np.testing.assert_allclose(again.score_samples(others), fitted.score_samples(others), rtol=1e-5)


@every_detector
def test_equal_rows_have_equal_scores(detector):
    """
    A row that is there twice scores as its twin does.
    """
    rows = one_topic(40)
    scores = clone(detector).fit(np.vstack([rows, rows[:3]])).fit_scores_

    np.testing.assert_allclose(scores[40:], scores[:3], rtol=1e-6)


@every_detector
def test_it_can_be_kept(detector):
    """
    A pickle scores as the original does; a clone is not fitted; names of columns are kept.
    """
    frame = pd.DataFrame(one_topic(30, n_dimensions=4), columns=list("abcd"))
    fitted = clone(detector).fit(frame)
    other = pickle.loads(pickle.dumps(fitted))

    np.testing.assert_array_equal(other.score_samples(frame), fitted.score_samples(frame))
    assert fitted.feature_names_in_.tolist() == list("abcd")
    assert not hasattr(clone(fitted), "offset_")


@every_detector
def test_odd_tables_have_a_sane_answer(detector):
    """
    Fewer rows than neighbours, two rows, equal rows and rows of zeros have finite scores.
    """
    for rows in (np.eye(3)[:2], np.ones((6, 3)), np.zeros((4, 3)), np.eye(3, 3)):
        fitted = clone(detector).fit(rows)
        assert np.isfinite(fitted.score_samples(np.vstack([rows, [[0, 0, 0], [1, -1, 0]]]))).all()


@pytest.mark.parametrize(
    ("detector", "rows", "says"),
    [
        (CosineNeighborsDetector(n_neighbors=0), np.eye(3), "n_neighbors must be a whole number"),
        (CosineLOF(n_neighbors=2.5), np.eye(3), "n_neighbors must be a whole number >= 1, got 2.5"),
        (CosineMahalanobisDetector(contamination=0), np.eye(3), "contamination must be a share"),
        (CosineLOF(contamination=0.6), np.eye(3), "contamination must be a share above 0"),
        (CosineNeighborsDetector(), np.eye(1), "minimum of 2 is required"),
        (CosineNeighborsDetector(), np.full((3, 2), np.nan), "NaN"),
    ],
)
def test_what_cannot_be_learned_is_refused(detector, rows, says):
    """
    One sentence says what was expected and what came.
    """
    with pytest.raises(ValueError, match=says):
        detector.fit(rows)
    if "must" in says and "minimum" not in says:
        with pytest.raises(InputError):
            detector.fit(rows)


@every_detector
def test_rows_of_other_dimensions_are_refused(detector):
    """
    What is asked about must have as many columns as the reference.
    """
    with pytest.raises(ValueError, match="2 features, but .* is expecting 16"):
        clone(detector).fit(one_topic(20)).predict(np.ones((3, 2)))


def test_neighbors_are_means_of_cosines():
    """
    The score is the mean cosine with the nearest rows, the row itself left out.
    """
    rows = unit_rows(one_topic(30))
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -2)
    expected = np.sort(cosines, axis=1)[:, -4:].mean(axis=1)

    fitted = CosineNeighborsDetector(n_neighbors=4).fit(rows)

    np.testing.assert_allclose(fitted.fit_scores_, expected, atol=1e-6)


def test_lof_is_scikit_learns():
    """
    For training rows and for new ones.
    """
    rows, others = one_topic(120), one_topic(40, seed=1)
    ours = CosineLOF(n_neighbors=10).fit(rows)
    theirs = LocalOutlierFactor(10, metric="cosine", novelty=True).fit(rows)

    np.testing.assert_allclose(ours.fit_scores_, theirs.negative_outlier_factor_, rtol=1e-4)
    np.testing.assert_allclose(ours.score_samples(others), theirs.score_samples(others), rtol=1e-4)


def test_mahalanobis_without_a_row_is_as_if_it_had_never_been_there():
    """
    The closed form is the distance by the mean and covariance of the other rows.
    """
    rows = unit_rows(one_topic(25, n_dimensions=5))
    fitted = CosineMahalanobisDetector().fit(rows)
    rows = rows.astype(np.float32).astype(np.float64)
    _, shrinkage = ledoit_wolf(rows)
    spread = np.trace(np.cov(rows.T, bias=True)) / 5

    for row in range(25):
        others = np.delete(rows, row, axis=0)
        own = (1 - shrinkage) * np.cov(others.T, bias=True) + shrinkage * spread * np.eye(5)
        gap = rows[row] - others.mean(axis=0)
        expected = -np.sqrt(gap @ np.linalg.solve(own, gap))
        assert fitted.fit_scores_[row] == pytest.approx(expected, rel=1e-5)
