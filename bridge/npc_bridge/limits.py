"""The numbers of the protocol: what every peer must hold to, and what one server chooses."""

from __future__ import annotations

from dataclasses import dataclass

PROTOCOL_VERSION = "1.1"
"""Version of bridge/PROTOCOL.md that this package speaks."""

PROTOCOL_MAJOR = 1
"""What `hello.v` and `welcome.v` carry."""

MAX_FRAME_BYTES = 262_144
"""Largest message, in bytes of msgpack, in both directions."""

MAX_DEPTH = 16
"""Deepest nesting of maps and arrays; the message itself is depth 1."""

MAX_MAP_ITEMS = 256
"""Most pairs of one map."""

MAX_ARRAY_ITEMS = 4_096
"""Most items of one array."""

MAX_TEXT_BYTES = 65_536
"""Longest text of a player, an event or a line, in bytes of UTF-8."""

MAX_SAVE_BYTES = 245_760
"""Longest saved dialogue, in bytes of UTF-8; it is also the longest string of the profile."""

MAX_CREDIT = 256
"""Most frames of one line that may be under way at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server allows and how long it waits. The defaults stand in PROTOCOL.md.

    Args:
        max_sessions: most clients with a session.
        max_dialogues: most open dialogues of one session.
        max_lines: most lines of one session that are spoken at once.
        max_strikes: so many faulty messages within `strike_window_s` and the client is kicked.
        strike_window_s: seconds.
        deny_s: seconds for which a kicked CURVE key stays refused.
        silence_s: a session that sends nothing for so many seconds is freed.
        ping_s: the server pings a session that was silent for so many seconds.
        slow_s: a line that waits for credit for so many seconds ends with `slow_reader`.
        outbox_bytes: most bytes held for a client whose connection is full; more and it is kicked.
        stop_s: longest wait for open lines when the server stops, in seconds.
        handshake_ms: a connection that has not authenticated after so many milliseconds is closed.
    """

    max_sessions: int = 64
    max_dialogues: int = 64
    max_lines: int = 16
    max_strikes: int = 8
    strike_window_s: float = 10.0
    deny_s: float = 60.0
    silence_s: float = 60.0
    ping_s: float = 5.0
    slow_s: float = 60.0
    outbox_bytes: int = 4 * MAX_FRAME_BYTES
    stop_s: float = 5.0
    handshake_ms: int = 3_000
