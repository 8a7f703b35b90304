import pickle

import numpy as np
import pandas as pd
import pytest
from hdbscan import HDBSCAN
from hdbscan.prediction import approximate_predict
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.rows import make_rows, random_rows
from toolkit.clustering.hdbscan import CosineHDBSCAN
from toolkit.clustering.hdbscan_cuts import CutSettings, cut
from toolkit.clustering.hdbscan_hierarchy import linkage_along
from toolkit.errors import InputError
from toolkit.kernels import unit_rows


@parametrize_with_checks([CosineHDBSCAN()])
def test_keeps_the_scikit_learn_contract(estimator, check):
    """
    Every check of scikit-learn passes, with no exception.
    """
    check(estimator)


def clustered_rows(seed, n_clusters=6, size=40, n_dimensions=16, n_scattered=60):
    """Clusters of unlike density among scattered rows, shuffled, of any length."""
    random = np.random.default_rng(seed)
    centers = random.standard_normal((n_clusters, n_dimensions))
    spread = random.uniform(0.2, 0.6, (n_clusters, 1, 1))
    noise = spread * random.standard_normal((n_clusters, size, n_dimensions))
    scattered = random.standard_normal((n_scattered, n_dimensions))
    rows = np.concatenate([(centers[:, None] + noise).reshape(-1, n_dimensions), scattered])
    rows *= random.uniform(0.1, 10, (len(rows), 1))

    return rows[random.permutation(len(rows))].astype(np.float32)


def with_copies(rows, seed=0, n_copies=200):
    """The rows and some of them again, some of those many times."""
    random = np.random.default_rng(seed)
    again = (len(rows) * random.random(n_copies) ** 3).astype(int)

    return np.concatenate([rows, rows[again]])[random.permutation(len(rows) + n_copies)]


def peer(rows, **settings):
    """The hdbscan package on rows of length 1 in float64, without its shortcuts."""
    settings = {"algorithm": "prims_kdtree", "gen_min_span_tree": True, **settings}

    return HDBSCAN(core_dist_n_jobs=1, **settings).fit(unit_rows(rows.astype(np.float64)))


def peer_labels(theirs, min_cluster_size, **settings):
    """Cut the peer's own spanning tree where equal distances count as one."""
    tree = theirs.minimum_spanning_tree_.to_numpy()
    linkage = linkage_along(tree[:, 0].astype(int), tree[:, 1].astype(int), tree[:, 2])

    return cut(linkage, len(tree) + 1, CutSettings(min_cluster_size, **settings)).labels


SETTINGS = [
    {},
    {"cluster_selection_method": "leaf"},
    {"cluster_selection_epsilon": 0.5},
    {"cluster_selection_method": "leaf", "cluster_selection_epsilon": 0.4},
    {"allow_single_cluster": True},
    {"max_cluster_size": 60},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("min_samples", [2, 8])
def test_equals_hdbscan(settings, min_samples):
    """
    The tree is as long as hdbscan's, and its tree gives our clusters where ties count as one.
    """
    rows = clustered_rows(1)
    ours = CosineHDBSCAN(min_cluster_size=10, min_samples=min_samples, **settings).fit(rows)
    theirs = peer(rows, min_cluster_size=10, min_samples=min_samples, **settings)
    lengths = ours.single_linkage_tree_.to_numpy()[:, 2]

    np.testing.assert_allclose(lengths, theirs.single_linkage_tree_.to_numpy()[:, 2], atol=1e-6)
    assert adjusted_rand_score(ours.labels_, peer_labels(theirs, 10, **settings)) == 1
    assert adjusted_rand_score(ours.labels_, theirs.labels_) > 0.95


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_copies_weigh_as_much_as_rows(method):
    """
    Repeated rows, many or few of each, give the clusters that hdbscan finds in all of them.
    """
    for seed in range(3):
        rows = with_copies(clustered_rows(seed), seed)
        ours = CosineHDBSCAN(
            min_cluster_size=8, min_samples=4, cluster_selection_method=method
        ).fit(rows)
        theirs = peer(rows, min_cluster_size=8, min_samples=4)
        lengths = ours.single_linkage_tree_.to_numpy()[:, 2]

        np.testing.assert_allclose(lengths, theirs.single_linkage_tree_.to_numpy()[:, 2], atol=1e-6)
        expected = peer_labels(theirs, 8, cluster_selection_method=method)
        assert adjusted_rand_score(ours.labels_, expected) == 1


def test_scores_equal_those_of_hdbscan():
    """
    Without ties probabilities, persistence and outlier scores are those of hdbscan.
    """
    rows = clustered_rows(4)
    ours = CosineHDBSCAN(min_cluster_size=12, min_samples=1).fit(rows)
    theirs = peer(rows, min_cluster_size=12, min_samples=1)
    same = theirs.labels_ >= 0
    order = np.array([ours.labels_[theirs.labels_ == label][0] for label in range(6)])

    np.testing.assert_array_equal(order[theirs.labels_[same]], ours.labels_[same])
    np.testing.assert_allclose(ours.probabilities_, theirs.probabilities_, atol=1e-5)
    np.testing.assert_allclose(ours.outlier_scores_, theirs.outlier_scores_, atol=1e-5)
    np.testing.assert_allclose(
        ours.cluster_persistence_[order], theirs.cluster_persistence_, atol=1e-5
    )


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_shuffled_rows_give_the_shuffled_labels(method):
    """
    The order of rows does not matter, not to the last bit, however many rows tie.
    """
    for rows in (with_copies(clustered_rows(0)), make_rows(0, 400)):
        clusterer = CosineHDBSCAN(min_samples=3, cluster_selection_method=method)
        fitted = clone(clusterer).fit(rows)
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(len(rows))
            shuffled = clone(clusterer).fit(rows[order])

            np.testing.assert_array_equal(shuffled.labels_, fitted.labels_[order])
            np.testing.assert_array_equal(shuffled.probabilities_, fitted.probabilities_[order])


@pytest.mark.parametrize("settings", SETTINGS[:5], ids=str)
def test_copies_share_a_cluster_and_training_rows_are_predicted_as_fitted(settings):
    """
    Equal rows have equal answers, and asking about a row again, at any length, changes nothing.
    """
    for rows in (with_copies(clustered_rows(2)), make_rows(3, 300), random_rows(0, 120)):
        clusterer = CosineHDBSCAN(min_cluster_size=6, min_samples=3, **settings).fit(rows)
        labels, confidences = clusterer.predict_with_confidence(rows * np.float32(3))

        np.testing.assert_array_equal(labels, clusterer.labels_)
        np.testing.assert_array_equal(confidences, clusterer.probabilities_)
        for point in range(len(clusterer.vectors_)):
            assert len(set(clusterer.labels_[clusterer.members_ == point])) == 1


def test_new_rows_join_as_in_hdbscan():
    """
    Rows that were not there are put where hdbscan's own prediction puts them, nearly always.
    """
    rows = clustered_rows(5, size=80)
    known, new = rows[:400], rows[400:]
    ours = CosineHDBSCAN(min_cluster_size=10, min_samples=5).fit(known)
    theirs = peer(known, min_cluster_size=10, min_samples=5, prediction_data=True)
    labels, confidences = ours.predict_with_confidence(new)
    expected, _ = approximate_predict(theirs, unit_rows(new.astype(np.float64)))

    assert adjusted_rand_score(labels, expected) > 0.95
    assert ((confidences > 0) == (labels >= 0)).all()
    assert confidences.max() <= 1


def test_any_granularity_from_one_tree():
    """
    Other cuts of a fitted tree equal fits with those settings, and leave the first as it was.
    """
    rows = with_copies(clustered_rows(6))
    fitted = CosineHDBSCAN().fit(rows)
    before = fitted.labels_.copy()
    for settings in (
        {"min_cluster_size": 20},
        {"cluster_selection_method": "leaf", "min_cluster_size": 10},
        {"cluster_selection_epsilon": 0.6},
        {"allow_single_cluster": True, "min_cluster_size": 100},
    ):
        other = fitted.at(**settings)
        refitted = CosineHDBSCAN(min_samples=5, **settings).fit(rows)

        assert other.get_params() == refitted.get_params()
        np.testing.assert_array_equal(other.labels_, refitted.labels_)
        np.testing.assert_array_equal(other.predict(rows), refitted.labels_)
        assert len(other.exemplars_) == other.n_clusters_
    np.testing.assert_array_equal(fitted.labels_, before)


def test_clusters_are_numbered_by_size():
    """
    The largest is 0, and numbers leave no gap.
    """
    clusterer = CosineHDBSCAN(cluster_selection_method="leaf").fit(clustered_rows(7))
    sizes = np.bincount(clusterer.labels_[clusterer.labels_ >= 0])

    assert len(sizes) == clusterer.n_clusters_ == len(clusterer.cluster_persistence_) > 3
    assert (np.diff(sizes) <= 0).all()
    assert (sizes >= 5).all()


def test_exemplars_are_the_firmest_rows():
    """
    Each cluster has some, all of them its own, as hdbscan chooses them.
    """
    rows = clustered_rows(8)
    ours = CosineHDBSCAN(min_cluster_size=10, min_samples=4).fit(rows)
    theirs = peer(rows, min_cluster_size=10, min_samples=4, prediction_data=True)
    units = unit_rows(rows.astype(np.float64))

    assert len(ours.exemplars_) == ours.n_clusters_
    for number, found in enumerate(ours.exemplars_):
        assert len(found) > 0
        assert (ours.labels_[found] == number).all()
        assert ours.probabilities_[found].max() == 1
    expected = {tuple(row) for group in theirs.exemplars_ for row in group.round(6)}
    assert {tuple(row) for group in ours.exemplars_ for row in units[group].round(6)} == expected


def test_trees_can_be_plotted():
    """
    The plots of the hdbscan package take our trees, with copies and rows of zeros in them.
    """
    import matplotlib

    matplotlib.use("agg")
    rows = with_copies(clustered_rows(0))
    rows[:3] = 0
    clusterer = CosineHDBSCAN(min_cluster_size=15).fit(rows)
    condensed = clusterer.condensed_tree_.to_pandas()

    assert sorted(condensed["child"][condensed["child_size"] == 1]) == list(range(len(rows)))
    assert clusterer.single_linkage_tree_.to_numpy()[-1, 3] == len(rows)
    assert clusterer.condensed_tree_.plot(select_clusters=True) is not None
    assert clusterer.single_linkage_tree_.plot(truncate_mode="lastp", p=20) is not None


def test_rows_of_zeros_are_noise():
    """
    An empty text is similar to nothing, then and later, and changes nothing for the others.
    """
    rows = clustered_rows(9)
    expected = CosineHDBSCAN().fit(rows)
    clusterer = CosineHDBSCAN().fit(np.insert(rows, [0, 7, 50], 0, axis=0))
    used = np.setdiff1d(np.arange(len(rows) + 3), [0, 8, 52])

    np.testing.assert_array_equal(clusterer.labels_[used], expected.labels_)
    assert (clusterer.labels_[[0, 8, 52]] == -1).all()
    assert (clusterer.outlier_scores_[[0, 8, 52]] == 1).all()
    assert clusterer.predict_with_confidence(np.zeros((1, 16))) == (-1, 0)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 6])
@pytest.mark.parametrize("make", [np.zeros, np.ones, lambda shape: random_rows(0, *shape)])
@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_few_rows_have_an_answer(n_rows, make, method):
    """
    However few rows there are, alike or not or empty, all of it can be asked for.
    """
    rows = make((n_rows, 4))
    clusterer = CosineHDBSCAN(min_cluster_size=3, cluster_selection_method=method).fit(rows)

    assert clusterer.labels_.shape == clusterer.probabilities_.shape == (n_rows,)
    assert clusterer.outlier_scores_.shape == (n_rows,)
    assert len(clusterer.exemplars_) == clusterer.n_clusters_
    np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)
    np.testing.assert_array_equal(clusterer.at(min_cluster_size=2).predict(rows).shape, n_rows)


def test_one_text_many_times_is_one_cluster_if_one_is_allowed():
    """
    Where all rows are equal there is nothing to tell apart, so hdbscan's rule calls them noise.
    """
    rows = np.tile(random_rows(0, 1, 8), (3000, 1))
    clusterer = CosineHDBSCAN().fit(rows)

    assert (clusterer.labels_ == -1).all()
    assert (clusterer.at(allow_single_cluster=True).labels_ == 0).all()


def test_a_text_repeated_often_enough_is_a_cluster():
    """
    Copies of one row among others are a cluster of their own.
    """
    rows = np.concatenate([np.tile(random_rows(0, 1), (8, 1)), clustered_rows(0)])
    labels = CosineHDBSCAN().fit(rows).labels_

    assert len(set(labels[:8])) == 1
    assert labels[0] >= 0


def test_tables_keep_their_column_names():
    """
    A DataFrame goes in, and other columns are refused later.
    """
    frame = pd.DataFrame(clustered_rows(0, n_dimensions=4), columns=list("abcd"))
    clusterer = CosineHDBSCAN().fit(frame)

    assert clusterer.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        clusterer.predict(frame.rename(columns={"a": "z"}))


def test_a_copy_and_a_pickle_answer_alike():
    """
    A clone fits to the same labels, a pickle predicts them.
    """
    rows = clustered_rows(0)
    clusterer = CosineHDBSCAN(min_cluster_size=8).fit(rows)

    np.testing.assert_array_equal(clone(clusterer).fit_predict(rows), clusterer.labels_)
    restored = pickle.loads(pickle.dumps(clusterer))
    np.testing.assert_array_equal(restored.predict(rows), clusterer.labels_)
    np.testing.assert_array_equal(restored.at(min_cluster_size=8).labels_, clusterer.labels_)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"min_cluster_size": 1}, "min_cluster_size must be a whole number >= 2, got 1"),
        ({"min_cluster_size": 2.5}, "min_cluster_size must be a whole number >= 2, got 2.5"),
        ({"min_samples": 0}, "min_samples must be a whole number >= 1 or None, got 0"),
        ({"max_cluster_size": 1}, "max_cluster_size must be a whole number >= 2, got 1"),
        ({"cluster_selection_epsilon": -1}, "cluster_selection_epsilon must be a distance >= 0"),
        ({"cluster_selection_epsilon": np.nan}, "cluster_selection_epsilon must be a distance"),
        ({"cluster_selection_method": "best"}, 'must be "eom" or "leaf", got \'best\''),
    ],
)
def test_senseless_settings_get_one_sentence(settings, sentence):
    """
    What was expected and what came, before any work is done.
    """
    with pytest.raises(InputError, match=sentence):
        CosineHDBSCAN(**settings).fit(np.eye(3))


def test_senseless_cuts_get_one_sentence():
    """
    A cut is checked as a fit is.
    """
    with pytest.raises(InputError, match="min_cluster_size must be a whole number"):
        CosineHDBSCAN().fit(np.eye(3)).at(min_cluster_size=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(bad):
    """
    The sentence says what is wrong.
    """
    rows = random_rows(0, 20)
    rows[3, 2] = bad

    with pytest.raises(ValueError, match="NaN|infinity"):
        CosineHDBSCAN().fit(rows)


def test_no_rows_are_refused():
    """
    A table without rows has no clusters.
    """
    with pytest.raises(ValueError, match="0 sample"):
        CosineHDBSCAN().fit(np.empty((0, 4)))
