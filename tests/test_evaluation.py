import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score

from toolkit.errors import InputError
from toolkit.evaluation import evaluate_classification, evaluate_multilabel

CLASSES = ["billing", "delivery", "login", "refund"]


@pytest.fixture
def table(rng):
    """Labels, and probabilities that are right more often than not."""
    y = rng.choice(CLASSES, size=200, p=[0.4, 0.3, 0.2, 0.1])
    probabilities = rng.dirichlet(np.ones(4), size=200)
    probabilities[np.arange(200), np.searchsorted(CLASSES, y)] += 0.4

    return y, probabilities / probabilities.sum(axis=1, keepdims=True)


def test_perfect_predictions_have_no_confusions():
    """
    If all is right and sure, every score is 1 and no mistake is listed.
    """
    report = evaluate_classification(CLASSES, np.eye(4), CLASSES)

    assert report.accuracy == report.macro_f1 == report.balanced_accuracy == 1
    assert report.calibration_error == 0
    assert report.confusions.empty
    assert report.accuracy_interval[1] == 1
    assert report.accuracy_interval[0] < 1


def test_scores_equal_scikit_learns(table):
    """
    Accuracy, F1, balanced accuracy and the confusion matrix are what scikit-learn computes.
    """
    y, probabilities = table
    predicted = np.array(CLASSES)[probabilities.argmax(axis=1)]
    report = evaluate_classification(y, probabilities, CLASSES)

    assert report.accuracy == pytest.approx((y == predicted).mean())
    assert report.macro_f1 == pytest.approx(f1_score(y, predicted, average="macro"))
    assert report.balanced_accuracy == pytest.approx(balanced_accuracy_score(y, predicted))
    assert report.baseline_accuracy == pytest.approx(pd.Series(y).value_counts().max() / 200)
    np.testing.assert_array_equal(report.confusion_matrix, confusion_matrix(y, predicted))
    np.testing.assert_allclose(
        report.per_class["f1"], f1_score(y, predicted, average=None, labels=CLASSES)
    )


def test_row_order_does_not_matter(table):
    """
    Shuffled rows give the same report, down to the examples.
    """
    y, probabilities = table
    texts = np.array([f"text {row}" for row in range(200)])
    order = np.random.default_rng(1).permutation(200)
    report = evaluate_classification(pd.Series(y), probabilities, CLASSES, texts=texts)
    shuffled = evaluate_classification(
        pd.Series(y)[order], probabilities[order], CLASSES, texts=texts[order]
    )

    assert shuffled.to_text(width=100) == report.to_text(width=100)
    pd.testing.assert_frame_equal(shuffled.confusions, report.confusions)


def test_calibration_error_of_a_case_done_by_hand():
    """
    Ten rows at 0.9 of which 7 are right and ten at 0.6 of which 5 are right: 0.5*0.2 + 0.5*0.1.
    """
    top = np.repeat([0.9, 0.6], 10)
    y = ["a"] * 7 + ["b"] * 3 + ["a"] * 5 + ["b"] * 5
    report = evaluate_classification(y, np.column_stack([top, 1 - top]), ["a", "b"])

    assert report.calibration_error == pytest.approx(0.15)
    assert report.reliability["n"].tolist() == [10, 10]
    assert report.reliability["accuracy"].tolist() == [0.5, 0.7]


def test_labels_unseen_at_fit_count_as_wrong_and_are_named():
    """
    A label that the model never learned lowers every score, and the report says which.
    """
    report = evaluate_classification(["a", "loan", "loan"], [[1, 0], [1, 0], [0, 1]], ["a", "b"])

    assert report.unseen_labels == ("loan",)
    assert report.accuracy == pytest.approx(1 / 3)
    assert report.macro_f1 == pytest.approx(
        f1_score(["a", "l", "l"], ["a", "a", "b"], average="macro")
    )
    assert report.confusion_matrix.loc["loan"].sum() == 2
    assert "2 rows carry labels that the model never learned and count as wrong: loan." in (
        report.to_text(width=100)
    )


def test_a_classifier_of_one_class_is_judged_too():
    """
    With a single class everything is right, and nothing warns.
    """
    report = evaluate_classification(["a", "a"], [[1.0], [1.0]], ["a"])

    assert (report.accuracy, report.macro_f1) == (1, 1)
    assert report.confusion_matrix.to_numpy().tolist() == [[2]]


def test_the_example_is_the_surest_mistake():
    """
    Each confusion shows the text that the classifier was surest about, and its row in the table.
    """
    y = pd.Series(["a", "a", "a"], index=[10, 20, 30])
    report = evaluate_classification(
        y, [[0.4, 0.6], [0.1, 0.9], [0.8, 0.2]], ["a", "b"], texts=["one", "two", "three"]
    )

    [confusion] = report.confusions.to_dict("records")
    assert (confusion["true"], confusion["predicted"], confusion["n"]) == ("a", "b", 2)
    assert (confusion["text"], confusion["row"], confusion["confidence"]) == ("two", 20, 0.9)


def test_at_most_so_many_confusions_are_listed(table):
    """
    The most frequent come first, and no more than asked for.
    """
    report = evaluate_classification(*table, CLASSES, n_confusions=3)
    everything = evaluate_classification(*table, CLASSES, n_confusions=99)

    assert len(report.confusions) == 3
    assert everything.confusions["n"].is_monotonic_decreasing
    assert everything.confusions["n"].sum() == round(200 * (1 - report.accuracy))
    assert report.confusions["text"].tolist() == [None] * 3


def test_answers_are_counted_by_status():
    """
    Coverage and precision are those of the rows with status ok.
    """
    status = ["ok", "ok", "unsure", "out_of_scope"]
    probabilities = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.5, 0.5]]
    answered = evaluate_classification(
        ["a", "b", "a", "a"], probabilities, ["a", "b"], status=status
    ).answered

    assert (answered.coverage, answered.precision) == (0.5, 0.5)
    assert answered.n_rows == {"ok": 2, "unsure": 1, "out_of_scope": 1}


def test_nothing_answered_has_no_precision():
    """
    Without answers there is no precision to tell, and the report still stands.
    """
    report = evaluate_classification(["a"], [[0.5, 0.5]], ["a", "b"], status=["unsure"])

    assert report.answered.precision is None
    assert "Answered 0 rows (0.0 %); unsure about 1" in report.to_text()


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (np.array([0, 1, 1]), np.array([0, 1])),
        (np.array([False, True, True]), np.array([False, True])),
        (pd.Series(["a", "b", "b"], dtype="category"), np.array(["a", "b"])),
        (["a", "b", "unknown"], ["a", "b"]),
        ([1, 2, "other"], [1, 2]),
    ],
    ids=["int", "bool", "category", "unseen", "mixed"],
)
def test_a_report_is_ready_for_json(y, classes):
    """
    Whatever the labels are, the report is plain types all the way down, and has a version.
    """
    report = evaluate_classification(
        y,
        np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], dtype=np.float32),
        classes,
        texts=["fine", "half a character: \ud83d", None],
        status=["ok"] * 3,
    )
    read = json.loads(json.dumps(report.to_dict(), allow_nan=False, ensure_ascii=False).encode())

    assert read["schema_version"] == 1
    assert read["n_rows"] == 3
    assert read["answered"]["coverage"] == 1
    assert np.sum(read["confusion_matrix"]["counts"]) == 3
    assert report.to_text()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_true": []}, "got none"),
        ({"y_true": ["a", None]}, "1 of 2 are missing"),
        ({"y_true": [["a"], ["b"]]}, "one column of true labels"),
        ({"probabilities": [[0.5, 0.5]]}, r"shape \(2, 2\).* got \(1, 2\)"),
        ({"probabilities": [[0.5, np.nan], [0.5, 0.5]]}, "from 0 to 1"),
        ({"probabilities": [[-3.0, 3.0], [0.5, 0.5]]}, "from 0 to 1"),
        ({"classes": ["a", "a"]}, "each class once"),
        ({"texts": ["one"]}, "a text for each of 2 rows"),
        ({"status": ["ok"]}, "a status for each of 2 rows"),
        ({"status": ["ok", "perhaps"]}, "perhaps"),
        ({"n_confusions": -1}, "n_confusions must be"),
        ({"y_true": ["1", "2"], "classes": [1, 2]}, "'1' is text in one place"),
    ],
)
def test_what_cannot_be_evaluated_is_one_clear_error(changes, message):
    """
    Arguments that do not fit together are told apart in a sentence.
    """
    good = {"y_true": ["a", "b"], "probabilities": [[0.5, 0.5]] * 2, "classes": ["a", "b"]}

    with pytest.raises(InputError, match=message):
        evaluate_classification(**good | changes)


def test_multilabel_scores_equal_scikit_learns(rng):
    """
    Micro-F1, macro-F1 and subset accuracy are what scikit-learn computes.
    """
    truth = (rng.random((80, 3)) < 0.4).astype(int)
    probabilities = np.clip(0.6 * truth + 0.6 * rng.random((80, 3)), 0, 1)
    predicted = probabilities > 0.5
    report = evaluate_multilabel(truth, probabilities, ["a", "b", "c"])

    assert report.micro_f1 == pytest.approx(f1_score(truth, predicted, average="micro"))
    assert report.macro_f1 == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert report.subset_accuracy == pytest.approx((truth == predicted).all(axis=1).mean())
    assert report.per_label["support"].tolist() == truth.sum(axis=0).tolist()
    assert json.loads(json.dumps(report.to_dict()))["kind"] == "multilabel"


def test_a_single_label_scores_its_presence():
    """
    With one column the scores are those of having the label.
    """
    report = evaluate_multilabel([[1], [0], [0]], [[0.9], [0.8], [0.1]], ["urgent"])

    assert report.per_label[["precision", "recall"]].iloc[0].tolist() == [0.5, 1.0]


def test_no_label_anywhere_is_no_crash():
    """
    Rows that all have no label, and get none, are right; F1 has nothing to count.
    """
    report = evaluate_multilabel([[0, 0]], [[0.1, 0.2]], ["a", "b"])

    assert (report.subset_accuracy, report.micro_f1) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_true": [1, 0]}, "MultiLabelBinarizer"),
        ({"y_true": [[2, 0]]}, "zeros and ones"),
        ({"probabilities": [[0.5]]}, "shape"),
        ({"threshold": 2}, "threshold must be"),
    ],
)
def test_labels_that_do_not_fit_are_one_clear_error(changes, message):
    """
    Anything but an indicator matrix with its probabilities is told in a sentence.
    """
    good = {"y_true": [[1, 0]], "probabilities": [[0.9, 0.1]], "classes": ["a", "b"]}

    with pytest.raises(InputError, match=message):
        evaluate_multilabel(**good | changes)
