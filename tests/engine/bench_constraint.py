"""What a held call costs in a step: `python -m tests.engine.bench_constraint [--model demo] [--rows 1 4 16]`.

No test: it prints what it measures. The same rows decode twice in turns, once free and once writing calls, step by
step; the difference is the cost of masks, checks and grammar. Alone it also tells what single parts take.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from npc_sdk.backend import GREEDY, CallSchema, Prompt, Request
from npc_sdk.chat_format import CALL_START
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.line_guard import LineGuard
from npc_sdk.engine.load import open_engine
from npc_sdk.engine.model_runner import ModelRunner
from npc_sdk.engine.outbox import Outbox
from npc_sdk.engine.request import RowRequest
from npc_sdk.engine.sampler import TokenSampler
from npc_sdk.engine.text_stream import TextStream

GIVE = CallSchema(
    "give_item",
    {
        "type": "object",
        "properties": {
            "item": {"type": "string", "enum": [f"thing {index} of the long shelf" for index in range(200)]},
            "count": {"type": "integer", "minimum": 1, "maximum": 99},
            "note": {"type": "string"},
        },
        "required": ["item", "count", "note"],
    },
)
PROMPT_TOKENS = 600
WARM_STEPS, STEPS = 10, 60


class _NoReader(Outbox):
    def __init__(self) -> None:
        pass

    def put(self, item: object) -> bool:
        return True


def rows_of(engine: Engine, count: int) -> list[RowRequest]:
    """Rows that will decode for as long as is measured."""
    grammar = engine._grammars.compile([GIVE])
    assert grammar is not None
    rows = []
    for number in range(count):
        ids = tuple((7 * place + 13 * number) % 5000 + 20 for place in range(PROMPT_TOKENS))
        request = Request(
            request_id=f"{number}", prompt=Prompt(), prompt_ids=ids, max_tokens=1000, sampling=GREEDY, calls=()
        )
        text = TextStream(engine.codec.decode, engine.codec.encode_text)
        guard = LineGuard(
            request, text, engine._texts, grammar=grammar, start_id=engine._call_id, stop_ids=frozenset()
        )
        row = RowRequest(number, request, text, TokenSampler(GREEDY, ids), guard, _NoReader())
        rows.append(row)
    return rows


def step_ms(runner: ModelRunner, rows: Sequence[RowRequest], steps: int, start_id: int | None) -> list[float]:
    """Milliseconds of each step of decoding; a row that is not in a call begins one, unless `start_id` is None."""
    times = []
    for _ in range(steps):
        for row in rows:
            if start_id is not None and isinstance(row.guard, LineGuard) and not row.guard.in_call:
                row.guard.judge(start_id)
                row.guard.note(start_id)
        started = time.perf_counter()
        for item in runner.decode(rows):
            if item.token is not None:
                item.row.take(item.token)
        times.append((time.perf_counter() - started) * 1e3)
    return times


def measure(engine: Engine, count: int) -> tuple[float, float]:
    """Median milliseconds of a step of free rows and of held rows, measured in turns."""
    runners = []
    for held in (False, True):
        runner, rows = ModelRunner(engine._runner._model, prefix_cache_bytes=0), rows_of(engine, count)
        start_id = engine._call_id if held else None
        for item in runner.prefill(rows):
            item.row.take(item.token or 0)
        step_ms(runner, rows, WARM_STEPS, start_id)
        runners.append((runner, rows, start_id))
    times: list[list[float]] = [[], []]
    for _ in range(STEPS // 5):
        for kind, (runner, rows, start_id) in enumerate(runners):
            times[kind] += step_ms(runner, rows, 5, start_id)
    return statistics.median(times[0]), statistics.median(times[1])


def compile_ms(engine: Engine) -> float:
    """Median milliseconds of a grammar with live names that were never seen."""
    times = []
    for turn in range(10):
        fresh = {"item": {"type": "string", "enum": [f"thing {index} of turn {turn}" for index in range(200)]}}
        schema = replace(
            GIVE, parameters={**GIVE.parameters, "properties": {**GIVE.parameters["properties"], **fresh}}
        )
        started = time.perf_counter()
        engine._grammars.compile([schema])
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 4, 16])
    options = parser.parse_args(argv)
    engine = open_engine(options.model)
    assert engine.codec.control_id(CALL_START) is not None
    sys.stdout.write(f"{engine.label}, prompts of {PROMPT_TOKENS} tokens\n")
    sys.stdout.write(f"compile a grammar with 200 new names: {compile_ms(engine):.1f} ms, in a thread of its own\n")
    sys.stdout.write("rows  free ms  held ms  cost\n")
    with torch.inference_mode():
        for count in options.rows:
            free, held = measure(engine, count)
            sys.stdout.write(f"{count:4}  {free:7.2f}  {held:7.2f}  {(held / free - 1) * 100:+.1f} %\n")
    engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
