import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from toolkit.classification.centroid import CosineCentroidClassifier
from toolkit.errors import InputError


@parametrize_with_checks([CosineCentroidClassifier()])
def test_keeps_the_scikit_learn_contract(estimator, check):
    """
    Every check of scikit-learn passes, with no exception.
    """
    check(estimator)


@pytest.fixture
def table():
    """Vectors of three overlapping classes, and their labels."""
    random = np.random.default_rng(5)
    group = random.integers(0, 3, size=90)
    vectors = 2 * np.eye(6)[group] + random.standard_normal((90, 6))

    return vectors.astype(np.float32), np.array(["billing", "delivery", "login"])[group]


def test_shuffled_rows_give_the_same_answers(table):
    """
    The order of the training rows does not matter.
    """
    X, y = table
    order = np.random.default_rng(0).permutation(len(X))
    fitted = CosineCentroidClassifier().fit(X, y)
    shuffled = CosineCentroidClassifier().fit(X[order], y[order])

    np.testing.assert_array_equal(shuffled.predict(X), fitted.predict(X))
    np.testing.assert_allclose(shuffled.predict_proba(X), fitted.predict_proba(X), atol=1e-5)


def test_scaling_a_row_changes_nothing(table):
    """
    Only directions count, at fit and at predict.
    """
    X, y = table
    lengths = np.random.default_rng(0).uniform(0.1, 10, (len(X), 1)).astype(np.float32)
    fitted = CosineCentroidClassifier().fit(X, y)
    scaled = CosineCentroidClassifier().fit(X * lengths, y)

    np.testing.assert_allclose(scaled.predict_proba(X), fitted.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(
        fitted.predict_proba(X * lengths), fitted.predict_proba(X), atol=1e-5
    )


def test_a_weight_counts_like_copies(table):
    """
    A row of weight 2 counts as two rows, a row of weight 0 as none.
    """
    X, y = table
    weights = np.random.default_rng(0).integers(0, 3, size=len(X))
    weighted = CosineCentroidClassifier().fit(X, y, sample_weight=weights)
    repeated = CosineCentroidClassifier().fit(X.repeat(weights, axis=0), y.repeat(weights))

    np.testing.assert_allclose(weighted.centroids_, repeated.centroids_, atol=1e-6)
    np.testing.assert_allclose(weighted.class_prior_, repeated.class_prior_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_keep_the_type_and_agree_with_the_answer(table, dtype):
    """
    Rows sum to 1, the largest belongs to the answer, float32 stays float32.
    """
    X, y = table
    classifier = CosineCentroidClassifier(temperature=np.float64(0.05)).fit(X.astype(dtype), y)
    probabilities = classifier.predict_proba(X.astype(dtype))

    assert probabilities.dtype == classifier.centroids_.dtype == dtype
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    best = classifier.classes_[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(best, classifier.predict(X.astype(dtype)))


def test_temperature_spreads_but_does_not_reorder(table):
    """
    A lower temperature makes the same answers surer.
    """
    X, y = table
    sharp, soft = (CosineCentroidClassifier(temperature=t).fit(X, y) for t in (0.02, 0.5))

    np.testing.assert_array_equal(sharp.predict(X), soft.predict(X))
    assert sharp.predict_proba(X).max(axis=1).mean() > soft.predict_proba(X).max(axis=1).mean()


def test_a_row_of_zeros_gets_the_shares_of_the_classes():
    """
    What is similar to nothing is answered from how common the classes are, never with NaN.
    """
    classifier = CosineCentroidClassifier().fit([[1.0, 0], [0, 1], [0, 2], [0, 0]], list("abbb"))

    np.testing.assert_allclose(classifier.predict_proba([[0.0, 0.0]]), [[0.25, 0.75]])
    assert classifier.predict([[0.0, 0.0]]).tolist() == ["b"]


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "b"],
        [7, 3, 7],
        np.array([7, 3, 7], dtype=np.int16),
        pd.Series(["b", "a", "b"], index=[9, 8, 7]),
        pd.Series(["b", "a", "b"], dtype="category"),
        [True, False, True],
    ],
    ids=["strings", "ints", "numpy ints", "Series", "categories", "bools"],
)
def test_labels_come_back_as_they_were(labels):
    """
    Whatever kind of labels the user has, they are the answers, and classes are sorted.
    """
    classifier = CosineCentroidClassifier().fit([[1.0, 0], [0, 1], [2, 0]], labels)

    assert classifier.predict([[3.0, 0.1], [0, 5]]).tolist() == list(labels)[:2]
    assert classifier.classes_.tolist() == sorted(set(labels))


def test_clone_and_pickle_keep_what_matters(table):
    """
    A clone is unfitted with the same settings; a pickle gives the same answers.
    """
    X, y = table
    fitted = CosineCentroidClassifier(temperature=0.2).fit(X, y)

    assert clone(fitted).get_params() == {"temperature": 0.2}
    restored = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(restored.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_temperature_must_be_positive(temperature):
    """
    The error says what was expected and what came, at fit and not before.
    """
    classifier = CosineCentroidClassifier(temperature=temperature)
    with pytest.raises(InputError, match=f"temperature must be > 0, got {temperature}"):
        classifier.fit([[1.0, 0], [0, 1]], ["a", "b"])
