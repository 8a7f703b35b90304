import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

from toolkit.errors import InputError
from toolkit.evaluation.clustering import evaluate_clustering
from toolkit.evaluation.silhouettes import cosine_silhouettes
from toolkit.kernels import cosine_similarities

KMEANS = KMeans(3, n_init=2, random_state=0)


def blobs(n_rows=120, spread=0.3, seed=0):
    """Return rows around three directions, and which each is around."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, n_rows)

    return np.eye(3, 8)[labels] + spread * random.standard_normal((n_rows, 8)), labels


def in_one_line(report):
    return " ".join(report.to_text(width=80).split())


def test_silhouettes_are_scikit_learns():
    """
    By cosine, for rows of any length, with single rows and zeros.
    """
    vectors, labels = blobs()
    vectors = np.vstack([vectors * np.linspace(0.1, 9, len(vectors))[:, None], np.zeros((1, 8))])
    labels = np.append(labels, 2)
    labels[0] = 7

    ours = cosine_silhouettes(vectors, labels)

    expected = silhouette_samples(vectors, labels, metric="cosine")
    np.testing.assert_allclose(ours.widths, expected, atol=1e-9)


def test_noise_has_no_part_in_silhouettes():
    """
    Rows in no cluster have none, and change none.
    """
    vectors, labels = blobs()
    noisy = np.append(labels, -1), np.vstack([vectors, np.ones((1, 8))])

    silhouettes = cosine_silhouettes(noisy[1], noisy[0])

    np.testing.assert_allclose(silhouettes.widths[:-1], cosine_silhouettes(vectors, labels).widths)
    assert np.isnan(silhouettes.widths[-1])
    assert silhouettes.next_clusters[-1] == -1


def test_cohesion_and_background_are_means_of_cosines():
    """
    Of all pairs in a cluster, and of all pairs.
    """
    vectors, labels = blobs(40)
    cosines = cosine_similarities(vectors, vectors)
    others = ~np.eye(40, dtype=bool)
    same = (labels[:, None] == labels) & others

    report = evaluate_clustering(vectors, labels)

    per_row = np.array([cosines[row, same[row]].mean() for row in range(40)])
    assert report.background == pytest.approx(cosines[others].mean())
    assert report.cohesion == pytest.approx(per_row.mean())


def test_shuffled_rows_get_the_same_report():
    """
    But for the samples, whose rows are drawn by their place.
    """
    vectors, labels = blobs()
    order = np.random.default_rng(1).permutation(len(labels))

    here = evaluate_clustering(vectors, labels)
    there = evaluate_clustering(vectors[order], labels[order])

    pd.testing.assert_frame_equal(here.clusters, there.clusters)
    assert here.silhouette == pytest.approx(there.silhouette)


def test_clear_clusters_are_solid_and_more_than_nothing():
    """
    They come back in every sample, and shuffled vectors look nothing like as good.
    """
    vectors, _ = blobs()
    report = evaluate_clustering(vectors, KMEANS.fit(vectors).labels_, clusterer=KMEANS)

    assert set(report.clusters["verdict"]) == {"solid"}
    assert report.stability > 0.95
    assert report.has_structure
    assert "there is structure here" in in_one_line(report)


def test_where_there_is_nothing_it_is_said():
    """
    K-means cuts a single cloud into pieces, which look no better than pieces of such a cloud.
    """
    vectors = np.random.default_rng(0).standard_normal((300, 8)) + 1
    report = evaluate_clustering(vectors, KMEANS.fit(vectors).labels_, clusterer=KMEANS)

    assert not report.has_structure
    assert "no structure was found" in in_one_line(report)


@pytest.mark.parametrize("labels", [[-1, -1], [0, 0], [0, 1]])
def test_tiny_clusterings_have_a_report(labels):
    """
    Noise alone, one cluster, one row a cluster: in words, and as JSON.
    """
    report = evaluate_clustering(np.eye(2), labels)

    assert re.search("[012] clusters? of 2 rows", report.to_text(width=80))
    assert (report.dbcv is None) == (report.n_clusters < 2)
    assert json.loads(json.dumps(report.to_dict()))["n_rows"] == 2


def test_what_does_not_fit_is_refused():
    """
    One label a row, and at least one sample.
    """
    with pytest.raises(InputError, match="one label a row, got 1 for 2 rows"):
        evaluate_clustering(np.eye(2), [0])
    with pytest.raises(InputError, match="labels has 'a' in row 0, where the number"):
        evaluate_clustering(np.eye(2), ["a", "b"])
    with pytest.raises(InputError, match="n_resamples must be at least 1, got 0"):
        evaluate_clustering(np.eye(2), [0, 1], n_resamples=0)
