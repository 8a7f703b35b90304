import pickle

import igraph
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.rows import make_rows
from toolkit import CosineAgglomerative, CosineLeiden, SphericalKMeans
from toolkit.clustering import resolution
from toolkit.clustering.graph_communities import communities
from toolkit.clustering.graph_joining import joined
from toolkit.clustering.graph_of_points import PointGraph, centred, graph_of_points
from toolkit.clustering.resolution import (
    Partition,
    balanced,
    best_partition,
    mean_silhouette,
)
from toolkit.errors import InputError
from toolkit.kernels import neighbor_graph


def topics(seed, n_topics=8, n_each=60, spread=0.12, n_dimensions=32):
    """Rows around random directions, with the number of the direction."""
    random = np.random.default_rng(seed)
    directions = random.standard_normal((n_topics, n_dimensions)) / np.sqrt(n_dimensions)
    truth = np.repeat(np.arange(n_topics), n_each)
    noise = random.standard_normal((len(truth), n_dimensions)) * spread

    return (directions[truth] + noise).astype(np.float32), truth


@parametrize_with_checks([CosineLeiden()])
def test_contract(estimator, check):
    """
    Every check that scikit-learn has for clusterers passes.
    """
    check(estimator)


@pytest.mark.parametrize("n_topics", [2, 8, 25])
@pytest.mark.parametrize("seed", range(3))
def test_topics_are_found_without_their_number(seed, n_topics):
    """
    Topics that stand apart are found as they are, be they few or many.
    """
    rows, truth = topics(seed, n_topics)
    clusterer = CosineLeiden().fit(rows)

    assert clusterer.n_clusters_ == n_topics
    assert adjusted_rand_score(truth, clusterer.labels_) > 0.99


@pytest.mark.parametrize("seed", range(5))
def test_row_order_and_length_change_nothing(seed):
    """
    Shuffled and rescaled rows have the clusters they had, on every level, by the same numbers.
    """
    rows, _ = topics(1, spread=0.2)
    random = np.random.default_rng(seed)
    order, lengths = random.permutation(len(rows)), 2.0 ** random.integers(-3, 4, (len(rows), 1))
    clusterer = CosineLeiden().fit(rows)
    shuffled = CosineLeiden().fit((rows * lengths)[order])

    np.testing.assert_array_equal(shuffled.labels_, clusterer.labels_[order])
    np.testing.assert_array_equal(shuffled.levels_, clusterer.levels_[order])


def test_repeats_share_a_cluster_and_move_no_border():
    """
    However often a row is repeated, the clusters stay, only their order by size may change.
    """
    rows, _ = topics(2, spread=0.2)
    random = np.random.default_rng(0)
    drawn = np.append(np.arange(len(rows)), random.integers(0, 40, 1000))
    once, often = CosineLeiden().fit(rows), CosineLeiden().fit(rows[drawn])

    assert adjusted_rand_score(once.labels_[drawn], often.labels_) == 1
    for row in range(40):
        assert len(set(often.labels_[drawn == row])) == 1
    sizes = np.bincount(often.labels_)
    assert (np.diff(sizes) <= 0).all()


def test_other_users_of_chance_are_left_alone(monkeypatch):
    """
    The same lots are drawn whatever was drawn before, and igraph's own source is put back.
    """
    rows, _ = topics(3, spread=0.3)
    igraph.set_random_number_generator(None)
    first = CosineLeiden().fit(rows).labels_
    import random

    random.seed(5)
    expected = random.Random(5).random()
    second = CosineLeiden().fit(rows).labels_

    np.testing.assert_array_equal(second, first)
    assert random.random() == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_rows_are_predicted_as_labelled(dtype):
    """
    Predict on the training rows is `labels_`, copies, near copies and rows of zeros among them.
    """
    rows, _ = topics(4, spread=0.25)
    random = np.random.default_rng(0)
    near = rows[:80] * (1 + random.uniform(-3e-6, 3e-6, (80, rows.shape[1])))
    rows = np.concatenate([rows, rows[:50], near, 0 * rows[:3]]).astype(dtype)
    clusterer = CosineLeiden().fit(rows)

    np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)
    assert (clusterer.labels_[-3:] == -1).all()
    assert (clusterer.labels_[:-3] >= 0).all()
    order = random.permutation(len(rows))
    np.testing.assert_array_equal(clusterer.predict(rows[order]), clusterer.labels_[order])


def test_coarse_grid_rows_are_clustered_and_predicted():
    """
    Many ties, copies and rows of zeros: all but zeros have a cluster, the same in predict.
    """
    rows = make_rows(0, 400)
    clusterer = CosineLeiden().fit(rows)

    np.testing.assert_array_equal(clusterer.labels_ >= 0, rows.any(axis=1))
    np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)


@pytest.mark.parametrize("n_clusters", [1, 2, 5, 8, 9, 30, 200])
def test_as_many_clusters_as_asked_for(n_clusters):
    """
    A given number of clusters is met exactly.
    """
    rows, _ = topics(5)
    clusterer = CosineLeiden(n_clusters=n_clusters).fit(rows)

    assert clusterer.n_clusters_ == n_clusters == len(set(clusterer.labels_))


def test_more_resolution_makes_more_clusters():
    """
    A given resolution is used as it is.
    """
    rows, _ = topics(6, spread=0.3)
    counts = [CosineLeiden(resolution=r).fit(rows).n_clusters_ for r in (0.01, 1.0, 8.0, 64.0)]

    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert CosineLeiden(resolution=3).fit(rows).resolution_ == 3.0


def test_the_search_can_be_looked_at():
    """
    The chosen resolution is among those tried, and nearly the best of them.
    """
    rows, _ = topics(7, spread=0.25)
    clusterer = CosineLeiden().fit(rows)
    chosen = clusterer.search_[clusterer.search_[:, 0] == clusterer.resolution_][0]

    assert chosen[1] == clusterer.n_clusters_
    assert chosen[2] == clusterer.silhouette_
    allowed = clusterer.search_[:, 1] <= 1.5 * np.sqrt(len(rows))
    assert chosen[2] >= clusterer.search_[allowed, 2].max() - 0.05
    assert CosineLeiden(resolution=1.0).fit(rows).search_.shape == (0, 3)


def test_a_balance_that_turns_out_worse_by_far_is_not_taken(monkeypatch):
    """
    Where the balanced resolution gives far worse clusters than one that was tried, that one wins.
    """
    rows, truth = topics(7)
    vectors = centred(rows)
    monkeypatch.setattr(resolution, "balanced", lambda partitions: 200.0)
    best, tried = best_partition(graph_of_points(vectors, 30), vectors)

    assert best.silhouette == max(part.silhouette for part in tried)
    assert best.resolution < 200 == max(part.resolution for part in tried)
    assert adjusted_rand_score(truth, best.group) == 1


def test_resolutions_that_are_equally_good_all_have_a_say():
    """
    A balance lies among the resolutions, nearer to the better ones; equal errors of 0 change none.
    """
    nothing = np.zeros(0, dtype=np.intp)

    def balance(*silhouettes, error=0.01):
        found = zip((1.0, 2.0, 4.0), silhouettes, strict=True)
        return balanced([Partition(nothing, at, height, error) for at, height in found])

    assert 1 < balance(0.3, 0.3, 0.3) < balance(0.3, 0.3, 0.33) < balance(0.3, 0.3, 0.4) < 4
    assert balance(0.3, 0.3, 0.3) == pytest.approx(balance(0.3, 0.3, 0.3, error=0.0))
    assert balance(0.3, 0.2, 0.2, error=0.0) == 1
    assert abs(balance(0.3, 0.301, 0.3) - balance(0.301, 0.3, 0.3)) < 0.1


def test_neighbours_knob_has_no_cliff():
    """
    From 10 to 45 neighbours, clusters change little from one setting to the next.
    """
    rows, _ = topics(8, n_topics=10, n_each=200, spread=0.25)
    labels = [CosineLeiden(n_neighbors=k).fit(rows).labels_ for k in (10, 15, 22, 32, 45)]

    for one, other in zip(labels, labels[1:], strict=False):
        assert adjusted_rand_score(one, other) > 0.8


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        ([[1.0, 0.0]], [0]),
        ([[0.0, 0.0]], [-1]),
        ([[0.0, 0.0]] * 5, [-1] * 5),
        ([[3.0, 4.0]] * 5, [0] * 5),
        ([[1.0, 0.0], [0.0, 0.0], [2.0, 0.0]], [0, -1, 0]),
    ],
    ids=["one row", "one row of zeros", "only zeros", "all rows equal", "a row of zeros"],
)
@pytest.mark.parametrize("settings", [{}, {"resolution": 1.0}, {"n_clusters": 1}])
def test_odd_tables_have_a_sane_answer(rows, labels, settings):
    """
    However little there is to cluster, every row but zeros has a cluster, and predict agrees.
    """
    clusterer = CosineLeiden(**settings).fit(rows)

    assert clusterer.labels_.tolist() == labels
    assert clusterer.predict(rows).tolist() == labels
    assert clusterer.n_clusters_ == max(labels) + 1
    assert clusterer.levels_[:, clusterer.level_].tolist() == labels


@pytest.mark.parametrize("n_rows", range(2, 12))
def test_fewer_rows_than_neighbours(n_rows):
    """
    A handful of rows is clustered too.
    """
    rows = np.random.default_rng(n_rows).standard_normal((n_rows, 5))
    clusterer = CosineLeiden().fit(rows)

    assert clusterer.labels_.min() == 0
    np.testing.assert_array_equal(clusterer.predict(rows), clusterer.labels_)


def test_a_hundred_thousand_equal_rows_are_one_cluster():
    """
    What is one point takes no time to cluster.
    """
    rows = np.tile(np.float32([0.6, 0.8, 0.0]), (100_000, 1))

    assert (CosineLeiden().fit(rows).labels_ == 0).all()


def test_groups_without_any_edge_between_them():
    """
    A graph in pieces: pieces stay apart by themselves and are joined only on demand.
    """
    rows = np.repeat(np.eye(6), 40, axis=0) + np.random.default_rng(0).normal(0, 0.01, (240, 6))
    truth = np.repeat(np.arange(6), 40)

    assert adjusted_rand_score(truth, CosineLeiden(n_neighbors=5).fit_predict(rows)) == 1
    for n_clusters in (1, 3):
        assert (
            CosineLeiden(n_neighbors=5, n_clusters=n_clusters).fit(rows).n_clusters_ == n_clusters
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_neighbors": 1}, "n_neighbors must be a whole number >= 2, got 1"),
        ({"n_neighbors": 2.5}, "n_neighbors must be a whole number >= 2, got 2.5"),
        ({"n_clusters": 0}, "n_clusters must be a whole number >= 1, got 0"),
        ({"resolution": 0}, 'resolution must be "auto" or > 0, got 0'),
        ({"resolution": float("nan")}, 'resolution must be "auto" or > 0, got nan'),
        ({"resolution": "fine"}, "resolution must be \"auto\" or > 0, got 'fine'"),
        ({"resolution": None}, 'resolution must be "auto" or > 0, got None'),
        ({"resolution": 1.0, "n_clusters": 3}, "give only one of them"),
    ],
)
def test_what_cannot_be_is_told(settings, message):
    """
    A setting that makes no sense is one sentence.
    """
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        CosineLeiden(**settings).fit(np.random.default_rng(0).standard_normal((10, 4)))


def test_missing_values_and_no_rows_are_told():
    """
    Missing values and empty tables are refused in scikit-learn's words.
    """
    with pytest.raises(ValueError, match="NaN"):
        CosineLeiden().fit([[1.0, np.nan]])
    with pytest.raises(ValueError, match="0 sample"):
        CosineLeiden().fit(np.zeros((0, 3)))


def test_copies_and_pickles_are_the_same():
    """
    A clone learns the same, a pickle knows the same.
    """
    rows, _ = topics(9, spread=0.3)
    clusterer = CosineLeiden().fit(rows)
    again = clone(clusterer).fit(rows)
    back = pickle.loads(pickle.dumps(clusterer))

    np.testing.assert_array_equal(again.labels_, clusterer.labels_)
    np.testing.assert_array_equal(back.predict(rows), clusterer.labels_)


def test_weights_say_how_sure_a_neighbour_is():
    """
    The nearest neighbour is sure, others less, and all of a row's own weights make log2(k).
    """
    rows = centred(topics(0)[0])
    graph = graph_of_points(rows, 8)
    indices, _ = neighbor_graph(rows, 8)
    weight = {
        (a, b): w for a, b, w in zip(graph.sources, graph.targets, graph.weights, strict=True)
    }

    assert (graph.sources < graph.targets).all()
    assert len(weight) == len(graph.weights)
    assert graph.weights.min() > 0
    assert graph.weights.max() <= 1 + 1e-12
    for row, nearest in enumerate(indices[:, 0]):
        assert weight[min(row, nearest), max(row, nearest)] == pytest.approx(1)
    np.testing.assert_allclose(
        graph.strengths,
        np.bincount(graph.sources, graph.weights, len(graph))
        + np.bincount(graph.targets, graph.weights, len(graph)),
    )


def test_the_silhouette_is_that_of_all_pairs():
    """
    The mean over sums of rows equals the mean over all pairs of rows.
    """
    from sklearn.metrics import silhouette_score

    rows = centred(topics(1, n_each=20)[0])
    group = np.random.default_rng(0).integers(0, 5, len(rows))
    group[0] = 5
    expected = silhouette_score(rows, group, metric="cosine")

    assert mean_silhouette(rows, group)[0] == pytest.approx(expected, abs=1e-5)
    assert mean_silhouette(rows, np.zeros(len(rows), dtype=int)) == (0, 0)


def test_no_more_clusters_than_the_root_allows():
    """
    A hundred pairs of near copies are not a hundred topics: at most 1.5 times the root are found.
    """
    rows = np.repeat(np.random.default_rng(0).standard_normal((200, 20)), 2, axis=0)
    rows += np.random.default_rng(1).normal(0, 0.05, rows.shape)
    vectors = centred((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    best, tried = best_partition(graph_of_points(vectors, 30), vectors)

    assert 1 <= len(best) <= 1.5 * np.sqrt(400)
    assert tried


def test_a_graph_without_edges_is_all_singles():
    """
    Points that nothing joins are communities of their own until they are joined on demand.
    """
    none = np.zeros(0, dtype=np.intp)
    graph = PointGraph(none, none, np.zeros(0), np.zeros(3))
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 0.9]])

    assert communities(graph, 1.0).tolist() == [0, 1, 2]
    assert joined(graph, vectors, np.arange(3), 2).tolist() == [0, 1, 1]


@pytest.mark.parametrize("clusterer", [CosineLeiden, SphericalKMeans, CosineAgglomerative])
def test_there_are_never_more_clusters_than_different_rows(clusterer):
    """
    Asked for more, every method makes a cluster of each different row.
    """
    rows = np.array([[1.0, 0], [2, 0], [0, 1], [0, 3]])

    assert clusterer(n_clusters=3).fit(rows).labels_.tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
