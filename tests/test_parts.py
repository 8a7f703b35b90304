import numpy as np
import pytest

from toolkit.embedding.parts import Failure, Part, check_same_length, gathered, whole
from toolkit.errors import InvalidResponse, ProviderError, TextsFailed


def part(rows, n_dimensions=3):
    vectors = np.repeat(np.array(rows, dtype=np.float32)[:, None], n_dimensions, axis=1)

    return Part(np.array(rows, dtype=np.intp), vectors)


@pytest.mark.parametrize("parts", [[[0, 1, 2, 3]], [[3, 1], [0], [2]], [[2], [], [0, 3, 1]]])
def test_parts_in_any_order_make_the_same_whole(parts):
    """
    Each vector stands in its row.
    """
    vectors = whole([part(rows) for rows in parts], 4)

    assert vectors[:, 0].tolist() == [0, 1, 2, 3]
    assert vectors.dtype == np.float32


def test_failures_of_any_row_are_raised_at_the_end():
    """
    With all reasons, when everything else is done.
    """
    parts = iter([part([0]), Failure(2, "bad"), part([1]), Failure(3, "worse")])
    with pytest.raises(TextsFailed, match=r"2 of 4 texts.*row 2 \(bad\)") as caught:
        whole(parts, 4)

    assert caught.value.reasons == {2: "bad", 3: "worse"}
    assert list(parts) == []


def test_rows_that_failed_are_nan():
    """
    And the reasons say which.
    """
    vectors, reasons = gathered([Failure(1, "bad"), part([0, 2])], 3)

    assert np.isnan(vectors).any(axis=1).tolist() == [False, True, False]
    assert reasons == {1: "bad"}


def test_a_run_without_any_vector_is_an_error():
    """
    A table of NaN helps nobody.
    """
    with pytest.raises(TextsFailed):
        gathered([Failure(0, "bad")], 1)


def test_no_texts_have_as_many_dimensions_as_are_known():
    """
    So that an empty table can be joined to others.
    """
    assert whole([], 0, 384).shape == (0, 384)
    assert whole([], 0).shape == (0, 0)


def test_lengths_differ_in_no_run():
    """
    The error names both.
    """
    with pytest.raises(InvalidResponse, match="vectors of 3 and of 4 dimensions came in one run"):
        whole([part([0]), part([1], 4)], 2)
    with pytest.raises(ProviderError, match="openai:minilm: vectors of 1 and of 2"):
        check_same_length(1, 2, "openai:minilm")
