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
from npc_sdk.call_desk import NO_ANSWER, CallDesk
from npc_sdk.call_schemas import LiveNames, call_schemas
from npc_sdk.errors import NpcError, QueueFull, ToolCallInvalid
from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, Sentence, Timings, Usage
from npc_sdk.line_parser import LineParser, RawCall, Speech
from npc_sdk.line_record import LineRecord, Round
from npc_sdk.memory import FittedPrompt, Memory
from npc_sdk.sentences import SentenceSplitter
from npc_sdk.tools import Call, parse_call

MAX_REPAIRS = 2
"""How often the model may try again after a malformed call, in one line."""

MAX_CALLS = 4
"""Most tool calls in one line."""

_SEED_COUNT = 2**63  # seeds are whole numbers below it; a large seed of a sheet starts over from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """How one line is made.

    Args:
        seed: of the line; None draws one.
        deadline_s: seconds for the whole line; None for no deadline.
        tool_timeout_s: longest wait for one tool result.
        priority: which requests go first.
        first_call: number of the line's first call, within the dialogue.
        objects: live names by the name of their list, for the arguments of calls.
    """

    seed: int | None
    deadline_s: float | None
    tool_timeout_s: float
    priority: Priority
    first_call: int
    objects: LiveNames = field(default_factory=dict)


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
        self._record = LineRecord(memory, own_turns)
        self._random = random.Random(settings.seed)
        self._sentences = SentenceSplitter()
        self._sentence_count = 0
        self._desk = CallDesk(
            settings.first_call,
            count_tokens=backend.codec.count,
            remember=self._record.result,
        )
        self._text = ""
        self._delta_count = 0
        self._usage = Usage()
        self._timings = Timings()
        self._request_id: str | None = None
        self._cancelled = False
        self._deadline_at: float | None = None
        self._round: Round | None = None

    @property
    def call_count(self) -> int:
        """How many calls the line made."""
        return self._desk.count

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
            self._record.close()

    def cancel(self) -> None:
        """The line ends with `cancelled` at its next token or wait."""
        self._cancelled = True
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        self._desk.call_off()

    def tool_result(self, call_id: str, result: Any) -> None:
        """Answers an open call. See `Dialogue.tool_result`."""
        self._desk.answer(call_id, result)

    async def _rounds(self) -> AsyncGenerator[Event, None]:
        reason, repairs = EndReason.DONE, 0
        for number in itertools.count():
            if (stopped := self._stopped()) is not None:
                reason = stopped
                break
            fitted = self._memory.fit(self._memory.character.generation.max_tokens, keep=self._record.own_turns)
            for event in _cut_notice(fitted):
                yield event
            async with aclosing(self._ask(self._request(fitted, number))) as asked:
                async for event in asked:
                    yield event
            spoken = self._take_round()
            reason = spoken.finished.reason if spoken.finished else EndReason.DONE
            if reason in (EndReason.CANCELLED, EndReason.DEADLINE) or not spoken.calls:
                self._record.line(spoken)
                break
            try:
                calls = self._read_calls(spoken)
            except ToolCallInvalid as exc:
                repairs += 1
                yield Notice(exc.code, exc.message)
                if repairs > MAX_REPAIRS:
                    self._record.line(spoken)
                    break
                self._record.malformed(spoken, exc)
                continue
            self._record.call(spoken)
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
        current = self._round = Round(offered=request.calls or ())
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
                async with aclosing(self._desk.hand_over(call, self._tool_limit_s())) as done:
                    async for event in done:
                        yield event
        finally:
            # Calls that are in history have their results there too, even when the line is dropped here.
            for _ in calls[answered:]:
                self._record.result(NO_ANSWER)

    def _tool_limit_s(self) -> float:
        limit_s = self._settings.tool_timeout_s
        if self._deadline_at is not None:
            limit_s = min(limit_s, max(0.0, self._deadline_at - asyncio.get_running_loop().time()))
        return limit_s

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
            calls=call_schemas(self._memory.character.tools, self._settings.objects, self._memory.conversation()),
            max_sentences=self._sentences_left(),
            guard_speech=True,
        )

    def _sentences_left(self) -> int | None:
        """Behind a call the NPC tells at least what came of it."""
        most = self._memory.character.speech.max_sentences
        if most is None:
            return None
        splitter = SentenceSplitter()
        said = [*splitter.feed(self._text), *splitter.flush()]
        return max(1, most - len(said))

    def _stopped(self) -> EndReason | None:
        if self._cancelled:
            return EndReason.CANCELLED
        if self._deadline_at is not None and asyncio.get_running_loop().time() >= self._deadline_at:
            return EndReason.DEADLINE
        return None

    def _hear(self, parts: Iterable[Speech | RawCall], current: Round) -> Iterator[Event]:
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
        yield from self._spoken(self._sentences.feed(text))

    def _spoken(self, sentences: Iterable[str]) -> Iterator[Event]:
        for sentence in sentences:
            yield Sentence(self._sentence_count, sentence)
            self._sentence_count += 1

    def _closing(self, reason: EndReason, malformed: bool) -> Iterator[Event]:
        lines = self._memory.character.fallback
        barks: tuple[str, ...] = ()
        if not self._text and reason is EndReason.DEADLINE:
            barks = lines.busy
        elif malformed or (not self._text and reason is not EndReason.CANCELLED and not self.call_count):
            barks = lines.confused
        if barks:
            bark = self._random.choice(barks)
            self._record.bark(bark)
            yield from self._say(f" {bark}" if self._text else bark)
        yield from self._spoken(self._sentences.flush())
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

    def _read_calls(self, spoken: Round) -> list[Call]:
        room = MAX_CALLS - self.call_count
        for raw in spoken.calls:
            if not raw.complete:
                raise ToolCallInvalid("The call has no end tag.")
        return [parse_call(raw.text, spoken.offered) for raw in spoken.calls[:room]]

    def _take_round(self) -> Round:
        spoken, self._round = self._round, None
        return spoken or Round()

    def _remember_unfinished(self) -> None:
        """What was said before the stream broke off or the caller went away."""
        self._record.line(self._take_round())

    def _take_back_if_silent(self) -> None:
        if not self._text and not self.call_count:
            self._record.take_back()


def _cut_notice(fitted: FittedPrompt) -> Iterator[Event]:
    if fitted.cut:
        yield Notice("history_cut", f"{len(fitted.cut)} old turns were forgotten to fit the window.")
