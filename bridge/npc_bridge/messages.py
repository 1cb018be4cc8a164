"""Every message of the protocol, its fields and their kinds: the code's side of PROTOCOL.md's tables."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npc_bridge.fields import (
    AnyMap,
    Anything,
    Changes,
    Choice,
    Flag,
    Kind,
    Name,
    NameLists,
    NumberMap,
    Text,
    Whole,
    WholeList,
    size_bytes,
)
from npc_bridge.limits import MAX_CREDIT, MAX_SAVE_BYTES, MAX_TEXT_BYTES
from npc_sdk.errors import ProtocolError, UnknownType

PRIORITIES = ("player", "nearby", "ambient")
RESPONDS = ("silent", "auto", "must")
BYE_REASONS = ("shutdown", "kicked", "idle", "done")
END_REASONS = ("done", "length", "cancelled", "deadline")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message; one that is not needed may be absent or nil."""

    name: str
    kind: Kind
    needed: bool = True


@dataclass(frozen=True, slots=True)
class MessageType:
    """One message.

    Args:
        name: the value of `t`.
        fields: all but `t`, in the order in which encoders write them.
    """

    name: str
    fields: tuple[Field, ...]

    @property
    def is_request(self) -> bool:
        """Whether the sender waits for a terminal: from a client, all with an `rq` of their own."""
        return self.name in REQUESTS

    def read(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The known fields of a message; those that were not given are None, unknown ones are left out.

        Raises:
            ProtocolError: naming the field, what it must be and what was found.
        """
        found: dict[str, Any] = {}
        for field in self.fields:
            value = message.get(field.name)
            absent = field.name not in message or (value is None and not field.needed)
            if absent and field.needed:
                raise ProtocolError(f"{self.name}.{field.name} is missing; it is {field.kind.label}.")
            if not absent and not field.kind.admits(value):
                raise ProtocolError(f"{self.name}.{field.name} must be {field.kind.label}, found {_shown(value)}.")
            found[field.name] = value
        return found

    def write(self, **fields: Any) -> dict[str, Any]:
        """A message of this type: `t` first, then the fields in order; None stands for a field that is not given.

        Raises:
            ProtocolError: if a field is missing, of another kind, or not of this message.
        """
        strangers = fields.keys() - {field.name for field in self.fields}
        if strangers:
            raise ProtocolError(f"{self.name} has no field {sorted(strangers)[0]!r}.")
        found = self.read(fields)
        kept = {field.name for field in self.fields if field.needed or found[field.name] is not None}
        return {"t": self.name, **{name: value for name, value in found.items() if name in kept}}


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"{value!r}" if len(value) <= 40 else f"a string of {size_bytes(value):,} bytes"
    return repr(value) if isinstance(value, int | float | None) else type(value).__name__


def _table(*types: MessageType) -> dict[str, MessageType]:
    return {each.name: each for each in types}


_RQ = Field("rq", Name())
_DIALOGUE = Field("dialogue", Name())
_SEQ = Field("seq", Whole(0, 2**31 - 1))
_COUNT = Whole(0, 2**31 - 1)
_SPEAKING = (
    Field("credit", Whole(0, MAX_CREDIT)),
    Field("deadline_ms", Whole(1, 600_000), needed=False),
    Field("priority", Choice(PRIORITIES), needed=False),
    Field("objects", NameLists(), needed=False),
)
_PING = (Field("x", Whole(0, 2**63 - 1)),)

REQUESTS = frozenset({"open", "load", "greet", "say", "narrate", "state", "tool_result", "save", "close", "info"})
"""Messages with an `rq` of their own: each is answered by exactly one terminal."""

LINES = frozenset({"greet", "say", "narrate"})
"""Requests that are answered by a line: stream frames, then `end` or `error`."""

CLIENT_MESSAGES = _table(
    MessageType("hello", (Field("v", WholeList()), Field("client", Text(1, 64)))),
    MessageType(
        "open",
        (
            _RQ,
            Field("character", Text(1, 64)),
            Field("player", Text(1, 256), needed=False),
            Field("seed", Whole(0, 2**63 - 1), needed=False),
        ),
    ),
    MessageType("load", (_RQ, Field("character", Text(1, 64)), Field("data", Text(1, MAX_SAVE_BYTES)))),
    MessageType("greet", (_RQ, _DIALOGUE, Field("credit", Whole(0, MAX_CREDIT)))),
    MessageType("say", (_RQ, _DIALOGUE, Field("text", Text(0, MAX_TEXT_BYTES)), *_SPEAKING)),
    MessageType(
        "narrate",
        (
            _RQ,
            _DIALOGUE,
            Field("event", Text(0, MAX_TEXT_BYTES)),
            Field("respond", Choice(RESPONDS), needed=False),
            *_SPEAKING,
        ),
    ),
    MessageType("state", (_RQ, _DIALOGUE, Field("changes", Changes()))),
    MessageType("tool_result", (_RQ, _DIALOGUE, Field("call", Text(1, 64)), Field("result", Anything()))),
    MessageType("save", (_RQ, _DIALOGUE)),
    MessageType("close", (_RQ, _DIALOGUE)),
    MessageType("info", (_RQ,)),
    MessageType("cancel", (_RQ,)),
    MessageType("credit", (_RQ, Field("n", Whole(1, MAX_CREDIT)))),
    MessageType("ping", _PING),
    MessageType("pong", _PING),
    MessageType("bye", ()),
)
"""What a client sends."""

SERVER_MESSAGES = _table(
    MessageType(
        "welcome",
        (
            Field("v", Whole(0, 65_535)),
            Field("session", Name()),
            Field("server", Text(1, 64)),
            Field("limits", NumberMap()),
        ),
    ),
    MessageType("opened", (_RQ, _DIALOGUE, Field("character", Text(1, 64)), Field("name", Text(1, MAX_TEXT_BYTES)))),
    MessageType("result", (_RQ, Field("data", Anything()))),
    MessageType("delta", (_RQ, _SEQ, Field("text", Text(1, MAX_TEXT_BYTES)))),
    MessageType("sentence", (_RQ, _SEQ, Field("index", _COUNT), Field("text", Text(1, MAX_TEXT_BYTES)))),
    MessageType(
        "tool_call",
        (_RQ, _SEQ, Field("call", Text(1, 64)), Field("name", Text(1, 64)), Field("arguments", AnyMap())),
    ),
    MessageType("notice", (_RQ, _SEQ, Field("code", Text(1, 64)), Field("message", Text(0, MAX_TEXT_BYTES)))),
    MessageType(
        "end",
        (
            _RQ,
            Field("n", _COUNT),
            Field("reason", Choice(END_REASONS)),
            Field("text", Text(0, MAX_TEXT_BYTES)),
            Field("delta_count", _COUNT),
            Field("fallback", Flag()),
            Field("usage", NumberMap()),
            Field("timings", NumberMap()),
        ),
    ),
    MessageType(
        "error",
        (
            Field("rq", Name(), needed=False),
            Field("code", Text(1, 64)),
            Field("message", Text(0, MAX_TEXT_BYTES)),
            Field("hint", Text(0, MAX_TEXT_BYTES)),
            Field("retryable", Flag()),
            Field("fatal", Flag()),
            Field("n", _COUNT, needed=False),
            Field("delta_count", _COUNT, needed=False),
            Field("line", Text(0, MAX_TEXT_BYTES), needed=False),
        ),
    ),
    MessageType("ping", _PING),
    MessageType("pong", _PING),
    MessageType("bye", (Field("why", Choice(BYE_REASONS)),)),
)
"""What a server sends."""

STREAM_FRAMES = frozenset({"delta", "sentence", "tool_call", "notice"})
"""Frames of a line before its terminal: numbered by `seq`, each costs one credit."""


def message_type(message: Mapping[str, Any], known: Mapping[str, MessageType]) -> MessageType:
    """The type that a message names.

    Args:
        message: a decoded frame.
        known: CLIENT_MESSAGES in a server, SERVER_MESSAGES in a client.

    Raises:
        ProtocolError: if `t` is missing or no string.
        UnknownType: if it names no known message; tells the nearest spelling.
    """
    name = message.get("t")
    if not isinstance(name, str):
        raise ProtocolError(f"Every message has a string `t`, found {_shown(name)}.")
    if name not in known:
        near = difflib.get_close_matches(name[:64], known, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        raise UnknownType(f"No message is called {_shown(name)}{meant}")
    return known[name]
