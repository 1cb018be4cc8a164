"""A client's socket: it connects or says why not, carries whole messages, and notices when the server is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from npc_bridge.auth import CurveClient, PlainToken, arm_client
from npc_bridge.limits import MAX_FRAME_BYTES
from npc_bridge.wire import decode, encode
from npc_sdk.errors import BadFrame, BridgeError, Disconnected, NpcError, Unauthorised

SEND_TIMEOUT_S = 5.0
"""Longest wait for room in the queue to the server, in seconds."""

# CURVE wraps each frame; libzmq's limit counts the wrapping, the protocol's does not.
_WRAPPING_BYTES = 1_024

_OPTIONS = {
    # With IMMEDIATE=1 libzmq throws away what came and was not read when a connection is lost: the ends of lines.
    zmq.IMMEDIATE: 0,
    zmq.LINGER: 0,
    zmq.MAXMSGSIZE: MAX_FRAME_BYTES + _WRAPPING_BYTES,
    zmq.SNDHWM: 1_024,
    zmq.RCVHWM: 1_024,
    zmq.RECONNECT_IVL: 100,
    zmq.RECONNECT_IVL_MAX: 5_000,
    zmq.CONNECT_TIMEOUT: 3_000,
    zmq.HANDSHAKE_IVL: 3_000,
    zmq.HEARTBEAT_IVL: 2_000,
    zmq.HEARTBEAT_TIMEOUT: 6_000,
    zmq.HEARTBEAT_TTL: 6_000,
}

_EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_DISCONNECTED
)


class Link:
    """One connection to a server; once it is lost it stays lost.

    Args:
        endpoint: `tcp://HOST:PORT`.
        security: what proves that the client may connect.

    Raises:
        KeyFileInvalid: if the token or a key cannot be used.
        BridgeError: if the endpoint is malformed.
    """

    def __init__(self, endpoint: str, security: PlainToken | CurveClient) -> None:
        self.endpoint = endpoint
        self._context = zmq.asyncio.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._monitor = self._socket.get_monitor_socket(_EVENTS)
        try:
            arm_client(self._socket, security)
            for option, value in _OPTIONS.items():
                self._socket.setsockopt(option, value)
            if "[" in endpoint:
                self._socket.setsockopt(zmq.IPV6, 1)
            self._socket.connect(endpoint)
        except BaseException as exc:
            self.close()
            if isinstance(exc, zmq.ZMQError):
                raise BridgeError(
                    f"Cannot connect to {endpoint!r}: {exc.strerror}.",
                    hint="Give the endpoint that `npc serve` printed.",
                ) from exc
            raise

    async def connected(self, timeout_s: float) -> None:
        """Waits until the server has let the client in.

        Args:
            timeout_s: longest wait, in seconds; a server that is not there yet is tried again until then.

        Raises:
            Unauthorised: at once, when the server refuses.
            Disconnected: if there is no server within the limit.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._next_is_success():
                    pass
        except TimeoutError as exc:
            raise Disconnected(f"No bridge server answered at {self.endpoint} within {timeout_s:g} s.") from exc

    async def lost(self) -> Disconnected:
        """Returns, with the reason, when a connection that stood is gone."""
        while True:
            event = await recv_monitor_message(self._monitor)
            if event["event"] == zmq.EVENT_DISCONNECTED:
                return Disconnected(f"The connection to {self.endpoint} was lost.")

    async def send(self, message: Mapping[str, Any]) -> None:
        """Sends one message.

        Raises:
            BadMsgpack, FrameTooLarge: if it cannot be one frame; nothing was sent.
            Disconnected: if the server takes nothing within the limit.
        """
        frame = encode(message)
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._socket.send(frame)
        except TimeoutError as exc:
            raise Disconnected(f"{self.endpoint} took no message for {SEND_TIMEOUT_S:g} s.") from exc

    async def receive(self) -> dict[str, Any]:
        """The next message.

        Raises:
            BadFrame, BadMsgpack, FrameTooLarge, ProtocolError: if it is none.
        """
        frames = await self._socket.recv_multipart()
        if len(frames) != 1:
            raise BadFrame(f"A message is one frame, found {len(frames)}.")
        return decode(frames[0])

    @property
    def has_mail(self) -> bool:
        """Whether messages wait to be received."""
        return not self._socket.closed and bool(int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)

    def hang_up(self) -> None:
        """Stops libzmq from connecting again by itself: the server would not know the session."""
        if not self._socket.closed:
            self._socket.disconnect(self.endpoint)

    def close(self) -> None:
        """Closes the sockets at once; may be called twice."""
        if not self._socket.closed:
            self._socket.disable_monitor()
            self._monitor.close(linger=0)
            self._socket.close(linger=0)
            self._context.term()

    async def _next_is_success(self) -> bool:
        event = await recv_monitor_message(self._monitor)
        match event["event"]:
            case zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return True
            case zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                raise Unauthorised(f"The server at {self.endpoint} refused the token or key.")
            case zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                raise _closed_in_handshake(self.endpoint)
        return False


def _closed_in_handshake(endpoint: str) -> NpcError:
    """Servers do not say why: a wrong server key, the other mechanism and a stranger's service all look like this."""
    return Unauthorised(
        f"{endpoint} closed the handshake: it is another server than the key or token is for.",
        hint="Use the key or token file of this server, and CURVE where it serves with CURVE.",
    )
