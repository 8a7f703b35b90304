import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from toolkit.embedding import TASKS, HashingProvider
from toolkit.errors import InputError

TEXTS = ["late parcel", "The parcel is late!", "日本語のテキスト", "🙂"]


def test_vectors_are_the_same_in_every_process():
    """
    Python's randomised string hashes have no part in them.
    """
    script = (
        "import sys; from toolkit.embedding import HashingProvider;"
        f"sys.stdout.buffer.write(HashingProvider(32).embed({TEXTS!r}).tobytes())"
    )
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        )
        assert run.stdout == HashingProvider(32).embed(TEXTS).tobytes()


def test_rows_are_unit_vectors_or_zero():
    """
    White space has no direction; anything else has length 1.
    """
    vectors = HashingProvider(64).embed([*TEXTS, "", " \n"])

    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 1, 0, 0])
    assert vectors.dtype == np.float32


def test_shared_words_are_near():
    """
    Texts that share words or spellings are nearer than texts that share nothing.
    """
    one, other, unlike = HashingProvider(512).embed(
        ["the parcel is late", "parcels are late", "wrong invoice"]
    )

    assert one @ other > one @ unlike + 0.2


@pytest.mark.parametrize("task", TASKS)
def test_tasks_change_nothing(task):
    """
    It knows no tasks.
    """
    provider = HashingProvider(16)

    assert np.array_equal(provider.embed(TEXTS, task=task), provider.embed(TEXTS))


def test_an_unknown_task_lists_the_known_ones():
    """
    A misspelt task is an error, not a silent default.
    """
    with pytest.raises(InputError, match="task must be one of none, classification"):
        HashingProvider(16).embed(TEXTS, task="classify")


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "8"])
def test_dimensions_are_positive_integers(wrong):
    """
    A wrong length is refused when the provider is made.
    """
    with pytest.raises(InputError, match="n_dimensions must be an integer > 0"):
        HashingProvider(wrong)


def test_a_pickled_provider_is_equal():
    """
    Other processes get the same provider.
    """
    assert pickle.loads(pickle.dumps(HashingProvider(8))) == HashingProvider(8)
