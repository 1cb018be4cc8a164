"""Draws events in a terminal, as they come."""

from __future__ import annotations

from npc_sdk.cli.output import err, out
from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, ToolCall

_STOPPED = {EndReason.CANCELLED: " [stopped]", EndReason.DEADLINE: " [out of time]", EndReason.LENGTH: " [cut short]"}


class Terminal:
    """Shows one event after another: the line on stdout, everything about it on stderr."""

    def show(self, event: Event) -> None:
        """Draws one event."""
        match event:
            case Delta(text):
                out.print(text, end="", markup=False)
            case ToolCall(_, name, arguments):
                given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
                err.print(f"[{name}({given}) -> ok]", style="cyan", markup=False)
            case Notice(code, message):
                err.print(f"[{code}: {message}]", style="dim", markup=False)
            case End():
                out.print(_STOPPED.get(event.reason, ""), style="dim", markup=False)
            case Failed():
                if event.line:
                    out.print(event.line, markup=False)
                err.print(f"npc: {event.message} {event.hint}", style="red", markup=False)
            case _:
                pass
