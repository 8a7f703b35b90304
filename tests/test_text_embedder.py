import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.providers import CountingProvider
from toolkit import (
    CachedProvider,
    HashingProvider,
    TextEmbedder,
    ToolkitError,
    ToolkitWarning,
    counting,
)
from toolkit.embedding import cache_info

TEXTS = [f"{what} {thing}" for what in ("broken", "late", "lost") for thing in ("kettle", "lamp")]
LABELS = ["broken", "broken", "late", "late", "lost", "lost"]


@pytest.fixture
def embedder():
    return TextEmbedder(HashingProvider(32))


@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, pd.Series, pd.Index, lambda t: pd.DataFrame({"text": t})]
)
def test_every_kind_of_column_gives_the_same_vectors(embedder, kind):
    """
    Lists, tuples, arrays, Series, Index and one-column frames are the same texts.
    """
    expected = embedder.fit_transform(TEXTS)

    assert np.array_equal(embedder.fit_transform(kind(TEXTS)), expected)
    assert expected.dtype == np.float32


def test_rows_are_unit_vectors_in_the_order_of_the_texts(embedder):
    """
    Shuffled texts give shuffled vectors, each of length 1.
    """
    vectors = embedder.fit_transform(TEXTS)

    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(embedder.transform(TEXTS[::-1]), vectors[::-1])


def test_an_index_survives_set_output(embedder):
    """
    Pandas output keeps the index of a frame or a Series and names its columns.
    """
    series = pd.Series(TEXTS, index=list("abcdef"))
    embedder.set_output(transform="pandas")

    frame = embedder.fit_transform(series)

    assert list(frame.index) == list("abcdef")
    assert list(frame.columns[:2]) == ["text_00", "text_01"]
    assert list(embedder.transform(series.to_frame("text")).index) == list("abcdef")


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, pd.NaT, "", "  \n\t "])
def test_nothing_becomes_a_zero_vector_and_is_counted(embedder, nothing):
    """
    A missing or blank text is similar to nothing, never an error, and the user is told.
    """
    with pytest.warns(ToolkitWarning, match="1 of 2 texts is empty"):
        vectors = embedder.fit_transform(["late kettle", nothing])

    assert not vectors[1].any()
    assert vectors[0].any()


def test_on_empty_raise_names_the_row(embedder):
    """
    Whoever wants no empty texts is told where the first one is.
    """
    with pytest.raises(ToolkitError, match="the first in row 1"):
        embedder.set_params(on_empty="raise").fit(TEXTS).fit_transform(["a", ""])


def test_numbers_and_dates_are_embedded_as_they_print(embedder):
    """
    A column that holds a few numbers is no reason to stop, but it is told.
    """
    with pytest.warns(ToolkitWarning, match="2 of 2 texts are not strings"):
        vectors = embedder.fit_transform([7, pd.Timestamp("2025-01-02")])

    assert np.array_equal(vectors[:1], embedder.fit_transform(["7"]))


def test_broken_unicode_is_repaired_and_counted(embedder):
    """
    A lone surrogate, which no model can read, becomes U+FFFD.
    """
    with pytest.warns(ToolkitWarning, match="broken Unicode"):
        vectors = embedder.fit_transform(["late \ud83d parcel"])

    assert np.array_equal(vectors, embedder.fit_transform(["late \ufffd\ufffd\ufffd parcel"]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("one text", r"write \[text\]"),
        ([["a"], {"b": 1}], "expected text in row 0, got list"),
        (np.zeros((2, 2)), "one column of texts"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "say which hold text"),
        (3, "expected a list"),
        ([], "0 samples"),
    ],
)
def test_what_is_no_column_of_texts_is_refused_in_one_sentence(embedder, wrong, message):
    """
    A bare string, a matrix, an unnamed choice of columns: each error names the cure.
    """
    with pytest.raises(ToolkitError, match=message):
        embedder.fit_transform(wrong)


def test_several_columns_are_joined_without_the_empty_ones():
    """
    A missing title leaves the body alone.
    """
    embedder = TextEmbedder(HashingProvider(32), columns=["title", "body"])
    frame = pd.DataFrame({"title": ["lamp", None], "body": ["broke", "late"], "n": [1, 2]})

    vectors = embedder.fit_transform(frame)

    assert np.array_equal(
        vectors, TextEmbedder(HashingProvider(32)).fit_transform(["lamp\nbroke", "late"])
    )


def test_a_missing_column_names_those_there_are():
    """
    The error for a misspelt column lists the columns.
    """
    with pytest.raises(ToolkitError, match="no column 'body': the columns are text"):
        TextEmbedder(HashingProvider(8), columns=["body"]).fit(pd.DataFrame({"text": ["a"]}))


def test_each_text_is_embedded_once_ever():
    """
    Repeats, shuffles, second fits and other processes' clones find the vectors in the cache.
    """
    provider = CountingProvider()
    embedder = TextEmbedder(provider)
    embedder.fit_transform(TEXTS * 3)
    clone(embedder).fit_transform(TEXTS[::-1])

    assert set(provider.seen.values()) == {1}
    with counting() as counts:
        embedder.transform([*TEXTS, "one new text"])
    assert (counts.embedded, counts.cached) == (1, len(TEXTS))


def test_without_cache_nothing_is_kept(own_cache):
    """
    cache=False writes no file, and still embeds repeats once.
    """
    provider = CountingProvider()

    TextEmbedder(provider, cache=False).fit_transform(TEXTS * 2)

    assert set(provider.seen.values()) == {1}
    assert not own_cache.exists()


def test_grid_search_over_providers_uses_each_and_embeds_each_text_once_for_each():
    """
    Folds, clones and refits share one embedding of each text for each provider.
    """
    small, large = CountingProvider(8), CountingProvider(64)
    pipeline = make_pipeline(TextEmbedder(), LogisticRegression())
    search = GridSearchCV(pipeline, {"textembedder__provider": [small, large]}, cv=2)

    search.fit(TEXTS * 2, LABELS * 2)

    assert set(small.seen.values()) == set(large.seen.values()) == {1}
    assert set(small.seen) == set(large.seen) == set(TEXTS)
    widths = {len(search.best_estimator_[0].get_feature_names_out())}
    assert widths == {search.best_params_["textembedder__provider"].n_dimensions}


def test_grid_search_over_names_is_right():
    """
    Setting a provider's name changes the vectors, also after a fit.
    """
    embedder = TextEmbedder("hashing:8").fit(TEXTS)

    embedder.set_params(provider="hashing:16")

    assert embedder.fit_transform(TEXTS).shape == (6, 16)


def test_it_works_inside_sklearn():
    """
    Pipelines, cross-validation and column transformers take texts and frames.
    """
    frame = pd.DataFrame({"text": TEXTS * 2, "channel": ["email", "chat"] * 6})
    columns = ColumnTransformer(
        [
            ("text", TextEmbedder(HashingProvider(32)), "text"),
            ("channel", OneHotEncoder(), ["channel"]),
        ]
    )
    pipeline = make_pipeline(columns, LogisticRegression())

    assert cross_val_score(pipeline, frame, LABELS * 2, cv=2).min() > 0.9
    assert "text__text_00" in list(pipeline.fit(frame, LABELS * 2)[0].get_feature_names_out())


def transform_and_count(embedder, texts):
    with counting() as counts:
        return embedder.transform(texts), counts.embedded, counts.cached


def test_processes_share_the_cache(tmp_path):
    """
    joblib's workers get the embedder by pickle, find what was embedded here, and keep the rest.
    """
    provider = CountingProvider(32)
    embedder = TextEmbedder(provider, cache=tmp_path / "shared.sqlite")
    embedder.fit_transform(TEXTS[:2])

    parts = Parallel(n_jobs=2)(
        delayed(transform_and_count)(embedder, part) for part in (TEXTS[:3], TEXTS[3:])
    )
    vectors, n_embedded, n_cached = transform_and_count(embedder, TEXTS)

    assert [counts for _, *counts in parts] == [[1, 2], [3, 0]]
    assert (n_embedded, n_cached) == (0, len(TEXTS))
    assert set(provider.seen) == set(TEXTS[:2])
    assert np.array_equal(np.vstack([part for part, *_ in parts]), vectors)


def test_a_provider_with_a_cache_is_not_cached_again(tmp_path, own_cache):
    """
    Its own file is used, each text is counted once, and the user's cache stays as it was.
    """
    own = tmp_path / "own.sqlite"
    embedder = TextEmbedder(CachedProvider(CountingProvider(), own))

    with counting() as counts:
        embedder.fit_transform(TEXTS)
        embedder.transform(TEXTS)

    assert (counts.embedded, counts.cached) == (len(TEXTS), len(TEXTS))
    assert [space.n_vectors for space in cache_info(own)] == [len(TEXTS)]
    assert not own_cache.exists()


def test_the_embedder_decides_where_vectors_are_kept(tmp_path):
    """
    A file named in the embedder, or none, goes before the cache that a provider brings.
    """
    theirs, mine = tmp_path / "theirs.sqlite", tmp_path / "mine.sqlite"
    provider = CachedProvider(CountingProvider(), theirs)

    TextEmbedder(provider, cache=False).fit_transform(TEXTS)
    with counting() as counts:
        TextEmbedder(provider, cache=mine).fit_transform(TEXTS)

    assert (counts.embedded, counts.cached) == (len(TEXTS), 0)
    assert not theirs.exists()
    assert [space.n_vectors for space in cache_info(mine)] == [len(TEXTS)]


def test_fit_checks_every_text_and_embeds_one():
    """
    A text that cannot be used is told at fit, wherever it stands; the first that can is embedded.
    """
    provider = CountingProvider()
    embedder = TextEmbedder(provider)

    with pytest.raises(ToolkitError, match="1 of 3 texts are empty, the first in row 2"):
        clone(embedder).set_params(on_empty="raise").fit(["late", "lost", ""])
    with pytest.raises(ToolkitError, match="expected text in row 1, got list"):
        embedder.fit(["late", ["lost"]])
    assert embedder.fit(["", "late", "lost"]).n_features_out_ == 64
    assert set(provider.seen) == {"late"}


def test_unknown_fit_parameters_are_refused(embedder):
    """
    What nobody reads is an error, not silence, also through a pipeline.
    """
    with pytest.raises(TypeError, match="sample_weight"):
        embedder.fit_transform(TEXTS, sample_weight=[1] * 6)
    pipeline = make_pipeline(embedder, LogisticRegression())
    with pytest.raises(TypeError, match="nonsense"):
        pipeline.fit(TEXTS, LABELS, textembedder__nonsense=1)
    with config_context(enable_metadata_routing=True):
        classifier = LogisticRegression().set_fit_request(sample_weight=True)
        make_pipeline(embedder, classifier).fit(TEXTS, LABELS, sample_weight=[1] * 6)


def test_clone_and_pickle_keep_settings_and_vectors(embedder):
    """
    A copy is as good as the original.
    """
    embedder.fit(TEXTS)

    assert np.array_equal(
        pickle.loads(pickle.dumps(embedder)).transform(TEXTS), embedder.transform(TEXTS)
    )
    assert clone(embedder).get_params() == embedder.get_params()


def test_dimensions_only_where_the_provider_allows_it():
    """
    Vectors are not cut for models that were not trained for it.
    """
    with pytest.raises(ToolkitError, match="one length only"):
        TextEmbedder(HashingProvider(8), dimensions=4).fit(TEXTS)
    with pytest.raises(ToolkitError, match="not known to have been trained"):
        TextEmbedder("local:all-MiniLM-L6-v2", dimensions=64).fit(TEXTS)


@pytest.mark.parametrize("name", ["task", "on_empty", "on_error"])
def test_a_wrong_setting_lists_the_right_ones(embedder, name):
    """
    A misspelt setting is refused at fit.
    """
    with pytest.raises(ToolkitError, match=f"{name} must be one of"):
        embedder.set_params(**{name: "wrong"}).fit(TEXTS)
