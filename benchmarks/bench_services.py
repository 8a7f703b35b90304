"""
Time embedding over HTTP: against requests by hand, and under a limit on requests a second.

    python benchmarks/bench_services.py --rounds 5

The server runs in a process of its own, answers after 30 ms with vectors made beforehand, and so
measures the client.
"""

import argparse
import base64
import json
import multiprocessing
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import numpy as np

from toolkit.embedding.http.endpoint import forget_endpoints
from toolkit.embedding.services.openai import OpenAIProvider

N_TEXTS, N_DIMENSIONS, LATENCY = 5_000, 384, 0.03
FIXED = (1, 2, 4, 8, 16, 32)
N_ONE_BY_ONE = 100
LIMITS = (5, 20, 50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rates(parser.parse_args().rounds)
    limited()


class Handler(BaseHTTPRequestHandler):
    """Sleep, then answer with vectors that are there already, or refuse what comes too fast."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    vectors: list[str]
    latency: float
    per_second: int
    seen: list[tuple[float, bool]] = []
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Tell when requests came since the last time, and which were refused."""
        with self.lock:
            told, self.seen[:] = list(self.seen), []
        self.answer(200, told)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        now = time.monotonic()
        with self.lock:
            this_second = sum(1 for at, ok in self.seen if ok and int(at) == int(now))
            is_refused = bool(self.per_second) and this_second >= self.per_second
            self.seen.append((now, not is_refused))
        if is_refused:
            self.answer(429, {"error": {"message": "too many requests"}})
            return
        time.sleep(self.latency)
        vectors = self.vectors[: len(body["input"])]
        data = [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)]
        self.answer(200, {"data": data, "model": "bench"})

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None: ...


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(port: "multiprocessing.Queue[int]", per_second: int) -> None:
    rows = np.random.default_rng(0).normal(size=(300, N_DIMENSIONS)).astype("<f4")
    Handler.vectors = [base64.b64encode(row.tobytes()).decode() for row in rows]
    Handler.latency, Handler.per_second = LATENCY, per_second
    server = Server(("127.0.0.1", 0), Handler)
    port.put(server.server_port)
    server.serve_forever()


def served(per_second: int = 0) -> tuple[multiprocessing.Process, str]:
    spawn = multiprocessing.get_context("spawn")
    port = spawn.Queue()
    process = spawn.Process(target=serve, args=(port, per_second), daemon=True)
    process.start()

    return process, f"http://127.0.0.1:{port.get()}/v1"


def ours(url: str, texts: list[str]) -> float:
    """Everything new, as in a program that has just begun."""
    forget_endpoints()
    start = time.perf_counter()
    OpenAIProvider("bench", base_url=url).embed(texts)

    return time.perf_counter() - start


def by_hand(url: str, texts: list[str], n_in_flight: int, batch: int) -> float:
    """What a person writes with httpx and a thread pool who knows the best number."""
    start = time.perf_counter()
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(n_in_flight) as pool:

        def vectors(part: list[str]) -> np.ndarray:
            body = {"model": "bench", "input": part, "encoding_format": "base64"}
            data = client.post(f"{url}/embeddings", json=body).json()["data"]
            return np.stack([np.frombuffer(base64.b64decode(d["embedding"]), "<f4") for d in data])

        parts = [texts[place : place + batch] for place in range(0, len(texts), batch)]
        np.concatenate(list(pool.map(vectors, parts)))

    return time.perf_counter() - start


def rates(rounds: int) -> None:
    process, url = served()
    texts = [f"where is my parcel number {number}" for number in range(N_TEXTS)]
    batch = OpenAIProvider("bench", base_url=url).limits.batch
    ways = {"toolkit": lambda: ours(url, texts)} | {
        f"httpx, {n} in flight": lambda n=n: by_hand(url, texts, n, batch) for n in FIXED
    }
    for way in ways.values():
        way()
    seconds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(way())
    alone = by_hand(url, texts[:N_ONE_BY_ONE], 1, 1) / N_ONE_BY_ONE * N_TEXTS
    process.terminate()

    medians = {name: statistics.median(values) for name, values in seconds.items()}
    best = min(value for name, value in medians.items() if name != "toolkit")
    print(f"{N_TEXTS:,} texts, {LATENCY * 1000:.0f} ms a request, {batch} texts in each\n")
    print(f"{'':<22} {'median, s':>10} {'to the best by hand':>20}")
    for name, value in medians.items():
        print(f"{name:<22} {value:>10.3f} {value / best:>20.2f}")
    print(f"{'one request a text':<22} {alone:>10.1f} {alone / best:>20.0f}")
    print(f"\ntoolkit is {alone / medians['toolkit']:.0f} times as fast as one request a text")


def limited() -> None:
    print(f"\n{'allowed a second':>16} {'took, s':>8} {'at best, s':>11} {'refused after 1 s':>18}")
    for per_second in LIMITS:
        process, url = served(per_second)
        texts = [f"where is my parcel number {number}" for number in range(N_TEXTS)]
        took = ours(url, texts)
        seen = httpx.get(url).json()
        process.terminate()
        late = [ok for at, ok in seen if at > seen[0][0] + 1]
        share = late.count(False) / max(len(late), 1)
        n_needed = sum(ok for _, ok in seen)
        print(f"{per_second:>16} {took:>8.1f} {n_needed / per_second:>11.1f} {share:>18.1%}")


if __name__ == "__main__":
    main()
