"""Groups in model files: the same answers after loading, and nothing to fear from forged ones."""

import io
import os
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from tests.test_model_file_attacks import forge
from toolkit import (
    CosineAgglomerative,
    CosineHDBSCAN,
    CosineLeiden,
    HashingProvider,
    SphericalKMeans,
    TextClusterer,
    TextEmbedder,
    load,
    save,
)
from toolkit.clustering.hdbscan_cuts import condensed
from toolkit.errors import InputError, ModelFileError
from toolkit.persistence import read_manifest

TOPICS = ("parcel late gone", "refund money back", "password reset login")
TEXTS = [f"{topic} {number} {topic}" for topic in TOPICS for number in range(20)]
TEXTS += [*TEXTS[:5], "quite another thing", "blue sky"]
NEW = pd.Series(["my parcel is late", "a refund", "rain in spain"], index=["x", "y", "z"])
CLUSTERERS = {
    "leiden": CosineLeiden(n_clusters=3),
    "hdbscan": CosineHDBSCAN(min_cluster_size=5, min_samples=2),
    "kmeans": SphericalKMeans(n_clusters=3),
    "agglomerative": CosineAgglomerative(n_clusters=3),
}


def fitted(name="leiden", **settings):
    embedder = TextEmbedder(HashingProvider(64), columns=["text"], task="clustering")

    return TextClusterer(embedder, CLUSTERERS[name], **settings).fit(pd.DataFrame({"text": TEXTS}))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clusters.toolkit"


def saved_and_loaded(model, path):
    save(model, path, overwrite=True)

    return load(path)


def assert_equal_answers(loaded, model, texts):
    np.testing.assert_array_equal(loaded.predict(texts), model.predict(texts))
    pd.testing.assert_frame_equal(loaded.decide(texts), model.decide(texts))


@pytest.mark.parametrize("name", CLUSTERERS)
@pytest.mark.parametrize("noise", ["keep", "assign", 0.02])
def test_every_clusterer_answers_as_before(name, noise, path):
    """
    Labels, predictions, decisions, names and all that themes tell are those of the saved one.
    """
    model = fitted(name, noise=noise)
    loaded = saved_and_loaded(model, path)

    assert_equal_answers(loaded, model, pd.DataFrame({"text": TEXTS}))
    assert_equal_answers(loaded, model, NEW.to_frame("text"))
    np.testing.assert_array_equal(loaded.labels_, model.labels_)
    np.testing.assert_array_equal(loaded.vectors_, model.vectors_)
    pd.testing.assert_frame_equal(loaded.themes_.table, model.themes_.table)
    assert loaded.themes_.to_text() == model.themes_.to_text()
    assert loaded.themes_.to_dict() == model.themes_.to_dict()


def test_other_numbers_and_names_come_back(path):
    """
    And so does the next number, after loading twice.
    """
    model = fitted().renumbered({0: 7, 2: 0}, {7: "ours"}, next_number=30)
    loaded = saved_and_loaded(saved_and_loaded(model, path), path)

    assert_equal_answers(loaded, model, pd.DataFrame({"text": TEXTS}))
    np.testing.assert_array_equal(loaded.levels_, model.levels_)
    assert loaded.themes_.names == model.themes_.names
    assert loaded.renumbered({}).next_number_ == 30


@pytest.mark.parametrize("name", CLUSTERERS)
def test_clusterers_of_vectors_need_no_provider(name, path, rng):
    """
    Alone, or behind an embedder in a Pipeline.
    """
    vectors = rng.standard_normal((50, 8))
    alone = CLUSTERERS[name].fit(vectors)
    loaded = saved_and_loaded(alone, path)
    np.testing.assert_array_equal(loaded.predict(vectors), alone.labels_)
    np.testing.assert_array_equal(loaded.labels_, alone.labels_)
    assert read_manifest(path)["training"]["n_rows"] == 50

    model = make_pipeline(TextEmbedder(HashingProvider(32)), CLUSTERERS[name]).fit(TEXTS)
    loaded = saved_and_loaded(model, path)
    np.testing.assert_array_equal(loaded.predict(TEXTS), model.predict(TEXTS))


def test_other_granularities_can_be_asked_for_after_loading(path):
    """
    The trees of HDBSCAN and of merges are kept, with what is drawn of them.
    """
    model = fitted("hdbscan")
    loaded, own = saved_and_loaded(model, path).clusterer_, model.clusterer_
    np.testing.assert_array_equal(
        loaded.at(min_cluster_size=10).labels_, own.at(min_cluster_size=10).labels_
    )
    np.testing.assert_array_equal(loaded.condensed_tree_.to_numpy(), own.condensed_tree_.to_numpy())
    np.testing.assert_array_equal(loaded.outlier_scores_, own.outlier_scores_)
    for ours, theirs in zip(loaded.exemplars_, own.exemplars_, strict=True):
        np.testing.assert_array_equal(ours, theirs)

    model = fitted("agglomerative")
    loaded, own = saved_and_loaded(model, path).clusterer_, model.clusterer_
    np.testing.assert_array_equal(loaded.labels_at(7), own.labels_at(7))


def test_the_manifest_tells_what_people_ask(path):
    """
    What it is, of which columns and rows of which table, and with which provider.
    """
    save(fitted(), path, training={"table": "/home/me/tickets.csv"}, metrics={"n_clusters": 3})

    told = read_manifest(path)
    assert told["estimator"] == "toolkit.clustering.text_clusterer.TextClusterer"
    assert told["columns"] == ["text"]
    assert told["provider"]["name"] == "hashing:64"
    assert told["training"] == {"table": "tickets.csv", "n_rows": len(TEXTS)}
    assert told["metrics"] == {"n_clusters": 3}


@pytest.mark.parametrize("name", ["leiden", "hdbscan"])
def test_vectors_are_kept_once(name, path):
    """
    By the clusterer that needs them; rows are told by them.
    """
    model = fitted(name)
    save(model, path)

    n_distinct = model.clusterer_.vectors_.nbytes
    assert n_distinct < os.path.getsize(path) < n_distinct + 40_000
    np.testing.assert_array_equal(load(path).vectors_, model.vectors_)


def test_files_are_the_same_but_for_the_hour(path, tmp_path):
    """
    Two files of one model, or of a loaded one, differ in nothing but when they were made.
    """
    model, again = fitted("hdbscan"), tmp_path / "again.toolkit"
    save(model, path)
    save(load(path), again)

    members = []
    for each in (path, again):
        with zipfile.ZipFile(each) as archive:
            names = [name for name in archive.namelist() if name != "manifest.json"]
            members.append({name: archive.read(name) for name in names})
    assert members[0] == members[1]


def test_saving_changes_nothing(path):
    """
    The saved object keeps its themes and its answers.
    """
    model = fitted()
    told = model.themes_
    save(model, path)

    assert model.themes_ is told
    np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)


CHANGES = [-1, 10**6, 2**62, np.nan, "shorter", "emptier"]


def asked_for_everything(model):
    """Whatever a reader of the file may ask."""
    model.decide(pd.DataFrame({"text": ["my parcel is late", *TEXTS[:3]]}))
    model.renumbered({0: 10})
    model.themes_.to_text()
    if isinstance(model.clusterer_, CosineHDBSCAN):
        model.clusterer_.at(min_cluster_size=4)
        assert model.clusterer_.outlier_scores_ is not None
        assert model.clusterer_.exemplars_ is not None
    if isinstance(model.clusterer_, CosineAgglomerative):
        model.clusterer_.labels_at(5)
    assert model.vectors_ is not None


@pytest.mark.parametrize(
    ("name", "noise"), [*((name, "keep") for name in CLUSTERERS), ("hdbscan", "assign")]
)
def test_forged_arrays_give_an_error_at_most(name, noise, path):
    """
    Positions out of reach, other shapes and odd numbers in any array end in a Python error.
    """
    save(fitted(name, noise=noise), path)
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    arrays = [each for each in members if each.endswith(".npy")]

    n_answered = 0
    for each in arrays:
        whole = np.load(io.BytesIO(members[each]))
        for change in CHANGES:
            forge(path, members | {each: bytes_of(changed(whole, change))})
            n_answered += is_answered(path)

    assert 0 < n_answered < len(arrays) * len(CHANGES)


def is_answered(path):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            asked_for_everything(load(path))
        except Exception:  # any of Python's errors will do; what may not happen is a crash
            return False

    return True


def changed(array, change):
    if change == "shorter":
        return array[1:] if array.ndim else array
    if change == "emptier":
        return array[:0] if array.ndim else array
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        odd = array.copy()
        if odd.size and odd.dtype.kind in "iuf":
            last = odd.size // 2 if odd.ndim else ()
            value = np.float64(change)
            odd.flat[last] = (
                value if odd.dtype.kind == "f" else np.nan_to_num(value).astype(odd.dtype)
            )

    return odd


def bytes_of(array):
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)

    return content.getvalue()


WRONG_TREES = {
    "out of reach": (slice(0, 1), 0, 9.0),
    "far out of reach": (slice(0, 1), 0, 1e15),
    "negative": (slice(0, 1), 1, -1.0),
    "twice": (slice(0, 1), 1, 0.0),
    "not whole": (slice(0, 1), 1, 0.5),
    "size": (slice(1, 2), 3, 40.0),
    "no number": (slice(1, 2), 2, np.nan),
}


@pytest.mark.parametrize("wrong", WRONG_TREES.values(), ids=WRONG_TREES)
def test_compiled_code_sees_no_hierarchy_that_is_none(wrong):
    """
    It would read and write wherever the hierarchy says.
    """
    rows, column, value = wrong
    linkage = np.array([[0, 1, 0.1, 2], [2, 3, 0.1, 2], [4, 5, 0.5, 4]])
    assert len(condensed(linkage, 4, 2)) > 0
    for broken in (linkage[:2], linkage[:, :3], linkage.astype(np.float32), linkage.astype(int)):
        with pytest.raises(InputError, match="expected a hierarchy of 4 rows"):
            condensed(broken, 4, 2)
    linkage[rows, column] = value

    with pytest.raises(InputError, match="expected a hierarchy of 4 rows, got something else"):
        condensed(linkage, 4, 2)


def test_a_tree_that_grows_into_itself_is_refused():
    """
    Each merge is of clusters that there are by then.
    """
    linkage = np.array([[5, 1, 0.1, 2], [2, 3, 0.1, 2], [4, 0, 0.5, 4]], dtype=float)

    with pytest.raises(InputError, match="expected a hierarchy"):
        condensed(linkage, 4, 2)


def test_forged_themes_are_told_as_damage(path):
    """
    Themes with other fields are no themes.
    """
    save(fitted(), path)
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    schema = members["schema.json"].replace(b'"n_noise"', b'"n_voice"')

    forge(path, members | {"schema.json": schema})
    with pytest.raises(ModelFileError, match="n_voice"):
        load(path)
