"""What may stand in a model file: a fixed list of types, checked before anything is imported."""

import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
"""A node of skops's ``schema.json``: its type, who rebuilds it, and the nodes inside."""

ESTIMATORS = (
    "toolkit.anomaly.conformal.ConformalDetector",
    "toolkit.anomaly.lof.CosineLOF",
    "toolkit.anomaly.mahalanobis.CosineMahalanobisDetector",
    "toolkit.anomaly.neighbors.CosineNeighborsDetector",
    "toolkit.classification.centroid.CosineCentroidClassifier",
    "toolkit.classification.logistic.CosineLogisticClassifier",
    "toolkit.classification.neighbors.CosineKNNClassifier",
    "toolkit.classification.selective.SelectiveClassifier",
    "toolkit.classification.text_classifier.TextClassifier",
    "toolkit.clustering.agglomerative.CosineAgglomerative",
    "toolkit.clustering.hdbscan.CosineHDBSCAN",
    "toolkit.clustering.leiden.CosineLeiden",
    "toolkit.clustering.spherical_kmeans.SphericalKMeans",
    "toolkit.clustering.text_clusterer.TextClusterer",
    "toolkit.text_embedder.TextEmbedder",
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.decomposition._pca.PCA",
    "sklearn.decomposition._truncated_svd.TruncatedSVD",
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.dummy.DummyClassifier",
    "sklearn.isotonic.IsotonicRegression",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.linear_model._logistic.LogisticRegressionCV",
    "sklearn.linear_model._ridge.RidgeClassifier",
    "sklearn.linear_model._ridge.RidgeClassifierCV",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.multiclass.OneVsRestClassifier",
    "sklearn.multioutput.MultiOutputClassifier",
    "sklearn.naive_bayes.GaussianNB",
    "sklearn.neighbors._nearest_centroid.NearestCentroid",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.Normalizer",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._label.LabelBinarizer",
    "sklearn.preprocessing._label.LabelEncoder",
    "sklearn.preprocessing._label.MultiLabelBinarizer",
    "sklearn.svm._classes.LinearSVC",
)
"""
Estimators that predict with numpy alone, so that crafted arrays can give an error but no more.

Trees and kernel machines are left out: their compiled code trusts the positions that it is given.
CosineHDBSCAN checks its hierarchy each time before compiled code sees it.
"""

STORED_FRAME = "toolkit.persistence.frames_apart.StoredFrame"

NUMBERS = (
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("float16", "float32", "float64"),
)

# Keys of dicts are texts in the file, and bool("False") is True: bool is no type of keys.
_KEYS = ("builtins.str", "builtins.int", "builtins.float", "numpy.str_", "numpy.int64")

ALLOWED = frozenset(
    {
        ("builtins.str", "JsonNode"),
        ("builtins.dict", "DictNode"),
        ("builtins.list", "ListNode"),
        ("builtins.tuple", "TupleNode"),
        *((name, "TypeNode") for name in _KEYS),
        *(
            (f"numpy.{name}", "NdArrayNode")
            for name in ("ndarray", "str_", "bool", "bool_", *NUMBERS)
        ),
        *((name, "ObjectNode") for name in (*ESTIMATORS, STORED_FRAME)),
    }
)
"""Types with the one way in which each may be rebuilt."""

OLDEST_PROTOCOL = 2
_MARKS = ("__module__", "__class__", "__loader__")
_ARRAY_FILE = re.compile(r"\d{1,9}\.npy")


def trusted_types() -> list[str]:
    """Return the types to tell skops, which has its own, longer list of what is harmless."""
    return [*ESTIMATORS, STORED_FRAME]


def foreign_parts(node: object, where: str = "") -> Iterator[str]:
    """
    Yield what may not stand in a model file, wherever it stands, also where skops never looks.

    Examples
    --------
    >>> evil = {"__module__": "os", "__class__": "system", "__loader__": "FunctionNode"}
    >>> list(foreign_parts({"head": evil}))
    ['os.system in head']
    >>> fine = {"__module__": "builtins", "__class__": "str", "__loader__": "JsonNode"}
    >>> list(foreign_parts(fine | {"content": "1"}))
    []
    """
    if isinstance(node, list):
        for item in node:
            yield from foreign_parts(item, where)
    elif isinstance(node, dict):
        if any(mark in node for mark in _MARKS) and not _is_allowed(node):
            yield f"{_type_name(node)}{f' in {where}' if where else ''}"
        for key, value in node.items():
            yield from foreign_parts(value, _inside(where, key))


def nodes(part: object) -> Iterator[Schema]:
    """Yield the nodes of a schema, each before those inside it."""
    if isinstance(part, dict) and "__loader__" in part:
        yield part
    if isinstance(part, (dict, list)):
        for inside in part.values() if isinstance(part, dict) else part:
            yield from nodes(inside)


def _is_allowed(node: Schema) -> bool:
    if not all(isinstance(node.get(mark), str) for mark in _MARKS):
        return False
    loader = node["__loader__"]
    if (_type_name(node), loader) not in ALLOWED:
        return False
    if loader == "NdArrayNode" and node.get("type") != "json":
        file = node.get("file")
        return isinstance(file, str) and _ARRAY_FILE.fullmatch(file) is not None

    return loader != "JsonNode" or isinstance(node.get("content"), str)


def _type_name(node: Schema) -> str:
    return f"{node.get('__module__')}.{node.get('__class__')}"


def _inside(where: str, key: str) -> str:
    if key in ("content", "key_types", "shape"):
        return where

    return f"{where}.{key}" if where else key
