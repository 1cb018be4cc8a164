"""Worker processes that make shards ahead of the training, handed out in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.synchronize import Event

from train_demo_model.shards import ShardPlan, Step, make_shard

AHEAD_PER_WORKER = 2
"""How many shards each worker may be ahead of the training."""


class Feeder:
    """Makes the shards of a plan.

    Args:
        plan: what they are like.
        workers: how many processes make them; with 0 they are made here, when they are asked for.
    """

    def __init__(self, plan: ShardPlan, workers: int) -> None:
        self.plan = plan
        self._workers = workers
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._pool = (
            ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(self._stop,))
            if workers
            else None
        )

    def shards(self, first: int) -> Iterator[tuple[int, list[Step]]]:
        """(number, steps) from shard `first` on, without end."""
        if self._pool is None:
            number = first
            while True:
                yield number, make_shard(self.plan, number)
                number += 1
        waiting: deque[tuple[int, Future[list[Step]]]] = deque()
        submitted = first
        while True:
            while len(waiting) < self._workers * AHEAD_PER_WORKER:
                waiting.append((submitted, self._pool.submit(_make, self.plan, submitted)))
                submitted += 1
            number, future = waiting.popleft()
            yield number, future.result()

    def close(self) -> None:
        """Ends the worker processes within a document's time; killed ones could leave half a shard in the pipe."""
        if self._pool is not None:
            self._stop.set()
            self._pool.shutdown(wait=True, cancel_futures=True)


class _Worker:
    """What a worker process knows: when to stop."""

    stop: Event


def _make(plan: ShardPlan, number: int) -> list[Step]:
    return make_shard(plan, number, wanted=lambda: not _Worker.stop.is_set())


def _start_worker(stop: Event) -> None:
    """Stopping is the main process's business, and the training goes before the making of data."""
    _Worker.stop = stop
    for number in (signal.SIGINT, signal.SIGTERM):  # a terminal and `timeout` signal the whole group
        signal.signal(number, signal.SIG_IGN)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with suppress(AttributeError, OSError):
        os.nice(5)
