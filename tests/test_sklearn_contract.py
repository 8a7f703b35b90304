"""The estimators that take texts keep scikit-learn's contract, as far as it can feed them."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from toolkit import CosineLogisticClassifier, HashingProvider, TextClassifier, TextEmbedder

EMBEDDER = TextEmbedder(HashingProvider(16))

# scikit-learn generates no texts: of its checks these are the ones that need no data.
WITHOUT_DATA = [
    checks.check_estimator_cloneable,
    checks.check_estimator_tags_renamed,
    checks.check_valid_tag_types,
    checks.check_estimator_repr,
    checks.check_no_attributes_set_in_init,
    checks.check_parameters_default_constructible,
    checks.check_get_params_invariance,
    checks.check_set_params,
    checks.check_mixin_order,
]


@pytest.mark.parametrize("check", WITHOUT_DATA, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "estimator", [EMBEDDER, TextClassifier(EMBEDDER)], ids=["embedder", "classifier"]
)
def test_contract_without_data(estimator, check):
    """
    Constructors only store, parameters can be got and set, clones are equal.
    """
    check(type(estimator).__name__, estimator)


class AsTheyAre(TransformerMixin, BaseEstimator):
    """Takes vectors where texts would stand."""

    def fit(self, X, y=None):
        validate_data(self, X, dtype=np.float32)

        return self

    def transform(self, X):
        return validate_data(self, X, reset=False, dtype=np.float32)


class ClassifierOfVectors(TextClassifier):
    """A TextClassifier that scikit-learn can feed."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True

        return tags


@parametrize_with_checks(
    [ClassifierOfVectors(AsTheyAre(), CosineLogisticClassifier(), keep_texts=False)]
)
def test_contract_of_the_classifier_behind_the_texts(estimator, check):
    """
    Apart from the embedding, TextClassifier passes every check that scikit-learn has.
    """
    check(estimator)
