import numpy as np
import pytest
from scipy.stats import kstest

from toolkit.kernels.keys import row_keys, row_uniforms, seed_of


def test_keys_tell_rows_apart_by_content():
    """
    Equal rows share a key wherever they stand, others do not, and another seed gives other keys.
    """
    X = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    order = np.random.default_rng(1).permutation(50)

    np.testing.assert_array_equal(row_keys(X[order]), row_keys(X)[order])
    assert len(np.unique(row_keys(X))) == 50
    assert (row_keys(X) != row_keys(X, seed=1)).all()


def test_uniforms_are_uniform_and_never_1():
    """
    Numbers of many rows spread evenly over [0, 1).
    """
    uniforms = row_uniforms(np.arange(4000.0)[:, None], seed=3)

    assert kstest(uniforms, "uniform").pvalue > 0.01
    assert uniforms.max() < 1


@pytest.mark.parametrize("random_state", [None, 7])
def test_seeds_can_be_repeated(random_state):
    """
    A number, or None, always gives the same seed.
    """
    assert seed_of(random_state) == seed_of(random_state)
