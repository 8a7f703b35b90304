import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from toolkit.classification.centroid import CosineCentroidClassifier
from toolkit.classification.logistic import CosineLogisticClassifier
from toolkit.classification.references import choose_references, nearest_in_class
from toolkit.classification.selective import SelectiveClassifier
from toolkit.classification.thresholds import threshold_for_coverage, threshold_for_precision
from toolkit.errors import InputError, TooFewRows, ToolkitWarning


# The checks fit labels without any sense, for which no threshold gives the precision asked for.
@pytest.mark.filterwarnings("ignore::toolkit.errors.ToolkitWarning")
@parametrize_with_checks([SelectiveClassifier(), SelectiveClassifier(CosineCentroidClassifier())])
def test_keeps_the_scikit_learn_contract(estimator, check):
    """
    Every check of scikit-learn passes, with no exception.
    """
    check(estimator)


def make_table(n_rows=600, noise=0.9, seed=0):
    """Directions of three overlapping classes in one half of the axes."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 3, size=n_rows)
    vectors = 2 * np.eye(16)[group] + noise * random.standard_normal((n_rows, 16)) * (
        np.arange(16) < 8
    )

    return vectors.astype(np.float32), np.array(["billing", "delivery", "login"])[group]


def make_strangers(n_rows=100):
    """Directions in the other half of the axes."""
    random = np.random.default_rng(9)

    return (random.standard_normal((n_rows, 16)) * (np.arange(16) >= 8)).astype(np.float32)


@pytest.fixture(scope="module")
def table():
    return make_table()


@pytest.fixture(scope="module")
def fitted(table):
    return SelectiveClassifier().fit(*table)


@pytest.mark.parametrize("estimator", [None, LogisticRegression(), KNeighborsClassifier(10)])
def test_answers_are_as_right_as_asked_for(estimator):
    """
    On new rows the answers are about as precise, and as many, as was measured at fit.
    """
    classifier = SelectiveClassifier(estimator, precision=0.97).fit(*make_table(3000))
    X, y = make_table(3000, seed=1)
    decided = classifier.decide(X)
    answered = decided["status"] == "ok"

    assert classifier.precision_ >= 0.97
    assert (decided["prediction"] == y)[answered].mean() > 0.955
    assert answered.mean() == pytest.approx(classifier.coverage_, abs=0.03)


@pytest.mark.parametrize("coverage", [0.3, 0.8])
def test_as_many_are_answered_as_asked_for(coverage):
    """
    A coverage takes the place of the precision, and holds on new rows.
    """
    classifier = SelectiveClassifier(precision=0.5, coverage=coverage).fit(*make_table(3000))
    decided = classifier.decide(make_table(3000, seed=1)[0])

    assert classifier.coverage_ == pytest.approx(coverage, abs=0.01)
    assert (decided["status"] == "ok").mean() == pytest.approx(coverage, abs=0.03)


def test_strangers_are_out_of_scope(table, fitted):
    """
    Rows unlike all training rows are told apart by status and by the one score.
    """
    X, _ = make_table(seed=1)
    strangers = make_strangers()
    scores = fitted.score_samples(np.vstack([X, strangers]))

    assert (fitted.decide(strangers)["status"] == "out_of_scope").mean() > 0.95
    assert (fitted.decide(X)["status"] == "out_of_scope").mean() < 0.03
    assert roc_auc_score([1] * len(X) + [0] * len(strangers), scores) > 0.98


def test_decisions_hang_together(table, fitted):
    """
    Status follows from the score, confidence and margin from the probabilities.
    """
    X = np.vstack([make_table(seed=1)[0], make_strangers()])
    decided = fitted.decide(X)
    second, first = np.sort(fitted.predict_proba(X), axis=1)[:, -2:].T

    assert decided.columns.tolist() == ["prediction", "confidence", "margin", "score", "status"]
    np.testing.assert_array_equal(decided["prediction"], fitted.predict(X))
    np.testing.assert_array_equal(decided["score"], fitted.score_samples(X))
    np.testing.assert_allclose(decided["confidence"], first)
    np.testing.assert_allclose(decided["margin"], first - second)
    assert (decided["score"][decided["status"] == "ok"] >= fitted.threshold_).all()
    assert (decided["score"][decided["status"] == "unsure"] < fitted.threshold_).all()
    assert decided["score"].between(0, 1).all()


def test_predicts_as_the_classifier_inside(table):
    """
    predict and predict_proba are those of the estimator, fitted on all rows.
    """
    X, y = table
    inside = LogisticRegression().fit(X, y)
    selective = SelectiveClassifier(LogisticRegression()).fit(X, y)

    np.testing.assert_array_equal(selective.predict(X), inside.predict(X))
    np.testing.assert_allclose(selective.predict_proba(X), inside.predict_proba(X), atol=1e-6)


def test_held_out_probabilities_come_with_the_fit(table, fitted):
    """
    A report on held-out rows needs no second cross-validation, whatever is inside.
    """
    X, y = table
    selective = SelectiveClassifier()
    held_out = selective.fit_held_out(X, y)
    nested = SelectiveClassifier(SelectiveClassifier()).fit_held_out(X, y)

    assert selective.threshold_ == fitted.threshold_
    assert 0.8 < (selective.classes_[held_out.argmax(axis=1)] == y).mean() < 1
    np.testing.assert_array_equal(nested, held_out)


def test_shuffled_rows_give_the_same_decisions(table, fitted):
    """
    The order of the training rows does not matter.
    """
    X, y = table
    order = np.random.default_rng(1).permutation(len(X))
    shuffled = SelectiveClassifier().fit(X[order], y[order])
    fresh, _ = make_table(seed=1)

    pd.testing.assert_frame_equal(shuffled.decide(fresh), fitted.decide(fresh))


def test_copies_do_not_feign_nearness(table, fitted):
    """
    A table with each row twice has the same thresholds: no row is its own neighbour.
    """
    X, y = table
    twice = SelectiveClassifier().fit(np.vstack([X, X]), [*y, *y])

    assert twice.scope_threshold_ == pytest.approx(fitted.scope_threshold_)
    assert len(twice.references_) == len(fitted.references_)


def test_the_index_of_a_frame_is_kept(table):
    """
    decide gives a frame with the index of what was asked.
    """
    X, y = table
    frame = pd.DataFrame(X, index=np.arange(len(X)) + 1000).add_prefix("v")
    decided = SelectiveClassifier().fit(frame, y).decide(frame[:5])

    assert decided.index.tolist() == [1000, 1001, 1002, 1003, 1004]


def test_a_precision_out_of_reach_is_told():
    """
    Where no threshold is precise enough nothing is answered, and a warning names the best there is.
    """
    random = np.random.default_rng(0)
    X, y = random.standard_normal((300, 8)), random.integers(0, 3, 300)
    with pytest.warns(ToolkitWarning, match=r"no threshold gives a precision of 0.95: the best"):
        classifier = SelectiveClassifier().fit(X, y)

    assert (classifier.threshold_, classifier.coverage_) == (np.inf, 0)
    assert np.isnan(classifier.precision_)
    assert "ok" not in set(classifier.decide(X)["status"])
    assert SelectiveClassifier(coverage=0.5).fit(X, y).coverage_ == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("estimator", [None, LogisticRegression(), CosineCentroidClassifier()])
def test_where_nothing_can_be_held_out_nothing_is_answered(estimator):
    """
    With one row a class it learns and predicts, but marks no row ok, and says why.
    """
    classifier = SelectiveClassifier(estimator)
    with pytest.warns(ToolkitWarning, match="nothing is answered: .* at least 2 different rows"):
        classifier.fit(np.eye(4), [3, 4, 5, 6])

    decided = classifier.decide(np.vstack([np.eye(4), np.zeros(4)]))
    assert decided["prediction"].tolist()[:4] == [3, 4, 5, 6]
    assert decided["status"].tolist() == ["unsure"] * 4 + ["out_of_scope"]
    assert (classifier.threshold_, classifier.coverage_) == (np.inf, 0)
    assert np.isnan(classifier.precision_)


@pytest.mark.parametrize("n_empty", [0, 60])
def test_rows_of_zeros_are_out_of_scope(n_empty):
    """
    A row without direction is never answered, also where many training rows had none.
    """
    X, y = make_table()
    X[:n_empty] = 0
    decided = SelectiveClassifier(coverage=1.0).fit(X, y).decide(np.zeros((2, 16)))

    assert decided["status"].tolist() == ["out_of_scope"] * 2


@pytest.mark.filterwarnings("ignore:no held-out row:toolkit.errors.ToolkitWarning")
@pytest.mark.parametrize("coverage", [None, 1.0])
def test_where_no_row_is_like_another_nothing_is_answered(coverage):
    """
    Rows at right angles to all others of their class promise nothing for new ones.
    """
    classifier = SelectiveClassifier(CosineCentroidClassifier(), coverage=coverage)
    classifier.fit(np.eye(6), [0, 1] * 3)

    assert (classifier.threshold_, classifier.coverage_) == (np.inf, 0)


@pytest.mark.parametrize("lonely", ["a", "z"])
def test_a_class_of_one_row_stays_in_every_training_part(lonely):
    """
    With one row of the second class each copy still has two, and that row is not held to be known.
    """
    X, y = np.eye(6) + 0.1, ["m"] * 5 + [lonely]
    held_out = SelectiveClassifier(LogisticRegression(), coverage=1.0).fit_held_out(X, y)
    column = sorted({"m", lonely}).index(lonely)

    assert held_out[-1, column] == 0
    assert (held_out[:-1, column] > 0).all()
    np.testing.assert_allclose(held_out.sum(axis=1), 1)


def test_splits_that_leave_one_class_are_named():
    """
    A training part of one class is an error that says so, not one from deep inside.
    """
    X, y = np.random.default_rng(0).standard_normal((8, 3)), [0] * 4 + [1] * 4
    splits = [(range(4, 8), range(4)), (range(4), range(4, 8))]
    with pytest.raises(TooFewRows, match="each training part needs rows of at least 2 classes"):
        SelectiveClassifier(LogisticRegression(), cv=splits).fit_held_out(X, y)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("classifier", [SelectiveClassifier(), CosineLogisticClassifier()])
def test_missing_labels_are_counted(table, classifier, missing):
    """
    None, NaN and NA among labels are one error with their number.
    """
    X, y = table
    with pytest.raises(InputError, match="2 of 600 labels are missing"):
        classifier.fit(X, pd.Series([missing, *y[2:], missing], dtype=object))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"precision": 0}, "precision must be above 0 and at most 1"),
        ({"coverage": 1.5}, "coverage must be above 0 and at most 1"),
        ({"n_neighbors": 0}, "n_neighbors must be a whole number >= 1"),
        ({"estimator": RidgeClassifier()}, "the estimator must have predict_proba"),
    ],
)
def test_wrong_settings_are_named(table, parameters, said):
    """
    A setting that makes no sense is an error that names it.
    """
    with pytest.raises(InputError, match=said):
        SelectiveClassifier(**parameters).fit(*table)


def test_what_it_cannot_do_is_named(table):
    """
    Several labels a row, and weights for a classifier without them, are errors that say so.
    """
    X, y = table
    with pytest.raises(InputError, match="expected one label a row"):
        SelectiveClassifier().fit(X, np.eye(3, dtype=int)[np.arange(len(X)) % 3] + [0, 0, 0])
    with pytest.raises(InputError, match="takes no weights"):
        SelectiveClassifier(KNeighborsClassifier()).fit(X, y, sample_weight=np.ones(len(X)))
    with pytest.raises(InputError, match="at least 2 different rows"):
        SelectiveClassifier(LogisticRegression()).fit_held_out(np.eye(4), [0, 1, 2, 3])


def test_a_weight_of_zero_leaves_out(table):
    """
    Rows without weight are neither measured nor compared with.
    """
    X, y = table
    weights = np.arange(len(X)) % 2
    weighted = SelectiveClassifier().fit(X, y, sample_weight=weights)
    without = SelectiveClassifier().fit(X[1::2], y[1::2])

    assert len(weighted.references_) == len(without.references_)
    assert weighted.threshold_ == pytest.approx(without.threshold_)


def test_survives_clone_pickle_and_grid_search(table, fitted):
    """
    It is cloned, pickled, scored and searched as any classifier, down to the estimator inside.
    """
    X, y = table
    copy = pickle.loads(pickle.dumps(fitted))
    selective = SelectiveClassifier(CosineCentroidClassifier(), coverage=0.9)
    search = GridSearchCV(selective, {"estimator__temperature": [0.05, 0.5]}, cv=3).fit(X, y)

    pd.testing.assert_frame_equal(copy.decide(X), fitted.decide(X))
    assert clone(fitted).get_params() == fitted.get_params()
    assert search.best_score_ > 0.8
    assert cross_val_score(selective, X, y, cv=3).mean() > 0.8


def test_of_many_rows_each_class_keeps_the_same_share():
    """
    References are thinned evenly, and no class loses all of them.
    """
    random = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], [1000, 500, 1])
    keys = random.integers(0, 2**60, size=1501).astype(np.uint64)
    kept = choose_references(keys, group, at_most=300)

    np.testing.assert_allclose(np.bincount(group[kept]), [200, 100, 1], atol=1)


def test_nearness_looks_at_the_predicted_class_only():
    """
    Neighbours of other classes, and the row itself, do not count.
    """
    references = np.eye(3)
    nearness = nearest_in_class(
        np.eye(3),
        np.array([0, 0, 0]),
        references=references,
        group=np.array([0, 0, 1]),
        n_neighbors=1,
        own=np.array([0, -1, -1]),
    )

    np.testing.assert_array_equal(nearness, [0, 1, 0])


def test_thresholds_are_measured_by_weight():
    """
    A row of weight 2 counts as two rows, for precision and for coverage.
    """
    scores, is_right, weights = np.array([0.9, 0.5, 0.5, 0.1]), np.array([1, 1, 0, 0]), [1, 2, 1, 1]
    precise = threshold_for_precision(scores, is_right, np.array(weights), precision=0.75)
    covering = threshold_for_coverage(scores, is_right, np.array(weights), coverage=0.5)

    assert precise == covering == (0.5, 0.75, 0.8)


@pytest.mark.parametrize("classifier", [CosineLogisticClassifier(), SelectiveClassifier()])
def test_weights_are_routed(table, classifier):
    """
    With metadata routing on, weights reach the fit through a cross-validation.
    """
    X, y = table
    with config_context(enable_metadata_routing=True):
        scores = cross_val_score(
            classifier.set_fit_request(sample_weight=True).set_score_request(sample_weight=True),
            X,
            y,
            cv=3,
            params={"sample_weight": np.ones(len(X))},
        )

    assert scores.mean() > 0.8
