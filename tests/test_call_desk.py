"""Every call that is handed over is remembered with its result or without, exactly once."""

from __future__ import annotations

import pytest

from npc_sdk.call_desk import NO_ANSWER, CallDesk
from npc_sdk.errors import ToolCallUnknown, ToolResultInvalid
from npc_sdk.events import Notice, ToolCall
from npc_sdk.tools import MAX_RESULT_TOKENS, Call

WAVE = Call("wave", {"to": "Hale"})


def desk(results: list[str]) -> CallDesk:
    return CallDesk(7, count_tokens=len, remember=results.append)


async def test_an_answer_is_the_result() -> None:
    results: list[str] = []
    made = desk(results)
    async for event in made.hand_over(WAVE, 9.0):
        assert event == ToolCall("call-7", "wave", {"to": "Hale"})
        with pytest.raises(ToolResultInvalid):
            made.answer("call-7", "x" * (MAX_RESULT_TOKENS + 1))
        made.answer("call-7", {"ok": True})
        with pytest.raises(ToolCallUnknown):
            made.answer("call-7", {"ok": True})
    assert (results, made.count) == (['{"ok": true}'], 1)


async def test_without_an_answer_there_is_a_notice_unless_it_was_called_off() -> None:
    results: list[str] = []
    made = desk(results)
    late = [event async for event in made.hand_over(WAVE, 0.0)]
    assert isinstance(late[-1], Notice)
    events = []
    async for event in made.hand_over(WAVE, 9.0):
        events.append(event)
        made.call_off()
    assert events == [ToolCall("call-8", "wave", {"to": "Hale"})]
    assert results == [NO_ANSWER] * 2


async def test_leaving_early_leaves_no_open_call() -> None:
    results: list[str] = []
    made = desk(results)
    events = made.hand_over(WAVE, 9.0)
    await anext(events)
    await events.aclose()
    assert results == [NO_ANSWER]
    with pytest.raises(ToolCallUnknown, match="none"):
        made.answer("call-7", None)
