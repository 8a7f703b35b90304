"""Groups of vectors and texts that nobody named yet."""

from toolkit.clustering.agglomerative import CosineAgglomerative
from toolkit.clustering.chat_namer import ChatNamer
from toolkit.clustering.hdbscan import CosineHDBSCAN
from toolkit.clustering.leiden import CosineLeiden
from toolkit.clustering.matching import ClusterMatch, match_clusters
from toolkit.clustering.spherical_kmeans import SphericalKMeans
from toolkit.clustering.text_clusterer import TextClusterer
from toolkit.clustering.themes import Themes, themes

__all__ = [
    "ChatNamer",
    "ClusterMatch",
    "CosineAgglomerative",
    "CosineHDBSCAN",
    "CosineLeiden",
    "SphericalKMeans",
    "TextClusterer",
    "Themes",
    "match_clusters",
    "themes",
]
