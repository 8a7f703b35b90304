import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from toolkit.clustering import CosineHDBSCAN, CosineLeiden, SphericalKMeans, TextClusterer
from toolkit.embedding import HashingProvider
from toolkit.errors import InputError, ToolkitWarning
from toolkit.text_embedder import TextEmbedder

TEXTS = [
    *("my parcel is late", "where is the parcel", "parcel not here", "my parcel", "late parcel"),
    *("refund my money", "a refund please", "when is my refund paid", "refund not paid", "refund!"),
    *("password reset", "forgot my password", "new password please", "password old", "password?"),
]
TOPICS = ("parcel", "refund", "password")
EMBEDDER = TextEmbedder(HashingProvider(256), cache=False)


def clusterer(vectors="leiden", **settings):
    made = {
        "leiden": CosineLeiden(n_clusters=3),
        "kmeans": SphericalKMeans(n_clusters=3),
        "hdbscan": CosineHDBSCAN(min_cluster_size=3, min_samples=1),
    }

    return TextClusterer(EMBEDDER, made[vectors], **settings)


def test_topics_become_named_groups():
    """
    Texts with the same word are together, and that word is in the name.
    """
    found = clusterer().fit(TEXTS)

    assert found.n_clusters_ == 3
    for topic, number in zip(TOPICS, found.labels_[::5], strict=True):
        assert topic in found.themes_.names[number]


@pytest.mark.parametrize("method", ["leiden", "kmeans", "hdbscan"])
@pytest.mark.parametrize("noise", ["keep", "assign", 0.2])
def test_known_texts_get_their_group_again(method, noise):
    """
    Whatever groups them, and whatever becomes of noise; in any order, and more than once.
    """
    texts = [*TEXTS, *TEXTS[:4], "quite another thing"]
    found = clusterer(method, noise=noise).fit(texts)
    order = np.random.default_rng(0).permutation(len(texts))

    again = found.predict([texts[place] for place in order])

    np.testing.assert_array_equal(again, found.labels_[order])
    np.testing.assert_array_equal(found.labels_[15:19], found.labels_[:4])


def test_order_of_the_rows_does_not_matter():
    """
    Shuffled texts are in the same groups under the same numbers and names.
    """
    order = np.random.default_rng(1).permutation(len(TEXTS))
    here, there = clusterer().fit(TEXTS), clusterer().fit([TEXTS[place] for place in order])

    np.testing.assert_array_equal(there.labels_, here.labels_[order])
    assert there.themes_.names == here.themes_.names


def test_noise_is_assigned_or_kept_as_asked_for():
    """
    All of it, none of it, or as much as a share allows.
    """
    texts = [*TEXTS, "quite another thing", "blue sky", "seven dwarfs", "rain in spain"]
    n_kept = {
        noise: int((clusterer("hdbscan", noise=noise).fit(texts).labels_ == -1).sum())
        for noise in ("keep", "assign", 0.1)
    }

    assert n_kept["keep"] > 2 >= n_kept[0.1] >= n_kept["assign"] == 0


def test_decisions_name_the_group_and_stand_on_the_index():
    """
    With a confidence and the next group; an empty text is in none.
    """
    found = clusterer().fit(TEXTS)
    new = pd.Series(["a late parcel", ""], index=["x", "y"])
    with pytest.warns(ToolkitWarning, match="empty"):
        decisions = found.decide(new)

    assert list(decisions.index) == ["x", "y"]
    assert decisions.loc["x", "cluster"] == found.labels_[0]
    assert decisions.loc["x", "cluster_name"] == found.themes_.names[found.labels_[0]]
    assert 0 < decisions.loc["x", "confidence"] <= 1
    assert decisions.loc["y", ["cluster", "cluster_name", "confidence"]].tolist() == [-1, "", 0]


def test_vectors_stand_for_texts():
    """
    So that nothing is embedded twice.
    """
    found = clusterer().fit(TEXTS)

    np.testing.assert_array_equal(found.predict(found.vectors_), found.labels_)


def test_clones_and_pickles_are_the_same():
    """
    A clone is unfitted with the same settings, a pickle answers as before.
    """
    found = clusterer(noise=0.3).fit(TEXTS)

    assert not hasattr(clone(found), "labels_")
    assert clone(found).noise == 0.3
    copied = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(copied.predict(TEXTS), found.labels_)


@pytest.mark.parametrize("noise", ["drop", -0.1, 1.5, None])
def test_what_noise_cannot_be_is_refused(noise):
    """
    With what it may be.
    """
    with pytest.raises(InputError, match='noise must be "keep", "assign" or a share from 0 to 1'):
        clusterer(noise=noise).fit(TEXTS)


def test_a_provider_or_its_name_will_do():
    """
    As in TextClassifier.
    """
    for embedder in (HashingProvider(256), "hashing:256"):
        found = TextClusterer(embedder, CosineLeiden(n_clusters=3)).fit(TEXTS)
        np.testing.assert_array_equal(found.labels_, clusterer().fit(TEXTS).labels_)
