import base64

import numpy as np
import pytest

from toolkit.embedding.http.decoding import (
    by_index,
    check_count,
    count_in,
    items,
    member,
    text_in,
    vector,
)
from toolkit.embedding.http.replies import checked
from toolkit.embedding.http.wire import BadReply, Reply


def in_base64(values, dtype="<f4"):
    return base64.b64encode(np.array(values, dtype=dtype).tobytes()).decode()


def item(value, **more):
    return {"embedding": [value], **more}


@pytest.mark.parametrize("values", [[0.0], [1.0, -0.5, 1e-30], list(range(3072))])
def test_lists_and_base64_are_the_same_vector(values):
    """
    Servers send what they like, whatever they were asked for.
    """
    expected = np.array(values, dtype=np.float32)
    for sent in (values, in_base64(values)):
        found = vector(sent)
        assert found.dtype == np.float32
        assert np.array_equal(found, expected)


def test_what_is_no_number_is_known_by_its_text():
    """
    It becomes NaN or infinite, and the other texts of the reply keep their vectors.
    """
    assert np.isnan(vector([1.0, None])).tolist() == [False, True]
    assert np.isinf(vector([1.0, 1e300])).tolist() == [False, True]
    assert vector([]).shape == (0,)


@pytest.mark.parametrize(
    "value",
    [
        *(None, 3, True, {}, {"0": 1.0}),
        *(["a"], [[1.0, 2.0]], [[1.0], [2.0, 3.0]], [{}], [10**400], [b""]),
        *("", "!", "AAA", "AACAPwAA", "AACAPwAAAD8=\n", "ÄÄÄÄ", in_base64([1.0])[:-1] + "*"),
    ],
)
def test_what_is_no_vector_is_a_bad_reply(value):
    """
    Never another error, whatever comes.
    """
    with pytest.raises(BadReply, match="a vector"):
        vector(value)


def test_vectors_are_put_in_the_order_of_the_texts():
    """
    Wherever an index says so.
    """
    order = [2, 0, 3, 1]
    found = by_index([item(index, index=index) for index in order], 4)

    assert [float(each[0]) for each in found] == [0, 1, 2, 3]


@pytest.mark.parametrize("index", [{}, {"index": None}, {"index": 0}])
def test_without_indexes_the_order_is_kept(index):
    """
    Some gateways write 0 everywhere.
    """
    found = by_index([item(value, **index) for value in (3, 1, 2)], 3)

    assert [float(each[0]) for each in found] == [3, 1, 2]


@pytest.mark.parametrize(
    "indexes",
    [[0, 0, 1], [1, 2, 3], [0, 1, None], [-1, 0, 1], ["0", "1", "2"], [0, 1, 2.5], [0.0, 1.0, 2.0]],
)
def test_indexes_that_do_not_fit_are_a_bad_reply(indexes):
    """
    A row is never guessed.
    """
    with pytest.raises(BadReply, match="the indexes of 3 vectors are not 0 to 2"):
        by_index([item(1.0, index=index) for index in indexes], 3)


def test_truth_values_are_numbers_and_no_error():
    """
    Whatever a server writes in place of 0 and 1.
    """
    found = by_index([item(5, index=True), item(6, index=False)], 2)

    assert [float(each[0]) for each in found] == [6, 5]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "expected a JSON object, got NoneType"),
        ([], "expected a JSON object, got list"),
        ({}, "expected 'data', got nothing"),
        ({"a": 1, "b": 2}, "expected 'data', got a, b"),
        ({"data": None}, "expected a list under 'data', got NoneType"),
        ({"error": {"message": "slow down"}}, "an error came with status 200: slow down"),
        ({"error": "no model"}, "an error came with status 200: no model"),
        ({"error": 7}, "an error came with status 200: no message"),
    ],
)
def test_a_body_without_vectors_says_what_it_is(body, message):
    """
    Errors that come with status 200 are said.
    """
    with pytest.raises(BadReply) as caught:
        items(body, "data")
    assert str(caught.value) == message


@pytest.mark.parametrize("data", [[], [item(1), item(2), item(3)], [item(1), "no"], [item(1), {}]])
def test_there_is_one_vector_a_text(data):
    """
    One too few or too many is a bad reply, and so is one that is none.
    """
    with pytest.raises(BadReply):
        by_index(data, 2)
    with pytest.raises(BadReply, match="expected 2 vectors for 2 texts, got 3"):
        check_count(3, 2)


def test_an_error_beside_vectors_is_no_error():
    """
    Some write "error": null into good answers, and some an empty one.
    """
    assert member({"data": 1, "error": None}, "data") == 1
    assert member({"data": 1, "error": {"message": "no"}}, "data") == 1


@pytest.mark.parametrize(
    ("usage", "count"), [(7, 7), (0, 0), (-1, None), (True, None), (7.0, None), ("7", None)]
)
def test_counts_are_whole_numbers(usage, count):
    """
    All else says nothing, wherever it stands.
    """
    assert count_in({"usage": {"tokens": usage}}, "usage", "tokens") == count
    assert count_in({"usage": usage}, "usage", "tokens") is None
    assert count_in(None, "usage") is None


def test_names_are_texts():
    """
    An empty one names nothing.
    """
    assert text_in({"model": "minilm"}, "model") == "minilm"
    assert text_in({"model": ""}, "model") is text_in({"model": 3}, "model") is None
    assert text_in([], "model") is None


def reply(*vectors):
    return Reply([np.array(values, dtype=np.float32) for values in vectors])


def test_rows_that_are_no_vectors_are_told_from_those_that_are():
    """
    Places are those in the request.
    """
    found = checked(reply([3, 4], [0, 0], [np.nan, 1], [1, np.inf], [5, 6]), 5)

    assert found.places.tolist() == [0, 4]
    assert found.vectors.tolist() == [[3, 4], [5, 6]]
    assert found.bad == {
        1: "its vector is all zeros",
        2: "its vector holds what is no number",
        3: "its vector holds what is no number",
    }


@pytest.mark.parametrize(
    ("vectors", "n_texts", "message"),
    [
        ([], 1, "expected 1 vectors"),
        ([[1.0]], 2, "expected 2 vectors"),
        ([[1.0], [1.0, 2.0]], 2, "vectors of 1 and 2 dimensions in one"),
        ([[], []], 2, "vectors without a value"),
        ([[1.0, 3e38]], 1, "are the bytes in another order"),
    ],
)
def test_a_reply_that_cannot_be_right_is_refused(vectors, n_texts, message):
    """
    Before any of it gets into a table or a cache.
    """
    with pytest.raises(BadReply, match=message):
        checked(reply(*vectors), n_texts)


def test_bytes_in_the_wrong_order_are_found():
    """
    Big-endian numbers read as little-endian are absurd.
    """
    values = np.random.default_rng(0).normal(size=64)
    swapped = vector(in_base64(values, ">f4"))
    with pytest.raises(BadReply):
        checked(Reply([swapped]), 1)
