"""Dialogues without asyncio, for tools and game loops: iterate over a line, or poll it once a frame.

with BlockingDialogue(load_character("mira"), engine) as mira:
    for event in mira.say("Good evening."):
        ...
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from npc_sdk.backend import Backend
from npc_sdk.blocking_line import BlockingLine
from npc_sdk.character import Character
from npc_sdk.dialogue import Dialogue, Respond
from npc_sdk.events import End, Event, Failed
from npc_sdk.loop_thread import Closing, LoopThread

__all__ = ["BlockingDialogue", "BlockingLine", "LoopThread"]


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
