"""What a dialogue says back: typed events, with exactly one terminal event at the end of every stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class EndReason(StrEnum):
    """Why a line ended without an error."""

    DONE = "done"
    LENGTH = "length"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts of one line, summed over its rounds (a tool call and the speech after it are two rounds).

    Args:
        prompt_tokens: tokens of the prompts.
        reused_tokens: of these, tokens whose keys and values were kept from before.
        completion_tokens: tokens generated, the stop included.
        rounds: how often the model was asked.
    """

    prompt_tokens: int = 0
    reused_tokens: int = 0
    completion_tokens: int = 0
    rounds: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            reused_tokens=self.reused_tokens + other.reused_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            rounds=self.rounds + other.rounds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds spent on one line, summed over its rounds; `first_token_ms` is that of the first round.

    Args:
        queue_ms: from the request to its first work.
        prefill_ms: reading the part of the prompt that was not kept.
        first_token_ms: from the request to the first token (queue + prefill + sampling).
        decode_ms: from the first token to the last.
    """

    queue_ms: float = 0.0
    prefill_ms: float = 0.0
    first_token_ms: float = 0.0
    decode_ms: float = 0.0

    def __add__(self, other: Timings) -> Timings:
        return Timings(
            queue_ms=self.queue_ms + other.queue_ms,
            prefill_ms=self.prefill_ms + other.prefill_ms,
            first_token_ms=self.first_token_ms or other.first_token_ms,
            decode_ms=self.decode_ms + other.decode_ms,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events. `type` is the event's name in JSON and on the wire."""

    type: ClassVar[str] = "event"
    terminal: ClassVar[bool] = False

    def as_dict(self) -> dict[str, Any]:
        """The event as plain data, `type` first."""
        return {"type": self.type, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Delta(Event):
    """A piece of the line: whole code points, never part of a control token."""

    type: ClassVar[str] = "delta"
    text: str


@dataclass(frozen=True, slots=True)
class Sentence(Event):
    """A whole sentence of the line, for speech synthesis. `index` counts from 0 within the line."""

    type: ClassVar[str] = "sentence"
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall(Event):
    """The NPC wants something done in the game; answer with `Dialogue.tool_result(call_id, ...)`.

    Args:
        call_id: names this call within its dialogue.
        name: a tool of the sheet.
        arguments: valid for the tool's JSON Schema.
    """

    type: ClassVar[str] = "tool_call"
    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something was put right on the way and the line goes on: neutralised text, a repaired call, a cut history."""

    type: ClassVar[str] = "notice"
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End(Event):
    """Terminal: the line is over.

    Args:
        reason: done, length, cancelled or deadline.
        text: the whole line, equal to its deltas joined.
        delta_count: how many deltas were sent, so that a client can prove that it has them all.
        fallback: whether the sheet's fallback line was spoken in place of the model's.
        usage: token counts.
        timings: milliseconds.
    """

    type: ClassVar[str] = "end"
    terminal: ClassVar[bool] = True
    reason: EndReason
    text: str
    delta_count: int
    fallback: bool = False
    usage: Usage = field(default_factory=Usage)
    timings: Timings = field(default_factory=Timings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """Terminal: the line failed. The dialogue goes on.

    Args:
        code, message, hint, retryable: those of the NpcError.
        line: a line of the sheet's `fallback` that the game may show in its place; empty if there is none.
        delta_count: how many deltas were sent before.
    """

    type: ClassVar[str] = "error"
    terminal: ClassVar[bool] = True
    code: str
    message: str
    hint: str
    retryable: bool
    line: str = ""
    delta_count: int = 0
