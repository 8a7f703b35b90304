"""Runs in processes of their own; they start at once, as what they need is imported already."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.servers.cases.services import SERVICES
from tests.servers.cases.trial import KEY
from toolkit.embedding import CachedProvider
from toolkit.embedding.http.endpoint import endpoint_of

INTERRUPTED = 130

IS_POSIX = "forkserver" in multiprocessing.get_all_start_methods()

processes = multiprocessing.get_context("forkserver" if IS_POSIX else "spawn")
processes.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Run:
    """
    Texts to embed in another process, and where to keep their vectors.

    Attributes
    ----------
    service : str
    url : str
    cache : Path
    batch : int
        Texts in a request.
    """

    service: str
    url: str
    cache: Path
    batch: int

    def embed(self, texts: Sequence[str]) -> None:
        """Embed the texts; an interrupted run ends as the command line does."""
        service = SERVICES[self.service]
        os.environ[service.key_env] = KEY
        provider = replace(service.provider(self.url), timeout=10.0)
        endpoint_of(provider).learn("texts", self.batch)
        try:
            CachedProvider(provider, self.cache).embed(texts)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def embed_and_fork(self, *parts: Sequence[str]) -> None:
        """Embed the first part, fork, and let both processes embed another, as joblib may."""
        self.embed(parts[0])
        child = os.fork()
        if child == 0:
            self.embed(parts[1])
            os._exit(0)
        self.embed(parts[2])
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def started(work: Callable[..., None], *arguments: object) -> BaseProcess:
    """Return a process that does this work."""
    process = processes.Process(target=work, args=arguments, daemon=True)
    process.start()

    return process


def ended(process: BaseProcess) -> int | None:
    """Return the exit code of a process that comes to its end."""
    process.join(20)

    return process.exitcode
