import os

import numpy as np
import pytest

from toolkit.cli.commands import toolkit
from toolkit.cli.failures import run
from toolkit.embedding.http.endpoint import forget_endpoints

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


@pytest.fixture(scope="session", autouse=True)
def no_open_connections():
    """
    What tests opened is closed at their end.
    """
    yield
    forget_endpoints()


@pytest.fixture
def command(capfd):
    """Run a command line and return its exit code, stdout and stderr."""

    def run_command(*arguments):
        code = run(toolkit, [str(argument) for argument in arguments])
        out, err = capfd.readouterr()

        return code, out, err

    return run_command


@pytest.fixture
def rng():
    return np.random.default_rng(0)
