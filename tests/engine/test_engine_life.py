"""An engine under load, faults, cancels and closing: one terminal per stream, and it goes on serving."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import torch

from npc_sdk.backend import Piece, Priority, Sampling
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.limits import EngineLimits
from npc_sdk.errors import EngineClosed, EngineFailed, InputError, NpcError, OutOfMemory, QueueFull, WindowExceeded
from npc_sdk.events import EndReason
from tests.engine.helpers import GLYPHS, drain, generated, random_ids, request

LONG = 400


class Wrapped:
    """A model that waits at a gate before every call and runs `before` there: it may raise."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Event()
        self.before: Callable[[torch.Tensor], None] = lambda ids: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def eval(self) -> Wrapped:
        return self

    def __call__(self, *, input_ids: torch.Tensor, **options: Any) -> Any:
        self.reached.set()
        assert self.gate.wait(30)
        self.before(input_ids)
        return self._model(input_ids=input_ids, **options)


@pytest.fixture
def model(tiny_model: Any) -> Wrapped:
    return Wrapped(tiny_model)


@pytest.fixture
async def engine(model: Wrapped) -> AsyncIterator[Engine]:
    made = Engine(model, GLYPHS, label="tiny", limits=EngineLimits(max_rows=2, max_queued=3))
    yield made
    model.gate.set()
    await made.aclose()


def open_requests(engine: Engine) -> int:
    with engine._changed:
        return len(engine._scheduler.open_rows())


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what the engine's thread will do."""
    while not holds():  # noqa: ASYNC110  the engine offers no event for its inside
        await asyncio.sleep(0)


async def opened(engine: Engine, asked: Any) -> asyncio.Task[Any]:
    """A line being drained, whose request the engine has."""
    before = open_requests(engine)
    task = asyncio.create_task(drain(engine, asked))
    await until(lambda: open_requests(engine) > before or task.done())
    return task


async def assert_serves(engine: Engine, tiny_model: Any) -> None:
    asked = request(random_ids(12, seed=77))
    assert (await drain(engine, asked)).end.ids == generated(tiny_model, asked.prompt_ids, asked.max_tokens)
    assert open_requests(engine) == 0
    # A terminal is sent before the row's keys and values are put away.
    await until(lambda: engine._runner._batch is None)


async def test_a_full_queue_is_told_at_once(engine: Engine, model: Wrapped, tiny_model: Any) -> None:
    model.gate.clear()
    first = await opened(engine, request(random_ids(5, seed=0), LONG))
    await asyncio.to_thread(model.reached.wait, 30)
    waiting = [await opened(engine, request(random_ids(5, seed=index))) for index in range(3)]
    with pytest.raises(QueueFull, match="3 requests wait"):
        await drain(engine, request(random_ids(5, seed=9)))
    model.gate.set()
    lines = await asyncio.gather(first, *waiting)
    assert [line.end.reason for line in lines] == [EndReason.LENGTH] * 4
    await assert_serves(engine, tiny_model)


async def test_player_facing_lines_go_before_ambient_ones(model: Wrapped) -> None:
    order: list[str] = []
    async with Engine(model, GLYPHS, label="tiny", limits=EngineLimits(max_rows=1)) as engine:
        model.gate.clear()
        tasks = [await opened(engine, request(random_ids(5, seed=0), 1))]
        await asyncio.to_thread(model.reached.wait, 30)
        for name, priority in [
            ("ambient", Priority.AMBIENT),
            ("nearby", Priority.NEARBY),
            ("player", Priority.PLAYER),
        ]:
            asked = request(random_ids(5, seed=1), 3, priority=priority)
            task = await opened(engine, asked)
            task.add_done_callback(lambda task, name=name: order.append(name))
            tasks.append(task)
        model.gate.set()
        await asyncio.gather(*tasks)
    assert order == ["player", "nearby", "ambient"]


async def test_cancel_while_running(engine: Engine, tiny_model: Any) -> None:
    other, asked = request(random_ids(5, seed=0), 20), request(random_ids(5, seed=8), LONG)
    task = asyncio.create_task(drain(engine, other))
    line = await drain(engine, asked, on_piece=lambda: engine.cancel(asked.request_id))
    engine.cancel("nobody")
    assert line.end.reason is EndReason.CANCELLED
    assert 0 < line.end.usage.completion_tokens < LONG
    assert (await task).end.ids == generated(tiny_model, other.prompt_ids, 20)
    await assert_serves(engine, tiny_model)


async def test_cancel_while_queued(engine: Engine, model: Wrapped, tiny_model: Any) -> None:
    model.gate.clear()
    others = [await opened(engine, request(random_ids(5, seed=index), 20)) for index in range(2)]
    await asyncio.to_thread(model.reached.wait, 30)
    asked = request(random_ids(5, seed=8), LONG)
    task = await opened(engine, asked)
    engine.cancel(asked.request_id)
    model.gate.set()
    line = await task
    assert (line.end.reason, line.end.usage.completion_tokens) == (EndReason.CANCELLED, 0)
    assert [(await other).end.reason for other in others] == [EndReason.LENGTH] * 2
    await assert_serves(engine, tiny_model)


@pytest.mark.parametrize("queued", [False, True])
async def test_deadline(engine: Engine, model: Wrapped, tiny_model: Any, *, queued: bool) -> None:
    def limit_s(index: int) -> float | None:
        return 0.02 if index == 2 or not queued else None

    model.gate.clear()
    tasks = [await opened(engine, request(random_ids(5, seed=i), LONG, deadline_s=limit_s(i))) for i in range(3)]
    await asyncio.sleep(0.05)
    model.gate.set()
    lines = await asyncio.gather(*tasks)
    reasons = [line.end.reason for line in lines]
    assert reasons == [EndReason.LENGTH if limit_s(index) is None else EndReason.DEADLINE for index in range(3)]
    assert lines[2].end.usage.completion_tokens == 0
    await assert_serves(engine, tiny_model)


async def test_a_deadline_of_nothing_ends_before_the_model_is_asked(engine: Engine, tiny_model: Any) -> None:
    line = await drain(engine, request(random_ids(5, seed=0), deadline_s=0.0))
    assert (line.end.reason, line.text, line.end.ids) == (EndReason.DEADLINE, "", ())


async def test_closing_the_stream_early_frees_its_row(engine: Engine, tiny_model: Any) -> None:
    stream = engine.stream(request(random_ids(5, seed=0), LONG))
    assert isinstance(await anext(stream), Piece)
    await stream.aclose()
    await until(lambda: not open_requests(engine))
    await assert_serves(engine, tiny_model)


async def test_a_cancelled_task_frees_its_row(engine: Engine, model: Wrapped, tiny_model: Any) -> None:
    task = await opened(engine, request(random_ids(5, seed=0), LONG))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not open_requests(engine))
    await assert_serves(engine, tiny_model)


async def test_a_failing_prefill_loses_its_own_request_only(engine: Engine, model: Wrapped, tiny_model: Any) -> None:
    bad = random_ids(23, seed=3)

    def fail(ids: torch.Tensor) -> None:
        if ids.shape[1] == len(bad):
            raise ValueError("the prompt\nbroke it")

    model.before = fail
    asked = [request(random_ids(5, seed=0), 30), request(bad), request(random_ids(6, seed=1), 30)]
    good, failed, also = await asyncio.gather(*(drain(engine, one) for one in asked), return_exceptions=True)
    assert isinstance(failed, EngineFailed)
    assert failed.message == "A step of tiny failed: ValueError: the prompt"
    assert isinstance(failed.__cause__, ValueError)
    assert failed.retryable
    for line, one in ((good, asked[0]), (also, asked[2])):
        assert line.end.ids == generated(tiny_model, one.prompt_ids, one.max_tokens)
    await assert_serves(engine, tiny_model)


@pytest.mark.parametrize(
    ("raised", "wanted"),
    [
        (RuntimeError("kaput"), EngineFailed),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), OutOfMemory),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), OutOfMemory),
        (MemoryError(), OutOfMemory),
    ],
)
async def test_a_failing_decode_loses_the_batch_and_the_engine_goes_on(
    engine: Engine, model: Wrapped, tiny_model: Any, raised: Exception, wanted: type[NpcError]
) -> None:
    def fail(ids: torch.Tensor) -> None:
        if ids.shape == (2, 1):
            model.before = lambda ids: None
            raise raised

    await drain(engine, request(random_ids(30, seed=50)))
    model.before = fail
    waits = [request(random_ids(5 + index, seed=index), 50) for index in range(3)]
    first, second, third = await asyncio.gather(*(drain(engine, one) for one in waits), return_exceptions=True)
    assert type(first) is type(second) is wanted
    assert first is not second
    assert first.__cause__ is second.__cause__ is raised
    assert third.end.ids == generated(tiny_model, waits[2].prompt_ids, 50)
    if wanted is OutOfMemory:
        assert engine._runner.prefixes.lookup(random_ids(30, seed=50)) is None
    await assert_serves(engine, tiny_model)


async def test_a_tokenizer_that_fails_loses_one_line(model: Wrapped, tiny_model: Any) -> None:
    class Fragile(type(GLYPHS)):  # type: ignore[misc]
        fails = True

        def decode(self, ids: Any) -> str:
            if self.fails:
                raise KeyError("no such id")
            return super().decode(ids)

    codec = Fragile()
    async with Engine(model, codec, label="tiny") as engine:
        with pytest.raises(EngineFailed, match="KeyError"):
            await drain(engine, request(random_ids(5, seed=0)))
        codec.fails = False
        await assert_serves(engine, tiny_model)


async def test_closing_ends_all_and_joins(engine: Engine, model: Wrapped) -> None:
    model.gate.clear()
    tasks = [await opened(engine, request(random_ids(5, seed=0), LONG))]
    await asyncio.to_thread(model.reached.wait, 30)
    tasks += [await opened(engine, request(random_ids(5, seed=index), LONG)) for index in (1, 2, 3)]
    closing = asyncio.create_task(engine.aclose())
    await asyncio.sleep(0)
    model.gate.set()
    await closing
    assert not engine._thread.is_alive()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [EngineClosed] * 4
    with pytest.raises(EngineClosed):
        await drain(engine, request(random_ids(5, seed=0)))
    await engine.aclose()


async def test_closing_waits_no_longer_than_its_limit(model: Wrapped) -> None:
    engine = Engine(model, GLYPHS, label="tiny", limits=EngineLimits(close_timeout_s=1))
    model.gate.clear()
    task = await opened(engine, request(random_ids(5, seed=0)))
    await asyncio.to_thread(model.reached.wait, 30)
    await engine.aclose()
    assert engine._thread.is_alive()
    model.gate.set()
    engine._thread.join(30)
    with pytest.raises(EngineClosed):
        await task


async def test_several_loops_share_one_engine(engine: Engine, tiny_model: Any) -> None:
    asked = [request(random_ids(7, seed=index), 12) for index in range(4)]
    lines: dict[int, Any] = {}

    def talk(index: int) -> None:
        lines[index] = asyncio.run(drain(engine, asked[index]))

    threads = [threading.Thread(target=talk, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    for index in range(4):
        assert lines[index].end.ids == generated(tiny_model, asked[index].prompt_ids, 12)


def test_a_loop_that_goes_away_leaves_the_engine_serving(model: Wrapped, tiny_model: Any) -> None:
    engine = Engine(model, GLYPHS, label="tiny", limits=EngineLimits(max_rows=1))
    loop = asyncio.new_event_loop()
    stream = engine.stream(request(random_ids(5, seed=0), LONG))
    loop.run_until_complete(anext(stream))
    loop.close()
    asyncio.run(assert_serves(engine, tiny_model))
    engine.close()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"max_tokens": 0}, "max_tokens must be at least 1, not 0"),
        ({"ids": ()}, "prompt_ids"),
        ({"ids": (5, 6144)}, "prompt_ids must be ids from 0 to 6143, not 6144"),
        ({"ids": (-1,)}, "prompt_ids"),
        ({"sampling": Sampling(temperature=2.5)}, "temperature"),
        ({"sampling": Sampling(temperature=float("nan"))}, "temperature"),
        ({"sampling": Sampling(top_p=0)}, "top_p"),
        ({"sampling": Sampling(top_k=-1)}, "top_k"),
        ({"sampling": Sampling(min_p=1.1)}, "min_p"),
        ({"sampling": Sampling(repetition_penalty=0.5)}, "repetition_penalty"),
        ({"sampling": Sampling(seed=-1)}, "seed"),
        ({"stops": ("",)}, "stops"),
        ({"stops": ("x" * 257,)}, "stops"),
        ({"stops": ("x",) * 17}, "stops"),
        ({"deadline_s": -1.0}, "deadline_s"),
        ({"deadline_s": float("nan")}, "deadline_s"),
    ],
)
async def test_a_request_out_of_range_is_told(engine: Engine, options: dict[str, Any], named: str) -> None:
    ids = options.pop("ids", (5, 6))
    with pytest.raises(InputError, match=named):
        await drain(engine, request(ids, **options))
    assert open_requests(engine) == 0


async def test_a_prompt_and_reply_over_the_window_are_told(engine: Engine) -> None:
    with pytest.raises(WindowExceeded, match=r"200 tokens and a reply of up to 313 .* 513 .* window is 512"):
        await drain(engine, request(random_ids(200, seed=0), 313))


async def test_the_whole_window_can_be_used(make_engine: Any) -> None:
    async with make_engine(window_tokens=64) as engine:
        assert engine.window_tokens == 64
        line = await drain(engine, request(random_ids(40, seed=0), 24))
        assert line.end.usage.completion_tokens == 24
        with pytest.raises(WindowExceeded):
            await drain(engine, request(random_ids(41, seed=0), 24))


@pytest.mark.parametrize("name", ["max_rows", "max_queued", "prefix_cache_bytes", "window_tokens", "close_timeout_s"])
def test_limits_out_of_range_are_told(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} must be at least"):
        EngineLimits(**{name: -1})


async def test_counts_and_timings(engine: Engine) -> None:
    line = await drain(engine, request(random_ids(9, seed=0), 5))
    usage, timings = line.end.usage, line.end.timings
    assert (usage.prompt_tokens, usage.completion_tokens, usage.rounds) == (9, 5, 1)
    assert timings.first_token_ms >= timings.queue_ms + timings.prefill_ms > 0
    assert timings.decode_ms > 0


async def test_a_request_of_an_open_name_is_told(engine: Engine, model: Wrapped) -> None:
    model.gate.clear()
    asked = request(random_ids(5, seed=0))
    task = await opened(engine, asked)
    with pytest.raises(InputError, match="is open already"):
        await drain(engine, asked)
    model.gate.set()
    await task
    assert (await drain(engine, asked)).end.reason is EndReason.LENGTH


async def test_stop_texts_of_the_request(engine: Engine, tiny_model: Any) -> None:
    ids = random_ids(9, seed=0)
    whole = generated(tiny_model, ids, 8)
    stop = GLYPHS.decode(whole[3:5])
    line = await drain(engine, request(ids, stops=(stop,)))
    assert line.end.reason is EndReason.DONE
    assert line.end.ids == whole[:3]
    assert line.text == GLYPHS.decode(whole[:3])
    assert line.end.usage.completion_tokens == 5


def test_a_program_that_forgets_to_close_still_ends() -> None:
    code = """
import asyncio
from npc_sdk.backend import Prompt, Request
from npc_sdk.engine.load import open_engine

async def main():
    engine = open_engine(dtype="float32")
    asked = Request(request_id="a", prompt=Prompt(), prompt_ids=tuple(range(12, 300)), max_tokens=3000, stops=())
    async for item in engine.stream(asked):
        return

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
