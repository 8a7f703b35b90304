"""Rows sorted into neighbourhoods: an inverted file of faiss, and the plain arrays it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from toolkit.errors import MissingDependency
from toolkit.kernels import Vectors

N_ROUNDS = 10
"""Of k-means; more changed the recall by less than 0.001."""


@dataclass(frozen=True)
class Neighbourhoods:
    """
    What an inverted file is made of: faiss need not read a file that it may not trust.

    Attributes
    ----------
    centers : ndarray of shape (n_neighbourhoods, n_dimensions), float32
    ranges : ndarray of shape (2 * n_dimensions,), float32
        What the 256 values of a byte stand for in each dimension.
    numbers : ndarray of shape (n_rows,), int64
        The rows of the first neighbourhood, then those of the second, and so on.
    codes : sequence of ndarray of shape (n_rows_in_it, n_dimensions), uint8
        The vectors of each neighbourhood, in the same order.
    """

    centers: Vectors
    ranges: Vectors
    numbers: np.ndarray
    codes: Sequence[np.ndarray]

    @property
    def sizes(self) -> np.ndarray:
        """How many rows each neighbourhood has, int64."""
        return np.array([len(block) for block in self.codes], dtype=np.int64)

    @classmethod
    def of(cls, index: Any) -> Self:
        """Take an index apart; the codes are views of what it holds."""
        faiss, lists = faiss_module(), index.invlists
        numbers, codes = [], []
        for number in range(index.nlist):
            if size := lists.list_size(number):
                numbers.append(faiss.rev_swig_ptr(lists.get_ids(number), size).copy())
                flat = faiss.rev_swig_ptr(lists.get_codes(number), size * index.d)
            else:
                flat = np.empty(0, dtype=np.uint8)
            codes.append(flat.reshape(size, index.d))
        centers = index.quantizer.reconstruct_n(0, index.nlist)

        return cls(centers, faiss.vector_to_array(index.sq.trained), np.concatenate(numbers), codes)

    @classmethod
    def from_arrays(
        cls,
        shape: tuple[int, int],
        *,
        centers: Vectors,
        ranges: Vectors,
        sizes: np.ndarray,
        numbers: np.ndarray,
        codes: np.ndarray,
    ) -> Self:
        """Return the neighbourhoods of vectors of this shape, each row once; else ValueError."""
        n_rows, n_dimensions = shape
        expected = [
            (centers, (len(sizes), n_dimensions), np.float32),
            (ranges, (2 * n_dimensions,), np.float32),
            (sizes, (len(sizes),), np.int64),
            (numbers, (n_rows,), np.int64),
            (codes, shape, np.uint8),
        ]
        fits = all(each.shape == wanted and each.dtype == kind for each, wanted, kind in expected)
        is_once = fits and np.array_equal(np.sort(numbers), np.arange(n_rows))
        if not is_once or not len(sizes) or (sizes < 0).any() or sizes.sum() != n_rows:
            raise ValueError("its neighbourhoods are not those of its rows")

        return cls(centers, ranges, numbers, np.split(codes, np.cumsum(sizes)[:-1]))

    def renumbered(self, is_kept: np.ndarray) -> "Neighbourhoods":
        """Return them without the rows that are not kept; the others are numbered anew."""
        if is_kept.all():
            return self
        stays = is_kept[self.numbers]
        stays_in = np.split(stays, np.cumsum(self.sizes)[:-1])

        return Neighbourhoods(
            self.centers,
            self.ranges,
            (np.cumsum(is_kept) - 1)[self.numbers[stays]],
            [block[kept] for block, kept in zip(self.codes, stays_in, strict=True)],
        )


def new_index(sample: Vectors, n_centers: int, *, rows_a_center: int) -> Any:
    """Learn neighbourhoods from a sample and return an index without rows."""
    faiss = faiss_module()
    clustering = faiss.Kmeans(
        sample.shape[1],
        n_centers,
        niter=N_ROUNDS,
        seed=0,
        spherical=True,
        max_points_per_centroid=rows_a_center,
    )
    clustering.train(sample)
    index = _empty(clustering.centroids)
    index.train(sample)

    return index


def index_of(neighbourhoods: Neighbourhoods) -> Any:
    """Put an index together."""
    faiss = faiss_module()
    index = _empty(neighbourhoods.centers)
    faiss.copy_array_to_vector(neighbourhoods.ranges, index.sq.trained)
    index.is_trained = True
    start = 0
    for number, block in enumerate(neighbourhoods.codes):
        if len(block):
            numbers = np.ascontiguousarray(neighbourhoods.numbers[start : start + len(block)])
            codes = np.ascontiguousarray(block)
            index.invlists.add_entries(
                number, len(block), faiss.swig_ptr(numbers), faiss.swig_ptr(codes)
            )
        start += len(block)
    index.ntotal = start

    return index


def faiss_module() -> Any:
    """Import faiss, or say how it is installed."""
    try:
        import faiss
    except ImportError as error:
        raise MissingDependency("faiss-cpu", "search", "approximate search") from error

    return faiss


def _empty(centers: Vectors) -> Any:
    faiss = faiss_module()
    n_centers, n_dimensions = centers.shape
    quantizer = faiss.IndexFlatIP(n_dimensions)
    quantizer.add(np.ascontiguousarray(centers))

    return faiss.IndexIVFScalarQuantizer(
        quantizer,
        n_dimensions,
        n_centers,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
