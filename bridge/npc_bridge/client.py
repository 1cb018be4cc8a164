"""The bridge's Python client: the same dialogues and events as in `npc_sdk`, spoken by a server elsewhere.

async with BridgeClient.connect(endpoint) as client:
    dialogue = await client.open("mira")
    async for event in dialogue.say("Good evening."):
        ...
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from npc_bridge.auth import CurveClient, PlainToken
from npc_bridge.connection import Connection
from npc_bridge.fields import size_bytes
from npc_bridge.frames import failed_of
from npc_bridge.inbox import Inbox
from npc_bridge.limits import MAX_CREDIT, MAX_SAVE_BYTES, MAX_TEXT_BYTES
from npc_bridge.link import Link
from npc_sdk.backend import Priority
from npc_sdk.call_schemas import LiveNames
from npc_sdk.errors import (
    BadMsgpack,
    FrameTooLarge,
    NpcError,
    SaveInvalid,
    SaveTooLarge,
    TextInvalid,
    TextTooLong,
    ToolResultInvalid,
)
from npc_sdk.events import Event


@dataclass(frozen=True, slots=True)
class ServedCharacter:
    """A character that a server offers."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Info:
    """What a server offers.

    Args:
        characters: by id.
        model: the model's name, for people.
    """

    characters: tuple[ServedCharacter, ...]
    model: str


class BridgeClient:
    """A session with a bridge server; made by `connect`. All calls come from one asyncio event loop."""

    def __init__(self, connection: Connection, *, credit_window: int) -> None:
        self._connection = connection
        self._credit_window = credit_window

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        endpoint: str,
        *,
        token_file: Path | None = None,
        curve: CurveClient | None = None,
        timeout_s: float = 5.0,
        silence_s: float = 15.0,
        credit_window: int = 64,
        name: str = "python",
    ) -> AsyncIterator[Self]:
        """A session that ends with the block.

        Args:
            endpoint: what `npc serve` printed, such as `tcp://127.0.0.1:5599`.
            token_file: the server's token file; None for the usual place.
            curve: key files, for a server with CURVE; they stand in for the token.
            timeout_s: longest wait for the server, in seconds.
            silence_s: a server that sends nothing for so many seconds is given up.
            credit_window: how many frames of a line may be under way, 2 to 256.
            name: what the client is called in the server's log.

        Raises:
            Unauthorised: at once, if the server refuses the token or key.
            Disconnected: if there is no server within the limit.
            RequestRefused: if the server wants no session.
            KeyFileInvalid: if the token file or a key file cannot be used.
            ValueError: if the window is out of its range.
        """
        if not 2 <= credit_window <= MAX_CREDIT:
            raise ValueError(f"credit_window is 2 to {MAX_CREDIT}, found {credit_window}")
        plain = PlainToken() if token_file is None else PlainToken(token_file)
        link = Link(endpoint, curve or plain)
        connection = None
        try:
            await link.connected(timeout_s)
            connection = Connection(link, name=name, ping_s=silence_s / 3, silence_s=silence_s)
            await connection.greet(timeout_s)
            yield cls(connection, credit_window=credit_window)
        finally:
            if connection is not None:
                await connection.close()
            link.close()

    async def open(self, character: str, *, player: str | None = None, seed: int | None = None) -> RemoteDialogue:
        """Opens a dialogue.

        Args:
            character: an id that `info` lists.
            player: the player's name, if the NPC knows it.
            seed: same seed, same lines from the same inputs; 0 to 2**63 - 1.

        Raises:
            RequestRefused: such as with the code `unknown_character`.
            Disconnected: if the connection is lost.
        """
        found = await self._connection.ask("open", character=character, player=player, seed=seed)
        return RemoteDialogue(self._connection, found, self._credit_window)

    async def load(self, data: Mapping[str, Any], character: str) -> RemoteDialogue:
        """Opens the dialogue that `RemoteDialogue.save` or `Dialogue.save` gave.

        Args:
            data: the saved dialogue.
            character: its character's id.

        Raises:
            SaveInvalid: if the data is not JSON.
            SaveTooLarge: if it is over the protocol's limit.
            RequestRefused: such as with the code `save_invalid`.
            Disconnected: if the connection is lost.
        """
        try:
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as exc:
            raise SaveInvalid(f"The saved dialogue is not JSON: {exc}") from exc
        if size_bytes(text) > MAX_SAVE_BYTES:
            raise SaveTooLarge(f"The save has {size_bytes(text):,} bytes, the limit is {MAX_SAVE_BYTES:,}.")
        found = await self._connection.ask("load", character=character, data=text)
        return RemoteDialogue(self._connection, found, self._credit_window)

    async def info(self) -> Info:
        """What the server offers.

        Raises:
            Disconnected: if the connection is lost.
        """
        data = (await self._connection.ask("info"))["data"]
        return Info(tuple(ServedCharacter(**each) for each in data["characters"]), data["model"])

    async def ping(self) -> float:
        """Asks whether the server answers.

        Returns:
            seconds until it did.

        Raises:
            Disconnected: if it is gone.
        """
        return await self._connection.ping()


class RemoteDialogue:
    """A dialogue on a server: the verbs of `npc_sdk.dialogue.Dialogue`; those that cross the wire are awaited.

    Attributes:
        character: the character's id.
        name: the name that the character goes by.
    """

    def __init__(self, connection: Connection, opened: Mapping[str, Any], credit_window: int) -> None:
        self.character: str = opened["character"]
        self.name: str = opened["name"]
        self._id: str = opened["dialogue"]
        self._connection = connection
        self._credit_window = credit_window
        self._speaking: set[str] = set()

    def greet(self) -> AsyncGenerator[Event, None]:
        """The NPC speaks first. Events as in `say`."""
        return self._line("greet", {})

    def say(
        self,
        text: str,
        *,
        objects: LiveNames | None = None,
        deadline_s: float | None = None,
        priority: Priority = Priority.PLAYER,
    ) -> AsyncGenerator[Event, None]:
        """The player says something; the NPC answers.

        Args:
            text: the player's words. Refused text comes back as a `Failed` event, and the dialogue goes on.
            objects: what there is to choose from now, such as `{"items": ["rope", "lantern"]}`: a tool's parameter
                with `x-from: items` takes one of these. A server of protocol 1.0 does not read them.
            deadline_s: seconds for the whole line, 0.001 to 600; None for no deadline.
            priority: which lines go first when many NPCs speak.

        Returns:
            a stream of events that ends in exactly one terminal event, also when the connection is lost.
            Closing it early cancels the line.
        """
        return self._line("say", {"text": text, **_speaking(objects, deadline_s, priority)})

    def narrate(
        self,
        event: str,
        *,
        respond: str = "silent",
        objects: LiveNames | None = None,
        deadline_s: float | None = None,
        priority: Priority = Priority.NEARBY,
    ) -> AsyncGenerator[Event, None]:
        """Something happens in the game and the NPC notices.

        Args:
            event: what happened, such as "The player draws a sword."
            respond: `silent`, `auto` or `must`; members of `npc_sdk.dialogue.Respond` will do.
            objects, deadline_s, priority: as in `say`.

        Returns:
            events as in `say`; for a silent event only an `End` with an empty text.
        """
        speaking = _speaking(objects, deadline_s, priority)
        return self._line("narrate", {"event": event, "respond": str(respond), **speaking})

    async def set_state(self, changes: Mapping[str, str | None]) -> None:
        """Tells how things stand in the game.

        Args:
            changes: such as `{"mood": "angry", "place": None}`; None says that the thing is over.

        Raises:
            RequestRefused: with the code of the text's fault; nothing is changed then.
            ProtocolError: if a value is no text.
            Disconnected: if the connection is lost.
        """
        await self._connection.ask("state", dialogue=self._id, changes=dict(changes))

    async def tool_result(self, call_id: str, result: Any) -> None:
        """Answers a `ToolCall` event.

        Args:
            call_id: that of the event.
            result: any JSON value of at most 16 levels.

        Raises:
            ToolResultInvalid: if the result is not JSON or too large to send; the call stays open.
            RequestRefused: with the code `tool_call_unknown` or `tool_result_invalid`.
            Disconnected: if the connection is lost.
        """
        try:
            await self._connection.ask("tool_result", dialogue=self._id, call=call_id, result=result)
        except (BadMsgpack, FrameTooLarge) as exc:
            raise ToolResultInvalid(f"The result of {call_id!r} cannot be sent: {exc.message}") from exc

    async def cancel(self) -> None:
        """Ends the open line with `End(reason=cancelled)`; does nothing when no line is open."""
        for rq in tuple(self._speaking):
            await self._connection.cancel(rq)

    async def save(self) -> dict[str, Any]:
        """The dialogue as JSON data, for `BridgeClient.load` or `Dialogue.load`.

        Raises:
            RequestRefused: such as with the code `save_too_large`.
            SaveInvalid: if the server's answer is no JSON object.
            Disconnected: if the connection is lost.
        """
        text = (await self._connection.ask("save", dialogue=self._id))["data"]
        try:
            data = json.loads(text)
        except (TypeError, ValueError) as exc:
            raise SaveInvalid(f"The server's save is not JSON: {exc}") from exc
        if not isinstance(data, dict):
            raise SaveInvalid(f"The server's save is a {type(data).__name__}, not an object.")
        return data

    async def close(self) -> None:
        """Ends the dialogue on the server; an open line ends with `End(reason=cancelled)`.

        Raises:
            RequestRefused: if it was closed before.
            Disconnected: if the connection is lost.
        """
        await self._connection.ask("close", dialogue=self._id)

    async def _line(self, kind: str, fields: Mapping[str, Any]) -> AsyncGenerator[Event, None]:
        try:
            _check_text(fields.get("text", fields.get("event", "")))
            rq, inbox = await self._connection.begin(kind, dialogue=self._id, credit=self._credit_window, **fields)
        except NpcError as exc:
            yield failed_of(exc)
            return
        self._speaking.add(rq)
        taken = 0
        try:
            while True:
                event = await inbox.get()
                if event.terminal:
                    self._speaking.discard(rq)
                    self._connection.forget(rq)
                    yield event
                    return
                yield event
                taken += 1
                if taken * 2 >= self._credit_window:
                    await self._grant(rq, inbox, taken)
                    taken = 0
        finally:
            self._speaking.discard(rq)
            await self._connection.abandon(rq)

    async def _grant(self, rq: str, inbox: Inbox, count: int) -> None:
        try:
            await self._connection.grant(rq, count)
        except NpcError as exc:
            inbox.fail(exc)


def _speaking(objects: LiveNames | None, deadline_s: float | None, priority: Priority) -> dict[str, Any]:
    deadline_ms = None if deadline_s is None else round(deadline_s * 1000)  # s in the SDK, ms on the wire
    return {"deadline_ms": deadline_ms, "priority": priority.name.lower(), "objects": objects}


def _check_text(text: Any) -> None:
    if not isinstance(text, str):
        raise TextInvalid(f"The text must be a string, found {type(text).__name__}.")
    if size_bytes(text) > MAX_TEXT_BYTES:
        raise TextTooLong(f"The text has {size_bytes(text):,} bytes, the limit of the bridge is {MAX_TEXT_BYTES:,}.")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise TextInvalid(f"The text holds a lone surrogate at position {exc.start}.") from exc
