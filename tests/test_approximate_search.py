import builtins

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MissingDependency, ModelFileError
from toolkit.search import CosineIndex
from toolkit.search import approximate as approximate_module


@pytest.fixture
def vectors(rng):
    return rng.standard_normal((300, 16)).astype(np.float32)


@pytest.fixture
def queries(rng):
    return rng.standard_normal((7, 16)).astype(np.float32)


@pytest.fixture
def many(rng):
    """Rows in clusters, more than are searched exactly in these tests."""
    centers = rng.standard_normal((60, 16))

    return (centers[rng.integers(60, size=4000)] + rng.standard_normal((4000, 16)) / 3).astype(
        np.float32
    )


@pytest.fixture
def few_exact(monkeypatch):
    pytest.importorskip("faiss")
    monkeypatch.setattr(approximate_module, "EXACT_ROWS", 500)


def test_approximate_search_is_nearly_exact(many, few_exact):
    """
    Nearly all neighbours are found, the recall says how many, and cosines are exact.
    """
    index, exact = CosineIndex(approximate=True).fit(many), CosineIndex().fit(many)

    found = index.search(many[:50], k=10).set_index(["query", "id"])["similarity"]
    true = exact.search(many[:50], k=10).set_index(["query", "id"])["similarity"]

    shared = found.index.intersection(true.index)
    assert index.recall > 0.95
    assert exact.recall is None
    assert len(shared) > 0.95 * len(true)
    pd.testing.assert_series_equal(found[shared], true[shared])


def test_approximate_search_follows_its_rows(many, few_exact, tmp_path):
    """
    Added, removed, filtered, saved and loaded rows are found as in an exact search.
    """
    index = CosineIndex(approximate=True).fit(many[:3000])
    index.search(many[:1])
    index.add(many[3000:]).remove(list(range(100)))
    even = index.rows["id"].to_numpy() % 2 == 0

    index.save(tmp_path / "index")
    loaded = CosineIndex.load(tmp_path / "index")

    for each in (index, loaded):
        nearest = each.search(many[3000:3100], k=1)
        assert nearest["id"].tolist() == list(range(3000, 3100))
        assert each.search(many[:100], k=1)["id"].min() >= 100
        assert (each.search(many[3000:3100], k=5, filter=even)["id"] % 2 == 0).all()
        assert each.recall > 0.95


def test_few_rows_are_searched_exactly(vectors, queries):
    """
    A small set needs neither faiss nor an approximation.
    """
    index = CosineIndex(approximate=True).fit(vectors)

    pd.testing.assert_frame_equal(index.search(queries), CosineIndex().fit(vectors).search(queries))
    assert index.recall is None


def test_without_faiss_the_cure_is_told(many, monkeypatch):
    """
    The message holds the line that installs what is missing.
    """
    real = builtins.__import__

    def without_faiss(name, *arguments, **more):
        if name == "faiss":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(approximate_module, "EXACT_ROWS", 500)
    monkeypatch.setattr(builtins, "__import__", without_faiss)

    with pytest.raises(MissingDependency, match=r"text-embedding-toolkit\[search\]"):
        CosineIndex(approximate=True).fit(many).search(many[:1])


@pytest.mark.parametrize("part", ["centers", "ranges", "sizes", "numbers", "codes"])
def test_damaged_neighbourhoods_are_told(many, few_exact, tmp_path, part):
    """
    Arrays that do not fit each other never reach faiss.
    """
    CosineIndex(approximate=True).fit(many).save(tmp_path / "index")
    file = tmp_path / "index" / f"neighbourhoods-{part}.npy"
    np.save(file, np.load(file)[:-1])

    with pytest.raises(ModelFileError, match="damaged"):
        CosineIndex.load(tmp_path / "index")


def test_neighbours_are_few_where_few_may_be_found(many, few_exact):
    """
    A narrow filter is searched exactly, and a k beyond what is near gives real rows only.
    """
    index = CosineIndex(approximate=True).fit(many)
    narrow = index.rows["id"].to_numpy() % 40 == 0

    found = index.search(many[:5], k=200, filter=narrow)
    wide = index.search(many[:5], k=4000)

    exact = CosineIndex().fit(many).search(many[:5], k=200, filter=narrow)
    pd.testing.assert_frame_equal(found, exact)
    assert wide["id"].between(0, 3999).all()
    assert np.isfinite(wide["similarity"]).all()
