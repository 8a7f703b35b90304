import numpy as np
import pytest

from tests.test_clustering_leiden import topics
from toolkit.clustering.leiden import CosineLeiden
from toolkit.clustering.levels import numbered_by_size


@pytest.mark.parametrize("settings", [{}, {"resolution": 4.0}, {"n_clusters": 12}])
def test_levels_nest_from_coarse_to_fine(settings):
    """
    Each cluster lies in one cluster of the level before, there are more on each level, and one of
    the levels is the answer.
    """
    rows, _ = topics(0, n_topics=12, spread=0.3)
    clusterer = CosineLeiden(**settings).fit(rows)
    levels = clusterer.levels_.T
    counts = [level.max() + 1 for level in levels]

    assert len(levels) >= 2
    assert counts == sorted(set(counts))
    for coarse, fine in zip(levels, levels[1:], strict=False):
        assert len(np.unique(np.stack([coarse, fine]), axis=1).T) == fine.max() + 1
    np.testing.assert_array_equal(levels[clusterer.level_], clusterer.labels_)


def test_every_level_is_numbered_by_size():
    """
    On all levels 0 is the largest cluster.
    """
    rows, _ = topics(1, n_topics=6, spread=0.3)
    for level in CosineLeiden().fit(rows).levels_.T:
        assert (np.diff(np.bincount(level)) <= 0).all()


def test_topics_of_topics_are_levels():
    """
    Three fields of four topics each: the fields are a level above the topics.
    """
    random = np.random.default_rng(0)
    fields = np.repeat(np.arange(3), 4)
    directions = random.normal(0, 1, (3, 24))[fields] + random.normal(0, 0.6, (12, 24))
    topic = np.repeat(np.arange(12), 80)
    rows = directions[topic] + random.normal(0, 0.3, (960, 24))
    clusterer = CosineLeiden(n_clusters=12).fit(rows)
    pairs = {
        tuple(np.unique(np.stack([level, fields[topic]]), axis=1).shape)
        for level in clusterer.levels_.T
    }

    assert (2, 3) in pairs


def test_equal_sizes_are_numbered_by_the_first_point():
    """
    Numbers do not depend on the numbers that groups had before.
    """
    weights = np.array([1.0, 2.0, 1.0, 2.0])

    assert numbered_by_size(np.array([9, 4, 4, 9]), weights).tolist() == [0, 1, 1, 0]
    assert numbered_by_size(np.array([1, 2, 2, 1]), weights).tolist() == [0, 1, 1, 0]
    assert numbered_by_size(np.zeros(0, dtype=int), np.zeros(0)).tolist() == []
