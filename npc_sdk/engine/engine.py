"""The engine: one thread that decodes all open requests together, and the asyncio face in front of it."""

from __future__ import annotations

import asyncio
import atexit
import itertools
import threading
import time
import traceback
from collections.abc import AsyncGenerator, Callable, Sequence
from types import TracebackType
from typing import Any, Self

import torch

from npc_sdk.backend import CallSchema, Finished, Piece, Request
from npc_sdk.chat_format import CALL_START
from npc_sdk.engine.call_grammar import CallGrammar, CallGrammars
from npc_sdk.engine.checks import check_request
from npc_sdk.engine.codec import EngineCodec
from npc_sdk.engine.facts import ModelFacts, stop_ids
from npc_sdk.engine.limits import PREFIX_CACHE_BYTES_CPU, PREFIX_CACHE_BYTES_GPU, EngineLimits
from npc_sdk.engine.line_guard import LineGuard
from npc_sdk.engine.model_runner import Drawn, ModelRunner
from npc_sdk.engine.outbox import Outbox
from npc_sdk.engine.request import RowRequest
from npc_sdk.engine.sampler import TokenSampler
from npc_sdk.engine.scheduler import Ending, Plan, Scheduler
from npc_sdk.engine.text_stream import TextStream
from npc_sdk.engine.token_texts import TokenTexts
from npc_sdk.engine.translate import is_out_of_memory, step_failure
from npc_sdk.errors import EngineClosed, NpcError


class Engine:
    """Continues prompts with a causal language model of transformers; a `Backend`.

    Several asyncio loops and threads may share one engine. Its thread is a daemon, and it is stopped before the
    interpreter goes, so a program that forgets `aclose()` still ends.

    Args:
        model: the model, on its device, in its dtype; the engine is its only user from now on.
        codec: how the model reads prompts; `codec_for(tokenizer)` picks one.
        label: the model's name, for people.
        limits: what it takes on at most.

    Raises:
        ModelBroken: if the model's config does not tell its window.
    """

    def __init__(
        self,
        model: Any,
        codec: EngineCodec,
        *,
        label: str,
        limits: EngineLimits = EngineLimits(),  # noqa: B008  frozen
    ) -> None:
        self.label = label
        self.codec = codec
        self.limits = limits
        self._facts = ModelFacts.of(model, codec, window_tokens=limits.window_tokens)
        self._runner = ModelRunner(model.eval(), prefix_cache_bytes=_prefix_cache_bytes(limits, self._facts))
        self._scheduler = Scheduler(max_rows=limits.max_rows, max_queued=limits.max_queued)
        self._grammars = CallGrammars(codec, self._facts.vocabulary)
        self._texts = TokenTexts(codec)
        self._call_id = codec.control_id(CALL_START)
        self._preparing: dict[str, bool] = {}  # requests that are not queued yet, and whether they were cancelled
        self._numbers = itertools.count()
        self._changed = threading.Condition()  # guards the scheduler and `_closing`
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name=f"npc-engine-{label}", daemon=True)
        self._thread.start()
        # A daemon thread that is inside torch while the interpreter goes can crash it.
        atexit.register(self.close)

    def prepare_calls(self) -> None:
        """Reads the vocabulary for tool calls, which the first line with tools would wait for: 30 ms to a second."""
        self._grammars.prepare()

    @property
    def window_tokens(self) -> int:
        """Most tokens of prompt and reply together."""
        return self._facts.window_tokens

    async def stream(self, request: Request) -> AsyncGenerator[Piece | Finished, None]:
        """Pieces of the continuation, then exactly one `Finished`.

        Closing the generator early frees the request's place before the next token.

        Raises:
            InputError: if a field of the request is out of its range or its id is open already.
            WindowExceeded: if prompt and reply do not fit the window.
            QueueFull: if as many requests wait as may.
            EngineClosed: if the engine was stopped, before or meanwhile.
            EngineFailed: if a step failed; the engine goes on.
            OutOfMemory: if the device has too little memory; the engine goes on.
        """
        check_request(request, self._facts, self.limits)
        grammar = await self._grammar(request)
        outbox = Outbox()
        row = self._submit(request, outbox, grammar)
        try:
            while not isinstance(item := await outbox.get(), Finished):
                if isinstance(item, NpcError):
                    raise item
                yield item
            yield item
        finally:
            row.cancelled = True

    def cancel(self, request_id: str) -> None:
        """Ends a request's stream with `Finished(reason=cancelled)` before its next token; from any thread.

        An id that is not open is ignored.
        """
        with self._changed:
            if request_id in self._preparing:
                self._preparing[request_id] = True
            for row in self._scheduler.open_rows():
                if row.request.request_id == request_id:
                    row.cancelled = True

    def close(self) -> None:
        """Ends all requests with EngineClosed and frees the model; waits for the step under way, up to a limit."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(self.limits.close_timeout_s)
        atexit.unregister(self.close)

    async def aclose(self) -> None:
        """The same, without blocking the loop. May be called twice."""
        await asyncio.to_thread(self.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _grammar(self, request: Request) -> CallGrammar | None:
        """Compiled in a thread of its own, so that neither the loop nor the lines that speak wait for it."""
        calls = request.calls
        if calls is None:
            calls = tuple(CallSchema(tool["name"], tool["parameters"]) for tool in request.prompt.tools)
        known, grammar = self._grammars.find(calls)
        if not known:
            with self._changed:
                self._preparing[request.request_id] = False
            try:
                grammar = await asyncio.to_thread(self._grammars.compile, calls)
            except BaseException:
                self._preparing.pop(request.request_id, None)
                raise
        return grammar

    def _submit(self, request: Request, outbox: Outbox, grammar: CallGrammar | None) -> RowRequest:
        ends = self._facts.eos_ids.union(stop_ids(request.stops, self.codec))
        text = TextStream(
            self.codec.decode,
            self.codec.encode_text,
            stop_ids=ends,
            stop_texts=(*self.codec.stops, *request.stops),
        )
        drawer = TokenSampler(request.sampling, request.prompt_ids)
        guard = LineGuard(request, text, self._texts, grammar=grammar, start_id=self._call_id, stop_ids=ends)
        with self._changed:
            if self._closing:
                raise EngineClosed(f"The engine of {self.label} was asked for a line after it was stopped.")
            row = RowRequest(next(self._numbers), request, text, drawer, guard, outbox)
            row.cancelled = self._preparing.pop(request.request_id, False)
            self._scheduler.submit(row)
            self._changed.notify()
        return row

    def _serve(self) -> None:
        """The engine's thread."""
        try:
            with torch.inference_mode():
                while self._wait_for_work():
                    self._step()
        finally:
            self._shut()

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._scheduler.has_work)
            return not self._closing

    def _step(self) -> None:
        """One more token for every row, and one new row read."""
        plan = self._plan()
        self._guard([*plan.ending_rows, *plan.decode], lambda: self._end(plan.endings))
        self._guard(plan.decode, lambda: self._settle(self._runner.decode(plan.decode)))
        self._guard(plan.prefill, lambda: self._settle(self._runner.prefill(plan.prefill)))

    def _plan(self) -> Plan:
        with self._changed:
            return self._scheduler.plan(time.perf_counter())

    def _guard(self, rows: Sequence[RowRequest], phase: Callable[[], None]) -> None:
        """Runs a phase; if it fails, so do `rows`, and nothing else."""
        try:
            phase()
        except Exception as error:  # noqa: BLE001  whatever a model raises, the engine goes on
            self._fail(rows, error)

    def _settle(self, drawn: Sequence[Drawn]) -> None:
        """Shows the drawn tokens and ends the lines that are over."""
        over = []
        for item in drawn:
            reason = item.reason if item.token is None else item.row.take(item.token)
            if reason is not None:
                over.append(Ending(item.row, reason))
        self._end(over)

    def _end(self, endings: Sequence[Ending]) -> None:
        """Sends terminals, then keeps what the rows hold: the reader need not wait for that."""
        rows = [ending.row for ending in endings]
        with self._changed:
            self._scheduler.leave(rows)
        for ending in endings:
            ending.row.finish(ending.reason)
        self._runner.leave(rows)

    def _fail(self, rows: Sequence[RowRequest], error: Exception) -> None:
        with self._changed:
            self._scheduler.leave(rows)
        self._runner.discard(rows)
        # The frames of the failed step hold its tensors for as long as somebody keeps the error.
        traceback.clear_frames(error.__traceback__)
        if is_out_of_memory(error):
            self._runner.free()
        for row in rows:
            row.fail(step_failure(error, self.label))

    def _shut(self) -> None:
        with self._changed:
            self._closing = True
            rows = self._scheduler.open_rows()
            self._scheduler.leave(rows)
        for row in rows:
            row.fail(EngineClosed(f"The engine of {self.label} was stopped while a line was open."))
        self._runner.close()


def _prefix_cache_bytes(limits: EngineLimits, facts: ModelFacts) -> int:
    if limits.prefix_cache_bytes is not None:
        return limits.prefix_cache_bytes
    return PREFIX_CACHE_BYTES_CPU if facts.device_type == "cpu" else PREFIX_CACHE_BYTES_GPU
