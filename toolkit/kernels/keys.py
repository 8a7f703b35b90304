"""Keys of rows that follow from what the rows hold, never from where they stand."""

from hashlib import blake2b

import numpy as np
from sklearn.utils import check_random_state

from toolkit.kernels.arrays import Vectors


def row_keys(vectors: Vectors, *, seed: int = 0) -> np.ndarray:
    """
    Give each row a 64-bit key that depends on its content alone: equal rows, equal keys.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
    seed : int, default=0
        Another seed gives other keys, so another order.

    Returns
    -------
    ndarray of uint64 of shape (n_rows,)

    Examples
    --------
    >>> keys = row_keys(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -0.0]]))
    >>> keys[0] == keys[2], keys[0] == keys[1]
    (np.True_, np.False_)
    """
    salt = seed.to_bytes(8, "little")
    # Adding zero turns -0.0 into 0.0, which has other bits.
    rows = np.ascontiguousarray(vectors + 0.0)
    keys = b"".join(blake2b(row, digest_size=8, salt=salt).digest() for row in rows)

    return np.frombuffer(keys, dtype=np.uint64)


def row_uniforms(vectors: Vectors, *, seed: int) -> Vectors:
    """
    Give each row a random number in [0, 1) that depends on its content and the seed alone.

    >>> row_uniforms(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), seed=0).round(3)
    array([0.911, 0.872, 0.911])
    """
    # A float64 has 53 bits; with more of them a number could be rounded up to 1.
    uniforms: Vectors = (row_keys(vectors, seed=seed) >> np.uint64(11)) / 2.0**53

    return uniforms


def seed_of(random_state: int | np.random.RandomState | None) -> int:
    """Return a whole number >= 0; None is always the same one, for a fit should be repeatable."""
    if random_state is None:
        return 0

    return int(check_random_state(random_state).randint(2**31))
