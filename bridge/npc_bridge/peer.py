"""One connection to the server: what it sends, whether it is alive, and how often it broke the protocol."""

from __future__ import annotations

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from npc_bridge.fields import Name
from npc_bridge.frames import error_message
from npc_bridge.limits import (
    MAX_CREDIT,
    MAX_FRAME_BYTES,
    MAX_SAVE_BYTES,
    MAX_TEXT_BYTES,
    PROTOCOL_MAJOR,
    PROTOCOL_VERSION,
    Limits,
)
from npc_bridge.messages import CLIENT_MESSAGES, REQUESTS, SERVER_MESSAGES, message_type
from npc_bridge.outbox import PeerOutbox
from npc_bridge.session import House, Session
from npc_bridge.wire import decode, encode
from npc_sdk.errors import (
    BadFrame,
    BadVersion,
    BridgeFailed,
    LimitReached,
    NeedHello,
    NpcError,
    ProtocolError,
    ShuttingDown,
    UnknownType,
)

log = logging.getLogger("npc_bridge.peer")


class Peer:
    """One connection, from its first frame until it is gone.

    Args:
        house: what all sessions share.
        outbox: where frames to it go.
        user_id: who authenticated: the CURVE key in Z85, or the PLAIN user.
        session_count: how many sessions the server has now.
        on_kick: called when it broke the protocol too often.
    """

    def __init__(
        self,
        house: House,
        outbox: PeerOutbox,
        user_id: str,
        session_count: Callable[[], int],
        on_kick: Callable[[], None],
    ) -> None:
        self.user_id = user_id
        self.outbox = outbox
        self.session: Session | None = None
        self._house = house
        self._session_count = session_count
        self._on_kick = on_kick
        self._strikes: deque[float] = deque(maxlen=house.limits.max_strikes)
        self._heard_s = self._pinged_s = time.monotonic()
        self._pings = 0

    def receive(self, frames: Sequence[bytes]) -> None:
        """Does what a message asks; whatever is wrong with it is answered with an error frame."""
        self._heard_s = time.monotonic()
        message: Mapping[str, Any] = {}
        try:
            if len(frames) != 1:
                raise BadFrame(f"A message is one frame, found {len(frames)}.")
            message = decode(frames[0])
            self._handle(message)
        except NpcError as exc:
            self._refuse(exc, message)
            # A client of a newer minor version may use messages that this server does not know.
            if isinstance(exc, ProtocolError) and not isinstance(exc, UnknownType):
                self._strike(exc)
        except Exception:
            log.exception("a message of type %r failed", message.get("t"))
            self._refuse(BridgeFailed("The message failed for a reason that only the server's log tells."), message)

    def check(self, now_s: float) -> bool:
        """Pings a silent session.

        Args:
            now_s: of time.monotonic.

        Returns:
            whether the connection was heard of recently enough to keep it.
        """
        silent_s = now_s - self._heard_s
        limits = self._house.limits
        if silent_s > limits.silence_s:
            return False
        if self.session is not None and silent_s > limits.ping_s and now_s - self._pinged_s > limits.ping_s:
            self._pinged_s = now_s
            self._pings += 1
            self._send("ping", x=self._pings)
        return True

    def dismiss(self, why: str) -> None:
        """Ends the session with a bye.

        Args:
            why: one of BYE_REASONS.
        """
        self.free()
        self._send("bye", why=why)

    def free(self) -> None:
        """Ends the session without a word."""
        if self.session is not None:
            self.session.free()
            self.session = None

    def _handle(self, message: Mapping[str, Any]) -> None:
        kind = message_type(message, CLIENT_MESSAGES)
        match kind.name:
            case "hello":
                self._hello(kind.read(message))
            case "ping":
                self._send("pong", x=kind.read(message)["x"])
            case "pong":
                kind.read(message)
            case "bye":
                self.free()
            case _ if self.session is None:
                raise NeedHello(f"{kind.name!r} came before hello.")
            case _:
                self.session.handle(kind, message)

    def _hello(self, found: Mapping[str, Any]) -> None:
        if self.session is not None:
            raise ProtocolError("hello came twice; the session goes on.")
        if PROTOCOL_MAJOR not in found["v"]:
            raise BadVersion(f"The client speaks {list(found['v'])}, the server {[PROTOCOL_MAJOR]}.")
        if self._house.closing:
            raise ShuttingDown("The server is stopping.")
        if self._session_count() >= self._house.limits.max_sessions:
            raise LimitReached(f"The server has {self._session_count()} sessions, which is the limit.")
        self.session = Session(self._house, self.outbox)
        self._send(
            "welcome",
            v=PROTOCOL_MAJOR,
            session=secrets.token_hex(16),
            server=f"npc_bridge/{PROTOCOL_VERSION}",
            limits=_welcome_limits(self._house.limits),
        )

    def _refuse(self, error: NpcError, message: Mapping[str, Any]) -> None:
        rq = message.get("rq") if message.get("t") in REQUESTS else None
        open_already = self.session is not None and self.session.has_open(rq)
        tied = rq if Name().admits(rq) and not open_already else None
        frame = error_message(error, rq=tied, fatal=self.session is None)
        self.outbox.send(encode(frame))

    def _strike(self, error: ProtocolError) -> None:
        now_s = time.monotonic()
        self._strikes.append(now_s)
        log.warning("%s broke the protocol: %s: %s", self.user_id, error.code, error.message[:200])
        full = len(self._strikes) == self._strikes.maxlen
        if full and now_s - self._strikes[0] <= self._house.limits.strike_window_s:
            self._on_kick()

    def _send(self, kind: str, /, **fields: Any) -> None:
        self.outbox.send(encode(SERVER_MESSAGES[kind].write(**fields)))


def _welcome_limits(limits: Limits) -> dict[str, int]:
    return {
        "max_frame_bytes": MAX_FRAME_BYTES,
        "max_text_bytes": MAX_TEXT_BYTES,
        "max_save_bytes": MAX_SAVE_BYTES,
        "max_credit": MAX_CREDIT,
        "max_dialogues": limits.max_dialogues,
        "max_lines": limits.max_lines,
        "ping_ms": round(limits.ping_s * 1000),
        "silence_ms": round(limits.silence_s * 1000),
        "slow_ms": round(limits.slow_s * 1000),
    }
