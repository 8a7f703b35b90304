import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import ParameterGrid
from sklearn.neighbors import LocalOutlierFactor
from sklearn.utils.estimator_checks import parametrize_with_checks

from toolkit import load, save
from toolkit.anomaly import ConformalDetector, CosineNeighborsDetector
from toolkit.errors import InputError, TooFewRows, ToolkitWarning

LOF = LocalOutlierFactor(n_neighbors=5, novelty=True)


# The checks fit tables of a few rows, of which none can be flagged.
@pytest.mark.filterwarnings("ignore::toolkit.errors.ToolkitWarning")
@parametrize_with_checks(
    [
        ConformalDetector(),
        ConformalDetector(calibration_size=0.5, random_ties=True),
        ConformalDetector(LocalOutlierFactor(n_neighbors=1, novelty=True), n_folds=2),
    ]
)
def test_keeps_the_scikit_learn_contract(estimator, check):
    """
    Every check of scikit-learn passes, with no exception.
    """
    check(estimator)


def make_normal(n_rows, seed, noise=0.25):
    """Directions around four topics."""
    random = np.random.default_rng(seed)
    topics = np.eye(16)[random.integers(0, 4, size=n_rows)]

    return (topics + noise * random.standard_normal((n_rows, 16))).astype(np.float32)


def make_odd(n_rows, seed):
    """Directions that are far from every topic, and from each other."""
    random = np.random.default_rng(1000 + seed)

    return (random.standard_normal((n_rows, 16)) * (np.arange(16) >= 4)).astype(np.float32)


WAYS = {
    "cross": ConformalDetector(),
    "split": ConformalDetector(calibration_size=0.5),
    "lof": ConformalDetector(LOF),
    "random ties": ConformalDetector(random_ties=True),
}


@pytest.mark.parametrize("detector", WAYS.values(), ids=WAYS)
def test_normal_rows_are_flagged_as_often_as_asked_for(detector):
    """
    Of new normal rows no more than 5, 10 or 20 % have p-values as low as that, and not many fewer.
    """
    n_tables, n_reference, n_new = 12, 200, 150
    p_values = [
        clone(detector).fit(make_normal(n_reference, seed)).p_values(make_normal(n_new, 500 + seed))
        for seed in range(n_tables)
    ]

    for rate in (0.05, 0.1, 0.2):
        share = np.mean(np.array(p_values) <= rate)
        chance = 3 * np.sqrt(rate * (1 - rate) * (1 / n_reference + 1 / n_new) / n_tables)
        assert 0.8 * rate - chance < share < rate + chance


def test_a_table_without_outliers_flags_the_asked_share_of_itself():
    """
    In a self-check no more than the asked share is flagged, and hardly less.
    """
    flags = ConformalDetector(false_alarm_rate=0.1).fit_predict(make_normal(203, 0))

    assert (flags == -1).sum() == 20


@pytest.mark.parametrize("detector", [ConformalDetector(fdr=0.1), WAYS["split"]])
def test_the_share_of_wrong_flags_is_kept(detector):
    """
    With odd rows among new ones, the share of normal rows among those flagged is what was asked.
    """
    shares, found = [], []
    for seed in range(20):
        detector = clone(detector).set_params(fdr=0.1).fit(make_normal(400, seed))
        rows = np.vstack([make_normal(90, 500 + seed), make_odd(10, seed)])
        is_flagged = detector.predict(rows) == -1
        shares.append(is_flagged[:90].sum() / max(is_flagged.sum(), 1))
        found.append(is_flagged[90:].mean())

    assert np.mean(shares) < 0.12
    assert np.mean(found) > 0.7


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_outliers_in_the_reference_cost_power_only(share):
    """
    Odd rows planted in the reference lower what is found, and never raise false alarms.
    """
    alarms, found, found_clean = [], [], []
    for seed in range(12):
        reference, new = make_normal(200, seed), make_normal(100, 500 + seed)
        planted = make_odd(round(200 * share), 200 + seed)
        odd = make_odd(20, seed)
        clean = ConformalDetector().fit(reference)
        mixed = ConformalDetector().fit(np.vstack([reference, planted]))
        alarms.append((mixed.predict(new) == -1).mean())
        found.append((mixed.predict(odd) == -1).mean())
        found_clean.append((clean.predict(odd) == -1).mean())

    assert np.mean(alarms) <= 0.05
    assert np.mean(found) < np.mean(found_clean) - 0.1


def test_a_clump_in_the_reference_raises_false_alarms_by_its_share_at_most():
    """
    Outliers that look more normal than normal rows thin the calibration rows out, and no more.
    """
    alarms = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        clump = np.eye(16)[9] + 0.1 * random.standard_normal((50, 16))
        detector = ConformalDetector().fit(np.vstack([make_normal(200, seed), clump]))
        alarms.append((detector.predict(make_normal(200, 500 + seed)) == -1).mean())

    assert 0.05 < np.mean(alarms) < 0.05 / (1 - 50 / 250) + 0.01


@pytest.mark.parametrize(
    "detector",
    [*WAYS.values(), ConformalDetector(IsolationForest(n_estimators=10, random_state=0))],
)
def test_row_order_changes_nothing(detector):
    """
    Shuffling the reference and the new rows shuffles the p-values, to the last bit.
    """
    reference, new = make_normal(80, 0), make_normal(40, 1)
    order, new_order = (
        np.random.default_rng(2).permutation(80),
        np.random.default_rng(3).permutation(40),
    )
    fitted = clone(detector).fit(reference)
    shuffled = clone(detector).fit(reference[order])

    np.testing.assert_array_equal(shuffled.fit_p_values_, fitted.fit_p_values_[order])
    np.testing.assert_array_equal(
        shuffled.p_values(new[new_order]), fitted.p_values(new)[new_order]
    )


@pytest.mark.parametrize("detector", WAYS.values(), ids=WAYS)
def test_equal_rows_get_equal_answers(detector):
    """
    A row has one p-value, however often it is asked about, and whatever stands beside it.
    """
    detector = clone(detector).fit(np.vstack([make_normal(60, 0), make_normal(20, 0)]))
    new = make_normal(6, 1)
    alone = np.concatenate([detector.p_values(new[[row]]) for row in range(6)])

    np.testing.assert_array_equal(detector.p_values(np.vstack([new, new])), np.tile(alone, 2))


@pytest.mark.parametrize("random_ties", [False, True])
def test_a_row_that_was_fitted_gets_the_answer_of_fit(random_ties):
    """
    Asking about the table itself, or a part of it, gives the p-values of the self-check.
    """
    X = np.vstack([make_normal(60, 0), make_odd(3, 0), make_normal(5, 0)])
    detector = ConformalDetector(random_ties=random_ties)
    flags = detector.fit_predict(X)

    np.testing.assert_array_equal(detector.p_values(X), detector.fit_p_values_)
    np.testing.assert_array_equal(detector.p_values(X[10:20]), detector.fit_p_values_[10:20])
    np.testing.assert_array_equal(detector.predict(X), flags)


@pytest.mark.parametrize("repeats", ["equal", "near"])
def test_copies_do_not_vouch_for_each_other(repeats):
    """
    A text that belongs nowhere is flagged also if it was sent six times.
    """
    odd = np.tile(make_odd(1, 0), (6, 1))
    if repeats == "near":
        odd = odd + 0.02 * np.random.default_rng(0).standard_normal(odd.shape)
    X = np.vstack([make_normal(194, 0), odd])
    detector = CosineNeighborsDetector(n_neighbors=3)

    assert (ConformalDetector(detector).fit_predict(X)[194:] == -1).all()
    if repeats == "near":
        apart = ConformalDetector(detector, group_threshold=1.0)
        assert (apart.fit_predict(X)[194:] == 1).any()


def test_given_groups_stay_together():
    """
    Groups that are given take the place of near-duplicates; None stands alone.
    """
    groups = [f"thread {row // 4}" if row < 60 else None for row in range(100)]
    detector = ConformalDetector().fit(make_normal(100, 0), groups=groups)

    assert (np.ptp(detector.folds_[:60].reshape(-1, 4), axis=1) == 0).all()
    assert len(np.unique(detector.groups_)) == 15 + 40
    assert np.bincount(detector.folds_).tolist() == [20] * 5


class Steps(BaseEstimator):
    """Knows three scores only."""

    def fit(self, X, y=None):
        return self

    def score_samples(self, X):
        return np.digitize(X[:, 5], [-0.3, 0.3])


def test_scores_with_few_values_never_raise_false_alarms():
    """
    All that ties counts as odd; taken at random, ties give the rate that was asked for.
    """
    alarms = {
        random_ties: np.mean(
            [
                ConformalDetector(Steps(), random_ties=random_ties)
                .fit(make_normal(100, seed))
                .predict(make_normal(100, 500 + seed))
                == -1
                for seed in range(30)
            ]
        )
        for random_ties in (False, True)
    }

    assert alarms[False] < 0.01
    assert alarms[True] == pytest.approx(0.05, abs=0.015)


def make_kinds(n_rows, seed):
    """Rows of two kinds, of which the rarer is noisier."""
    kinds = np.where(np.arange(n_rows) % 4 == 0, "nl", "en")
    X = np.where(
        (kinds == "nl")[:, None], make_normal(n_rows, seed, noise=0.5), make_normal(n_rows, seed)
    )

    return X, kinds


@pytest.mark.parametrize("ask_by_kind", [False, True])
def test_each_stratum_has_the_false_alarm_rate(ask_by_kind):
    """
    Ranked among its own, each kind is flagged as often as asked; ranked among all, one is not.
    """
    alarms = {"en": [], "nl": []}
    for seed in range(20):
        (X, kinds), (new, new_kinds) = make_kinds(400, seed), make_kinds(200, 500 + seed)
        options = ({"strata": kinds}, {"strata": new_kinds}) if ask_by_kind else ({}, {})
        detector = ConformalDetector(false_alarm_rate=0.1, calibration_size=0.5)
        flags = detector.fit(X, **options[0]).predict(new, **options[1])
        for kind, measured in alarms.items():
            measured.append((flags[new_kinds == kind] == -1).mean())

    rates = {kind: np.mean(measured) for kind, measured in alarms.items()}
    if ask_by_kind:
        assert rates == pytest.approx({"en": 0.1, "nl": 0.1}, abs=0.03)
    else:
        assert rates["nl"] > 0.2


def test_small_and_unknown_strata_are_ranked_among_all():
    """
    Fewer than 20 rows of a kind are too few, which is told, as is a kind that fit has not seen.
    """
    X, new = make_normal(100, 0), make_normal(10, 1)
    kinds = ["rare"] * 19 + ["common"] * 80 + [None]
    plain = ConformalDetector().fit(X)
    with pytest.warns(ToolkitWarning, match="rows of 'rare' are ranked among all rows"):
        detector = ConformalDetector().fit(X, strata=kinds)
    np.testing.assert_array_equal(detector.fit_p_values_[:19], plain.fit_p_values_[:19])

    with pytest.warns(ToolkitWarning, match="'common2' are ranked among all"):
        p_values = detector.p_values(new, strata=["common"] * 4 + ["common2"] * 4 + ["rare"] * 2)
    np.testing.assert_array_equal(p_values[4:], plain.p_values(new)[4:])
    assert np.round(p_values[:4] * 81, 6).tolist() == np.round(p_values[:4] * 81).tolist()
    np.testing.assert_array_equal(
        detector.p_values(X[:60], strata=kinds[:60]), detector.fit_p_values_[:60]
    )


def test_what_cannot_flag_anything_says_so():
    """
    Too few rows for the rate are told at fit, too few for the FDR when it is known how many ask.
    """
    with pytest.warns(ToolkitWarning, match="nothing can be flagged, it takes at least 19 calibr"):
        detector = ConformalDetector().fit(make_normal(18, 0))
    assert (detector.predict(make_odd(5, 0)) == 1).all()

    detector = ConformalDetector(fdr=0.1).fit(make_normal(99, 0))
    assert (detector.predict(make_odd(10, 0)) == -1).all()
    with pytest.warns(ToolkitWarning, match="nothing can be flagged, it takes at least 109 calibr"):
        assert (
            ConformalDetector(fdr=0.1).fit(make_normal(8, 0)).predict(make_odd(11, 0)) == 1
        ).all()


def test_decisions_agree_with_predictions():
    """
    What is below 0 is flagged; with an FDR the threshold moves with the rows asked about.
    """
    X = np.vstack([make_normal(50, 1), make_odd(5, 0)])
    detector = ConformalDetector(false_alarm_rate=0.1).fit(make_normal(199, 0))
    np.testing.assert_array_equal(detector.predict(X) == -1, detector.decision_function(X) < 0)
    np.testing.assert_allclose(
        detector.score_samples(X) - detector.offset_, detector.decision_function(X)
    )

    detector.set_params(fdr=0.1)
    np.testing.assert_array_equal(detector.predict(X) == -1, detector.decision_function(X) < 0)
    assert not hasattr(detector, "offset_")
    assert detector.predict(X)[50:].tolist() == [-1] * 5
    assert (detector.decision_function(X[:50]) > detector.decision_function(X)[:50]).all()


def test_the_rate_can_be_changed_without_fitting_again():
    """
    A lower rate flags fewer rows of the same p-values.
    """
    X = make_normal(300, 1)
    detector = ConformalDetector(false_alarm_rate=0.2).fit(make_normal(300, 0))
    many = detector.predict(X) == -1
    few = detector.set_params(false_alarm_rate=0.05).predict(X) == -1

    assert 0 < few.sum() < many.sum()
    assert many[few].all()


def test_scores_of_the_detectors_rank_what_shares_the_smallest_p_value():
    """
    Rows odder than the whole reference have one p-value, but not one score.
    """
    detector = ConformalDetector().fit(make_normal(100, 0))
    odd = np.eye(16)[[4]] + np.linspace(0, 0.1, 4)[:, None] * np.eye(16)[[0]]

    assert np.unique(detector.p_values(odd)).tolist() == [1 / 101]
    assert (np.diff(detector.detector_scores(odd)) > 0).all()


def test_split_calibrates_on_rows_that_the_detector_never_saw():
    """
    A share calibrates, one detector is fitted on the others, and no self-check is offered.
    """
    detector = ConformalDetector(calibration_size=0.25).fit(make_normal(200, 0))

    assert len(detector.detectors_) == 1
    assert len(detector.calibration_scores_) == 50
    assert detector.power().n_calibration == 50
    assert np.isnan(detector.fit_p_values_).sum() == 150
    assert not hasattr(detector, "fit_predict")


def test_other_seeds_deal_other_folds():
    """
    The same seed gives the same folds, None as well, another seed others.
    """
    X = make_normal(100, 0)
    folds = [ConformalDetector(random_state=seed).fit(X).folds_ for seed in (0, 0, None, None, 7)]

    assert (folds[0] == folds[1]).all()
    assert (folds[2] == folds[3]).all()
    assert (folds[0] != folds[4]).any()


def test_parameters_of_the_detector_inside_can_be_set():
    """
    Clones, nested parameters and pickles are those of any meta-estimator.
    """
    X, new = make_normal(100, 0), make_normal(20, 1)
    detector = ConformalDetector(CosineNeighborsDetector())
    for settings in ParameterGrid({"detector__n_neighbors": [2, 30], "n_folds": [3]}):
        copy = clone(detector).set_params(**settings).fit(X)
        assert {each.n_neighbors for each in copy.detectors_} == {settings["detector__n_neighbors"]}
        assert len(copy.detectors_) == 3
        np.testing.assert_array_equal(
            pickle.loads(pickle.dumps(copy)).p_values(new), copy.p_values(new)
        )
    assert not hasattr(detector, "detectors_")
    assert detector.detector.n_neighbors == 5


def test_a_saved_detector_answers_as_before(tmp_path):
    """
    P-values by stratum, flags and power of a loaded detector are those of the saved.
    """
    (X, kinds), (new, new_kinds) = make_kinds(120, 0), make_kinds(40, 1)
    detector = ConformalDetector(fdr=0.2, random_ties=True).fit(X, strata=kinds)
    save(detector, tmp_path / "model.toolkit")
    loaded = load(tmp_path / "model.toolkit")

    np.testing.assert_array_equal(
        loaded.p_values(new, strata=new_kinds), detector.p_values(new, strata=new_kinds)
    )
    np.testing.assert_array_equal(
        loaded.predict(X, strata=kinds), detector.predict(X, strata=kinds)
    )
    assert loaded.power(40) == detector.power(40)


def test_empty_texts_are_rows_like_others():
    """
    Rows of zeros are near nothing, so they are odd unless the reference has many of them.
    """
    zero = np.zeros((1, 16), dtype=np.float32)
    few = ConformalDetector().fit(make_normal(100, 0))
    many = ConformalDetector().fit(np.vstack([make_normal(80, 0), np.tile(zero, (20, 1))]))

    assert few.predict(zero).tolist() == [-1]
    assert many.predict(zero).tolist() == [1]


def test_frames_are_taken_with_their_columns():
    """
    Column names are kept and checked.
    """
    frame = pd.DataFrame(make_normal(50, 0)).add_prefix("x")
    detector = ConformalDetector().fit(frame)

    assert detector.feature_names_in_[0] == "x0"
    np.testing.assert_array_equal(detector.p_values(frame), detector.fit_p_values_)


class Broken(Steps):
    def score_samples(self, X):
        return np.full(len(X), np.nan)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"false_alarm_rate": 0}, "false_alarm_rate must be above 0 and below 1, got 0"),
        ({"false_alarm_rate": None}, "false_alarm_rate must be above 0 and below 1, got None"),
        ({"fdr": 1.0}, "fdr must be above 0 and below 1"),
        ({"calibration_size": 30}, "calibration_size must be above 0 and below 1, got 30"),
        ({"n_folds": 1}, "n_folds must be a whole number >= 2, got 1"),
        ({"n_folds": 2.5}, "n_folds must be a whole number >= 2, got 2.5"),
        ({"group_threshold": 2}, "group_threshold must be a cosine"),
        ({"detector": LocalOutlierFactor()}, "must have fit and score_samples.*novelty=True"),
        ({"detector": Broken()}, "must give one number a row.*NaN"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    """
    Each is told in a sentence that says what would do.
    """
    with pytest.raises(InputError, match=message):
        ConformalDetector(**settings).fit(make_normal(40, 0))


def test_tables_that_cannot_be_used_are_refused():
    """
    One row, equal rows, one group, NaN, other dimensions and wrong lengths: a sentence each.
    """
    X = make_normal(40, 0)
    detector = ConformalDetector().fit(X)
    with pytest.raises(ValueError, match="1 sample"):
        ConformalDetector().fit(X[:1])
    with pytest.raises(TooFewRows, match="all 40 rows are equal or of one group"):
        ConformalDetector().fit(np.ones((40, 3)))
    with pytest.raises(TooFewRows, match="of one group"):
        ConformalDetector().fit(X, groups=["a"] * 40)
    with pytest.raises(ValueError, match="contains NaN"):
        detector.predict(np.full((2, 16), np.nan))
    with pytest.raises(ValueError, match="X has 3 features"):
        detector.predict(np.ones((2, 3)))
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        detector.predict(X[:0])
    with pytest.raises(InputError, match="groups must have one entry a row, got 3 for 40"):
        ConformalDetector().fit(X, groups=["a", "b", "c"])
    with pytest.raises(InputError, match="fit_predict needs fdr=None, got 0.1"):
        ConformalDetector(fdr=0.1).fit_predict(X)
    with pytest.raises(InputError, match="n_rows must be a whole number >= 1, got 0"):
        detector.power(0)
    with pytest.raises(NotFittedError):
        ConformalDetector().power()
