import numpy as np
import pandas as pd
import pytest

from toolkit.clustering import CosineHDBSCAN, CosineLeiden, SphericalKMeans, TextClusterer
from toolkit.clustering.going_on import EarlierClusters, gone_on, predicted_clusters
from toolkit.embedding import HashingProvider
from toolkit.errors import InputError
from toolkit.text_embedder import TextEmbedder

TOPICS = ("parcel late gone", "refund money back", "password reset login")
TEXTS = pd.Series([f"{topic} {number} {topic}" for topic in TOPICS for number in range(20)])
EMBEDDER = TextEmbedder(HashingProvider(256), cache=False)
CLUSTERERS = {
    "leiden": CosineLeiden(n_clusters=3),
    "hdbscan": CosineHDBSCAN(min_cluster_size=5, min_samples=2),
    "kmeans": SphericalKMeans(n_clusters=3),
}


def fitted(name="leiden", texts=TEXTS, **settings):
    return TextClusterer(EMBEDDER, CLUSTERERS[name], **settings).fit(texts)


@pytest.mark.parametrize("name", CLUSTERERS)
@pytest.mark.parametrize("noise", ["keep", "assign"])
def test_everything_speaks_the_new_numbers(name, noise):
    """
    Labels, predictions, decisions, runners-up and themes; what was fitted stays as it was.
    """
    texts = pd.Series([*TEXTS, "quite another thing", "blue sky"])
    found = fitted(name, texts, noise=noise)
    numbers = {0: 7, 1: 0, 2: 4, -1: -1}
    again = found.renumbered({0: 7, 1: 0, 2: 4}, {7: "ours"})

    expected = [numbers[label] for label in found.labels_]
    assert again.labels_.tolist() == expected
    assert again.predict(texts).tolist() == expected
    before, after = found.decide(texts), again.decide(texts)
    assert after["cluster"].tolist() == expected
    assert after["next_cluster"].tolist() == [numbers[own] for own in before["next_cluster"]]
    assert (after["cluster_name"] == "ours").tolist() == (after["cluster"] == 7).tolist()
    assert again.themes_.table["cluster"].tolist() == [0, 4, 7]
    assert (again.n_clusters_, again.next_number_) == (3, 8)
    assert found.labels_.max() == 2


def test_the_level_that_is_the_clusters_has_their_numbers():
    """
    The others keep theirs, and all nest as before.
    """
    found = fitted()
    again = found.renumbered({0: 9})
    own = found.clusterer_.level_

    np.testing.assert_array_equal(again.levels_[:, own], again.labels_)
    others = np.arange(found.levels_.shape[1]) != own
    np.testing.assert_array_equal(again.levels_[:, others], found.clusterer_.levels_[:, others])
    assert not hasattr(fitted("kmeans"), "levels_")


def test_numbers_can_be_changed_again():
    """
    From those that there are by then; a number that was given once is not the next one.
    """
    again = fitted().renumbered({0: 7, 1: 8}).renumbered({7: 1, 8: 0})

    assert sorted(again.numbers_.tolist()) == [0, 1, 2]
    assert again.predict(TEXTS).tolist() == again.labels_.tolist()
    assert again.next_number_ == 9
    assert fitted().renumbered({}, next_number=40).next_number_ == 40


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({0: 1}, "expected another number, from 0, for each cluster, got 1, 1, 2"),
        ({0: -1}, "expected another number, from 0, for each cluster"),
        ({5: 6}, "expected numbers of clusters that there are, got 5"),
    ],
)
def test_numbers_that_cannot_be_are_refused(numbers, message):
    """
    With the reason.
    """
    with pytest.raises(InputError, match=message):
        fitted().renumbered(numbers)


def test_names_stay_with_what_goes_on_and_with_nothing_else():
    """
    A cluster that was split keeps a number, but not the name.
    """
    found = fitted()
    merged = pd.Series(np.where(found.labels_ == 2, 5, 3), index=TEXTS)

    again, match = gone_on(found, TEXTS, EarlierClusters(merged, {3: "two things", 5: "logins"}))

    assert sorted(match.changes["change"]) == ["same", "split", "split"]
    assert again.themes_.names[5] == "logins"
    assert "two things" not in again.themes_.names.values()
    assert sorted(again.numbers_) == [3, 5, 6]


def test_numbers_of_the_dead_are_not_given_again():
    """
    Neither those of clusters without a row now, nor those of clusters that died long ago.
    """
    found = fitted()
    last = pd.Series([0] * 20, index=TEXTS[:20])

    for earlier, first_new in (
        (EarlierClusters(last, {0: "parcels", 8: "no row is here"}), 9),
        (EarlierClusters(last, {0: "parcels"}, next_number=30), 30),
        (EarlierClusters(last), 1),
    ):
        again, _ = gone_on(found, TEXTS, earlier)
        assert sorted(again.numbers_) == [0, first_new, first_new + 1]
        assert again.next_number_ == first_new + 2


def test_numbers_are_remembered_when_nothing_new_came():
    """
    The highest number of all time is, not that of today.
    """
    found = fitted()
    last = pd.Series(found.labels_, index=TEXTS)

    again, _ = gone_on(found, TEXTS, EarlierClusters(last, next_number=30))

    assert again.next_number_ == 30


def test_rows_that_repeat_count_once():
    """
    A text that stands there many times is one row to be found again.
    """
    texts = pd.concat([TEXTS, TEXTS[:5]], ignore_index=True)
    found = fitted(texts=texts)
    last = pd.Series(found.labels_[:60] + 4, index=TEXTS)

    again, match = gone_on(found, texts, EarlierClusters(last))

    np.testing.assert_array_equal(again.labels_, found.labels_ + 4)
    assert match.n_shared == 60


def test_a_model_tells_where_rows_would_have_been():
    """
    Under its own numbers, with its names; rows unlike all that it knows are in none.
    """
    model = fitted().renumbered({0: 7}, {7: "ours"}, next_number=30)

    earlier = predicted_clusters(model, TEXTS)
    assert earlier.labels.tolist() == model.labels_.tolist()
    assert (earlier.names[7], earlier.next_number) == ("ours", 30)
    new = predicted_clusters(model, ["snow and ice", *TEXTS[:20]])
    assert new.labels.tolist() == [-1, *model.labels_[:20]]


def test_another_style_is_not_another_topic():
    """
    Where most rows are unlike those that are known, they still are of their clusters.
    """
    model = fitted()
    new = [f"{text} dear sir or madam" for text in TEXTS]

    found = predicted_clusters(model, new).labels.to_numpy()

    assert (found != -1).mean() >= 0.75
    np.testing.assert_array_equal(found[found != -1], model.labels_[found != -1])


@pytest.mark.parametrize("name", CLUSTERERS)
def test_the_same_rows_again_change_nothing(name):
    """
    A clustering that goes on from its own model has its numbers and names.
    """
    texts = pd.Series([*TEXTS, "quite another thing", "blue sky"])
    model = fitted(name, texts).renumbered({0: 7, 1: 0}, {7: "ours"})

    again, match = gone_on(
        fitted(name, texts), pd.Series(range(62)), predicted_clusters(model, texts)
    )

    np.testing.assert_array_equal(again.labels_, model.labels_)
    assert again.themes_.names == model.themes_.names
    assert set(match.changes["change"]) == {"same"}


def test_one_row_is_known_well_enough():
    """
    There is no other to compare it with.
    """
    model = TextClusterer(EMBEDDER, SphericalKMeans(n_clusters=1)).fit(["parcel"])

    assert predicted_clusters(model, ["parcel", "snow"]).labels.tolist() == [0, 0]
