"""Evaluation: how good predictions are, as numbers, text and pictures."""

from toolkit.evaluation.answered import Answered
from toolkit.evaluation.classification import ClassificationReport, evaluate_classification
from toolkit.evaluation.cluster_map import ClusterMapDisplay
from toolkit.evaluation.clustering import ClusteringReport, evaluate_clustering
from toolkit.evaluation.displays import (
    ConfusionMatrixDisplay,
    ReliabilityDisplay,
    save_evaluation_plot,
)
from toolkit.evaluation.multilabel import MultilabelReport, evaluate_multilabel

__all__ = [
    "Answered",
    "ClassificationReport",
    "ClusterMapDisplay",
    "ClusteringReport",
    "ConfusionMatrixDisplay",
    "MultilabelReport",
    "ReliabilityDisplay",
    "evaluate_classification",
    "evaluate_clustering",
    "evaluate_multilabel",
    "save_evaluation_plot",
]
