"""Classifiers on vectors by cosine, and the one that takes texts."""

from toolkit.classification.centroid import CosineCentroidClassifier
from toolkit.classification.logistic import CosineLogisticClassifier
from toolkit.classification.neighbors import CosineKNNClassifier
from toolkit.classification.selective import SelectiveClassifier
from toolkit.classification.text_classifier import TextClassifier

__all__ = [
    "CosineCentroidClassifier",
    "CosineKNNClassifier",
    "CosineLogisticClassifier",
    "SelectiveClassifier",
    "TextClassifier",
]
