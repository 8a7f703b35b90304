import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree
from threadpoolctl import threadpool_limits

from tests.rows import make_rows, random_rows
from toolkit.clustering import reachability as reachability_module
from toolkit.clustering.points import distinct_points
from toolkit.clustering.reachability import reachability
from toolkit.clustering.spanning_tree import spanning_tree


def clustered_rows(seed, n_clusters=12, size=60, n_dimensions=24, spread=0.3):
    """Tight clusters far from each other: what is nearest to a row is all in its own cluster."""
    random = np.random.default_rng(seed)
    centers = random.standard_normal((n_clusters, n_dimensions))
    noise = spread * random.standard_normal((n_clusters, size, n_dimensions))

    return (centers[:, None] + noise).reshape(-1, n_dimensions).astype(np.float32)


def orthogonal_rows(seed, size=150):
    """Two clusters without a dimension in common, whose distances all tie."""
    rows = np.abs(random_rows(seed, 2 * size, 12))
    rows[:size, 6:] = 0
    rows[size:, :6] = 0

    return rows


def slow_lengths(vectors, weights, min_samples):
    """Mutual reachability of all pairs of rows, in float64."""
    rows = np.repeat(vectors.astype(np.float64), weights.astype(int), axis=0)
    gaps = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    core = np.sort(gaps, axis=1)[:, min_samples]

    return np.maximum(np.maximum(core[:, None], core), gaps), core


def slow_tree_lengths(points, min_samples):
    """Lengths of scipy's tree; it takes zeros for missing edges, so that all are made longer."""
    lengths, _ = slow_lengths(points.vectors, points.weights, min_samples)

    return np.sort(minimum_spanning_tree(lengths + 1).data - 1)


def all_lengths(points, tree):
    """The tree's edges and those between copies."""
    copies = np.repeat(tree.core, points.weights.astype(int) - 1)

    return np.sort(np.append(tree.edges.lengths, copies))


MAKERS = [
    pytest.param(lambda seed: random_rows(seed, 300), id="scattered"),
    pytest.param(lambda seed: random_rows(seed, 250, 3), id="on a sphere"),
    pytest.param(lambda seed: make_rows(seed, 350), id="with copies and ties"),
    pytest.param(clustered_rows, id="clustered"),
    pytest.param(orthogonal_rows, id="orthogonal"),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("min_samples", [1, 5, 40])
def test_the_tree_is_the_shortest_there_is(make, min_samples):
    """
    Its edges are as long as those of the minimum spanning tree of all pairs of rows.
    """
    for seed in range(2):
        points = distinct_points(make(seed))
        tree = spanning_tree(points.vectors, points.weights, min_samples)

        assert len(tree.edges) == len(points) - 1
        np.testing.assert_allclose(
            all_lengths(points, tree), slow_tree_lengths(points, min_samples), atol=2e-7
        )


@pytest.mark.parametrize("make", MAKERS)
def test_few_neighbors_cost_products_but_change_nothing(make, monkeypatch):
    """
    What a smaller graph cannot prove is resolved, to the same tree, and the share tells of it.
    """
    points = distinct_points(make(0))
    expected = spanning_tree(points.vectors, points.weights, 3)
    monkeypatch.setattr(reachability_module, "_MORE_NEIGHBORS", 0)
    tree = spanning_tree(points.vectors, points.weights, 3)

    np.testing.assert_allclose(tree.edges.lengths, expected.edges.lengths, atol=1e-9)
    assert tree.proved_share <= expected.proved_share


def test_clusters_far_apart_are_joined_by_their_nearest_rows():
    """
    No edge of the graph leads from one cluster to another, yet nothing is bridged by guess.
    """
    rows = clustered_rows(3, spread=0.05)
    points = distinct_points(rows)
    tree = spanning_tree(points.vectors, points.weights, 5)

    assert 0.98 < tree.proved_share == 1 - 11 / (len(points) - 1)
    assert np.isfinite(tree.edges.lengths).all()


def test_core_distances_count_rows():
    """
    A point's copies are as many of its neighbours, and so are its neighbours' copies.
    """
    points = distinct_points(make_rows(5, 300))
    for min_samples in (1, 4, 30):
        _, core = slow_lengths(points.vectors, points.weights, min_samples)
        first = np.cumsum(points.weights.astype(int)) - points.weights.astype(int)
        found = reachability(points.vectors, points.weights, min_samples).core

        np.testing.assert_allclose(found, core[first], atol=2e-7)


def test_bounds_hold():
    """
    No edge that is missing in the graph is shorter than the bound of either of its points.
    """
    points = distinct_points(clustered_rows(0))
    known = reachability(points.vectors, points.weights, 4)
    lengths, _ = slow_lengths(points.vectors, points.weights, 4)
    lengths[known.edges.i, known.edges.j] = lengths[known.edges.j, known.edges.i] = np.inf
    np.fill_diagonal(lengths, np.inf)

    assert (lengths.min(axis=1) >= known.bounds - 2e-7).all()


def test_any_number_of_threads_gives_the_same_tree():
    """
    Threads change nothing, not even where edges tie.
    """
    for rows in (clustered_rows(1), orthogonal_rows(1), make_rows(1, 300)):
        points = distinct_points(rows)
        with threadpool_limits(1):
            expected = spanning_tree(points.vectors, points.weights, 4)
        with threadpool_limits(4):
            tree = spanning_tree(points.vectors, points.weights, 4)

        np.testing.assert_array_equal(tree.edges.i, expected.edges.i)
        np.testing.assert_array_equal(tree.edges.j, expected.edges.j)
        np.testing.assert_array_equal(tree.edges.lengths, expected.edges.lengths)
        assert tree.proved_share == expected.proved_share


@pytest.mark.parametrize("n_points", [0, 1, 2, 3])
def test_few_points_have_a_tree(n_points):
    """
    Nothing and a single point have a tree without edges, all of which are proved.
    """
    points = distinct_points(random_rows(0, n_points))
    tree = spanning_tree(points.vectors, points.weights, 1)

    assert len(tree.edges) == max(n_points - 1, 0)
    assert tree.core.shape == (n_points,)
    assert tree.proved_share == 1
