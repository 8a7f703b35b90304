"""Pure functions on arrays that every estimator shares."""

from toolkit.kernels.arrays import Indices, Vectors
from toolkit.kernels.groups import group_means
from toolkit.kernels.nearest import neighbors, top_k
from toolkit.kernels.rows import unit_rows
from toolkit.kernels.similarities import cosine_similarities, cosine_similarity

__all__ = [
    "Indices",
    "Vectors",
    "cosine_similarities",
    "cosine_similarity",
    "group_means",
    "neighbors",
    "top_k",
    "unit_rows",
]
