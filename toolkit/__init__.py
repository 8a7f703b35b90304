"""
Turn a table of texts into vectors with any embedding provider: classify, search, cluster them.

Names are loaded when they are first used, so ``import toolkit`` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.anomaly import ConformalDetector as ConformalDetector
    from toolkit.anomaly import CosineLOF as CosineLOF
    from toolkit.anomaly import CosineMahalanobisDetector as CosineMahalanobisDetector
    from toolkit.anomaly import CosineNeighborsDetector as CosineNeighborsDetector
    from toolkit.anomaly import Power as Power
    from toolkit.audit import DenseGroups as DenseGroups
    from toolkit.audit import Drift as Drift
    from toolkit.audit import Duplicates as Duplicates
    from toolkit.audit import Findings as Findings
    from toolkit.audit import LabelIssues as LabelIssues
    from toolkit.audit import Outliers as Outliers
    from toolkit.audit import Overlap as Overlap
    from toolkit.audit import dense_groups as dense_groups
    from toolkit.audit import drift as drift
    from toolkit.audit import find_outliers as find_outliers
    from toolkit.audit import findings as findings
    from toolkit.audit import label_issues as label_issues
    from toolkit.audit import near_duplicates as near_duplicates
    from toolkit.audit import text_overlap as text_overlap
    from toolkit.classification import CosineCentroidClassifier as CosineCentroidClassifier
    from toolkit.classification import CosineKNNClassifier as CosineKNNClassifier
    from toolkit.classification import CosineLogisticClassifier as CosineLogisticClassifier
    from toolkit.classification import SelectiveClassifier as SelectiveClassifier
    from toolkit.classification import TextClassifier as TextClassifier
    from toolkit.clustering import ChatNamer as ChatNamer
    from toolkit.clustering import ClusterMatch as ClusterMatch
    from toolkit.clustering import CosineAgglomerative as CosineAgglomerative
    from toolkit.clustering import CosineHDBSCAN as CosineHDBSCAN
    from toolkit.clustering import CosineLeiden as CosineLeiden
    from toolkit.clustering import SphericalKMeans as SphericalKMeans
    from toolkit.clustering import TextClusterer as TextClusterer
    from toolkit.clustering import Themes as Themes
    from toolkit.clustering import match_clusters as match_clusters
    from toolkit.clustering import themes as themes
    from toolkit.embedding import AzureOpenAIProvider as AzureOpenAIProvider
    from toolkit.embedding import CachedProvider as CachedProvider
    from toolkit.embedding import CohereProvider as CohereProvider
    from toolkit.embedding import Forecaster as Forecaster
    from toolkit.embedding import GeminiProvider as GeminiProvider
    from toolkit.embedding import HashingProvider as HashingProvider
    from toolkit.embedding import JinaProvider as JinaProvider
    from toolkit.embedding import MistralProvider as MistralProvider
    from toolkit.embedding import OllamaProvider as OllamaProvider
    from toolkit.embedding import OpenAIProvider as OpenAIProvider
    from toolkit.embedding import Provider as Provider
    from toolkit.embedding import SentenceTransformerProvider as SentenceTransformerProvider
    from toolkit.embedding import StaticProvider as StaticProvider
    from toolkit.embedding import TEIProvider as TEIProvider
    from toolkit.embedding import VoyageProvider as VoyageProvider
    from toolkit.embedding import counting as counting
    from toolkit.embedding import provider_from_name as provider_from_name
    from toolkit.embedding import provider_name as provider_name
    from toolkit.embedding import spending_at_most as spending_at_most
    from toolkit.embedding.models import known_models as known_models
    from toolkit.errors import ToolkitError as ToolkitError
    from toolkit.errors import ToolkitWarning as ToolkitWarning
    from toolkit.evaluation import evaluate_classification as evaluate_classification
    from toolkit.evaluation import evaluate_clustering as evaluate_clustering
    from toolkit.evaluation import evaluate_multilabel as evaluate_multilabel
    from toolkit.frames import FrameReader as FrameReader
    from toolkit.frames import FrameWriter as FrameWriter
    from toolkit.frames import read_frame as read_frame
    from toolkit.frames import write_frame as write_frame
    from toolkit.kernels import cosine_similarities as cosine_similarities
    from toolkit.kernels import cosine_similarity as cosine_similarity
    from toolkit.kernels import neighbor_graph as neighbor_graph
    from toolkit.kernels import pairs_above as pairs_above
    from toolkit.kernels import top_k as top_k
    from toolkit.kernels import unit_rows as unit_rows
    from toolkit.persistence import load as load
    from toolkit.persistence import read_manifest as read_manifest
    from toolkit.persistence import save as save
    from toolkit.search import CosineIndex as CosineIndex
    from toolkit.text_embedder import TextEmbedder as TextEmbedder

__version__ = "0.1.0"

_HOME = {
    "AzureOpenAIProvider": "toolkit.embedding",
    "CachedProvider": "toolkit.embedding",
    "ChatNamer": "toolkit.clustering",
    "ClusterMatch": "toolkit.clustering",
    "CohereProvider": "toolkit.embedding",
    "ConformalDetector": "toolkit.anomaly",
    "CosineAgglomerative": "toolkit.clustering",
    "CosineCentroidClassifier": "toolkit.classification",
    "CosineHDBSCAN": "toolkit.clustering",
    "CosineIndex": "toolkit.search",
    "CosineKNNClassifier": "toolkit.classification",
    "CosineLeiden": "toolkit.clustering",
    "CosineLogisticClassifier": "toolkit.classification",
    "DenseGroups": "toolkit.audit",
    "Drift": "toolkit.audit",
    "CosineLOF": "toolkit.anomaly",
    "CosineMahalanobisDetector": "toolkit.anomaly",
    "CosineNeighborsDetector": "toolkit.anomaly",
    "Duplicates": "toolkit.audit",
    "Findings": "toolkit.audit",
    "Forecaster": "toolkit.embedding",
    "FrameReader": "toolkit.frames",
    "FrameWriter": "toolkit.frames",
    "GeminiProvider": "toolkit.embedding",
    "HashingProvider": "toolkit.embedding",
    "JinaProvider": "toolkit.embedding",
    "LabelIssues": "toolkit.audit",
    "MistralProvider": "toolkit.embedding",
    "OllamaProvider": "toolkit.embedding",
    "OpenAIProvider": "toolkit.embedding",
    "Outliers": "toolkit.audit",
    "Overlap": "toolkit.audit",
    "Power": "toolkit.anomaly",
    "Provider": "toolkit.embedding",
    "SelectiveClassifier": "toolkit.classification",
    "SentenceTransformerProvider": "toolkit.embedding",
    "SphericalKMeans": "toolkit.clustering",
    "StaticProvider": "toolkit.embedding",
    "TEIProvider": "toolkit.embedding",
    "TextClassifier": "toolkit.classification",
    "TextClusterer": "toolkit.clustering",
    "TextEmbedder": "toolkit.text_embedder",
    "Themes": "toolkit.clustering",
    "ToolkitError": "toolkit.errors",
    "ToolkitWarning": "toolkit.errors",
    "VoyageProvider": "toolkit.embedding",
    "cosine_similarities": "toolkit.kernels",
    "cosine_similarity": "toolkit.kernels",
    "counting": "toolkit.embedding",
    "dense_groups": "toolkit.audit",
    "drift": "toolkit.audit",
    "evaluate_classification": "toolkit.evaluation",
    "evaluate_clustering": "toolkit.evaluation",
    "evaluate_multilabel": "toolkit.evaluation",
    "find_outliers": "toolkit.audit",
    "findings": "toolkit.audit",
    "known_models": "toolkit.embedding.models",
    "label_issues": "toolkit.audit",
    "load": "toolkit.persistence",
    "match_clusters": "toolkit.clustering",
    "near_duplicates": "toolkit.audit",
    "neighbor_graph": "toolkit.kernels",
    "pairs_above": "toolkit.kernels",
    "provider_from_name": "toolkit.embedding",
    "provider_name": "toolkit.embedding",
    "read_frame": "toolkit.frames",
    "read_manifest": "toolkit.persistence",
    "save": "toolkit.persistence",
    "spending_at_most": "toolkit.embedding",
    "text_overlap": "toolkit.audit",
    "themes": "toolkit.clustering",
    "top_k": "toolkit.kernels",
    "unit_rows": "toolkit.kernels",
    "write_frame": "toolkit.frames",
}

__all__ = sorted(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
