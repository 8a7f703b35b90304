"""Whether two samples of vectors come from one source: tests by permutation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from toolkit.kernels import Indices, Vectors, unit_rows

_N_FREQUENCIES = 512
_ROWS_OF_MEDIAN = 1000
_N_FOLDS = 5

Floats = npt.NDArray[np.float64]
Statistics = Callable[[Vectors], Floats]
"""From marks, 1 for a row of the second sample and a column a permutation, to statistics."""


@dataclass(frozen=True)
class TwoSampleTest:
    """
    How far two samples are apart, and how often chance alone takes them so far.

    Attributes
    ----------
    statistic : float
        Large where the samples differ.
    p_value : float
        Share of random divisions of all rows that differ as much, this one counted, so that it
        is never 0; the smallest possible is 1 / (n_permutations + 1).
    """

    statistic: float
    p_value: float


def mean_discrepancy_test(
    before: Vectors, after: Vectors, *, n_permutations: int = 999, random_state: int = 0
) -> TwoSampleTest:
    """
    Compare two samples by their maximum mean discrepancy.

    The kernel is a Gaussian one on unit rows, half as wide as the median distance of two rows, by
    random Fourier features, so that memory grows with rows alone. A. Gretton et al., "A kernel
    two-sample test", Journal of Machine Learning Research 13, 2012; A. Rahimi and B. Recht,
    "Random features for large-scale kernel machines", NIPS 2007.

    Parameters
    ----------
    before, after : ndarray of shape (n_rows, n_dimensions)
        Rows of any length; the order of the rows has no part in the answer.
    n_permutations : int, default=999
        Random divisions to compare with, >= 1.
    random_state : int, default=0

    Returns
    -------
    TwoSampleTest
        The statistic is the squared discrepancy.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> before, after = rng.normal(size=(2, 40, 3)) + [[[3.0, 0, 0]], [[0, 3.0, 0]]]
    >>> mean_discrepancy_test(before, after).p_value
    0.001
    """
    rows, is_after = pooled(before, after)
    rng = np.random.default_rng(random_state)
    features = _fourier_features(rows, rng)

    def discrepancies(marks: Vectors) -> Floats:
        n_after = int(is_after.sum())
        sums = marks.T @ features
        total = features.sum(axis=0, dtype=np.float64)
        gaps = sums / n_after - (total - sums) / (len(marks) - n_after)
        return np.asarray(np.vecdot(gaps, gaps), dtype=np.float64)

    return _permuted(discrepancies, is_after, n_permutations, rng)


def classifier_test(
    before: Vectors, after: Vectors, *, n_permutations: int = 999, random_state: int = 0
) -> TwoSampleTest:
    """
    Compare two samples by how well a classifier tells them apart.

    The classifier is a ridge regression on unit rows that has not seen the rows that it judges
    (five folds); its answers are linear in the labels, so that all permutations take one
    product. D. Lopez-Paz and M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017.

    Parameters
    ----------
    before, after : ndarray of shape (n_rows, n_dimensions)
        Rows of any length, at least 2; the order of the rows has no part in the answer.
    n_permutations : int, default=999
        Random divisions to compare with, >= 1.
    random_state : int, default=0

    Returns
    -------
    TwoSampleTest
        The statistic is the area under the ROC curve: 0.5 is guessing, 1 is sure.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> before, after = rng.normal(size=(2, 40, 3)) + [[[3.0, 0, 0]], [[0, 3.0, 0]]]
    >>> test = classifier_test(before, after)
    >>> round(test.statistic, 2), test.p_value
    (1.0, 0.001)
    """
    rows, is_after = pooled(before, after)
    rng = np.random.default_rng(random_state)
    folds = rng.permutation(len(rows)) % min(_N_FOLDS, len(rows))

    def areas(marks: Vectors) -> Floats:
        return _areas(marks, _held_out_answers(rows, marks, folds))

    return _permuted(areas, is_after, n_permutations, rng)


def pooled(before: Vectors, after: Vectors) -> tuple[Vectors, npt.NDArray[np.bool_]]:
    """
    Return the unit rows of both samples in an order of their own, and which are of the second.

    The order depends on the rows alone, so that permutations and folds do, too.
    """
    rows: Vectors = np.vstack([unit_rows(before), unit_rows(after)])
    rows = np.asarray(rows, dtype=np.float32)
    is_after = np.arange(len(rows)) >= len(before)
    order = own_order(rows, is_after)

    return rows[order], is_after[order]


def own_order(rows: Vectors, is_after: npt.NDArray[np.bool_] | None = None) -> Indices:
    """Return an order that depends on what the rows are, not on where they stand."""
    direction = np.asarray(np.random.default_rng(0).normal(size=rows.shape[1]), dtype=rows.dtype)
    last = np.zeros(len(rows), dtype=bool) if is_after is None else is_after

    return np.lexsort((last, np.vecdot(rows, direction)))


def _permuted(
    statistics: Statistics,
    is_after: npt.NDArray[np.bool_],
    n_permutations: int,
    rng: np.random.Generator,
) -> TwoSampleTest:
    marks = np.repeat(is_after.astype(np.float32)[:, None], n_permutations + 1, axis=1)
    marks[:, 1:] = rng.permuted(marks[:, 1:], axis=0)
    values = statistics(marks)
    # Equal divisions may differ by rounding.
    is_as_far = values >= values[0] - 1e-6 * abs(values[0]) - 1e-9

    return TwoSampleTest(float(values[0]), float(is_as_far.mean()))


def _fourier_features(rows: Vectors, rng: np.random.Generator) -> Vectors:
    """Rows whose products are, on average, the Gaussian kernel of the rows."""
    some = rng.permutation(len(rows))[:_ROWS_OF_MEDIAN]
    similarities = (rows[some] @ rows[some].T)[np.triu_indices(len(some), 1)]
    width = max(np.sqrt(max(2 - 2 * float(np.median(similarities)), 0)) / 2, 1e-3)
    frequencies = rng.normal(size=(rows.shape[1], _N_FREQUENCIES)).astype(np.float32)
    angles = rows @ (frequencies / np.float32(width))
    waves: Vectors = np.hstack([np.cos(angles), np.sin(angles)])

    return waves / np.float32(np.sqrt(_N_FREQUENCIES))


def _held_out_answers(rows: Vectors, marks: Vectors, folds: Indices) -> Vectors:
    """Return what a ridge regression without each row's fold says of it, for each permutation."""
    centred = rows - rows.mean(axis=0)
    answers = np.empty_like(marks)
    for fold in np.unique(folds):
        held_out = folds == fold
        known, targets = centred[~held_out], marks[~held_out]
        gram = known.T @ known
        gram[np.diag_indices_from(gram)] += max(np.trace(gram) / len(gram), 1e-6)
        weights = np.linalg.solve(gram, known.T @ (targets - targets.mean(axis=0)))
        answers[held_out] = centred[held_out] @ weights

    return answers


def _areas(marks: Vectors, answers: Vectors) -> Floats:
    """Return the area under the ROC curve for each permutation, half for ties."""
    n_after = int(marks[:, 0].sum())
    n_before = len(marks) - n_after
    ranks = rankdata(answers, axis=0)
    sums = (ranks * marks).sum(axis=0, dtype=np.float64)

    return np.asarray((sums - n_after * (n_after + 1) / 2) / (n_after * n_before))
