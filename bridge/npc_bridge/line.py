"""One line on its way to a client: a dialogue's events as numbered frames, ended by exactly one terminal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from npc_bridge.credit import Credit
from npc_bridge.frames import end_message, failed_message, failed_of, stream_message
from npc_bridge.outbox import Outbox
from npc_bridge.wire import encode
from npc_sdk.dialogue import Dialogue
from npc_sdk.errors import BridgeFailed, NpcError
from npc_sdk.events import Delta, End, EndReason, Event, Failed

log = logging.getLogger("npc_bridge.line")

Speak = Callable[[], AsyncGenerator[Event, None]]


class Line:
    """One reply of an NPC, asked for by a client.

    Args:
        rq: the request.
        dialogue: whose line it is.
        speak: begins the line.
        credit: how many frames may be under way.
        outbox: where the frames go.
        before: a cancelled line of the same dialogue that has not ended yet; this one begins after it.
    """

    def __init__(
        self, rq: str, dialogue: Dialogue, speak: Speak, credit: Credit, outbox: Outbox, before: Line | None
    ) -> None:
        self.rq = rq
        self.credit = credit
        self.cancelled = False
        self._dialogue = dialogue
        self._speak = speak
        self._outbox = outbox
        self._before = before
        self._speaking = False
        self._count = 0
        self._delta_count = 0
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether the terminal is out."""
        return self._over.is_set()

    async def run(self) -> None:
        """Speaks the line to its end; raises nothing but asyncio.CancelledError."""
        try:
            if self._before is not None:
                await self._before._over.wait()
                self._before = None
            if self.cancelled:
                self._finish(End(reason=EndReason.CANCELLED, text="", delta_count=0))
                return
            self._speaking = True
            await self._stream()
        except NpcError as exc:
            self.fail(exc)
        except Exception:
            log.exception("line %s failed", self.rq)
            self.fail(BridgeFailed("The line failed for a reason that only the server's log tells."))
        finally:
            self._over.set()

    def cancel(self) -> None:
        """Ends the line soon; what was made already goes out without credit, and then the terminal."""
        if self.cancelled or self.is_over:
            return
        self.cancelled = True
        self.credit.lift()
        if self._speaking:
            self._dialogue.cancel()

    def fail(self, error: NpcError) -> None:
        """Ends the line with an error now, if it has not ended."""
        self._finish(failed_of(error))

    async def _stream(self) -> None:
        async with aclosing(self._speak()) as events:
            async for event in events:
                if isinstance(event, End | Failed):
                    self._finish(event)
                    return
                await self._forward(event)
        raise BridgeFailed("The dialogue's stream ended without a terminal event.")

    async def _forward(self, event: Event) -> None:
        await self.credit.take()
        await self._outbox.room()
        if self.is_over:
            return
        self._outbox.send(encode(stream_message(event, self.rq, self._count)))
        self._count += 1
        self._delta_count += isinstance(event, Delta)

    def _finish(self, event: End | Failed) -> None:
        if self.is_over:
            return
        write = {"count": self._count, "delta_count": self._delta_count}
        if isinstance(event, End):
            frame = encode(end_message(event, self.rq, **write))
        else:
            frame = encode(failed_message(event, self.rq, **write))
        self._over.set()
        self._outbox.send(frame)
