"""One line of a dialogue, carried from the loop of a `LoopThread` to the thread that reads it."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Self

from npc_sdk.errors import EngineClosed
from npc_sdk.events import Delta, End, EndReason, Event
from npc_sdk.loop_thread import Closing, LoopThread

MAX_WAITING = 256  # events of a line that wait for their reader; meanwhile the line is read no further
LOOK_S = 0.1  # Windows brings no Ctrl-C to a thread that waits without a limit


class BlockingLine(Closing):
    """A line while it is spoken: iterate over it, which waits, or `poll` it. `over` tells that all was read."""

    def __init__(
        self, thread: LoopThread, make: Callable[[], AsyncGenerator[Event, None]], before: BlockingLine | None
    ) -> None:
        self.over = False
        self._thread, self._make, self._before = thread, make, before
        self._events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()
        self._room, self._said = asyncio.Semaphore(MAX_WAITING), list[str]()
        thread.post(self._start)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        while not self.over:
            with suppress(queue.Empty):
                return self._take(LOOK_S)
        raise StopIteration

    def poll(self) -> list[Event]:
        """The events that came since the last call, without waiting."""
        return [self._take(0) for _ in range(self._events.qsize()) if not self.over]

    def close(self) -> None:
        """Cancels the line if it is open; what was said can still be read, up to its terminal event."""
        with suppress(EngineClosed):
            self._thread.post(self._cancel)

    def _take(self, wait_s: float) -> Event:
        event = self._events.get(block=wait_s > 0, timeout=wait_s or None)
        self.over = isinstance(event, BaseException) or event.terminal
        if isinstance(event, BaseException):
            raise event
        with suppress(EngineClosed):
            self._thread.post(self._room.release)
        return event

    def _start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        if self._before is not None and self._before._task.cancel():
            await asyncio.wait([self._before._task])
        self._before = None
        async with aclosing(self._make()) as events:
            async for event in events:
                if not event.terminal:
                    await self._room.acquire()
                if isinstance(event, Delta):
                    self._said.append(event.text)
                self._events.put(event)

    def _finish(self, task: asyncio.Task[None]) -> None:
        """A reader must not wait for ever: after a terminal event this one is not read."""
        text, count = "".join(self._said), len(self._said)
        cancelled = End(reason=EndReason.CANCELLED, text=text, delta_count=count)
        self._events.put((None if task.cancelled() else task.exception()) or cancelled)
