"""Plays tests on a backend, several side by side, and judges what the NPC says."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from npc_sdk.backend import Backend, Priority
from npc_sdk.dialogue import Dialogue, Respond
from npc_sdk.errors import NpcError
from npc_sdk.events import End, Event, Failed, ToolCall
from npc_sdk.sheet_test import ScriptTurn, SheetTest
from npc_sdk.sheet_tests.judge import Answer, Scene, judge
from npc_sdk.sheet_tests.plan import Case
from npc_sdk.sheet_tests.results import CaseResult, Played, Run, Trouble
from npc_sdk.tools import Call

AT_ONCE = 16
"""Most dialogues that speak at once: as many rows as an engine has by default."""


async def play_all(
    cases: Sequence[Case],
    backend: Backend,
    *,
    at_once: int = AT_ONCE,
    on_run: Callable[[Case, Run], None] = lambda case, run: None,
) -> list[CaseResult]:
    """Plays every run of every case.

    Args:
        cases: what to play.
        backend: continues prompts; it stays open.
        at_once: most dialogues at a time, at least 1.
        on_run: is told of every run as it ends.

    Returns:
        the results in the order of the cases.
    """
    room = asyncio.Semaphore(at_once)

    async def play_one(case: Case, seed: int) -> Run:
        async with room:
            run = await play(case, seed, backend)
        on_run(case, run)
        return run

    async with asyncio.TaskGroup() as group:
        tasks = [[group.create_task(play_one(case, seed)) for seed in case.seeds] for case in cases]
    return [CaseResult(case, tuple(task.result() for task in runs)) for case, runs in zip(cases, tasks, strict=True)]


async def play(case: Case, seed: int, backend: Backend) -> Run:
    """One conversation from its beginning. A line that fails ends it: the run has failed with that error's code."""
    began = time.monotonic()
    played: list[Played] = []
    trouble = None
    try:
        dialogue = Dialogue(case.sheet.character, backend, player=case.test.player, seed=seed)
        heard = [case.test.player or "", json.dumps(case.test.tool_results, ensure_ascii=False)]
        for turn in case.test.turns:
            step = await _step(dialogue, turn, case.test, heard)
            played.append(step)
            heard.append(step.text)
            heard += [step.answer.text] if step.answer else []
    except _LineFailed as exc:
        played.append(exc.step)
        trouble = exc.trouble
    except NpcError as exc:
        trouble = Trouble(exc.code, exc.message, exc.hint)
    return Run(seed, tuple(played), trouble, began, time.monotonic() - began)


class _LineFailed(Exception):
    def __init__(self, step: Played, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.step = step
        self.trouble = trouble


async def _step(dialogue: Dialogue, turn: ScriptTurn, test: SheetTest, heard: Sequence[str]) -> Played:
    if turn.state is not None:
        dialogue.set_state(turn.state)
        return Played("state", ", ".join(f"{key}: {value or 'none'}" for key, value in turn.state.items()))
    if turn.player is not None:
        kind, text = "player", turn.player
        events = dialogue.say(text, objects=turn.objects)
    else:
        kind, text = "event", turn.event or ""
        respond = Respond.MUST if turn.expect else Respond.SILENT
        events = dialogue.narrate(text, respond=respond, objects=turn.objects, priority=Priority.PLAYER)
    answer, trouble = await _drain(dialogue, events, test)
    if trouble is not None:
        raise _LineFailed(Played(kind, text, answer), trouble)
    if kind == "event" and turn.expect is None:
        return Played(kind, text)
    there = (name for names in turn.objects.values() for name in names)
    scene = Scene(dialogue.character, text, (*heard, *there, *dialogue.state.values()))
    misses = judge(turn.expect, answer, scene) if turn.expect else []
    return Played(kind, text, answer, tuple(misses))


async def _drain(
    dialogue: Dialogue, events: AsyncGenerator[Event, None], test: SheetTest
) -> tuple[Answer, Trouble | None]:
    """Hears a line to its terminal event and answers its calls as the test says."""
    calls: list[Call] = []
    async with aclosing(events) as stream:
        async for event in stream:
            match event:
                case ToolCall(call_id, name, arguments):
                    calls.append(Call(name, arguments))
                    dialogue.tool_result(call_id, test.tool_results.get(name, {"ok": True}))
                case End():
                    return Answer(event.text, tuple(calls), event.fallback, event.reason), None
                case Failed():
                    trouble = Trouble(event.code, event.message, event.hint)
                    return Answer("", tuple(calls), ended=event.code), trouble
                case _:
                    pass
    raise AssertionError("a line ended without its terminal event")
