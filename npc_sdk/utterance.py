"""One line in the making: rounds of asking the backend, speaking, calling tools and waiting for their results."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from npc_sdk.backend import Backend, Finished, Priority, Request, Sampling
from npc_sdk.chat_format import CALL_END, CALL_START, neutralise, neutralise_line
from npc_sdk.errors import NpcError, QueueFull, ToolCallInvalid, ToolCallUnknown, ToolResultInvalid
from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, Sentence, Timings, ToolCall, Usage
from npc_sdk.history import Turn, TurnKind
from npc_sdk.line_parser import LineParser, RawCall, Speech
from npc_sdk.memory import FittedPrompt, Memory
from npc_sdk.sentences import SentenceSplitter
from npc_sdk.tools import MAX_RESULT_TOKENS, Call, parse_call, result_text

MAX_REPAIRS = 2
"""How often the model may try again after a malformed call, in one line."""

MAX_CALLS = 4
"""Most tool calls in one line."""

_SEED_COUNT = 2**63  # seeds are whole numbers below it; a large seed of a sheet starts over from 0

NO_ANSWER = '{"error": "no answer"}'
"""Stands in for a result that did not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """How one line is made.

    Args:
        seed: of the line; None draws one.
        deadline_s: seconds for the whole line; None for no deadline.
        tool_timeout_s: longest wait for one tool result.
        priority: which requests go first.
        first_call: number of the line's first call, within the dialogue.
    """

    seed: int | None
    deadline_s: float | None
    tool_timeout_s: float
    priority: Priority
    first_call: int


@dataclass(slots=True)
class _Round:
    """What the model said when asked once."""

    raw: str = ""
    speech: str = ""
    calls: list[RawCall] = field(default_factory=list)
    finished: Finished | None = None


class Utterance:
    """Makes one line. Iterate `events()` once.

    Args:
        memory: what the NPC has in mind; the line is added to its history.
        backend: continues prompts.
        settings: how the line is made.
        own_turns: how many of the newest turns of history this line answers.
    """

    def __init__(self, memory: Memory, backend: Backend, settings: LineSettings, own_turns: int) -> None:
        self._memory = memory
        self._backend = backend
        self._settings = settings
        self._own_turns = own_turns
        self._random = random.Random(settings.seed)
        self._sentences = SentenceSplitter()
        self._sentence_numbers = itertools.count()
        self._call_numbers = itertools.count(settings.first_call)
        self._scratch: list[Turn] = []
        self._open: dict[str, asyncio.Future[str]] = {}
        self._text = ""
        self._delta_count = 0
        self._usage = Usage()
        self._timings = Timings()
        self._request_id: str | None = None
        self._cancelled = False
        self._deadline_at: float | None = None
        self._round: _Round | None = None
        self.call_count = 0

    async def events(self) -> AsyncGenerator[Event, None]:
        """Deltas, sentences, tool calls and notices, then exactly one terminal event."""
        if self._settings.deadline_s is not None:
            self._deadline_at = asyncio.get_running_loop().time() + self._settings.deadline_s
        try:
            async with aclosing(self._rounds()) as rounds:
                async for event in rounds:
                    yield event
        except NpcError as exc:
            self._remember_unfinished()
            self._take_back_if_silent()
            yield self._failed(exc)
        finally:
            self._remember_unfinished()
            self._memory.history.forget(self._scratch)

    def cancel(self) -> None:
        """The line ends with `cancelled` at its next token or wait."""
        self._cancelled = True
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        for future in self._open.values():
            if not future.done():
                future.set_result(NO_ANSWER)

    def tool_result(self, call_id: str, result: Any) -> None:
        """Answers an open call. See `Dialogue.tool_result`."""
        future = self._open.get(call_id)
        if future is None or future.done():
            raise ToolCallUnknown(f"No call {call_id!r} is open; open calls: {', '.join(self._open) or 'none'}.")
        text = result_text(result)
        tokens = self._backend.codec.count(text)
        if tokens > MAX_RESULT_TOKENS:
            raise ToolResultInvalid(f"The tool result has {tokens} tokens, the limit is {MAX_RESULT_TOKENS}.")
        future.set_result(text)

    async def _rounds(self) -> AsyncGenerator[Event, None]:
        reason, repairs = EndReason.DONE, 0
        for number in itertools.count():
            if (stopped := self._stopped()) is not None:
                reason = stopped
                break
            fitted = self._memory.fit(self._memory.character.generation.max_tokens, keep=self._own_turns)
            for event in _cut_notice(fitted):
                yield event
            async with aclosing(self._ask(self._request(fitted, number))) as asked:
                async for event in asked:
                    yield event
            spoken = self._take_round()
            reason = spoken.finished.reason if spoken.finished else EndReason.DONE
            if reason in (EndReason.CANCELLED, EndReason.DEADLINE) or not spoken.calls:
                self._remember_line(spoken)
                break
            try:
                calls = self._read_calls(spoken)
            except ToolCallInvalid as exc:
                repairs += 1
                yield Notice(exc.code, exc.message)
                if repairs > MAX_REPAIRS:
                    self._remember_line(spoken)
                    break
                self._remember_malformed(spoken, exc)
                continue
            self._remember_call(spoken)
            async with aclosing(self._do(calls)) as done:
                async for event in done:
                    yield event
            if self.call_count >= MAX_CALLS:
                yield Notice("tool_call_limit", f"The line made {self.call_count} calls, the most there may be.")
                reason = self._stopped() or reason
                break
        for event in self._closing(reason, repairs > MAX_REPAIRS):
            yield event

    async def _ask(self, request: Request) -> AsyncGenerator[Event, None]:
        """Streams one request and speaks what comes."""
        current = self._round = _Round()
        parser = LineParser()
        self._request_id = request.request_id
        try:
            async with aclosing(self._backend.stream(request)) as stream:
                async for item in stream:
                    if isinstance(item, Finished):
                        current.finished = item
                        continue
                    current.raw += item.text
                    for event in self._hear(parser.feed(item.text), current):
                        yield event
        finally:
            self._request_id = None
        for event in self._hear(parser.finish(), current):
            yield event
        if current.finished:
            self._usage += current.finished.usage
            self._timings += current.finished.timings

    async def _do(self, calls: list[Call]) -> AsyncGenerator[Event, None]:
        """Hands calls to the caller one by one and puts their results into history."""
        answered = 0
        try:
            for call in calls:
                if self._stopped() is not None:
                    break
                answered += 1
                async with aclosing(self._do_one(call)) as done:
                    async for event in done:
                        yield event
        finally:
            # Calls that are in history have their results there too, even when the line is dropped here.
            for _ in calls[answered:]:
                self._remember(Turn(TurnKind.RESULT, NO_ANSWER))

    async def _do_one(self, call: Call) -> AsyncGenerator[Event, None]:
        call_id = f"call-{next(self._call_numbers)}"
        self.call_count += 1
        self._open[call_id] = asyncio.get_running_loop().create_future()
        result = NO_ANSWER
        try:
            yield ToolCall(call_id, call.name, call.arguments)
            result = await self._result(call_id)
        finally:
            del self._open[call_id]
            self._remember(Turn(TurnKind.RESULT, result))
        if result == NO_ANSWER and not self._cancelled:
            yield Notice("tool_result_missing", f"No result for {call_id} came in time.")

    async def _result(self, call_id: str) -> str:
        limit_s = self._settings.tool_timeout_s
        if self._deadline_at is not None:
            limit_s = min(limit_s, max(0.0, self._deadline_at - asyncio.get_running_loop().time()))
        try:
            async with asyncio.timeout(limit_s):
                return await self._open[call_id]
        except TimeoutError:
            return NO_ANSWER

    def _request(self, fitted: FittedPrompt, number: int) -> Request:
        wanted = self._memory.character.generation
        seed = self._settings.seed
        sampling = Sampling(
            temperature=wanted.temperature,
            top_p=wanted.top_p,
            top_k=wanted.top_k,
            min_p=wanted.min_p,
            repetition_penalty=wanted.repetition_penalty,
            seed=None if seed is None else (seed + number) % _SEED_COUNT,
        )
        remaining_s = None
        if self._deadline_at is not None:
            remaining_s = max(0.0, self._deadline_at - asyncio.get_running_loop().time())
        return Request(
            request_id=uuid4().hex,
            prompt=fitted.prompt,
            prompt_ids=fitted.ids,
            max_tokens=wanted.max_tokens,
            sampling=sampling,
            deadline_s=remaining_s,
            priority=self._settings.priority,
        )

    def _stopped(self) -> EndReason | None:
        if self._cancelled:
            return EndReason.CANCELLED
        if self._deadline_at is not None and asyncio.get_running_loop().time() >= self._deadline_at:
            return EndReason.DEADLINE
        return None

    def _hear(self, parts: Iterable[Speech | RawCall], current: _Round) -> Iterator[Event]:
        for part in parts:
            if isinstance(part, RawCall):
                current.calls.append(part)
                continue
            gap = " " if self._text and not current.speech else ""
            current.speech += part.text
            yield from self._say(gap + part.text)

    def _say(self, text: str) -> Iterator[Event]:
        self._text += text
        self._delta_count += 1
        yield Delta(text)
        for sentence in self._sentences.feed(text):
            yield Sentence(next(self._sentence_numbers), sentence)

    def _closing(self, reason: EndReason, malformed: bool) -> Iterator[Event]:
        lines = self._memory.character.fallback
        barks: tuple[str, ...] = ()
        if not self._text and reason is EndReason.DEADLINE:
            barks = lines.busy
        elif malformed or (not self._text and reason is not EndReason.CANCELLED and not self.call_count):
            barks = lines.confused
        if barks:
            bark = self._random.choice(barks)
            self._remember(Turn(TurnKind.LINE, neutralise(bark)))
            yield from self._say(f" {bark}" if self._text else bark)
        for sentence in self._sentences.flush():
            yield Sentence(next(self._sentence_numbers), sentence)
        yield End(
            reason=reason,
            text=self._text,
            delta_count=self._delta_count,
            fallback=bool(barks),
            usage=self._usage,
            timings=self._timings,
        )

    def _failed(self, exc: NpcError) -> Failed:
        lines = self._memory.character.fallback
        barks = lines.busy if isinstance(exc, QueueFull) else lines.broken
        line = self._random.choice(barks) if barks else ""
        return Failed(
            code=exc.code,
            message=exc.message,
            hint=exc.hint,
            retryable=exc.retryable,
            line=line,
            delta_count=self._delta_count,
        )

    def _read_calls(self, spoken: _Round) -> list[Call]:
        room = MAX_CALLS - self.call_count
        for raw in spoken.calls:
            if not raw.complete:
                raise ToolCallInvalid("The call has no end tag.")
        return [parse_call(raw.text, self._memory.character.tools) for raw in spoken.calls[:room]]

    def _take_round(self) -> _Round:
        spoken, self._round = self._round, None
        return spoken or _Round()

    def _remember(self, turn: Turn) -> None:
        self._memory.history.add(turn)
        self._own_turns += 1

    def _remember_line(self, spoken: _Round) -> None:
        if spoken.speech:
            text = neutralise(spoken.speech)
            exact = spoken.finished is not None and spoken.raw.strip() == text
            self._remember(Turn(TurnKind.LINE, text, spoken.finished.ids if exact and spoken.finished else None))

    def _remember_call(self, spoken: _Round) -> None:
        raw = spoken.raw[: spoken.raw.rfind(CALL_END) + len(CALL_END)].strip()
        text = neutralise_line(raw)
        exact = spoken.finished is not None and spoken.raw.strip() == text
        self._remember(Turn(TurnKind.CALL, text, spoken.finished.ids if exact and spoken.finished else None))

    def _remember_malformed(self, spoken: _Round, fault: ToolCallInvalid) -> None:
        """The failed call and what was wrong with it: the model reads them once, then they are forgotten."""
        tried = neutralise(spoken.calls[-1].text)[:400]
        self._scratch += [
            Turn(TurnKind.CALL, f"{CALL_START} {tried} {CALL_END}"),
            Turn(TurnKind.RESULT, result_text({"error": fault.message})),
        ]
        if spoken.speech:
            self._remember(Turn(TurnKind.LINE, neutralise(spoken.speech)))
        for turn in self._scratch[-2:]:
            self._remember(turn)

    def _remember_unfinished(self) -> None:
        """What was said before the stream broke off or the caller went away."""
        self._remember_line(self._take_round())

    def _take_back_if_silent(self) -> None:
        """Nothing was said, so the caller may say it again: as if it had not been said."""
        if not self._text and not self.call_count:
            history = self._memory.history
            history.truncate(len(history.turns) - self._own_turns)


def _cut_notice(fitted: FittedPrompt) -> Iterator[Event]:
    if fitted.cut:
        yield Notice("history_cut", f"{len(fitted.cut)} old turns were forgotten to fit the window.")
