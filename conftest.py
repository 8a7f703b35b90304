import os

import numpy as np
import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOOLKIT_PROGRESS", "0")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """
    No test sees the user's cache or another test's.
    """
    path = tmp_path_factory.mktemp("cache") / "vectors.sqlite"
    monkeypatch.setenv("TOOLKIT_CACHE", str(path))

    return path


@pytest.fixture
def rng():
    return np.random.default_rng(0)
