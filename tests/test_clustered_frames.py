import numpy as np
import pandas as pd
import pytest

from toolkit.clustered_frames import with_clusters
from toolkit.clustering import CosineLeiden, TextClusterer
from toolkit.embedding import HashingProvider
from toolkit.errors import ToolkitWarning
from toolkit.text_embedder import TextEmbedder

TEXTS = [f"{topic} {n} {topic}" for topic in ("a parcel", "my refund") for n in range(8)]


@pytest.fixture
def model():
    embedder = TextEmbedder(HashingProvider(128), cache=False)

    return TextClusterer(embedder, CosineLeiden(n_clusters=2)).fit(TEXTS)


def test_rows_get_the_groups_of_the_fit(model):
    """
    On the index of the frame, whose columns stay as they are.
    """
    frame = pd.DataFrame({"text": TEXTS, "cluster": "mine"}, index=range(100, 116))

    found = with_clusters(model, frame, frame["text"])

    added = ["cluster_2", "cluster_name", "confidence", "next_cluster"]
    assert list(found) == ["text", "cluster", *added]
    assert found["cluster_2"].tolist() == model.labels_.tolist()
    pd.testing.assert_frame_equal(found[["text", "cluster"]], frame)


def test_empty_texts_are_in_no_group(model):
    """
    As at fit.
    """
    frame = pd.DataFrame({"text": ["", TEXTS[0]]})

    with pytest.warns(ToolkitWarning, match="empty"):
        found = with_clusters(model, frame, frame["text"])

    assert found["cluster"].tolist() == [-1, model.labels_[0]]
    assert found["cluster_name"].tolist()[0] == ""


def test_what_cannot_be_embedded_has_empty_cells_or_is_left_out(model):
    """
    Also where nothing else is there.
    """
    frame = pd.DataFrame({"text": TEXTS[:3]})
    vectors = model.embed(TEXTS[:3])
    vectors[1] = np.nan

    found = with_clusters(model, frame, vectors)
    assert found["cluster"].isna().tolist() == [False, True, False]
    assert found[["cluster_name", "confidence", "next_cluster"]].loc[1].isna().all()
    assert with_clusters(model, frame, vectors, skip_failed=True).index.tolist() == [0, 2]
    assert with_clusters(model, frame, np.full_like(vectors, np.nan), skip_failed=True).empty
