"""The game behind a terminal conversation: it grants whatever the NPC calls for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from npc_sdk.dialogue import Dialogue
from npc_sdk.events import Event, ToolCall


async def answered(dialogue: Dialogue, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events of a line, each tool call answered with `{"ok": true}`.

    Args:
        dialogue: the one that speaks.
        events: its open line.
    """
    async with aclosing(events) as heard:
        async for event in heard:
            yield event
            if isinstance(event, ToolCall):
                dialogue.tool_result(event.call_id, {"ok": True})
