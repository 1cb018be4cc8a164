"""What one client has open, and the verbs that it may use."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from npc_bridge.credit import Credit
from npc_bridge.fields import size_bytes
from npc_bridge.limits import MAX_SAVE_BYTES, Limits
from npc_bridge.line import Line, Speak
from npc_bridge.messages import SERVER_MESSAGES, MessageType
from npc_bridge.outbox import Outbox
from npc_bridge.wire import encode
from npc_sdk.backend import Backend, Priority
from npc_sdk.character import Character
from npc_sdk.dialogue import Dialogue, Respond
from npc_sdk.errors import (
    DialogueBusy,
    LimitReached,
    RequestConflict,
    SaveInvalid,
    SaveTooLarge,
    ShuttingDown,
    UnknownCharacter,
    UnknownDialogue,
)

Fields = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class House:
    """What all sessions of a server share.

    Args:
        characters: by id.
        backend: continues prompts.
        limits: what one session may have.
        tool_timeout_s: longest wait for one tool result, in seconds.
        closing: whether the server is stopping; requests are refused then.
        tasks: the tasks of all lines, so that none outlives the server.
    """

    characters: Mapping[str, Character]
    backend: Backend
    limits: Limits
    tool_timeout_s: float
    closing: bool = False
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


@dataclass(slots=True)
class _Seat:
    """An open dialogue and its newest line."""

    dialogue: Dialogue
    line: Line | None = None


class Session:
    """The dialogues and lines of one client, from its hello to its bye.

    Args:
        house: what all sessions share.
        outbox: where answers go.
    """

    def __init__(self, house: House, outbox: Outbox) -> None:
        self._house = house
        self._outbox = outbox
        self._seats: dict[str, _Seat] = {}
        self._lines: dict[str, tuple[Line, asyncio.Task[None]]] = {}
        self._opened = 0
        self._verbs: dict[str, Callable[[Fields], None]] = {
            "open": self._open,
            "load": self._load,
            "greet": self._greet,
            "say": self._say,
            "narrate": self._narrate,
            "state": self._state,
            "tool_result": self._tool_result,
            "save": self._save,
            "close": self._close,
            "info": self._info,
            "cancel": self._cancel,
            "credit": self._credit,
        }

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that have not ended."""
        return tuple(line for line, _ in self._lines.values() if not line.is_over)

    def has_open(self, rq: object) -> bool:
        """Whether `rq` names a line that has not ended: an error must not carry it then."""
        return any(line.rq == rq for line in self.lines)

    def handle(self, kind: MessageType, message: Mapping[str, Any]) -> None:
        """Does what a message asks, and answers it unless it is a line, which answers itself.

        Args:
            kind: the message's type; it is none of hello, ping, pong and bye.
            message: as it was decoded.

        Raises:
            NpcError: if it was refused; nothing was done then.
        """
        found = kind.read(message)
        if kind.is_request and self.has_open(found["rq"]):
            raise RequestConflict(f"The request {found['rq']!r} is open already.")
        if kind.is_request and self._house.closing:
            raise ShuttingDown("The server is stopping.")
        self._verbs[kind.name](found)

    def free(self) -> None:
        """The client is gone: its lines are cancelled, its dialogues forgotten."""
        for line, task in self._lines.values():
            line.cancel()
            task.cancel()
        self._seats.clear()

    def _open(self, found: Fields) -> None:
        character = self._character(found["character"])
        self._seat(
            found["rq"],
            Dialogue(
                character,
                self._house.backend,
                player=found["player"],
                seed=found["seed"],
                tool_timeout_s=self._house.tool_timeout_s,
            ),
        )

    def _load(self, found: Fields) -> None:
        character = self._character(found["character"])
        try:
            data = json.loads(found["data"])
        except (ValueError, RecursionError) as exc:
            raise SaveInvalid(f"The saved dialogue is not JSON: {exc}") from exc
        if not isinstance(data, dict):
            raise SaveInvalid(f"A saved dialogue is a JSON object, found {type(data).__name__}.")
        self._seat(
            found["rq"],
            Dialogue.load(data, character, self._house.backend, tool_timeout_s=self._house.tool_timeout_s),
        )

    def _seat(self, rq: str, dialogue: Dialogue) -> None:
        self._opened += 1
        name = f"d{self._opened}"
        self._seats[name] = _Seat(dialogue)
        who = dialogue.character
        self._answer("opened", rq=rq, dialogue=name, character=who.id, name=who.name)

    def _character(self, name: str) -> Character:
        if len(self._seats) >= self._house.limits.max_dialogues:
            raise LimitReached(f"The session has {len(self._seats)} open dialogues, which is the limit.")
        known = self._house.characters
        if name in known:
            return known[name]
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        raise UnknownCharacter(f"The server has no character {name!r}{meant}", hint="Ask for them with info.")

    def _find(self, found: Fields) -> _Seat:
        name = found["dialogue"]
        if name not in self._seats:
            opened = ", ".join(list(self._seats)[:8]) or "none"
            raise UnknownDialogue(f"The session has no dialogue {name!r}; open: {opened}.")
        return self._seats[name]

    def _greet(self, found: Fields) -> None:
        seat = self._find(found)
        self._begin(found, seat, seat.dialogue.greet)

    def _say(self, found: Fields) -> None:
        seat = self._find(found)
        deadline_s, priority = _deadline_s(found), _priority(found, Priority.PLAYER)
        self._begin(
            found,
            seat,
            lambda: seat.dialogue.say(
                found["text"], objects=found["objects"], deadline_s=deadline_s, priority=priority
            ),
        )

    def _narrate(self, found: Fields) -> None:
        seat = self._find(found)
        deadline_s, priority = _deadline_s(found), _priority(found, Priority.NEARBY)
        respond = Respond(found["respond"] or Respond.SILENT)
        self._begin(
            found,
            seat,
            lambda: seat.dialogue.narrate(
                found["event"],
                respond=respond,
                objects=found["objects"],
                deadline_s=deadline_s,
                priority=priority,
            ),
        )

    def _begin(self, found: Fields, seat: _Seat, speak: Speak) -> None:
        before = seat.line if seat.line is not None and not seat.line.is_over else None
        if before is not None and not before.cancelled:
            raise DialogueBusy(f"{seat.dialogue.character.name} is still speaking (request {before.rq!r}).")
        if len(self.lines) >= self._house.limits.max_lines:
            raise LimitReached(f"{len(self.lines)} lines of the session are being spoken, which is the limit.")
        credit = Credit(found["credit"], self._house.limits.slow_s)
        line = Line(found["rq"], seat.dialogue, speak, credit, self._outbox, before)
        seat.line = line
        task = asyncio.create_task(line.run())
        self._lines[line.rq] = line, task
        self._house.tasks.add(task)
        task.add_done_callback(lambda done: self._forget(line, done))

    def _forget(self, line: Line, task: asyncio.Task[None]) -> None:
        self._house.tasks.discard(task)
        if self._lines.get(line.rq, (None, None))[0] is line:
            del self._lines[line.rq]

    def _state(self, found: Fields) -> None:
        self._find(found).dialogue.set_state(found["changes"])
        self._answer("result", rq=found["rq"], data=None)

    def _tool_result(self, found: Fields) -> None:
        self._find(found).dialogue.tool_result(found["call"], found["result"])
        self._answer("result", rq=found["rq"], data=None)

    def _save(self, found: Fields) -> None:
        data = json.dumps(self._find(found).dialogue.save(), ensure_ascii=False, separators=(",", ":"))
        if size_bytes(data) > MAX_SAVE_BYTES:
            raise SaveTooLarge(f"The save has {size_bytes(data):,} bytes, the limit is {MAX_SAVE_BYTES:,}.")
        self._answer("result", rq=found["rq"], data=data)

    def _close(self, found: Fields) -> None:
        seat = self._find(found)
        if seat.line is not None:
            seat.line.cancel()
        del self._seats[found["dialogue"]]
        self._answer("result", rq=found["rq"], data=None)

    def _info(self, found: Fields) -> None:
        characters = [
            {"id": name, "name": who.name, "role": who.identity.role}
            for name, who in sorted(self._house.characters.items())
        ]
        self._answer("result", rq=found["rq"], data={"characters": characters, "model": self._house.backend.label})

    def _cancel(self, found: Fields) -> None:
        """For a line that has ended, or never was, this does nothing: the two cross on the wire all the time."""
        if found["rq"] in self._lines:
            self._lines[found["rq"]][0].cancel()

    def _credit(self, found: Fields) -> None:
        if found["rq"] in self._lines:
            self._lines[found["rq"]][0].credit.grant(found["n"])

    def _answer(self, kind: str, /, **fields: Any) -> None:
        self._outbox.send(encode(SERVER_MESSAGES[kind].write(**fields)))


def _deadline_s(found: Fields) -> float | None:
    return None if found["deadline_ms"] is None else found["deadline_ms"] / 1000  # ms on the wire, s in the SDK


def _priority(found: Fields, usual: Priority) -> Priority:
    return usual if found["priority"] is None else Priority[found["priority"].upper()]
