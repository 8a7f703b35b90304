"""How rows vary around the mean of their class, and directions in which they vary alike."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from toolkit.kernels import Vectors

_LEAST_SHARE = 1e-3
_N_PASSES = 3


@dataclass(frozen=True)
class Scatter:
    """
    Weighted sums of squares of some rows; those of disjoint sets of rows can be added.

    Parameters
    ----------
    n_rows : int
    weight : float
        Sum of the weights.
    total : ndarray of shape (n_dimensions, n_dimensions)
        Sum of the outer products of the rows.
    sums : ndarray of shape (n_groups, n_dimensions)
        Sum of the rows of each group.
    groups : ndarray of shape (n_groups, n_groups)
        Weight that two groups share; on the diagonal that of each group.
    """

    n_rows: int
    weight: float
    total: Vectors
    sums: Vectors
    groups: Vectors

    @classmethod
    def of(cls, vectors: Vectors, design: csr_array, weights: Vectors) -> "Scatter":
        """Measure rows whose groups are the columns of `design`, shape (n_rows, n_groups)."""
        weighted = vectors * weights[:, None]

        return cls(
            n_rows=len(vectors),
            weight=float(weights.sum()),
            total=weighted.T @ vectors,
            sums=design.T @ weighted,
            groups=(design.T @ (design * weights[:, None])).toarray(),
        )

    def __add__(self, other: "Scatter") -> "Scatter":
        return Scatter(
            self.n_rows + other.n_rows,
            self.weight + other.weight,
            self.total + other.total,
            self.sums + other.sums,
            self.groups + other.groups,
        )

    def within(self) -> Vectors:
        """Return the covariance that the groups leave unexplained, (n_dimensions, n_dimensions)."""
        groups = self.groups.astype(np.float64)
        # A group without rows has no mean; the trace of a ridge gives it zeros instead of NaN.
        ridge = 1e-9 * np.trace(groups) / len(groups)
        means = np.linalg.solve(groups + ridge * np.eye(len(groups)), self.sums)

        return (self.total - self.sums.T @ means.astype(np.float32)) / np.float32(self.weight)


def half_whitening(scatter: Scatter) -> tuple[Vectors, Vectors]:
    """
    Find directions that even out, by half, how much rows of one group vary.

    With S the covariance within the groups they are the columns of ``V diag(s ** -1/4)`` for
    ``S = V diag(s) V.T``, scaled so that the rows keep their mean square length. S is first
    shrunk towards a sphere, the more the fewer rows there are.

    Returns
    -------
    directions : ndarray of shape (n_dimensions, n_dimensions)
    spreads : ndarray of shape (n_dimensions,)
        Mean square of the rows along each direction.

    References
    ----------
    Hatch, Kajarekar, Stolcke, "Within-class covariance normalization for SVM-based speaker
    recognition", Interspeech 2006. Chen, Wiesel, Eldar, Hero, "Shrinkage algorithms for MMSE
    covariance estimation", IEEE Transactions on Signal Processing 58, 2010.
    """
    total = scatter.total / np.float32(scatter.weight)
    within = scatter.within()
    n_free = scatter.n_rows - len(scatter.groups)

    variances, directions = np.linalg.eigh(within)
    shrinkage = _oas_shrinkage(within, n_free)
    variances = (1 - shrinkage) * variances + shrinkage * variances.mean()
    variances = np.maximum(variances, _LEAST_SHARE * np.trace(total) / len(total))
    if not variances.min() > 0:
        variances = np.ones_like(variances)

    directions = directions * variances**-0.25
    spreads = np.vecdot(directions.T, (total @ directions).T)
    scale = np.trace(total) / spreads.sum() if spreads.sum() > 0 else np.float32(1)

    return directions * np.sqrt(scale), spreads * scale


def _oas_shrinkage(covariance: Vectors, n_free: int) -> float:
    """Share of a sphere in the best mixture with a covariance of `n_free` degrees of freedom."""
    if n_free < 1:
        return 1.0

    n_dimensions = len(covariance)
    mean_square = float(np.mean(covariance.astype(np.float64) ** 2))
    square_mean = float(np.trace(covariance) / n_dimensions) ** 2
    spread = (n_free + 1) * (mean_square - square_mean / n_dimensions)

    return min(1.0, (mean_square + square_mean) / spread) if spread > 0 else 1.0


def leading_directions(vectors: Vectors, n_directions: int) -> Vectors:
    """
    Find an orthonormal basis of the subspace in which rows vary most.

    Rows that vary in no more directions than that lose nothing in it.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions), of mean about zero
    n_directions : int
        Less than `n_dimensions`.

    Returns
    -------
    ndarray of shape (n_dimensions, n_directions)

    References
    ----------
    Halko, Martinsson, Tropp, "Finding structure with randomness", SIAM Review 53, 2011.

    Examples
    --------
    >>> vectors = np.array([[3.0, 0.0, 4.0], [-3.0, 0.0, -4.0]])
    >>> abs(vectors @ leading_directions(vectors, 1)).round(3)
    array([[5.],
           [5.]])
    """
    squares = vectors.T @ vectors
    basis = np.random.default_rng(0).standard_normal((len(squares), n_directions))
    for _ in range(_N_PASSES):
        basis, _ = np.linalg.qr(squares @ basis.astype(vectors.dtype))

    return basis
