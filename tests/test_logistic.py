import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from toolkit.classification.folds import deal_folds
from toolkit.classification.lbfgs import WarmLBFGS
from toolkit.classification.logistic import CosineLogisticClassifier
from toolkit.errors import InputError
from toolkit.kernels import unit_rows
from toolkit.kernels.keys import row_keys


@parametrize_with_checks([CosineLogisticClassifier()])
def test_keeps_the_scikit_learn_contract(estimator, check):
    """
    Every check of scikit-learn passes, with no exception.
    """
    check(estimator)


def make_table(n_rows=240, n_classes=4, n_dimensions=12, noise=0.9, seed=0):
    """Directions of overlapping classes that vary along some axes more than along others."""
    random = np.random.default_rng(seed)
    group = random.integers(0, n_classes, size=n_rows)
    axes = np.linspace(0.3, 2, n_dimensions)
    vectors = 2 * np.eye(n_dimensions)[group] + noise * axes * random.standard_normal(
        (n_rows, n_dimensions)
    )

    return vectors.astype(np.float32), np.array([f"class {i}" for i in range(n_classes)])[group]


def make_labels(vectors):
    """Three labels a row, each on in half of the space."""
    return (vectors[:, :3] + 0.5 * vectors[:, 3:6] > 0.5).astype(int)


@pytest.fixture
def table():
    return make_table()


def test_shuffled_rows_give_the_same_classifier(table):
    """
    The order of the training rows changes nothing, to the last bit.
    """
    X, y = table
    order = np.random.default_rng(1).permutation(len(X))
    fitted = CosineLogisticClassifier().fit(X, y)
    shuffled = CosineLogisticClassifier().fit(X[order], y[order])

    np.testing.assert_array_equal(shuffled.coef_, fitted.coef_)
    assert (shuffled.C_, shuffled.temperature_) == (fitted.C_, fitted.temperature_)


def test_a_weight_counts_like_copies(table):
    """
    A row of weight 3 and three copies of it teach the same, and a weight of 0 leaves out.
    """
    X, y = table
    weights = np.random.default_rng(1).integers(0, 4, size=len(X))
    weighted = CosineLogisticClassifier().fit(X, y, sample_weight=weights)
    repeated = CosineLogisticClassifier().fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))

    np.testing.assert_array_equal(repeated.coef_, weighted.coef_)


def test_scaling_a_row_changes_nothing(table):
    """
    Only directions count at predict.
    """
    X, y = table
    lengths = np.random.default_rng(0).uniform(0.1, 10, (len(X), 1)).astype(np.float32)
    fitted = CosineLogisticClassifier().fit(X, y)

    np.testing.assert_allclose(
        fitted.predict_proba(X * lengths), fitted.predict_proba(X), atol=1e-5
    )


@pytest.mark.parametrize("n_classes", [2, 4])
def test_agrees_with_logistic_regression(n_classes):
    """
    With rows that vary alike in all directions it is plain logistic regression, tempered.
    """
    random = np.random.default_rng(0)
    X = unit_rows(random.standard_normal((3000, 5)).astype(np.float32))
    y = (X @ random.standard_normal((5, n_classes)) + random.gumbel(size=(3000, n_classes))).argmax(
        1
    )
    ours = CosineLogisticClassifier(Cs=[10]).fit(X, y)
    peer = LogisticRegression(C=10 if n_classes > 2 else 20).fit(X, y)

    assert np.abs(ours.predict_proba(X) - peer.predict_proba(X)).mean() < 0.01


def test_held_out_probabilities_are_calibrated():
    """
    Rows that get 0.8 on average are right in about 80 % of the cases.
    """
    X, y = make_table(n_rows=3000, noise=1.2)
    fresh_X, fresh_y = make_table(n_rows=3000, noise=1.2, seed=1)
    classifier = CosineLogisticClassifier()
    held_out = classifier.fit_held_out(X, y)
    fresh = classifier.predict_proba(fresh_X)

    assert (
        abs(held_out.max(axis=1).mean() - (classifier.classes_[held_out.argmax(1)] == y).mean())
        < 0.02
    )
    assert abs(fresh.max(axis=1).mean() - classifier.score(fresh_X, fresh_y)) < 0.02


def test_held_out_probabilities_know_nothing_of_their_rows():
    """
    Labels without any sense are not predicted better than by chance.
    """
    random = np.random.default_rng(0)
    X, y = random.standard_normal((400, 30)), random.integers(0, 4, size=400)
    classifier = CosineLogisticClassifier()
    held_out = classifier.fit_held_out(X, y)

    assert (held_out.argmax(axis=1) == y).mean() < 0.35
    assert log_loss(y, held_out) > 1.3


def test_held_out_probabilities_come_with_the_same_fit():
    """
    Asking for held-out probabilities changes nothing in what is learned, also in a large table.
    """
    X, y = make_table(n_rows=4000)
    fitted = CosineLogisticClassifier().fit(X, y)
    with_report = CosineLogisticClassifier()
    held_out = with_report.fit_held_out(X, y)

    np.testing.assert_array_equal(with_report.coef_, fitted.coef_)
    np.testing.assert_allclose(held_out.sum(axis=1), 1, atol=1e-5)
    assert held_out.shape == (4000, 4)


def test_equal_rows_never_stand_on_both_sides_of_a_split(table):
    """
    Folds follow content: copies of a row share its fold, also under other labels.
    """
    X, _ = table
    copies = np.vstack([X, X[:50]])
    group = np.random.default_rng(0).integers(0, 4, size=len(copies))
    fold = deal_folds(row_keys(copies), group, 5)

    np.testing.assert_array_equal(fold[:50], fold[240:])
    assert np.ptp(np.bincount(fold[:240])) <= 1


def test_another_seed_gives_other_folds(table):
    """
    random_state says which rows share a fold; the same one gives the same classifier.
    """
    X, y = table
    one, same, other = (
        CosineLogisticClassifier(random_state=seed).fit_held_out(X, y) for seed in (1, 1, 2)
    )

    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_splits_are_taken_as_they_are(table):
    """
    A cross-validator that tests each row once may take the place of a number of folds.
    """
    X, y = table
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    by_object = CosineLogisticClassifier(cv=cv).fit_held_out(X, y)
    by_list = CosineLogisticClassifier(cv=list(cv.split(X, y))).fit_held_out(X, y)

    np.testing.assert_array_equal(by_object, by_list)


def test_classes_with_one_row_are_learned(table):
    """
    A class with a single row can be predicted, and its row is never held to be known.
    """
    X, y = table
    lonely = np.full((1, 12), -3, dtype=np.float32)
    classifier = CosineLogisticClassifier()
    held_out = classifier.fit_held_out(np.vstack([X, lonely]), [*y, "lonely"])

    assert classifier.predict(lonely) == ["lonely"]
    assert held_out[-1, list(classifier.classes_).index("lonely")] < 0.01


@pytest.mark.parametrize("n_classes", [2, 5])
def test_one_row_of_each_class_is_enough(n_classes):
    """
    Where nothing can be held out, the penalty is the middle one and the temperature is 1.
    """
    X, y = np.eye(n_classes), np.arange(n_classes)
    classifier = CosineLogisticClassifier(Cs=[1, 10, 1000]).fit(X, y)

    assert classifier.predict(X).tolist() == y.tolist()
    assert (classifier.C_, classifier.temperature_) == (10, 1)
    with pytest.raises(InputError, match="at least 2 different rows"):
        classifier.fit_held_out(X, y)


def test_rows_of_zeros_get_the_prior(table):
    """
    A row without direction never gives NaN.
    """
    X, y = table
    X = np.vstack([X, np.zeros((3, 12), dtype=np.float32)])
    classifier = CosineLogisticClassifier().fit(X, [*y, *y[:3]])

    assert np.isfinite(classifier.predict_proba(X)).all()


def test_all_rows_equal_is_no_failure():
    """
    Where nothing tells the classes apart, each gets its share.
    """
    X, y = np.ones((30, 3)), np.repeat([0, 1, 2], [5, 10, 15])
    probabilities = CosineLogisticClassifier().fit(X, y).predict_proba(X[:1])

    np.testing.assert_allclose(probabilities, [[1 / 6, 1 / 3, 1 / 2]], atol=0.05)


@pytest.mark.parametrize("n_rows", [240, 1500])
def test_long_vectors_are_learned_from(n_rows):
    """
    Vectors of thousands of dimensions are learned from along the directions that matter.
    """
    X, y = make_table(n_rows=n_rows, noise=0.5)
    basis, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((1200, 12)))
    classifier = CosineLogisticClassifier().fit(X @ basis.T, y)
    fresh_X, fresh_y = make_table(noise=0.5, seed=1)

    assert classifier.coef_.shape == (4, 1200)
    assert classifier.score(fresh_X @ basis.T, fresh_y) > 0.9


def test_balanced_classes_count_the_same():
    """
    class_weight="balanced" expects a rare class more often, as a dict of such weights does.
    """
    X, y = make_table(n_rows=600, n_classes=2, noise=2.5)
    kept = (y == "class 0") | (np.arange(600) % 6 == 0)
    X, y = X[kept], y[kept]
    plain, balanced = (
        CosineLogisticClassifier(class_weight=weight).fit(X, y) for weight in (None, "balanced")
    )
    share = (y == "class 1").mean()
    same = CosineLogisticClassifier(
        class_weight={"class 0": 0.5 / (1 - share), "class 1": 0.5 / share}
    ).fit(X, y)

    assert balanced.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.02
    np.testing.assert_allclose(same.predict_proba(X), balanced.predict_proba(X), atol=1e-3)


def test_several_labels_a_row(table):
    """
    A matrix of 0 and 1 gives each label a probability of its own, dense or sparse.
    """
    X, _ = table
    labels = make_labels(X)
    classifier = CosineLogisticClassifier()
    held_out = classifier.fit_held_out(X, labels)
    sparse = CosineLogisticClassifier().fit(X, csr_array(labels))

    assert held_out.shape == labels.shape
    assert ((held_out > 0.5) == labels).mean() > 0.85
    assert set(np.unique(classifier.predict(X))) <= {0, 1}
    np.testing.assert_array_equal(classifier.classes_, [0, 1, 2])
    np.testing.assert_array_equal(sparse.coef_, classifier.coef_)


def test_labels_that_are_always_on_or_off(table):
    """
    A column of one value only is no failure.
    """
    X, _ = table
    labels = np.column_stack([make_labels(X), np.ones(len(X), int), np.zeros(len(X), int)])
    probabilities = CosineLogisticClassifier().fit(X, labels).predict_proba(X)

    assert (probabilities[:, 3] > 0.9).all()
    assert (probabilities[:, 4] < 0.1).all()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"Cs": []}, "Cs must be numbers > 0"),
        ({"Cs": [0, 1]}, "Cs must be numbers > 0"),
        ({"cv": 1}, "cv must be a whole number >= 2"),
        ({"cv": [([0, 1], [2, 3])]}, "test each row once"),
    ],
)
def test_wrong_settings_are_named(table, parameters, said):
    """
    A setting that makes no sense is an error that names it.
    """
    with pytest.raises(InputError, match=said):
        CosineLogisticClassifier(**parameters).fit(*table)


def test_wrong_labels_are_named(table):
    """
    One class only, and class weights for several labels a row, are errors that say so.
    """
    X, _ = table
    with pytest.raises(InputError, match="at least 2 classes, got 1 class"):
        CosineLogisticClassifier().fit(X, ["a"] * len(X))
    with pytest.raises(InputError, match="class_weight must be None for a multi-label y"):
        CosineLogisticClassifier(class_weight="balanced").fit(X, make_labels(X))


def test_survives_clone_pickle_and_grid_search(table):
    """
    It is cloned, pickled and searched as any estimator, also at the end of a pipeline.
    """
    X, y = table
    fitted = CosineLogisticClassifier().fit(pd.DataFrame(X).add_prefix("v"), y)
    copy = pickle.loads(pickle.dumps(fitted))
    frame = pd.DataFrame(X).add_prefix("v")
    pipeline = make_pipeline(FunctionTransformer(), CosineLogisticClassifier())
    search = GridSearchCV(pipeline, {"cosinelogisticclassifier__Cs": [(0.001,), (10,)]}, cv=3)

    np.testing.assert_array_equal(copy.predict_proba(frame), fitted.predict_proba(frame))
    assert clone(fitted).get_params() == fitted.get_params()
    assert search.fit(X, y).best_params_ == {"cosinelogisticclassifier__Cs": (10,)}


def test_groups_may_rule_the_outer_folds(table):
    """
    It can itself be held out by group, as in any cross-validation.
    """
    X, y = table
    predicted = cross_val_predict(
        CosineLogisticClassifier(), X, y, groups=np.arange(len(X)) % 7, cv=GroupKFold(3)
    )

    assert (predicted == y).mean() > 0.6


def test_a_changed_penalty_needs_few_steps():
    """
    What was learned of the curvature is kept when the penalty changes, and the minimum is right.
    """
    random = np.random.default_rng(0)
    matrix = random.standard_normal((60, 20))
    curvature, target = matrix.T @ matrix, random.standard_normal(20)
    calls = []

    def function(point):
        calls.append(1)
        return float(point @ curvature @ point / 2 - target @ point), curvature @ point - target

    lbfgs = WarmLBFGS(np.ones(20))
    scales = 1 / np.diag(curvature)
    options = {"scales": scales, "tolerance": 1e-9}
    first = lbfgs.minimise(function, np.zeros(20), 1.0, **options)
    n_first = len(calls)
    second = lbfgs.minimise(function, first, 3.0, **options)

    np.testing.assert_allclose(
        second, np.linalg.solve(curvature + 3 * np.eye(20), target), atol=1e-3
    )
    assert len(calls) - n_first < n_first


@pytest.mark.parametrize("seed", range(10))
def test_a_fold_of_one_class_does_not_overflow(seed):
    """
    A fit without the one row of a class has no least loss, comes to an end, and misleads no other.
    """
    X = np.random.default_rng(seed).standard_normal((3, 64))
    classifier = CosineLogisticClassifier()
    held_out = classifier.fit_held_out(X, ["card", "card", "refund"])

    assert np.isfinite(held_out).all()
    # At the minimum the mean probability of a class, before tempering, is its share.
    logits = classifier.decision_function(X) * classifier.temperature_
    assert expit(logits).mean() == pytest.approx(1 / 3, abs=0.02)
