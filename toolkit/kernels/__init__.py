"""Pure functions on arrays that every estimator shares."""

from toolkit.kernels.arrays import Indices, Vectors
from toolkit.kernels.graph import neighbor_graph
from toolkit.kernels.groups import group_means
from toolkit.kernels.nearest import top_k
from toolkit.kernels.pairs import pair_indices_above, pairs_above
from toolkit.kernels.rows import unit_rows
from toolkit.kernels.similarities import cosine_similarities, cosine_similarity

__all__ = [
    "Indices",
    "Vectors",
    "cosine_similarities",
    "cosine_similarity",
    "group_means",
    "neighbor_graph",
    "pair_indices_above",
    "pairs_above",
    "top_k",
    "unit_rows",
]
