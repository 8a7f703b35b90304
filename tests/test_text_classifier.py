import pickle
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

from toolkit import (
    CosineCentroidClassifier,
    CosineKNNClassifier,
    CosineLogisticClassifier,
    HashingProvider,
    SelectiveClassifier,
    TextClassifier,
    TextEmbedder,
    ToolkitError,
)
from toolkit.errors import InputError, InvalidResponse

WORDS = {
    "card": ["card", "pin", "bank", "chip", "blocked", "cash"],
    "parcel": ["parcel", "late", "courier", "box", "tracking", "door"],
    "refund": ["refund", "money", "back", "return", "amount", "paid"],
}


@pytest.fixture(scope="module")
def table():
    """Ninety short texts whose words tell the label."""
    rng = np.random.default_rng(0)
    labels = list(WORDS) * 30
    texts = [" ".join(rng.choice(WORDS[label], size=4)) for label in labels]

    return pd.DataFrame({"text": texts, "label": labels})


@pytest.fixture
def model():
    return TextClassifier(TextEmbedder(HashingProvider(128)))


HEADS = [
    None,
    CosineLogisticClassifier(),
    CosineKNNClassifier(),
    CosineCentroidClassifier(),
    LogisticRegression(),
]


@pytest.mark.parametrize("head", HEADS, ids=lambda head: type(head).__name__)
def test_any_classifier_can_be_the_head(model, table, head):
    """
    The default, each of ours and scikit-learn's own learn the labels.
    """
    model.set_params(head=head).fit(table["text"], table["label"])

    assert (model.predict(table["text"]) == table["label"]).mean() > 0.95
    assert list(model.classes_) == ["card", "parcel", "refund"]
    assert np.allclose(model.predict_proba(table["text"]).sum(axis=1), 1)
    assert list(model.decide(table["text"])) == ["prediction", "confidence", "margin", "status"]


@pytest.mark.parametrize("embedder", ["hashing:64", HashingProvider(64)], ids=["name", "provider"])
def test_a_provider_or_its_name_will_do(table, embedder):
    """
    Whoever has no wishes but the provider need not make an embedder.
    """
    short = TextClassifier(embedder, CosineCentroidClassifier())
    long = TextClassifier(
        TextEmbedder("hashing:64", task="classification"), CosineCentroidClassifier()
    )

    given = [
        model.fit(table["text"], table["label"]).predict(WORDS["card"]) for model in (short, long)
    ]
    assert given[0].tolist() == given[1].tolist()


def test_labels_come_back_as_they_were(model, table):
    """
    Integers stay integers, strings stay strings.
    """
    numbers = table["label"].map({"card": 10, "parcel": 20, "refund": 30})

    assert set(model.fit(table["text"], numbers).predict(table["text"])) <= {10, 20, 30}


def test_the_order_of_training_rows_does_not_matter(model, table):
    """
    A shuffled table gives the same probabilities.
    """
    shuffled = table.sample(frac=1, random_state=1)
    first = model.fit(table["text"], table["label"]).predict_proba(table["text"])
    second = model.fit(shuffled["text"], shuffled["label"]).predict_proba(table["text"])

    assert np.allclose(first, second, atol=1e-3)


def test_equal_texts_get_equal_answers(model, table):
    """
    A text is answered alike alone, among others and twice.
    """
    model.fit(table["text"], table["label"])
    together = model.predict_proba(["late parcel", "money back", "late parcel"])

    assert np.allclose(together[0], together[2])
    assert np.allclose(together[:1], model.predict_proba(["late parcel"]), atol=1e-6)


def test_decide_keeps_the_index_and_agrees_with_predict(model, table):
    """
    One row of decisions for each row of the frame, on its index.
    """
    frame = table.set_index(pd.Index([f"t{number}" for number in range(len(table))]))

    decisions = model.fit(frame["text"], frame["label"]).decide(frame["text"])

    assert list(decisions.index) == list(frame.index)
    assert (decisions["prediction"].to_numpy() == model.predict(frame["text"])).all()
    assert decisions["confidence"].between(0, 1).all()


def test_what_is_unlike_everything_is_out_of_scope(model, table):
    """
    A text that shares nothing with the training texts is not answered.
    """
    decisions = model.fit(table["text"], table["label"]).decide(
        ["zzzz qqqq xxxx", "late parcel box"]
    )

    assert list(decisions["status"]) == ["out_of_scope", "ok"]


def test_evidence_is_the_nearest_training_rows(model, table):
    """
    A training text finds itself first, with its id, label and text, at similarity 1.
    """
    frame = table.drop_duplicates("text").set_index("text", drop=False)
    model.fit(frame["text"], frame["label"])

    found = model.evidence(frame["text"].iloc[:5], k=3)

    assert list(found["rank"]) == [1, 2, 3] * 5
    nearest = found[found["rank"] == 1]
    assert list(nearest["id"]) == list(nearest["text"]) == list(frame["text"].iloc[:5])
    assert np.allclose(nearest["similarity"], 1, atol=1e-5)
    assert (found.groupby("query", sort=False)["similarity"].diff().dropna() <= 0).all()


def test_texts_need_not_be_kept(model, table):
    """
    A model that must not hold texts still has evidence by id.
    """
    model.set_params(keep_texts=False).fit(table["text"], table["label"])

    assert list(model.evidence(["late parcel"])) == ["query", "rank", "id", "label", "similarity"]
    assert b"courier" not in pickle.dumps(model)


def test_several_labels_a_row_as_lists(model, table):
    """
    Lists of labels go in, tuples of labels come out.
    """
    texts = [f"{a} {b}" for a, b in zip(table["text"], table["text"][::-1], strict=True)]
    labels = [sorted({a, b}) for a, b in zip(table["label"], table["label"][::-1], strict=True)]

    predicted = model.fit(texts, labels).predict(texts)

    assert (
        np.mean([list(p) == expected for p, expected in zip(predicted, labels, strict=True)]) > 0.9
    )
    assert list(model.classes_) == ["card", "parcel", "refund"]
    assert model.decide(texts)["prediction"].tolist() == predicted


def test_several_labels_a_row_as_matrix(model, table):
    """
    An indicator matrix goes in, an indicator matrix comes out.
    """
    matrix = np.array([[label == name for name in WORDS] for label in table["label"]], dtype=int)

    predicted = model.fit(table["text"], matrix).predict(table["text"])

    assert predicted.shape == matrix.shape
    assert (predicted == matrix).mean() > 0.95


def test_held_out_probabilities_are_honest(model, table):
    """
    With labels drawn at random, held-out rows are right no more often than by chance.
    """
    random_labels = np.random.default_rng(0).permutation(table["label"])

    probabilities = model.set_params(head=CosineLogisticClassifier()).fit_held_out(
        table["text"], random_labels
    )

    assert (model.classes_[probabilities.argmax(axis=1)] == random_labels).mean() < 0.6


def test_frames_columns_and_scores(table):
    """
    The classifier picks its columns from a frame, in cross-validation too.
    """
    model = TextClassifier(TextEmbedder(HashingProvider(128), columns=["text"]))

    assert cross_val_score(model, table, table["label"], cv=3).min() > 0.9


def test_grid_search_reaches_the_head_and_the_embedder(model, table):
    """
    Nested parameters are found by their names.
    """
    search = GridSearchCV(
        model.set_params(head=CosineKNNClassifier()),
        {"head__n_neighbors": [1, 5], "embedder__provider": ["hashing:8", "hashing:128"]},
        cv=2,
    ).fit(table["text"], table["label"])

    assert search.best_params_["embedder__provider"] == "hashing:128"


def test_clone_and_pickle(model, table):
    """
    A pickled model answers alike; a clone is unfitted with equal parameters.
    """
    model.fit(table["text"], table["label"])
    copy = pickle.loads(pickle.dumps(model))

    assert np.array_equal(copy.predict_proba(table["text"]), model.predict_proba(table["text"]))
    assert not hasattr(clone(model), "classes_")


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["a", "b"], ["x"], "one label for each text, got 2 texts and 1 labels"),
        ("text", ["x"], r"write \[text\]"),
        (["a", "b"], None, "requires y"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(model, texts, labels, message):
    """
    Lengths that differ, a bare string and a missing target are named.
    """
    with pytest.raises(ToolkitError, match=message):
        model.fit(texts, labels)


def test_the_head_without_fit_held_out_says_so(model, table):
    """
    A head that cannot hold rows out is refused with its name.
    """
    with pytest.raises(ToolkitError, match="must have fit_held_out"):
        model.set_params(head=LogisticRegression()).fit_held_out(table["text"], table["label"])


def test_default_head_is_selective(model, table):
    """
    Without a head the classifier knows when not to answer.
    """
    assert isinstance(model.fit(table["text"], table["label"]).head_, SelectiveClassifier)


@dataclass(frozen=True)
class Fragile:
    """Fails on texts with the word broken."""

    fingerprint: str = "fragile"
    is_cheap = True

    def embed(self, texts, *, task="none"):
        if any("broken" in text for text in texts):
            raise InvalidResponse("fragile: the text is broken")

        return HashingProvider(64).embed(texts, task=task)


@pytest.mark.filterwarnings("ignore:.*:toolkit.errors.ToolkitWarning")
@pytest.mark.parametrize("head", HEADS, ids=lambda head: type(head).__name__)
def test_texts_that_cannot_be_embedded_are_failed(table, head):
    """
    One such text does not stop decide and evidence; predict says how many there are.
    """
    model = TextClassifier(TextEmbedder(Fragile(), on_error="nan"), head)
    model.fit(table["text"], table["label"])
    texts = pd.Series(["late parcel box", "broken", "refund money"], index=["x", "y", "z"])
    decided, found = model.decide(texts), model.evidence(texts, k=2)
    alone = model.decide(texts.iloc[[0, 2]])

    assert decided["status"]["y"] == "failed"
    assert decided["prediction"]["y"] is None
    assert decided.loc["y", ["confidence", "margin"]].isna().all()
    assert decided.loc[["x", "z"], "prediction"].tolist() == alone["prediction"].tolist()
    assert found["query"].tolist() == ["x", "x", "y", "y", "z", "z"]
    of_failed = found["query"] == "y"
    assert found.loc[of_failed, ["id", "label", "similarity", "text"]].isna().all(axis=None)
    assert found.loc[~of_failed].notna().all(axis=None)
    for method in (model.predict, model.predict_proba):
        with pytest.raises(InputError, match="1 of 3 texts could not be embedded"):
            method(texts)
    with pytest.raises(InputError, match="1 of 3 texts could not be embedded"):
        model.fit(texts, ["a", "b", "c"])


def test_infinite_vectors_are_refused(model, table):
    """
    NaN stands for a failed text, infinity for nothing.
    """
    vectors = model.fit(table["text"], table["label"]).embed(table["text"])
    vectors[0, 0] = np.inf

    with pytest.raises(ValueError, match="infinity"):
        model.decide(vectors)


@pytest.mark.filterwarnings("ignore:.*empty.*:toolkit.errors.ToolkitWarning")
@pytest.mark.parametrize("head", HEADS, ids=lambda head: type(head).__name__)
def test_empty_texts_are_out_of_scope(model, table, head):
    """
    A text of nothing is not answered, whatever the head.
    """
    model.set_params(head=head).fit(table["text"], table["label"])

    assert list(model.decide(["", "late parcel box"])["status"]) == ["out_of_scope", "ok"]


@pytest.mark.filterwarnings("ignore:.*:toolkit.errors.ToolkitWarning")
def test_several_labels_a_row_can_be_out_of_scope_or_failed(table):
    """
    Empty and failed texts are told with lists of labels as well.
    """
    model = TextClassifier(TextEmbedder(Fragile(), on_error="nan"))
    model.fit(table["text"], [[label] for label in table["label"]])
    decided = model.decide(["", "broken", "late parcel box courier"])

    assert decided["status"].tolist() == ["out_of_scope", "failed", "ok"]
    assert decided["prediction"][1] is None
    assert decided["prediction"][2] == ("parcel",)


@pytest.mark.parametrize("labels", [[["x"], ["x"], [], []], [[], [], [], []]])
def test_lists_of_one_label_are_refused(model, labels):
    """
    Nothing can be learned from lists that hold the same label only.
    """
    with pytest.raises(InputError, match="lists of labels need at least 2 different labels"):
        model.fit(["a", "b", "c", "d"], labels)


@pytest.mark.parametrize("head", [CosineKNNClassifier(), CosineCentroidClassifier()])
def test_a_head_of_one_class_decides(model, head):
    """
    A head that learns from one class is always sure of it.
    """
    model.set_params(head=head).fit(["late parcel", "late box"], ["x", "x"])

    assert model.decide(["late"]).iloc[0].tolist() == ["x", 1, 1, "ok"]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
@pytest.mark.parametrize("as_lists", [False, True])
def test_missing_labels_are_counted(model, table, missing, as_lists):
    """
    None, NaN and NA among labels, or in lists of labels, are one error with their number.
    """
    labels = [missing] * 3 + list(table["label"][3:])
    labels = [[label] for label in labels] if as_lists else labels

    with pytest.raises(InputError, match="3 of 90 labels are missing.*leave these rows out"):
        model.fit(table["text"], labels)
