"""Work shared among threads, each of which does its own matrix products."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import TypeVar

from threadpoolctl import ThreadpoolController

_Item = TypeVar("_Item")
_one_at_a_time = Lock()


def n_threads() -> int:
    """
    Count the threads that numpy may use now.

    This heeds ``OPENBLAS_NUM_THREADS`` and its like, joblib's workers and ``threadpool_limits``.
    """
    return max((library["num_threads"] for library in _blas().info()), default=1)


def for_each(job: Callable[[_Item], None], items: Sequence[_Item]) -> None:
    """
    Run `job` on each item, on as many threads as numpy may use.

    While several threads run, a matrix product stays on its own: threads that split each product
    wait for one another at its end, and do nothing while the products are looked through. The
    setting is the process's, so that two calls at once would undo each other's: they take turns.
    """
    n_workers = min(n_threads(), len(items))
    if n_workers < 2:
        for item in items:
            job(item)
        return

    with (
        _one_at_a_time,
        _blas().limit(limits=1),
        ThreadPoolExecutor(n_workers) as pool,
    ):
        list(pool.map(job, items))


@cache
def _blas() -> ThreadpoolController:
    """Find numpy's linear algebra library among those loaded, once."""
    return ThreadpoolController().select(user_api="blas")
