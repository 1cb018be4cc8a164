"""Dialogues without asyncio, for tools and game loops: iterate over a line, or poll it once a frame.

with BlockingDialogue(load_character("mira"), engine) as mira:
    for event in mira.say("Good evening."):
        ...
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any, Self

from npc_sdk.backend import Backend
from npc_sdk.character import Character
from npc_sdk.dialogue import Dialogue, Respond
from npc_sdk.errors import EngineClosed
from npc_sdk.events import Delta, End, EndReason, Event, Failed
from npc_sdk.loop_thread import Closing, LoopThread

__all__ = ["BlockingDialogue", "BlockingLine", "LoopThread"]

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
        found: list[Event] = []
        with suppress(queue.Empty):
            while not self.over:
                found.append(self._take(0))
        return found

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


class BlockingDialogue(Closing):
    """A `Dialogue` for threads: its verbs, arguments and errors. A new line cancels the one before if that is open.

    Args:
        character, backend, options: as for `Dialogue`; the backend is not closed with it.
        thread: a thread to share; None for one of its own, which ends with it.
        saved: what `save` gave, to go on from there.
    """

    def __init__(
        self,
        character: Character,
        backend: Backend,
        *,
        thread: LoopThread | None = None,
        saved: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.character = character
        make = Dialogue if saved is None else lambda *a, **o: Dialogue.load(saved, *a, **o)
        self._dialogue: Dialogue = make(character, backend, **options)
        self._thread, self._owned = thread or LoopThread(), thread is None
        self._open: BlockingLine | None = None

    def say(self, text: str, **options: Any) -> BlockingLine:
        """The player says something; the NPC answers."""
        return self._line(lambda: self._dialogue.say(text, **options))

    def say_text(self, text: str, **options: Any) -> str:
        """The whole line as text; a failed line gives the sheet's fallback line."""
        last = [event for event in self.say(text, **options) if isinstance(event, End | Failed)][-1]
        return last.text if isinstance(last, End) else last.line

    def greet(self) -> BlockingLine:
        """The NPC speaks first."""
        return self._line(self._dialogue.greet)

    def narrate(self, event: str, *, respond: Respond = Respond.SILENT, **options: Any) -> BlockingLine:
        """Something happens in the game and the NPC notices; read the line to its end."""
        return self._line(lambda: self._dialogue.narrate(event, respond=respond, **options))

    def set_state(self, changes: Mapping[str, str | None]) -> None:
        """Tells how things stand in the game."""
        self._thread.call(lambda: self._dialogue.set_state(changes))

    def tool_result(self, call_id: str, result: Any) -> None:
        """Answers a `ToolCall` event."""
        self._thread.call(lambda: self._dialogue.tool_result(call_id, result))

    def cancel(self) -> None:
        """Ends the open line with `End(reason=cancelled)`; from any thread."""
        self._thread.call(self._dialogue.cancel)

    def save(self) -> dict[str, Any]:
        """The dialogue as JSON data."""
        return self._thread.call(self._dialogue.save)

    def close(self) -> None:
        """Cancels the open line, and ends the thread if it is its own; may be called twice."""
        if self._open is not None:
            self._open.close()
        if self._owned:
            self._thread.close()

    def _line(self, make: Callable[[], AsyncGenerator[Event, None]]) -> BlockingLine:
        self._open = BlockingLine(self._thread, make, self._open)
        return self._open
