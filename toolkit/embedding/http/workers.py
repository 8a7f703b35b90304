"""Threads that send requests; one that hangs keeps nobody from ending."""

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Workers(Generic[Result]):
    """
    Daemon threads, as many as are needed at once, whose results come in the order they end.

    Unlike `concurrent.futures`, leaving the program does not wait for them.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Result] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._n_threads = self._n_busy = 0

    def submit(self, call: Callable[[], Result]) -> None:
        """Run the call, which must not raise, in a thread."""
        self._n_busy += 1
        self.start(self._n_busy)
        self._calls.put(call)

    def start(self, n_threads: int) -> None:
        """Have this many threads: best while there is nothing else to do."""
        for _ in range(n_threads - self._n_threads):
            self._n_threads += 1
            threading.Thread(target=self._work, name="toolkit-http", daemon=True).start()

    def result(self, timeout: float) -> Result | None:
        """Return the result of a call that has ended, None if none does in `timeout` seconds."""
        try:
            result = (
                self._results.get(timeout=timeout) if timeout > 0 else self._results.get_nowait()
            )
        except queue.Empty:
            return None
        self._n_busy -= 1

        return result

    def close(self) -> None:
        """Let the threads end when their calls do."""
        for _ in range(self._n_threads):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            self._results.put(call())
