"""Events and errors as messages, and back: both ends of the wire speak `npc_sdk.events`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from npc_bridge.limits import MAX_TEXT_BYTES
from npc_bridge.messages import SERVER_MESSAGES
from npc_sdk.errors import NpcError, ProtocolError
from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, Sentence, Timings, ToolCall, Usage


def stream_message(event: Event, rq: str, seq: int) -> dict[str, Any]:
    """The frame of an event that is not terminal.

    Args:
        event: a delta, a sentence, a tool call or a notice.
        rq: the line's request.
        seq: the frame's number within the line, from 0.

    Raises:
        ProtocolError: if the event does not fit its message.
    """
    write = SERVER_MESSAGES[event.type].write
    match event:
        case Delta(text):
            return write(rq=rq, seq=seq, text=text)
        case Sentence(index, text):
            return write(rq=rq, seq=seq, index=index, text=text)
        case ToolCall(call_id, name, arguments):
            return write(rq=rq, seq=seq, call=call_id, name=name, arguments=arguments)
        case Notice(code, message):
            return write(rq=rq, seq=seq, code=code, message=message)
    raise ProtocolError(f"The event {event.type!r} has no frame.")


def end_message(event: End, rq: str, *, count: int, delta_count: int) -> dict[str, Any]:
    """The terminal of a line that ended well.

    Args:
        event: the dialogue's own terminal.
        rq: the line's request.
        count: frames of the line that were sent before.
        delta_count: of these, deltas.

    Raises:
        ProtocolError: if the event does not fit its message.
    """
    return SERVER_MESSAGES["end"].write(
        rq=rq,
        n=count,
        reason=event.reason.value,
        text=event.text,
        delta_count=delta_count,
        fallback=event.fallback,
        usage=asdict(event.usage),
        timings=asdict(event.timings),
    )


def failed_message(event: Failed, rq: str, *, count: int, delta_count: int) -> dict[str, Any]:
    """The terminal of a line that failed; arguments as in `end_message`."""
    return SERVER_MESSAGES["error"].write(
        rq=rq,
        code=event.code,
        message=_cut(event.message),
        hint=_cut(event.hint),
        retryable=event.retryable,
        fatal=False,
        n=count,
        delta_count=delta_count,
        line=event.line,
    )


def error_message(error: NpcError, *, rq: str | None, fatal: bool) -> dict[str, Any]:
    """The frame of an error that is no part of a line.

    Args:
        error: what went wrong.
        rq: the request that it ends; None if it is not tied to a request.
        fatal: whether the peer has no session after it.
    """
    return SERVER_MESSAGES["error"].write(
        rq=rq,
        code=error.code,
        message=_cut(error.message),
        hint=_cut(error.hint),
        retryable=error.retryable,
        fatal=fatal,
    )


def failed_of(error: NpcError) -> Failed:
    """An error as the terminal event of a line."""
    return Failed(code=error.code, message=error.message, hint=error.hint, retryable=error.retryable)


def event_of(name: str, found: Mapping[str, Any]) -> Event:
    """The event of a frame that belongs to a line.

    Args:
        name: the frame's `t`.
        found: its fields, as `MessageType.read` gives them.

    Raises:
        ProtocolError: if such a frame belongs to no line.
    """
    match name:
        case "delta":
            return Delta(found["text"])
        case "sentence":
            return Sentence(found["index"], found["text"])
        case "tool_call":
            return ToolCall(found["call"], found["name"], found["arguments"])
        case "notice":
            return Notice(found["code"], found["message"])
        case "end":
            return _end_of(found)
        case "error":
            return Failed(
                code=found["code"],
                message=found["message"],
                hint=found["hint"],
                retryable=found["retryable"],
                line=found["line"] or "",
                delta_count=found["delta_count"] or 0,
            )
    raise ProtocolError(f"A line has no frame {name!r}.")


def _end_of(found: Mapping[str, Any]) -> End:
    usage, timings = found["usage"], found["timings"]
    return End(
        reason=EndReason(found["reason"]),
        text=found["text"],
        delta_count=found["delta_count"],
        fallback=found["fallback"],
        usage=Usage(**{each.name: int(usage.get(each.name, 0)) for each in fields(Usage)}),
        timings=Timings(**{each.name: float(timings.get(each.name, 0.0)) for each in fields(Timings)}),
    )


def _cut(text: str) -> str:
    """Messages quote what was found; whatever that was, the frame must carry it."""
    return text.encode("utf-8", "replace")[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
