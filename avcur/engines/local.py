"""Run a function over many items in worker processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerDiedError(Exception):
    """A worker process ended without an answer (a crash in a decoder, or killed for memory)."""


def _begin() -> None:
    """What each worker does first."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _one_thread()


def _end_with_parent() -> None:
    """End this worker when its parent is gone: killed, it cannot tell its workers, which would keep their memory."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _one_thread() -> None:
    # One torch thread a worker: results must not depend on the thread count, and workers fill the cores already.
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)


@dataclass(frozen=True)
class LocalEngine:
    """`num_workers` processes (None: one per core; 0: in this process), bounded items under way."""

    num_workers: int | None = None

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
        """Yield (item, result) as they finish, in any order; WorkerDiedError for an item that kills its worker twice.

        Exceptions that `function` raises are raised here: it must turn what it expects into results.
        """
        workers = len(os.sched_getaffinity(0)) if self.num_workers is None else self.num_workers
        if workers == 0:
            yield from ((item, function(item)) for item in items)
            return
        queue = iter(items)
        while suspects := (yield from _until_broken(function, queue, workers)):
            # Which of them killed the pool is unknown, so each goes alone.
            for item in suspects:
                yield item, _alone(function, item)


def _pool(workers: int) -> ProcessPoolExecutor:
    # Spawn, as torch, polars and OpenCV hold threads that a fork would leave locked.
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def _until_broken(
    function: Callable[[Item], Result], queue: Iterator[Item], workers: int
) -> Generator[tuple[Item, Result], None, list[Item]]:
    """Yield results until the queue ends or the pool breaks; return the items whose results a break lost."""
    pool = _pool(workers)
    running: dict[Future[Result], Item] = {}
    try:
        while True:
            for item in islice(queue, 2 * workers - len(running)):
                try:
                    running[pool.submit(function, item)] = item
                except BrokenProcessPool:
                    return [item, *running.values()]
            if not running:
                return []
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                item = running.pop(future)
                try:
                    yield item, future.result()
                except BrokenProcessPool:
                    return [item, *running.values()]
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(function: Callable[[Item], Result], item: Item) -> Result | WorkerDiedError:
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            return WorkerDiedError("the worker process died (a crash in a decoder, or out of memory)")
