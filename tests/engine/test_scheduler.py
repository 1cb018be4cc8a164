"""Who runs and who waits, without a model and without torch."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import pytest

from npc_sdk.backend import Priority, Prompt, Request
from npc_sdk.engine.request import RowRequest
from npc_sdk.engine.scheduler import Ending, Scheduler
from npc_sdk.engine.text_stream import TextStream
from npc_sdk.errors import InputError, QueueFull
from npc_sdk.events import EndReason

_numbers = itertools.count()


class Sink:
    def __init__(self) -> None:
        self.items: list[Any] = []

    def put(self, item: Any) -> bool:
        self.items.append(item)
        return True


class Drawer:
    def note(self, token: int) -> None:
        pass


def row(name: str, priority: Priority = Priority.PLAYER, deadline_s: float | None = None) -> RowRequest:
    asked = Request(
        request_id=name, prompt=Prompt(), prompt_ids=(1,), max_tokens=1, priority=priority, deadline_s=deadline_s
    )
    text = TextStream(lambda ids: "x" * len(ids), lambda text: (0,))
    return RowRequest(next(_numbers), asked, text, Drawer(), Drawer(), Sink(), arrived_s=0.0)


def names(rows: Any) -> list[str]:
    return [one.request.request_id for one in rows]


def test_player_facing_requests_join_first_then_by_arrival() -> None:
    scheduler = Scheduler(max_rows=5, max_queued=9)
    for name, priority in [("a", 2), ("b", 1), ("c", 0), ("d", 1), ("e", 0)]:
        scheduler.submit(row(name, Priority(priority)))
    joined = [names(scheduler.plan(0).prefill)[0] for _ in range(5)]
    assert joined == ["c", "e", "b", "d", "a"]


def test_one_joins_a_step_up_to_the_rows_there_are() -> None:
    scheduler = Scheduler(max_rows=2, max_queued=9)
    rows = [row(name) for name in "abc"]
    for one in rows:
        scheduler.submit(one)
    plans = [scheduler.plan(0) for _ in range(3)]
    assert [names(plan.prefill) for plan in plans] == [["a"], ["b"], []]
    assert [names(plan.decode) for plan in plans] == [[], ["a"], ["a", "b"]]
    scheduler.leave([rows[0]])
    plan = scheduler.plan(0)
    assert (names(plan.prefill), names(plan.decode)) == (["c"], ["b"])


def test_the_queue_is_bounded() -> None:
    scheduler = Scheduler(max_rows=1, max_queued=2)
    scheduler.submit(row("a"))
    scheduler.submit(row("b"))
    with pytest.raises(QueueFull, match=r"2 requests wait .*max_queued.*; 0 are running"):
        scheduler.submit(row("c"))
    scheduler.plan(0)
    scheduler.submit(row("c"))


def test_an_open_id_is_refused_until_it_ends() -> None:
    scheduler = Scheduler(max_rows=1, max_queued=9)
    first = row("a")
    scheduler.submit(first)
    with pytest.raises(InputError, match="named 'a' is open"):
        scheduler.submit(row("a"))
    scheduler.plan(0)
    with pytest.raises(InputError):
        scheduler.submit(row("a"))
    scheduler.leave([first])
    scheduler.submit(row("a"))


@pytest.mark.parametrize("steps", [0, 1])
def test_the_cancelled_and_the_late_end_whether_they_wait_or_run(steps: int) -> None:
    scheduler = Scheduler(max_rows=1, max_queued=9)
    gone, late, stays = row("gone"), row("late", deadline_s=5.0), row("stays", deadline_s=50.0)
    for one in (gone, late, stays):
        scheduler.submit(one)
    for _ in range(steps):
        scheduler.plan(0)
    gone.cancelled = True
    plan = scheduler.plan(5.0)
    assert set(plan.endings) == {Ending(gone, EndReason.CANCELLED), Ending(late, EndReason.DEADLINE)}
    assert names(plan.prefill) == ["stays"]
    assert names(scheduler.open_rows()) == ["stays"]


def test_nothing_to_do_is_no_work() -> None:
    scheduler = Scheduler(max_rows=1, max_queued=1)
    assert not scheduler.has_work
    one = row("a")
    scheduler.submit(one)
    assert scheduler.has_work
    scheduler.leave([one])
    assert not scheduler.has_work


def test_a_request_sends_one_terminal() -> None:
    one = row("a")
    assert one.take(3) is EndReason.LENGTH
    one.finish(EndReason.LENGTH)
    one.finish(EndReason.CANCELLED)
    one.fail(QueueFull("too late"))
    assert len(one.sink.items) == 2  # type: ignore[attr-defined]  # a piece and its terminal


def test_scheduling_needs_no_torch() -> None:
    modules = "limits outbox prefix_cache request scheduler text_stream"
    imports = ", ".join(f"npc_sdk.engine.{name}" for name in modules.split())
    code = f"import sys, {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
