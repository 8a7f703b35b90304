"""A picture of clusters: each row a point, near where its like are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from toolkit.cluster_numbers import cluster_numbers
from toolkit.clustering.points import distinct_points
from toolkit.errors import InputError
from toolkit.evaluation.figures import LITERALLY, new_figure, picture_bytes
from toolkit.kernels import Indices, Vectors
from toolkit.kernels.rows import finite_rows
from toolkit.plain_text import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

Places = npt.NDArray[np.float32]

_SIDE = 7.5
_PERPLEXITY = 30.0
_NAME_COLUMNS = 28
# Okabe and Ito's colours, which colour-blind people can tell apart; neighbours get different ones.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a000", "#555555")
_NOISE = "#dddddd"


def map_layout(vectors: Vectors) -> Places:
    """
    Place rows on a plane so that rows with a high cosine are side by side.

    The same rows get the same places, whatever their order; equal rows share one. L. van der Maaten
    and G. Hinton, "Visualizing data using t-SNE", Journal of Machine Learning Research 9, 2008, as
    scikit-learn has it, from the principal components.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, n_dimensions)
        Rows of any length.

    Returns
    -------
    ndarray of shape (n_rows, 2), float32
        Rows of zeros are at the middle.

    Examples
    --------
    >>> map_layout(np.eye(3)).shape
    (3, 2)
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    points = distinct_points(finite_rows(vectors))
    if len(points) < 4 or points.vectors.shape[1] < 2:
        places = np.column_stack([np.arange(len(points)), np.zeros(len(points))])
        return points.spread(places.astype(np.float32), nowhere=0.0)
    n_components = min(50, *points.vectors.shape)
    reduced = PCA(n_components, svd_solver="covariance_eigh").fit_transform(points.vectors)
    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    places = TSNE(init="pca", perplexity=perplexity, random_state=0).fit_transform(reduced)
    places -= places.mean(axis=0)

    return points.spread(places.astype(np.float32), nowhere=0.0)


class ClusterMapDisplay:
    """
    A map of clusters: rows as points, in the colour of their cluster, with its name at its middle.

    Parameters
    ----------
    places : ndarray of shape (n_rows, 2)
        See `map_layout`.
    labels : ndarray of shape (n_rows,)
        The cluster of each row; -1 for none, which is drawn in grey.
    names : mapping of int to str, optional
        What clusters are called; their numbers by default.
    max_names : int, default=30
        Of how many clusters, the largest, the name is written.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> display = ClusterMapDisplay.from_predictions(np.eye(6), [0, 0, 0, 1, 1, -1])
    >>> len(display.ax_.texts)
    2
    """

    ax_: "Axes"
    figure_: "Figure | SubFigure"

    def __init__(
        self,
        places: Places,
        labels: npt.ArrayLike,
        *,
        names: Mapping[int, str] | None = None,
        max_names: int = 30,
    ) -> None:
        if np.ndim(places) != 2 or np.shape(places)[1] != 2:
            raise InputError(
                f"expected places of shape (n_rows, 2), got {np.shape(places)}: "
                "map_layout(vectors) makes them, and from_predictions calls it"
            )
        self.places = np.asarray(places)
        self.labels = cluster_numbers(labels, len(self.places))
        self.names = names
        self.max_names = max_names

    @classmethod
    def from_predictions(
        cls,
        vectors: Vectors,
        labels: npt.ArrayLike,
        *,
        names: Mapping[int, str] | None = None,
        max_names: int = 30,
        ax: "Axes | None" = None,
    ) -> Self:
        """Place the rows and draw them, on `ax` or on a figure of its own."""
        return cls(map_layout(vectors), labels, names=names, max_names=max_names).plot(ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw, on `ax` or on a figure of its own."""
        if ax is None:
            ax = new_figure(_SIDE, _SIDE).add_axes((0.02, 0.02, 0.96, 0.92))
        self.ax_, self.figure_ = ax, ax.figure
        numbers, sizes = np.unique(self.labels[self.labels >= 0], return_counts=True)
        order = numbers[np.argsort(-sizes, kind="stable")]

        across, up = self.places.T
        ax.scatter(across, up, s=self._area(), c=self._colours(order), linewidths=0, alpha=0.8)
        for number in order[: self.max_names].tolist():
            self._write(number)
        n_noise = int((self.labels < 0).sum())
        noise = f", {n_noise:,} in none (grey)" if n_noise else ""
        ax.set_title(f"{len(self.labels):,} rows in {len(order):,} clusters{noise}", fontsize=11)
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.spines[:].set_visible(False)

        return self

    def _repr_png_(self) -> bytes:
        """Show the picture as the value of a notebook's cell."""
        return picture_bytes(self.figure_.figure, "png")

    def _area(self) -> float:
        """Points get smaller where there are many."""
        return float(np.clip(20_000 / max(len(self.labels), 1), 2, 24))

    def _colours(self, order: Indices) -> list[str]:
        colour = {number: _COLOURS[at % len(_COLOURS)] for at, number in enumerate(order.tolist())}

        return [colour.get(label, _NOISE) for label in self.labels.tolist()]

    def _write(self, number: int) -> None:
        """Write a name where most of the cluster is."""
        places = self.places[self.labels == number]
        middle = np.median(places, axis=0)
        nearest = places[np.square(places - middle).sum(axis=1).argmin()]
        name = str(number) if self.names is None else self.names.get(number, str(number))
        self.ax_.annotate(
            cut(name, _NAME_COLUMNS),
            nearest,
            ha="center",
            va="center",
            fontsize=7.5,
            bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.75},
            **LITERALLY,
        )
