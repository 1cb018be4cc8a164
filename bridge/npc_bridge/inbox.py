"""What came for one line and was not read yet."""

from __future__ import annotations

import asyncio
from collections import deque

from npc_sdk.errors import NpcError, ProtocolError
from npc_sdk.events import Delta, End, Event, Failed

MAX_WAITING = 4_096
"""Most frames kept for a reader; credit keeps an honest server far below."""


class Inbox:
    """The frames of one line, in order, with the proof that none is missing."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._filled = asyncio.Event()
        self._count = 0
        self._delta_count = 0
        self._over = False

    def put(self, event: Event, number: int | None) -> None:
        """Takes a frame in.

        Args:
            event: what it carries.
            number: its `seq`, or the `n` of a terminal; None for an error that no line frame came before.

        Raises:
            ProtocolError: if a frame is missing, comes twice, or more come than were granted.
        """
        if self._over:
            return
        if number is not None and number != self._count:
            raise ProtocolError(f"The line's frame {number} came where {self._count} was due.")
        if isinstance(event, End) and event.delta_count != self._delta_count:
            raise ProtocolError(f"The line ends with {event.delta_count} deltas, {self._delta_count} came.")
        if len(self._waiting) >= MAX_WAITING:
            raise ProtocolError(f"{MAX_WAITING} frames wait to be read, more than were granted.")
        self._count += 1
        self._delta_count += isinstance(event, Delta)
        self._append(event)

    def fail(self, error: NpcError) -> None:
        """Ends the line here, for a reason on this side of the wire."""
        if not self._over:
            self._append(
                Failed(
                    code=error.code,
                    message=error.message,
                    hint=error.hint,
                    retryable=error.retryable,
                    delta_count=self._delta_count,
                )
            )

    async def get(self) -> Event:
        """The next event, waiting for it."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()

    def _append(self, event: Event) -> None:
        self._over = event.terminal
        self._waiting.append(event)
        self._filled.set()
