"""The shortest edges that lead from some points to points of other trees: every pair looked at."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from toolkit.clustering.reachability import Reachability, distances
from toolkit.clustering.tree_edges import Edges
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.blocks import Products, slices
from toolkit.kernels.directions import rounding_margin
from toolkit.kernels.threads import for_each

# The cut must not depend on the machine: of points that tie to the last bit, it chooses one.
_ROWS_AT_ONCE = 512
_COLUMNS_AT_ONCE = 8192
_TIED = 1e-11
_HIDDEN = -2.0  # less than any cosine


@dataclass(frozen=True)
class WaysOut:
    """
    What was found for some points.

    Attributes
    ----------
    edges : Edges
        The shortest edges of those points that may have the shortest of their tree.
    bounds : ndarray of shape (n_rows,), float64
        No unknown edge from a point to another tree is shorter than this.
    """

    edges: Edges
    bounds: Vectors


def shortest_ways_out(
    known: Reachability, rows: Indices, limits: Vectors, tree: Indices, bounds: Vectors
) -> WaysOut:
    """
    Find the shortest edge from each tree to the others, as far as its points' bounds allow for it.

    Products in float32 tell which points may have the shortest edge of their tree, those in
    float64 which edge it is.

    Parameters
    ----------
    known : Reachability
    rows : ndarray of shape (n_rows,)
        The points to look at, tree by tree.
    limits : ndarray of shape (n_trees,)
        Edges of a tree that are as long as this are of no interest.
    tree : ndarray of shape (n_points,)
        The tree of each point.
    bounds : ndarray of shape (n_points,)
        What is known of each point's edges already.
    """
    limit = limits[tree[rows]].max()
    columns = np.flatnonzero(bounds < limit)
    search = _Search.over(known, tree, columns[np.argsort(tree[columns], kind="stable")])
    similarities = search.best_similarities(rows)

    margin = rounding_margin(known.vectors.shape[1])
    at_least = np.minimum(distances(similarities.astype(np.float64) + float(margin)), limit)
    best_of_tree = np.full(len(limits), _HIDDEN, dtype=np.float32)
    np.maximum.at(best_of_tree, tree[rows], similarities)
    is_hopeful = similarities >= best_of_tree[tree[rows]] - margin
    edges = search.shortest_edges(rows[is_hopeful & (at_least < limits[tree[rows]])])

    shortest = limits.copy()
    for ends in (edges.i, edges.j):
        np.minimum.at(shortest, tree[ends], edges.lengths)

    return WaysOut(edges, np.maximum(at_least, shortest[tree[rows]]))


@dataclass(frozen=True)
class _Search:
    """Products of points with those of other trees; rows and columns come tree by tree."""

    known: Reachability
    tree: Indices
    columns: Indices
    units: Vectors
    core_cosines: Vectors
    products: Products = field(default_factory=Products)

    @classmethod
    def over(cls, known: Reachability, tree: Indices, columns: Indices) -> Self:
        """Lay the columns side by side."""
        core_cosines = (1 - known.core[columns] ** 2 / 2).astype(np.float32)

        return cls(known, tree, columns, known.vectors[columns], core_cosines)

    def best_similarities(self, rows: Indices) -> Vectors:
        """
        Give each point's best cosine with points of other trees, to float32 precision.

        A cosine counts no more than the core distance of the other point allows for.
        """
        best = np.empty(len(rows), dtype=np.float32)

        def look(part: slice) -> None:
            best[part] = self._best_similarities(rows[part])

        for_each(look, slices(0, len(rows), _ROWS_AT_ONCE))

        return best

    def shortest_edges(self, rows: Indices) -> Edges:
        """Give each point's shortest edge to another tree, to float64 precision."""
        others = np.empty(len(rows), dtype=np.intp)

        def look(part: slice) -> None:
            others[part] = self._nearest(rows[part])

        for_each(look, slices(0, len(rows), _ROWS_AT_ONCE))

        return self.known.edges_of(rows, others)

    def _best_similarities(self, rows: Indices) -> Vectors:
        units = self.known.vectors[rows]
        best = np.full(len(rows), _HIDDEN, dtype=np.float32)
        for block in slices(0, len(self.columns), _COLUMNS_AT_ONCE):
            similarities = self.products.of(units, self.units[block])
            np.minimum(similarities, self.core_cosines[block], out=similarities)
            self._hide_own_trees(similarities, rows, block)
            np.maximum(best, similarities.max(axis=1), out=best)

        return best

    def _nearest(self, rows: Indices) -> Indices:
        units = self.known.vectors[rows].astype(np.float64)
        core = self.known.core[self.columns]
        lengths = np.full(len(rows), np.inf)
        nearest = np.zeros(len(rows), dtype=np.intp)
        for block in slices(0, len(self.columns), _COLUMNS_AT_ONCE):
            cosines = units @ self.units[block].astype(np.float64).T
            self._hide_own_trees(cosines, rows, block)
            in_block = np.maximum(distances(cosines), core[block])
            least = in_block.min(axis=1)
            first = (in_block <= least[:, None] + _TIED).argmax(axis=1)
            is_shorter = least < lengths - _TIED
            lengths[is_shorter] = least[is_shorter]
            nearest[is_shorter] = self.columns[block][first[is_shorter]]

        return nearest

    def _hide_own_trees(self, similarities: Vectors, rows: Indices, block: slice) -> None:
        trees, starts = np.unique(self.tree[rows], return_index=True)
        ends = np.append(starts[1:], len(rows))
        of_columns = self.tree[self.columns[block]]
        left, right = (np.searchsorted(of_columns, trees, side) for side in ("left", "right"))
        for start, end, first, last in zip(starts, ends, left, right, strict=True):
            similarities[start:end, first:last] = _HIDDEN
