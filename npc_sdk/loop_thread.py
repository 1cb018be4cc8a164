"""One event loop in one background thread: what `npc_sdk.blocking` stands on."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Self, TypeVar

from npc_sdk.errors import EngineClosed

JOIN_S = 10.0  # longest wait for the thread
T = TypeVar("T")


class Closing:
    """Ends with its `with` block."""

    def close(self) -> None:
        """Ends it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class LoopThread(Closing):
    """One event loop in one background thread, which any number of dialogues may share; ends with its block."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._lock, self._closed = threading.Lock(), False
        self._thread = threading.Thread(target=self._serve, name="npc-dialogues", daemon=True)
        self._thread.start()

    def post(self, function: Callable[[], object]) -> None:
        """Has the thread call `function`, and does not wait. Raises EngineClosed if the thread was closed."""
        with self._lock:
            if self._closed:
                raise EngineClosed("The thread of the dialogues was closed.", hint="Make a new LoopThread.")
            self._loop.call_soon_threadsafe(function)

    def call(self, function: Callable[[], T]) -> T:
        """Has the thread call `function`; gives what it returns or raises. Raises EngineClosed as `post` does."""
        found: queue.SimpleQueue[asyncio.Task[T]] = queue.SimpleQueue()

        async def work() -> T:
            return function()

        self.post(lambda: self._loop.create_task(work()).add_done_callback(found.put))
        return found.get(timeout=JOIN_S).result()

    def close(self) -> None:
        """Cancels the lines that are open and ends the thread; may be called twice."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(JOIN_S)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # which cancels what is left
            runner.get_loop().run_forever()
