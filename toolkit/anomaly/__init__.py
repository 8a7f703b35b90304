"""What does not belong: detectors on vectors, and flags with a known rate of false alarms."""

from toolkit.anomaly.conformal import ConformalDetector
from toolkit.anomaly.lof import CosineLOF
from toolkit.anomaly.mahalanobis import CosineMahalanobisDetector
from toolkit.anomaly.neighbors import CosineNeighborsDetector
from toolkit.anomaly.power import Power

__all__ = [
    "ConformalDetector",
    "CosineLOF",
    "CosineMahalanobisDetector",
    "CosineNeighborsDetector",
    "Power",
]
