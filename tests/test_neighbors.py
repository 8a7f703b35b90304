import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from toolkit.classification.neighbors import CosineKNNClassifier
from toolkit.errors import InputError


@parametrize_with_checks([CosineKNNClassifier()])
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


def test_equals_scikit_learn_with_the_same_votes(table):
    """
    The shares of votes are those of scikit-learn's classifier with our weights.
    """
    X, y = table

    def votes(distances):
        return np.exp((1 - distances) / 0.1)

    peer = KNeighborsClassifier(8, weights=votes, metric="cosine", algorithm="brute").fit(X, y)
    ours = CosineKNNClassifier(n_neighbors=8, temperature=0.1).fit(X, y)

    np.testing.assert_allclose(ours.predict_proba(X), peer.predict_proba(X), atol=1e-4)


def test_neighbors_are_evidence(table):
    """
    The nearest training rows come with their similarities, and a training row finds itself first.
    """
    X, y = table
    similarities, indices = CosineKNNClassifier(n_neighbors=4).fit(X, y).kneighbors(X * 3)

    assert similarities.shape == indices.shape == (len(X), 4)
    np.testing.assert_array_equal(indices[:, 0], np.arange(len(X)))
    np.testing.assert_allclose(similarities[:, 0], 1, atol=1e-6)
    assert (np.diff(similarities, axis=1) <= 0).all()


def test_shuffled_rows_give_the_same_answers(table):
    """
    The order of the training rows does not matter.
    """
    X, y = table
    order = np.random.default_rng(0).permutation(len(X))
    fitted = CosineKNNClassifier().fit(X, y)
    shuffled = CosineKNNClassifier().fit(X[order], y[order])

    np.testing.assert_allclose(shuffled.predict_proba(X), fitted.predict_proba(X), atol=1e-6)


def test_same_row_same_answer(table):
    """
    A row's answer depends neither on the rows asked with it nor on when it is asked.
    """
    X, y = table
    classifier = CosineKNNClassifier().fit(X, y)
    together = classifier.predict_proba(X)

    np.testing.assert_array_equal(classifier.predict_proba(X), together)
    alone = np.concatenate([classifier.predict_proba(row[None]) for row in X])
    np.testing.assert_array_equal(alone, together)


def test_copies_vote_as_often_as_they_occur():
    """
    Two copies of a row outvote one row that is as similar.
    """
    X = [[1.0, 0.1], [1.0, -0.1], [1.0, -0.1]]
    classifier = CosineKNNClassifier(n_neighbors=3).fit(X, ["a", "b", "b"])

    np.testing.assert_allclose(classifier.predict_proba([[1.0, 0.0]]), [[1 / 3, 2 / 3]])


def test_scaling_a_row_changes_nothing(table):
    """
    Only directions count, at fit and at predict.
    """
    X, y = table
    lengths = np.random.default_rng(0).uniform(0.1, 10, (len(X), 1)).astype(np.float32)
    fitted = CosineKNNClassifier().fit(X, y)
    scaled = CosineKNNClassifier().fit(X * lengths, y)

    np.testing.assert_allclose(scaled.predict_proba(X), fitted.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(
        fitted.predict_proba(X * lengths), fitted.predict_proba(X), atol=1e-5
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_keep_the_type_and_agree_with_the_answer(table, dtype):
    """
    Rows sum to 1, the largest belongs to the answer, float32 stays float32.
    """
    X, y = table
    classifier = CosineKNNClassifier(temperature=np.float64(0.1)).fit(X.astype(dtype), y)
    probabilities = classifier.predict_proba(X.astype(dtype))

    assert probabilities.dtype == classifier.vectors_.dtype == dtype
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    best = classifier.classes_[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(best, classifier.predict(X.astype(dtype)))


def test_a_row_of_zeros_gets_the_shares_of_the_classes():
    """
    What is similar to nothing is answered from how common the classes are, never with NaN.
    """
    X = [[1.0, 0], [0, 1], [0, 2], [0, 0]]
    classifier = CosineKNNClassifier(n_neighbors=2).fit(X, list("abbb"))

    np.testing.assert_allclose(classifier.predict_proba([[0.0, 0.0]]), [[0.25, 0.75]])


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "b"],
        [7, 3, 7],
        np.array([7, 3, 7], dtype=np.int16),
        pd.Series(["b", "a", "b"], index=[9, 8, 7]),
        [True, False, True],
    ],
    ids=["strings", "ints", "numpy ints", "Series", "bools"],
)
def test_labels_come_back_as_they_were(labels):
    """
    Whatever kind of labels the user has, they are the answers, and classes are sorted.
    """
    classifier = CosineKNNClassifier().fit([[1.0, 0], [0, 1], [2, 0]], labels)

    assert classifier.predict([[3.0, 0.1], [0, 5]]).tolist() == list(labels)[:2]
    assert classifier.classes_.tolist() == sorted(set(labels))


def test_clone_and_pickle_keep_what_matters(table):
    """
    A clone is unfitted with the same settings; a pickle gives the same answers.
    """
    X, y = table
    fitted = CosineKNNClassifier(n_neighbors=3, temperature=0.2).fit(X, y)

    assert clone(fitted).get_params() == {"n_neighbors": 3, "temperature": 0.2}
    restored = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(restored.predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_neighbors": 0}, "n_neighbors must be a whole number >= 1, got 0"),
        ({"n_neighbors": 2.5}, "n_neighbors must be a whole number >= 1, got 2.5"),
        ({"temperature": 0}, "temperature must be > 0, got 0"),
    ],
)
def test_settings_are_checked_at_fit(settings, message):
    """
    The error says what was expected and what came.
    """
    with pytest.raises(InputError, match=message):
        CosineKNNClassifier(**settings).fit([[1.0, 0], [0, 1]], ["a", "b"])
