"""A request on its way through the engine: all that is known of it, in one object."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

from npc_sdk.backend import Finished, Piece, Request
from npc_sdk.engine.text_stream import TextStream
from npc_sdk.errors import NpcError
from npc_sdk.events import EndReason, Timings, Usage


class ItemSink(Protocol):
    """Where the items of a stream go."""

    def put(self, item: Piece | Finished | NpcError) -> bool:
        """Hands an item over; False when nobody will read it."""
        ...


class TokenWatcher(Protocol):
    """What must know the tokens of one request, to draw or to judge the next; opaque here."""

    def note(self, token: int) -> None:
        """Remembers a token of the line."""
        ...


@dataclass(slots=True, eq=False)
class RowRequest:
    """One request, from its arrival to its terminal item.

    Args:
        number: unique in its engine and rising, so that it orders requests by arrival.
        request: what was asked.
        text: turns the tokens into text.
        drawer: draws the tokens.
        guard: judges them.
        sink: takes the items.
        arrived_s: seconds on the monotonic clock.
        generated: tokens drawn so far, the stop included.
        reused_tokens: tokens of the prompt whose keys and values were kept from before.
        cancelled: asked to end; set from any thread, read between steps.
        ended: its terminal item was sent.
    """

    number: int
    request: Request
    text: TextStream
    drawer: TokenWatcher
    guard: TokenWatcher
    sink: ItemSink
    arrived_s: float = field(default_factory=time.perf_counter)
    started_s: float | None = None
    prefill_s: float = 0.0
    first_token_s: float | None = None
    last_token_s: float | None = None
    generated: list[int] = field(default_factory=list)
    reused_tokens: int = 0
    cancelled: bool = False
    ended: bool = False

    @property
    def ids(self) -> tuple[int, ...]:
        """Prompt and line so far; all but the last have keys and values."""
        return (*self.request.prompt_ids, *self.generated)

    def end_reason(self, now_s: float) -> EndReason | None:
        """Why it must end before its next token, if it must."""
        if self.cancelled:
            return EndReason.CANCELLED
        limit_s = self.request.deadline_s
        return EndReason.DEADLINE if limit_s is not None and now_s - self.arrived_s >= limit_s else None

    def take(self, token: int) -> EndReason | None:
        """Adds a drawn token and shows its text; says why the line is over, if it is."""
        self.last_token_s = time.perf_counter()
        if self.first_token_s is None:
            self.first_token_s = self.last_token_s
        self.generated.append(token)
        self.drawer.note(token)
        self.guard.note(token)
        self._show(self.text.push(token))
        if self.text.stopped:
            return EndReason.DONE
        return EndReason.LENGTH if len(self.generated) >= self.request.max_tokens else None

    def finish(self, reason: EndReason) -> None:
        """Sends the rest of the text and the terminal item, once."""
        if self.ended:
            return
        self._show(self.text.finish(reason))
        self.ended = True
        self.sink.put(Finished(reason=reason, ids=self.text.ids(), usage=self.usage(), timings=self.timings()))

    def fail(self, error: NpcError) -> None:
        """Sends an error as the terminal item, once."""
        if not self.ended:
            self.ended = True
            self.sink.put(error)

    def usage(self) -> Usage:
        """Token counts so far."""
        return Usage(
            prompt_tokens=len(self.request.prompt_ids),
            reused_tokens=self.reused_tokens,
            completion_tokens=len(self.generated),
            rounds=1,
        )

    def timings(self) -> Timings:
        """Milliseconds so far; 0 for what did not happen."""
        return Timings(
            queue_ms=_span_ms(self.arrived_s, self.started_s),
            prefill_ms=self.prefill_s * 1e3,
            first_token_ms=_span_ms(self.arrived_s, self.first_token_s),
            decode_ms=_span_ms(self.first_token_s, self.last_token_s),
        )

    def _show(self, text: str) -> None:
        if text and not self.sink.put(Piece(text)):
            self.cancelled = True


def _span_ms(start_s: float | None, end_s: float | None) -> float:
    return 0.0 if start_s is None or end_s is None else (end_s - start_s) * 1e3
