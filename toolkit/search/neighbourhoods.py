"""Rows sorted into neighbourhoods: an inverted file of faiss, and the plain arrays it is."""

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
    sizes : ndarray of shape (n_neighbourhoods,), int64
    numbers : ndarray of shape (n_rows,), int64
        The rows of the first neighbourhood, then those of the second, and so on.
    codes : ndarray of shape (n_rows, n_dimensions), uint8
        Their vectors, in the same order.
    """

    centers: Vectors
    ranges: Vectors
    sizes: np.ndarray
    numbers: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, index: Any) -> Self:
        """Take an index apart."""
        faiss, lists = faiss_module(), index.invlists
        sizes = np.array([lists.list_size(number) for number in range(index.nlist)])
        numbers, codes = np.empty(index.ntotal, np.int64), np.empty((index.ntotal, index.d), "u1")
        start = 0
        for number, size in enumerate(sizes.tolist()):
            if size:
                part = slice(start, start + size)
                numbers[part] = faiss.rev_swig_ptr(lists.get_ids(number), size)
                flat = faiss.rev_swig_ptr(lists.get_codes(number), size * index.d)
                codes[part] = flat.reshape(size, index.d)
            start += size
        centers = index.quantizer.reconstruct_n(0, index.nlist)

        return cls(centers, faiss.vector_to_array(index.sq.trained), sizes, numbers, codes)

    def renumbered(self, is_kept: np.ndarray) -> "Neighbourhoods":
        """Return them without the rows that are not kept; the others are numbered anew."""
        if is_kept.all():
            return self
        stays = is_kept[self.numbers]
        of_row = np.repeat(np.arange(len(self.sizes)), self.sizes)

        return Neighbourhoods(
            self.centers,
            self.ranges,
            np.bincount(of_row[stays], minlength=len(self.sizes)),
            (np.cumsum(is_kept) - 1)[self.numbers[stays]],
            self.codes[stays],
        )

    def checked(self, n_rows: int, n_dimensions: int) -> Self:
        """Return them if they are those of so many rows, each once; else raise ValueError."""
        n_centers = len(self.centers)
        expected = {
            "centers": ((n_centers, n_dimensions), np.float32),
            "ranges": ((2 * n_dimensions,), np.float32),
            "sizes": ((n_centers,), np.int64),
            "numbers": ((n_rows,), np.int64),
            "codes": ((n_rows, n_dimensions), np.uint8),
        }
        for name, (shape, kind) in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != kind:
                raise ValueError(f"neighbourhoods-{name} has shape {array.shape}, not {shape}")
        is_once = np.array_equal(np.sort(self.numbers), np.arange(n_rows))
        if not n_centers or (self.sizes < 0).any() or self.sizes.sum() != n_rows or not is_once:
            raise ValueError("its neighbourhoods are not those of its rows")

        return self


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
    for number, size in enumerate(neighbourhoods.sizes.tolist()):
        if size:
            numbers = np.ascontiguousarray(neighbourhoods.numbers[start : start + size])
            codes = np.ascontiguousarray(neighbourhoods.codes[start : start + size])
            index.invlists.add_entries(number, size, faiss.swig_ptr(numbers), faiss.swig_ptr(codes))
        start += size
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
