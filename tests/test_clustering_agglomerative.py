import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import cut_tree, dendrogram, fcluster, is_valid_linkage, linkage
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.rows import make_rows, random_rows
from toolkit.clustering.agglomerative import CosineAgglomerative
from toolkit.clustering.agglomerative_linkage import weighted_linkage
from toolkit.errors import InputError
from toolkit.kernels import cosine_similarities, unit_rows

METHODS = ["ward", "average"]


@parametrize_with_checks(
    [
        CosineAgglomerative(),
        CosineAgglomerative(linkage="average"),
        CosineAgglomerative(n_micro_clusters=20),
    ]
)
def test_keeps_the_scikit_learn_contract(estimator, check):
    """
    Every check of scikit-learn passes, with no exception.
    """
    check(estimator)


def clustered_rows(seed, n_clusters=6, size=40, n_dimensions=16, spread=0.4):
    """Shuffled rows of any length around some directions, and the direction of each."""
    random = np.random.default_rng(seed)
    centers = random.standard_normal((n_clusters, n_dimensions))
    group = random.permutation(np.repeat(np.arange(n_clusters), size))
    rows = centers[group] + spread * random.standard_normal((len(group), n_dimensions))
    rows *= random.uniform(0.1, 10, (len(rows), 1))

    return rows.astype(np.float32), group


def with_copies(rows, seed=0, n_copies=200):
    """The rows and some of them again, some of those many times."""
    random = np.random.default_rng(seed)
    again = (len(rows) * random.random(n_copies) ** 3).astype(int)

    return np.concatenate([rows, rows[again]])[random.permutation(len(rows) + n_copies)]


def tables():
    """Tables with clusters and copies, with ties and zeros, and with no structure at all."""
    return with_copies(clustered_rows(0)[0]), make_rows(0, 400), random_rows(0, 200)


def peer(rows, method):
    """scipy's linkage of rows of length 1 in float64."""
    units = unit_rows(rows.astype(np.float64))

    return linkage(units, method, metric="cosine" if method == "average" else "euclidean")


@pytest.mark.parametrize("method", METHODS)
def test_equals_scipy(method):
    """
    Where all rows are different, merges and clusters are those of scipy.
    """
    rows = random_rows(0, 300)
    clusterer = CosineAgglomerative(linkage=method).fit(rows)
    theirs = peer(rows, method)

    np.testing.assert_allclose(clusterer.linkage_matrix_[:, 2:], theirs[:, 2:], atol=1e-6)
    for n_clusters in (1, 2, 30, 299, 300):
        expected = cut_tree(theirs, n_clusters)[:, 0]
        assert adjusted_rand_score(clusterer.labels_at(n_clusters), expected) == 1


@pytest.mark.parametrize("method", METHODS)
def test_copies_weigh_as_much_as_rows(method):
    """
    Repeated rows merge at nothing; from there on clusters are those that scipy finds in all.
    """
    rows = with_copies(clustered_rows(1)[0])
    clusterer = CosineAgglomerative(linkage=method).fit(rows)
    theirs = peer(rows, method)
    heights = clusterer.linkage_matrix_[:, 2]

    np.testing.assert_allclose(heights, theirs[-len(heights) :, 2], atol=1e-5)
    np.testing.assert_allclose(theirs[: -len(heights), 2], 0, atol=1e-5)
    for n_clusters in (2, 6, 50):
        expected = cut_tree(theirs, n_clusters)[:, 0]
        assert adjusted_rand_score(clusterer.labels_at(n_clusters), expected) == 1


@pytest.mark.parametrize("method", METHODS)
def test_groups_of_rows_merge_as_their_rows_would(method):
    """
    Sums and weights of groups are enough: merges above them are those of scipy on all rows.
    """
    rows, group = clustered_rows(2, n_clusters=8, size=20, spread=0.1)
    units = unit_rows(rows.astype(np.float64))
    totals = np.array([units[group == number].sum(axis=0) for number in range(8)])
    merges = weighted_linkage(totals, np.full(8, 20.0), method)

    np.testing.assert_allclose(merges[:, 2], peer(rows, method)[-7:, 2], atol=1e-6)


@pytest.mark.parametrize("n_micro_clusters", [60, 2000])
def test_finds_clusters_that_are_there(n_micro_clusters):
    """
    Rows around six directions are told apart, through micro-clusters and without.
    """
    rows, group = clustered_rows(3)
    for method in METHODS:
        settings = {"linkage": method, "n_micro_clusters": n_micro_clusters}
        clusterer = CosineAgglomerative(n_clusters=6, **settings).fit(rows)

        assert adjusted_rand_score(clusterer.labels_, group) > 0.98
        assert len(clusterer.micro_centers_) <= n_micro_clusters


@pytest.mark.parametrize("n_micro_clusters", [30, 2000])
def test_micro_clusters_are_told_as_they_are(n_micro_clusters):
    """
    Each row is in the nearest micro-cluster, and the last merge holds all of those.
    """
    for rows in tables():
        clusterer = CosineAgglomerative(n_micro_clusters=n_micro_clusters).fit(rows)
        used = rows.any(axis=1)
        similarities = cosine_similarities(rows[used], clusterer.micro_centers_)
        own = similarities[np.arange(used.sum()), clusterer.micro_labels_[used]]

        assert (own >= similarities.max(axis=1) - 1e-6).all()
        assert (clusterer.micro_labels_[~used] == -1).all()
        counts = np.bincount(clusterer.micro_labels_[used])
        np.testing.assert_array_equal(clusterer.micro_weights_, counts)
        assert clusterer.linkage_matrix_[-1, 3] == len(counts)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_micro_clusters", [30, 2000])
def test_levels_nest_and_equal_fits(method, n_micro_clusters):
    """
    Labels at any number are those of a fit with it, each cluster in one of the coarser level.
    """
    rows = with_copies(clustered_rows(4)[0])
    settings = {"linkage": method, "n_micro_clusters": n_micro_clusters}
    clusterer = CosineAgglomerative(**settings).fit(rows)
    before = clusterer.labels_.copy()
    coarser = np.zeros(len(rows), dtype=int)
    for n_clusters in (1, 2, 5, 6, 17, 30):
        labels = clusterer.labels_at(n_clusters)
        fitted = CosineAgglomerative(n_clusters=n_clusters, **settings).fit(rows)
        other = clusterer.at(n_clusters=n_clusters)

        np.testing.assert_array_equal(labels, fitted.labels_)
        np.testing.assert_array_equal(other.predict(rows), labels)
        assert other.get_params() == fitted.get_params()
        assert len(set(labels)) == n_clusters
        assert len(set(zip(labels, coarser, strict=True))) == n_clusters
        assert (np.diff(np.bincount(labels)) <= 0).all()
        coarser = labels
    np.testing.assert_array_equal(clusterer.labels_, before)


def test_a_threshold_is_the_least_mean_similarity():
    """
    Clusters merge down to it and no further, as scipy cuts at a distance.
    """
    rows = random_rows(1, 200)
    theirs = peer(rows, "average")
    clusterer = CosineAgglomerative(linkage="average", similarity_threshold=0.3).fit(rows)
    expected = fcluster(theirs, 0.7, "distance")

    assert adjusted_rand_score(clusterer.labels_, expected) == 1
    counts = [clusterer.at(similarity_threshold=at).n_clusters_ for at in (-1, 0, 0.3, 0.6, 1)]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[2] == clusterer.n_clusters_
    assert counts[-1] == 200
    assert clusterer.at(n_clusters=3).n_clusters_ == 3


@pytest.mark.parametrize("n_micro_clusters", [30, 2000])
def test_shuffled_rows_give_the_shuffled_labels(n_micro_clusters):
    """
    The order of rows does not matter, not to the last bit, however many rows tie.
    """
    for rows in tables():
        clusterer = CosineAgglomerative(n_micro_clusters=n_micro_clusters)
        fitted = clone(clusterer).fit(rows)
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(len(rows))
            shuffled = clone(clusterer).fit(rows[order])

            np.testing.assert_array_equal(shuffled.labels_, fitted.labels_[order])
            np.testing.assert_array_equal(shuffled.linkage_matrix_, fitted.linkage_matrix_)


@pytest.mark.parametrize("n_micro_clusters", [30, 2000])
def test_copies_share_a_cluster_and_training_rows_are_predicted_as_fitted(n_micro_clusters):
    """
    Equal rows have equal answers, and asking about rows again, few or many, changes nothing.
    """
    for rows in tables():
        clusterer = CosineAgglomerative(n_micro_clusters=n_micro_clusters).fit(rows)

        np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)
        np.testing.assert_array_equal(clusterer.predict(rows * np.float32(3)), clusterer.labels_)
        np.testing.assert_array_equal(clusterer.predict(rows[::7]), clusterer.labels_[::7])
        _, points = np.unique(unit_rows(rows).round(4) + 0.0, axis=0, return_inverse=True)
        assert len(np.unique([points, clusterer.labels_], axis=1).T) == len(np.unique(points))


@pytest.mark.parametrize("n_micro_clusters", [30, 2000])
def test_a_weight_counts_like_copies(n_micro_clusters):
    """
    A row of weight 2 counts as two rows, a row of weight 0 as none, but it is labelled.
    """
    rows, _ = clustered_rows(5)
    weights = np.random.default_rng(0).integers(0, 4, len(rows))
    clusterer = CosineAgglomerative(n_micro_clusters=n_micro_clusters)
    weighted = clone(clusterer).fit(rows, sample_weight=weights)
    repeated = clone(clusterer).fit(rows.repeat(weights, axis=0))

    np.testing.assert_array_equal(weighted.linkage_matrix_, repeated.linkage_matrix_)
    np.testing.assert_array_equal(weighted.labels_, repeated.predict(rows))


def test_scipy_draws_the_tree():
    """
    The merges are a linkage that scipy takes.
    """
    clusterer = CosineAgglomerative(n_micro_clusters=50).fit(clustered_rows(6)[0])

    assert is_valid_linkage(clusterer.linkage_matrix_)
    assert len(dendrogram(clusterer.linkage_matrix_, no_plot=True)["leaves"]) == 50


@pytest.mark.parametrize("n_micro_clusters", [30, 2000])
def test_confidence_falls_towards_the_runner_up(n_micro_clusters):
    """
    A row at a micro-cluster is sure, and the runner-up is the cluster of the nearest other one.
    """
    rows, _ = clustered_rows(7)
    clusterer = CosineAgglomerative(n_clusters=6, n_micro_clusters=n_micro_clusters).fit(rows)
    found = clusterer.assignments(rows)
    similarities = cosine_similarities(rows, clusterer.micro_centers_)
    of_micro = clusterer.predict(clusterer.micro_centers_)
    others = np.where(of_micro == clusterer.labels_[:, None], -2, similarities).argmax(axis=1)
    labels, confidences = clusterer.predict_with_confidence(clusterer.micro_centers_)

    np.testing.assert_array_equal(found.labels, clusterer.labels_)
    np.testing.assert_array_equal(found.runners_up, of_micro[others])
    assert found.confidences.min() >= 0
    assert found.confidences.max() <= 1
    np.testing.assert_array_equal(labels, of_micro)
    np.testing.assert_allclose(confidences, 1, atol=1e-4)
    alone = clusterer.at(n_clusters=1).assignments(rows)
    assert (alone.confidences == 1).all()
    assert (alone.runners_up == -1).all()


@pytest.mark.parametrize("n_rows", [1, 2, 3, 6])
@pytest.mark.parametrize("make", [np.zeros, np.ones, lambda shape: random_rows(0, *shape)])
@pytest.mark.parametrize("method", METHODS)
def test_few_rows_have_an_answer(n_rows, make, method):
    """
    Where there are no more different rows than clusters, each is one; rows of zeros are in none.
    """
    rows = make((n_rows, 4))
    clusterer = CosineAgglomerative(n_clusters=6, linkage=method).fit(rows)
    n_different = len(np.unique(rows[rows.any(axis=1)], axis=0))

    assert clusterer.n_clusters_ == n_different
    assert len(set(clusterer.labels_) - {-1}) == n_different
    assert clusterer.linkage_matrix_.shape == (max(n_different - 1, 0), 4)
    assert clusterer.assignments(rows).confidences.shape == (n_rows,)
    np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)


def test_one_text_many_times_is_one_cluster():
    """
    Thousands of equal rows are one point.
    """
    clusterer = CosineAgglomerative().fit(np.tile(random_rows(0, 1, 8), (20_000, 1)))

    assert clusterer.n_clusters_ == 1
    assert not clusterer.labels_.any()


def test_rows_of_zeros_change_nothing():
    """
    An empty text is in no cluster, then and later.
    """
    rows, _ = clustered_rows(8)
    expected = CosineAgglomerative().fit(rows)
    clusterer = CosineAgglomerative().fit(np.insert(rows, [0, 7, 50], 0, axis=0))

    assert (clusterer.labels_[[0, 8, 52]] == -1).all()
    np.testing.assert_array_equal(clusterer.linkage_matrix_, expected.linkage_matrix_)
    assert clusterer.predict_with_confidence(np.zeros((1, 16))) == (-1, 0)


def test_tables_keep_their_column_names():
    """
    A DataFrame goes in, and other columns are refused later.
    """
    frame = pd.DataFrame(clustered_rows(0, n_dimensions=4)[0], columns=list("abcd"))
    clusterer = CosineAgglomerative().fit(frame)

    assert clusterer.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        clusterer.predict(frame.rename(columns={"a": "z"}))


def test_a_copy_and_a_pickle_answer_alike():
    """
    A clone fits to the same labels, a pickle predicts them.
    """
    rows, _ = clustered_rows(0)
    clusterer = CosineAgglomerative(n_clusters=4).fit(rows)
    restored = pickle.loads(pickle.dumps(clusterer))

    np.testing.assert_array_equal(clone(clusterer).fit_predict(rows), clusterer.labels_)
    np.testing.assert_array_equal(restored.predict(rows), clusterer.labels_)
    np.testing.assert_array_equal(restored.labels_at(9), clusterer.labels_at(9))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_clusters": 0}, "n_clusters must be a whole number >= 1, got 0"),
        ({"n_micro_clusters": 2.5}, "n_micro_clusters must be a whole number >= 1, got 2.5"),
        ({"linkage": "single"}, 'linkage must be "ward" or "average", got \'single\''),
        (
            {"n_clusters": 30, "n_micro_clusters": 20},
            "n_clusters must be at most n_micro_clusters, 20, got 30: a larger n_micro_clusters "
            "allows it",
        ),
        (
            {"similarity_threshold": 1.5, "linkage": "average"},
            "similarity_threshold must be from -1 to 1, got 1.5",
        ),
        (
            {"similarity_threshold": 0.5},
            'similarity_threshold needs linkage="average", got "ward", which merges by losses '
            "that are no similarities",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, sentence):
    """
    The message says what was expected and what came.
    """
    with pytest.raises(InputError) as refusal:
        CosineAgglomerative(**settings).fit(random_rows(0, 9))
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "at needs either n_clusters or similarity_threshold, and only one"),
        (
            {"n_clusters": 3, "similarity_threshold": 0.5},
            "at needs either n_clusters or similarity_threshold, and only one",
        ),
        ({"n_clusters": 0}, "n_clusters must be a whole number >= 1, got 0"),
        (
            {"n_clusters": 10},
            "n_clusters must be at most the number of micro-clusters, 9, got 10",
        ),
    ],
)
def test_levels_that_are_not_there_are_refused(settings, sentence):
    """
    No more clusters than micro-clusters, and one way to ask.
    """
    clusterer = CosineAgglomerative(linkage="average").fit(random_rows(0, 9))
    with pytest.raises(InputError) as refusal:
        clusterer.at(**settings)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("rows", [np.empty((0, 4)), [[np.nan, 1.0]], [[np.inf, 1.0]]])
def test_rows_that_are_none_are_refused(rows):
    """
    No rows and rows of no numbers are errors that say so.
    """
    with pytest.raises(ValueError, match=r"0 sample|NaN|infinity"):
        CosineAgglomerative().fit(rows)
