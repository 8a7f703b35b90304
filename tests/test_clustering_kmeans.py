import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.rows import make_rows, random_rows, slow_cosines
from toolkit.clustering.kmeans_nearest import nearest_centers
from toolkit.clustering.kmeans_rounds import settle
from toolkit.clustering.kmeans_seeds import seeds
from toolkit.clustering.kmeans_sums import moved, sums
from toolkit.clustering.spherical_kmeans import SphericalKMeans
from toolkit.errors import InputError
from toolkit.kernels import cosine_similarities, group_means, unit_rows


@parametrize_with_checks([SphericalKMeans(), SphericalKMeans(n_clusters=2, n_init=1)])
def test_keeps_the_scikit_learn_contract(estimator, check):
    """
    Every check of scikit-learn passes, with no exception.
    """
    check(estimator)


def clustered_rows(seed, n_clusters=6, size=40, n_dimensions=16, spread=0.5):
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


def test_finds_clusters_that_are_there():
    """
    Rows around six directions are told apart as they were made.
    """
    rows, group = clustered_rows(0, spread=0.3)

    assert adjusted_rand_score(SphericalKMeans(n_clusters=6).fit(rows).labels_, group) == 1


@pytest.mark.parametrize("n_clusters", [1, 2, 7, 40])
def test_rows_have_the_nearest_center_and_centers_the_mean_direction(n_clusters):
    """
    What is learned is a state of rest of k-means on cosine, and is told as it is.
    """
    for rows in tables():
        clusterer = SphericalKMeans(n_clusters=n_clusters, tol=0).fit(rows)
        used = rows.any(axis=1)
        similarities = slow_cosines(rows[used], clusterer.cluster_centers_)
        labels = clusterer.labels_[used]
        own = similarities[np.arange(len(labels)), labels]
        means = group_means(unit_rows(rows[used]), labels, clusterer.n_clusters_)

        assert clusterer.n_clusters_ == n_clusters
        assert (own >= similarities.max(axis=1) - 1e-6).all()
        np.testing.assert_allclose(clusterer.cluster_centers_, unit_rows(means), atol=1e-4)
        np.testing.assert_allclose(clusterer.mean_similarity_, own.mean(), atol=1e-5)
        np.testing.assert_allclose(clusterer.score(rows), clusterer.mean_similarity_, atol=1e-6)
        np.testing.assert_array_equal(clusterer.cluster_weights_, np.bincount(labels))
        assert (np.diff(clusterer.cluster_weights_) <= 0).all()


def test_as_good_as_scikit_learn_on_rows_of_length_1():
    """
    Rows are as similar to their centers as those that KMeans finds, over some tables and seeds.
    """
    ours, theirs = [], []
    for seed in range(12):
        rows, _ = clustered_rows(seed % 4, n_clusters=20, spread=0.9)
        peer = KMeans(20, n_init=1, random_state=seed).fit(unit_rows(rows))
        clusterer = SphericalKMeans(n_clusters=20, n_init=1, random_state=seed).fit(rows)
        theirs.append(cosine_similarities(rows, peer.cluster_centers_).max(axis=1).mean())
        ours.append(clusterer.mean_similarity_)

    assert np.mean(ours) > np.mean(theirs) - 0.002


def test_shuffled_rows_give_the_shuffled_labels():
    """
    The order of rows does not matter, not to the last bit, however many rows tie.
    """
    for rows in tables():
        fitted = SphericalKMeans(n_clusters=9).fit(rows)
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(len(rows))
            shuffled = SphericalKMeans(n_clusters=9).fit(rows[order])

            np.testing.assert_array_equal(shuffled.labels_, fitted.labels_[order])
            np.testing.assert_array_equal(shuffled.cluster_centers_, fitted.cluster_centers_)


@pytest.mark.parametrize("n_clusters", [2, 9, 50])
def test_copies_share_a_cluster_and_training_rows_are_predicted_as_fitted(n_clusters):
    """
    Equal rows have equal answers, and asking about rows again, few or many, changes nothing.
    """
    for rows in tables():
        clusterer = SphericalKMeans(n_clusters=n_clusters).fit(rows)

        np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)
        np.testing.assert_array_equal(clusterer.predict(rows * np.float32(3)), clusterer.labels_)
        np.testing.assert_array_equal(clusterer.predict(rows[::7]), clusterer.labels_[::7])
        np.testing.assert_array_equal(clusterer.predict(rows[:1]), clusterer.labels_[:1])
        _, points = np.unique(unit_rows(rows).round(4) + 0.0, axis=0, return_inverse=True)
        assert len(np.unique([points, clusterer.labels_], axis=1).T) == len(np.unique(points))


def test_answers_of_a_model_to_one_text_share_a_cluster():
    """
    A row halfway between two centers takes its near copies along, at fit and later.
    """
    random = np.random.default_rng(0)
    ends = np.concatenate([np.tile([[1, 0, 0, 0]], (30, 1)), np.tile([[0, 1, 0, 0]], (30, 1))])
    ends = ends + 0.1 * random.standard_normal(ends.shape)
    clusterer = SphericalKMeans(n_clusters=2).fit(ends)
    halfway = clusterer.cluster_centers_.sum(axis=0)
    near = halfway + 1e-6 * random.standard_normal((20, 4))
    clusterer.fit(np.concatenate([ends, near]))

    assert len(set(clusterer.labels_[60:])) == 1
    np.testing.assert_array_equal(clusterer.predict(near), clusterer.labels_[60:])


def test_a_weight_counts_like_copies():
    """
    A row of weight 2 counts as two rows, a row of weight 0 as none, but it is labelled.
    """
    rows, _ = clustered_rows(1)
    weights = np.random.default_rng(0).integers(0, 4, len(rows))
    weighted = SphericalKMeans(n_clusters=8).fit(rows, sample_weight=weights)
    repeated = SphericalKMeans(n_clusters=8).fit(rows.repeat(weights, axis=0))

    np.testing.assert_array_equal(weighted.cluster_centers_, repeated.cluster_centers_)
    np.testing.assert_array_equal(weighted.predict(rows), repeated.predict(rows))
    np.testing.assert_array_equal(weighted.labels_, weighted.predict(rows))
    np.testing.assert_allclose(weighted.score(rows, sample_weight=weights), repeated.score(
        rows.repeat(weights, axis=0)
    ), rtol=1e-6)  # fmt: skip


def test_seeds_repeat_and_more_starts_are_no_worse():
    """
    One seed gives one answer, None is a seed as well, and of several starts a good one is kept.
    """
    rows = random_rows(0, 400)
    first, *others = (SphericalKMeans(n_clusters=20).fit(rows) for _ in range(2))
    for other in others:
        np.testing.assert_array_equal(other.labels_, first.labels_)
    settings = {"n_clusters": 20, "random_state": 3}
    state = SphericalKMeans(n_clusters=20, random_state=np.random.RandomState(3)).fit(rows)
    reached = [
        SphericalKMeans(**settings, n_init=n_init).fit(rows).mean_similarity_
        for n_init in (1, 3, 9)
    ]

    assert reached[0] < reached[2]
    assert state.mean_similarity_ == reached[1]
    seeds_matter = SphericalKMeans(n_clusters=20, random_state=4).fit(rows)
    assert seeds_matter.mean_similarity_ != reached[1]


def test_starts_where_it_is_told():
    """
    Given centers are the only start; they may be of any length.
    """
    rows, group = clustered_rows(2, spread=1.0)
    means = 7 * group_means(unit_rows(rows), group, 6)
    clusterer = SphericalKMeans(n_clusters=6, init=means, max_iter=1, random_state=0).fit(rows)
    other = SphericalKMeans(n_clusters=6, init=means.tolist(), max_iter=1, random_state=9).fit(rows)

    assert adjusted_rand_score(clusterer.labels_, group) > 0.8
    np.testing.assert_array_equal(other.cluster_centers_, clusterer.cluster_centers_)


def test_no_cluster_stays_empty():
    """
    Centers that no row is nearest to are put where rows are far from theirs.
    """
    rows, group = clustered_rows(3, spread=0.2)
    init = np.tile(rows[:1], (6, 1))
    init[1] = -init[1]
    clusterer = SphericalKMeans(n_clusters=6, init=init).fit(rows)

    assert clusterer.n_clusters_ == len(set(clusterer.labels_)) == 6
    assert adjusted_rand_score(clusterer.labels_, group) > 0.7


def slow_rounds(rows, centers, n_rounds):
    """K-means as the books have it."""
    for _ in range(n_rounds):
        labels = slow_cosines(rows, centers).argmax(axis=1)
        totals = np.array([rows[labels == label].sum(axis=0) for label in range(len(centers))])
        centers = unit_rows(totals)

    return centers


@pytest.mark.parametrize("n_rounds", [1, 3, 12])
def test_rows_that_are_passed_over_would_not_have_moved(n_rounds):
    """
    Looking only at rows that may have a nearer center gives what looking at all gives.
    """
    rows = unit_rows(random_rows(0, 200, 8))
    settled = settle(rows, np.ones(200), rows[:9], tol=0, max_rounds=n_rounds)
    expected = slow_rounds(rows, rows[:9], n_rounds + 1)

    np.testing.assert_allclose(settled.centers, expected, atol=1e-5)


@pytest.mark.parametrize("n_centers", [1, 2, 30])
def test_nearest_centers_are_exact_however_rows_are_cut(n_centers):
    """
    Float64 decides between centers that float32 cannot tell apart; equals go to the first.
    """
    rows = make_rows(1, 300)
    centers = rows[rows.any(axis=1)][:n_centers]
    similarities = slow_cosines(rows, centers)
    found = nearest_centers(rows, centers)
    expected = np.where(rows.any(axis=1), similarities.argmax(axis=1), -1)
    some = np.array([5, 2, 2, 200])

    np.testing.assert_array_equal(found.labels, expected)
    np.testing.assert_allclose(found.similarities, similarities.max(axis=1), atol=1e-6)
    np.testing.assert_array_equal(nearest_centers(rows, centers, some).labels, expected[some])
    for row in range(0, 300, 50):
        assert nearest_centers(rows[row : row + 1], centers).labels == expected[row]
    if n_centers > 1:
        top_two = np.sort(similarities, axis=1)[:, -2:]
        np.testing.assert_allclose(found.margins, top_two[:, 1] - top_two[:, 0], atol=1e-6)


def test_sums_of_parts_add_up():
    """
    However a table is cut into parts, workers' sums give the centers of the whole.
    """
    for rows in tables():
        weights = np.random.default_rng(0).uniform(0, 3, len(rows))
        centers = unit_rows(rows[rows.any(axis=1)][:9])
        totals, weight = sums(rows, centers, weights)
        for n_parts in (2, 7, len(rows)):
            parts = np.array_split(np.random.default_rng(n_parts).permutation(len(rows)), n_parts)
            found = [sums(rows[part], centers, weights[part]) for part in parts]

            np.testing.assert_allclose(sum(part[0] for part in found), totals, atol=1e-9)
            np.testing.assert_allclose(sum(part[1] for part in found), weight, rtol=1e-12)
        used = rows.any(axis=1)
        np.testing.assert_allclose(weight.sum(), weights[used].sum())
        assert totals.dtype == weight.dtype == np.float64


def test_workers_with_a_part_each_find_what_one_finds():
    """
    Rounds of sums over parts lead to the centers that rounds over the whole lead to.
    """
    rows = unit_rows(random_rows(1, 300))
    centers = rows[:5]
    for _ in range(5):
        parts = [sums(part, centers)[0] for part in np.array_split(rows, 4)]
        centers = moved(centers, sum(parts))
    settled = settle(rows, np.ones(300), rows[:5], tol=0, max_rounds=4)

    np.testing.assert_allclose(centers, settled.centers, atol=1e-6)


def test_seeds_are_different_points():
    """
    As many points as are asked for are drawn, none twice, even where all are nearly the same.
    """
    almost = np.array([[1, 0, 0]]) + np.array([[0, 2e-4, 0]]) * np.arange(40)[:, None]
    for points in (unit_rows(random_rows(0, 40, 3)), unit_rows(almost.astype(np.float32))):
        for n_seeds in (1, 20, 40):
            found = seeds(points, np.ones(40), n_seeds, np.random.default_rng(0))

            assert len(np.unique(found, axis=0)) == n_seeds
            assert (found[:, None] == points).all(axis=2).any(axis=1).all()


def test_the_first_batch_is_a_fit():
    """
    With nothing learned before, partial_fit does what fit does.
    """
    rows, _ = clustered_rows(4)
    fitted = SphericalKMeans(n_clusters=6).fit(rows)
    begun = SphericalKMeans(n_clusters=6).partial_fit(rows)

    np.testing.assert_array_equal(begun.labels_, fitted.labels_)
    np.testing.assert_array_equal(begun.cluster_centers_, fitted.cluster_centers_)


def test_batches_are_learned_one_after_the_other():
    """
    A stream ends with centers nearly as good as those of all rows, and numbers stay as they are.
    """
    rows, _ = clustered_rows(5, n_clusters=8, size=250, spread=0.8)
    clusterer = SphericalKMeans(n_clusters=8)
    for batch in np.array_split(rows, 8):
        before = getattr(clusterer, "cluster_centers_", None)
        clusterer.partial_fit(batch)
        if before is not None:
            own = np.vecdot(before, clusterer.cluster_centers_)
            assert (own > 0.9).all()
        np.testing.assert_array_equal(clusterer.predict(batch), clusterer.labels_)

    whole = SphericalKMeans(n_clusters=8).fit(rows)
    assert clusterer.score(rows) > whole.mean_similarity_ - 0.01
    assert clusterer.cluster_weights_.sum() == len(rows)
    np.testing.assert_allclose(np.linalg.norm(clusterer.cluster_centers_, axis=1), 1, rtol=1e-6)


def test_a_stream_of_single_rows_has_an_answer():
    """
    Rows become centers until there are enough; copies and rows of zeros do not.
    """
    rows = np.concatenate([np.zeros((1, 3)), np.eye(3), 2 * np.eye(3), [[1, 1, 0]]])
    clusterer = SphericalKMeans(n_clusters=4)
    labels = [clusterer.partial_fit(row[None]).labels_[0] for row in rows]

    assert labels == [-1, 0, 1, 2, 0, 1, 2, 3]
    assert clusterer.cluster_weights_.tolist() == [2, 2, 2, 1]
    assert clusterer.partial_fit(np.zeros((2, 3))).labels_.tolist() == [-1, -1]
    grown = SphericalKMeans(n_clusters=2).partial_fit(np.eye(3)[:1]).partial_fit(np.eye(3))
    assert grown.n_clusters_ == 2


def test_a_fit_can_be_followed_by_batches_and_begun_anew():
    """
    partial_fit goes on from fit, fit forgets.
    """
    rows, _ = clustered_rows(6)
    clusterer = SphericalKMeans(n_clusters=3).fit(rows).partial_fit(rows[:50])

    assert clusterer.cluster_weights_.sum() == len(rows) + 50
    assert clusterer.fit(rows).cluster_weights_.sum() == len(rows)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 6])
@pytest.mark.parametrize("make", [np.zeros, np.ones, lambda shape: random_rows(0, *shape)])
def test_few_rows_have_an_answer(n_rows, make):
    """
    Where there are no more different rows than clusters, each is one; rows of zeros are in none.
    """
    rows = make((n_rows, 4))
    clusterer = SphericalKMeans(n_clusters=6).fit(rows)
    n_different = len(np.unique(rows[rows.any(axis=1)], axis=0))

    assert clusterer.n_clusters_ == n_different
    assert len(set(clusterer.labels_) - {-1}) == n_different
    assert clusterer.transform(rows).shape == (n_rows, n_different)
    np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)
    assert clusterer.mean_similarity_ == pytest.approx(min(n_different, 1))


def test_opposite_rows_have_no_mean_direction():
    """
    A center whose rows cancel out stays where it is.
    """
    clusterer = SphericalKMeans(n_clusters=1).fit([[1.0, 0.0], [-1.0, 0.0]])

    assert clusterer.mean_similarity_ == 0
    assert np.linalg.norm(clusterer.cluster_centers_) == 1


def test_one_text_many_times_is_one_cluster():
    """
    Thousands of equal rows are one point.
    """
    clusterer = SphericalKMeans().fit(np.tile(random_rows(0, 1, 8), (20_000, 1)))

    assert clusterer.n_clusters_ == 1
    assert not clusterer.labels_.any()


def test_rows_of_zeros_change_nothing():
    """
    An empty text is in no cluster, and moves no center.
    """
    rows, _ = clustered_rows(7)
    expected = SphericalKMeans().fit(rows)
    clusterer = SphericalKMeans().fit(np.insert(rows, [0, 7, 50], 0, axis=0))

    assert (clusterer.labels_[[0, 8, 52]] == -1).all()
    np.testing.assert_array_equal(clusterer.cluster_centers_, expected.cluster_centers_)
    assert clusterer.predict_with_confidence(np.zeros((1, 16))) == (-1, 0)


def test_confidence_falls_towards_the_runner_up():
    """
    A row at a center is sure, one between two is not, and the runner-up is the second nearest.
    """
    rows, _ = clustered_rows(8)
    clusterer = SphericalKMeans(n_clusters=6).fit(rows)
    found = clusterer.assignments(rows)
    order = np.argsort(clusterer.transform(rows), axis=1)
    a, b = clusterer.cluster_centers_[:2]
    _, (at, near, halfway) = clusterer.predict_with_confidence([a, 0.9 * a + 0.1 * b, a + b])

    np.testing.assert_array_equal(found.runners_up, order[:, -2])
    np.testing.assert_array_equal(found.labels, clusterer.labels_)
    assert found.confidences.min() >= 0
    assert found.confidences.max() <= 1
    assert at == pytest.approx(1)
    assert at > near > halfway == pytest.approx(0, abs=1e-3)
    alone = SphericalKMeans(n_clusters=1).fit(rows).assignments(rows)
    assert (alone.confidences == 1).all()
    assert (alone.runners_up == -1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_similarities_to_centers_are_columns(dtype):
    """
    transform keeps the type, names its columns, and predict is its largest.
    """
    rows = clustered_rows(9)[0].astype(dtype)
    clusterer = SphericalKMeans(n_clusters=5).fit(rows)
    similarities = clusterer.transform(rows)
    table = clone(clusterer).set_output(transform="pandas").fit_transform(rows)

    assert similarities.dtype == dtype
    np.testing.assert_array_equal(similarities.argmax(axis=1), clusterer.labels_)
    assert table.columns.tolist() == [f"sphericalkmeans{number}" for number in range(5)]
    np.testing.assert_allclose(table, similarities)


def test_a_grid_search_finds_more_clusters_nearer():
    """
    score is what a search compares, and large is good.
    """
    rows, _ = clustered_rows(0)
    search = GridSearchCV(SphericalKMeans(), {"n_clusters": [2, 6]}, cv=3).fit(rows)

    assert search.best_params_ == {"n_clusters": 6}


def test_tables_keep_their_column_names():
    """
    A DataFrame goes in, and other columns are refused later.
    """
    frame = pd.DataFrame(clustered_rows(0, n_dimensions=4)[0], columns=list("abcd"))
    clusterer = SphericalKMeans().fit(frame)

    assert clusterer.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        clusterer.predict(frame.rename(columns={"a": "z"}))


def test_a_copy_and_a_pickle_answer_alike():
    """
    A clone fits to the same labels, a pickle predicts them and goes on learning.
    """
    rows, _ = clustered_rows(0)
    clusterer = SphericalKMeans(n_clusters=4).fit(rows)
    restored = pickle.loads(pickle.dumps(clusterer))

    np.testing.assert_array_equal(clone(clusterer).fit_predict(rows), clusterer.labels_)
    np.testing.assert_array_equal(restored.predict(rows), clusterer.labels_)
    np.testing.assert_array_equal(
        restored.partial_fit(rows[:9]).cluster_centers_,
        clusterer.partial_fit(rows[:9]).cluster_centers_,
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_clusters": 0}, "n_clusters must be a whole number >= 1, got 0"),
        ({"n_clusters": 2.5}, "n_clusters must be a whole number >= 1, got 2.5"),
        ({"n_init": 0}, "n_init must be a whole number >= 1, got 0"),
        ({"max_iter": "many"}, "max_iter must be a whole number >= 1, got 'many'"),
        ({"tol": -1}, "tol must be >= 0, got -1"),
        ({"init": "random"}, "init must be \"k-means++\" or an array of centers, got 'random'"),
        (
            {"n_clusters": 3, "init": np.eye(2, 4)},
            "init must have a row for each of n_clusters and the columns of X, shape (3, 4), "
            "got (2, 4)",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, sentence):
    """
    The message says what was expected and what came.
    """
    for learn in (SphericalKMeans(**settings).fit, SphericalKMeans(**settings).partial_fit):
        with pytest.raises(InputError) as refusal:
            learn(random_rows(0, 9, 4))
        assert str(refusal.value) == sentence


@pytest.mark.parametrize("rows", [np.empty((0, 4)), [[np.nan, 1.0]], [[np.inf, 1.0]]])
def test_rows_that_are_none_are_refused(rows):
    """
    No rows and rows of no numbers are errors that say so.
    """
    with pytest.raises(ValueError, match=r"0 sample|NaN|infinity"):
        SphericalKMeans().fit(rows)
