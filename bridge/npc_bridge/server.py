"""The bridge's server: one ROUTER socket, many clients, each with its own session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import zmq
import zmq.asyncio

from npc_bridge.auth import CurveServer, Gate, PlainToken, arm_server, checked_endpoint
from npc_bridge.limits import MAX_FRAME_BYTES, Limits
from npc_bridge.outbox import PeerOutbox
from npc_bridge.peer import Peer
from npc_bridge.session import House
from npc_sdk.backend import Backend
from npc_sdk.character import Character
from npc_sdk.errors import BridgeError, ShuttingDown

FLUSH_S = 1.0
"""Longest wait at the end for the last frames to leave, in seconds."""

MAX_KICKED = 1_000
"""Most kicked connections that are remembered; the oldest goes first."""

STRANGERS_PER_SESSION = 4
"""Connections without a session that are kept, per session that the server allows."""

# CURVE wraps each frame; libzmq's limit counts the wrapping, the protocol's does not.
_WRAPPING_BYTES = 1_024

_OPTIONS = {
    zmq.ROUTER_MANDATORY: 1,  # a client that is gone is an error, not silence
    zmq.MAXMSGSIZE: MAX_FRAME_BYTES + _WRAPPING_BYTES,
    zmq.SNDHWM: 1_024,
    zmq.RCVHWM: 1_024,
    zmq.SNDBUF: 131_072,
    zmq.RCVBUF: 131_072,
    zmq.LINGER: 0,
    zmq.BACKLOG: 128,
    zmq.HEARTBEAT_IVL: 2_000,
    zmq.HEARTBEAT_TIMEOUT: 6_000,
    zmq.HEARTBEAT_TTL: 6_000,
    zmq.TCP_KEEPALIVE: 1,
    zmq.TCP_KEEPALIVE_IDLE: 30,
    zmq.TCP_KEEPALIVE_INTVL: 10,
    zmq.TCP_KEEPALIVE_CNT: 3,
}

log = logging.getLogger("npc_bridge.server")


class Server:
    """Serves characters to game clients: `async with Server(...) as server: await server.run(stop)`.

    Args:
        characters: loaded sheets by id.
        backend: continues prompts; it is not closed with the server.
        bind: `tcp://HOST:PORT`; port 0 takes a free one.
        security: PlainToken on loopback, CurveServer anywhere.
        limits: what clients may have and how long the server waits.
        tool_timeout_s: longest wait for one tool result, in seconds.

    Raises:
        InsecureBind: for an endpoint that must not be opened with that security.
        KeyFileInvalid: if the allow-list cannot be read.
    """

    def __init__(
        self,
        characters: Mapping[str, Character],
        backend: Backend,
        *,
        bind: str = "tcp://127.0.0.1:0",
        security: PlainToken | CurveServer | None = None,
        limits: Limits | None = None,
        tool_timeout_s: float = 30.0,
    ) -> None:
        self._security = security or PlainToken()
        self._bind = checked_endpoint(bind, self._security)
        self._limits = limits or Limits()
        self._house = House(
            characters=dict(characters), backend=backend, limits=self._limits, tool_timeout_s=tool_timeout_s
        )
        self._peers: dict[bytes, Peer] = {}
        self._kicked: OrderedDict[bytes, None] = OrderedDict()
        self._endpoint: str | None = None

    @property
    def endpoint(self) -> str:
        """Where clients connect; known once the server is open.

        Raises:
            BridgeError: before that.
        """
        if self._endpoint is None:
            raise BridgeError("The server is not open.", hint="Enter it first: `async with Server(...) as server`.")
        return self._endpoint

    @property
    def token_file(self) -> Path | None:
        """The file with the token that clients need; None with CURVE."""
        return self._security.file if isinstance(self._security, PlainToken) else None

    @property
    def session_count(self) -> int:
        """How many clients have a session now."""
        return sum(peer.session is not None for peer in self._peers.values())

    async def __aenter__(self) -> Self:
        """Opens the endpoint; a server opens once.

        Raises:
            BridgeError: if it cannot be bound, or was open before.
            KeyFileInvalid: if the token or a key cannot be used.
        """
        if self._endpoint is not None or self._house.closing:
            raise BridgeError("The server was opened before.", hint="Make a new Server.")
        self._context = zmq.asyncio.Context()
        self._gate = Gate(self._context, self._security)
        self._socket = self._context.socket(zmq.ROUTER)
        try:
            self._gate.open()
            arm_server(self._socket, self._security)
            for option, value in self._options().items():
                self._socket.setsockopt(option, value)
            self._socket.bind(self._bind)
        except BaseException as exc:
            await self._close_sockets()
            if isinstance(exc, zmq.ZMQError):
                raise BridgeError(
                    f"Cannot serve on {self._bind}: {exc.strerror}.", hint="Choose a free port; port 0 takes one."
                ) from exc
            raise
        self._endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._work = [asyncio.create_task(self._receive()), asyncio.create_task(self._watch())]
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Ends all open lines, says bye, and closes the endpoint; takes `limits.stop_s` and a little at most."""
        self._house.closing = True
        try:
            await self._end_lines()
            for peer in list(self._peers.values()):  # one that is gone takes itself out
                peer.dismiss("shutdown")
            await self._flush()
        finally:
            for task in [*self._work, *self._house.tasks]:
                task.cancel()
            await asyncio.gather(*self._work, *self._house.tasks, return_exceptions=True)
            for peer in self._peers.values():
                peer.outbox.close()
            self._peers.clear()
            await self._close_sockets()

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until `stop` is set.

        Raises:
            Exception: if serving itself failed, which is a bug; nothing a client sends can cause it.
        """
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopped, *self._work], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        for task in self._work:
            if task.done():
                task.result()

    def _options(self) -> dict[zmq.SocketOption, int]:
        # With IPv6 on, libzmq shows IPv4 endpoints in a form that clients do not expect.
        ipv6 = {zmq.IPV6: 1} if "[" in self._bind else {}
        return {**_OPTIONS, **ipv6, zmq.HANDSHAKE_IVL: self._limits.handshake_ms}

    async def _receive(self) -> None:
        while True:
            frames = await self._socket.recv_multipart(copy=False)
            self._deliver(frames)
            # recv gives what is there without waiting: a flood from one client must not starve the lines.
            await asyncio.sleep(0)

    def _deliver(self, frames: list[zmq.Frame]) -> None:
        routing_id = frames[0].bytes
        if routing_id in self._kicked:
            return
        peer = self._peers.get(routing_id)
        if peer is None:
            if len(self._peers) >= self._limits.max_sessions * (1 + STRANGERS_PER_SESSION):
                log.warning("a connection is ignored: %d are kept already", len(self._peers))
                return
            peer = self._peers[routing_id] = self._welcome(routing_id, str(frames[-1].get("User-Id")))
        peer.receive([frame.bytes for frame in frames[1:]])

    def _welcome(self, routing_id: bytes, user_id: str) -> Peer:
        outbox = PeerOutbox(
            self._socket, routing_id, self._limits.outbox_bytes, lambda reason: self._lose(routing_id, reason)
        )
        return Peer(self._house, outbox, user_id, lambda: self.session_count, lambda: self._kick(routing_id))

    def _lose(self, routing_id: bytes, reason: str) -> None:
        peer = self._peers.pop(routing_id, None)
        if peer is not None:
            log.info("a client %s; its lines are cancelled", reason)
            peer.free()
            peer.outbox.close()

    def _kick(self, routing_id: bytes) -> None:
        """ROUTER cannot close a connection: it is told, ignored from now on, and its key is refused for a while."""
        peer = self._peers.pop(routing_id, None)
        if peer is None:
            return
        peer.dismiss("kicked")
        peer.outbox.close()
        self._gate.deny(peer.user_id, self._limits.deny_s)
        self._kicked[routing_id] = None
        while len(self._kicked) > MAX_KICKED:
            self._kicked.popitem(last=False)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(self._limits.ping_s, self._limits.silence_s) / 4)
            now_s = time.monotonic()
            for routing_id, peer in list(self._peers.items()):
                if not peer.check(now_s):
                    if peer.session is not None:
                        peer.dismiss("idle")
                    self._lose(routing_id, "was silent too long")

    async def _end_lines(self) -> None:
        sessions = [peer.session for peer in self._peers.values() if peer.session is not None]
        lines = [line for session in sessions for line in session.lines]
        for line in lines:
            line.cancel()
        if self._house.tasks:
            await asyncio.wait(self._house.tasks, timeout=self._limits.stop_s)
        for line in lines:
            line.fail(ShuttingDown("The server stopped before the line did."))

    async def _flush(self) -> None:
        waiting = [asyncio.create_task(peer.outbox.room()) for peer in self._peers.values()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=FLUSH_S)
            for task in late:
                task.cancel()

    async def _close_sockets(self) -> None:
        self._gate.close()
        self._socket.close(linger=round(FLUSH_S * 1000))
        # term() waits for what lingers; a client that does not read must not hold up the loop meanwhile.
        await asyncio.to_thread(self._context.term)
        self._endpoint = None
