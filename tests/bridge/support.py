"""What the bridge's tests share: a character, backends that remember, and a client that speaks raw frames."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import zmq
import zmq.asyncio

from npc_bridge.auth import CurveClient, PlainToken, arm_client
from npc_bridge.limits import Limits
from npc_bridge.server import Server
from npc_bridge.wire import decode, encode
from npc_sdk.backend import Finished, Piece, Request
from npc_sdk.character import Character
from npc_sdk.events import Delta, End, Event
from npc_sdk.testing import ScriptedBackend

WAIT_S = 20.0
"""Longest wait of any test for something that must happen."""

QUIET_S = 0.3
"""How long a test listens for something that must not happen."""

VECTORS = Path(__file__).parents[2] / "bridge" / "vectors"

MIRA = Character.model_validate(
    {
        "schema": "npc/1",
        "id": "mira",
        "name": "Mira Thorne",
        "identity": {"role": "blacksmith"},
        "greetings": ["Well met, traveler."],
        "tools": {"open_shop": {"description": "Opens the shop."}},
    }
)
CALL = '<toolcall> {"name": "open_shop", "arguments": {}} </toolcall>'
LONG = "word " * 400


class CountingBackend(ScriptedBackend):
    """A scripted backend that also tells how many streams are open and which were cancelled."""

    def __init__(self, lines: Iterable[Any], *, pause_s: float = 0.0) -> None:
        super().__init__(lines, pause_s=pause_s)
        self.open_streams = 0
        self.cancels: list[str] = []

    async def stream(self, request: Request) -> AsyncGenerator[Piece | Finished, None]:
        """As in ScriptedBackend."""
        self.open_streams += 1
        try:
            async for item in super().stream(request):
                yield item
        finally:
            self.open_streams -= 1

    def cancel(self, request_id: str) -> None:
        """As in ScriptedBackend."""
        self.cancels.append(request_id)
        super().cancel(request_id)


@asynccontextmanager
async def serving(backend: ScriptedBackend, folder: Path, **options: Any) -> AsyncIterator[Server]:
    """A server of Mira on loopback, with its token in `folder`."""
    options.setdefault("security", PlainToken(folder / "bridge.token"))
    async with Server({"mira": MIRA}, backend, **options) as server:
        yield server


class RawClient:
    """A client that holds to nothing: it sends whatever bytes a test gives it."""

    def __init__(self, endpoint: str, security: PlainToken | CurveClient | None) -> None:
        self._context = zmq.asyncio.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 0
        if security is not None:
            arm_client(self._socket, security)
        self._socket.connect(endpoint)

    async def __aenter__(self) -> RawClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._socket.close(linger=0)
        self._context.term()

    async def send(self, kind: str, /, **fields: Any) -> None:
        """Sends a message without any check of its fields."""
        await self.send_bytes(encode({"t": kind, **fields}))

    async def send_bytes(self, *frames: bytes) -> None:
        """Sends frames as they are."""
        async with asyncio.timeout(WAIT_S):
            await self._socket.send_multipart(frames)

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(WAIT_S):
            frames = await self._socket.recv_multipart()
        assert len(frames) == 1
        return decode(frames[0])

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next message, which must be of that name."""
        message = await self.receive()
        assert message["t"] == kind, message
        return message

    async def until(self, kind: str, rq: str | None = None) -> list[dict[str, Any]]:
        """All messages up to the first of that name (and request), that one included."""
        messages = []
        while True:
            message = await self.receive()
            messages.append(message)
            if message["t"] == kind and (rq is None or message.get("rq") == rq):
                return messages

    async def hear_nothing(self) -> None:
        """Fails if a message comes within QUIET_S."""
        if await self.has_mail():
            raise AssertionError(f"unexpected: {await self.receive()}")

    async def has_mail(self) -> bool:
        """Whether a message comes within QUIET_S."""
        return bool(await self._socket.poll(QUIET_S * 1000))

    async def hello(self) -> dict[str, Any]:
        """Opens a session."""
        await self.send("hello", v=[1], client="raw")
        return await self.expect("welcome")

    async def open(self, rq: str = "open") -> str:
        """Opens a session and a dialogue with Mira; gives the dialogue's id."""
        await self.hello()
        await self.send("open", rq=rq, character="mira")
        return str((await self.expect("opened"))["dialogue"])


def raw(server: Server) -> RawClient:
    """A raw client with the server's token."""
    assert server.token_file is not None
    return RawClient(server.endpoint, PlainToken(server.token_file))


async def collect(events: AsyncGenerator[Event, None]) -> list[Event]:
    """All events of a line; checks that exactly the last is terminal and that nothing is missing."""
    async with asyncio.timeout(WAIT_S):
        found = [event async for event in events]
    assert [event.terminal for event in found] == [False] * (len(found) - 1) + [True]
    deltas = [event.text for event in found if isinstance(event, Delta)]
    last = found[-1]
    if isinstance(last, End):
        assert last.delta_count == len(deltas)
        assert last.text == "".join(deltas)
    return found


async def eventually(condition: Any) -> None:
    """Waits until `condition()` is true."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  what is waited for lies in another part of the program
            await asyncio.sleep(0.01)


def vectors(name: str) -> list[dict[str, Any]]:
    """The vectors of a file."""
    found: list[dict[str, Any]] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


def by_name(vector: Mapping[str, Any]) -> str:
    """A vector's name, for pytest."""
    return str(vector["name"])


QUICK = Limits(ping_s=0.1, silence_s=1.2, slow_s=0.3, stop_s=1.0, handshake_ms=300)
"""Limits that a test can wait for."""
