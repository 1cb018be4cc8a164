"""Events are plain data with a type, and two of them are terminal."""

from __future__ import annotations

import json

from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, Sentence, Timings, ToolCall, Usage

EVENTS: list[Event] = [
    Delta("Hi"),
    Sentence(0, "Hi."),
    ToolCall("call-1", "wave", {"a": 1}),
    Notice("code", "message"),
    End(reason=EndReason.DONE, text="Hi.", delta_count=1),
    Failed(code="c", message="m", hint="h", retryable=False),
]


def test_every_event_is_json_with_its_type_first() -> None:
    shown = [json.loads(json.dumps(event.as_dict())) for event in EVENTS]
    assert [event["type"] for event in shown] == "delta sentence tool_call notice end error".split()
    assert all(next(iter(event)) == "type" for event in shown)
    assert shown[4]["reason"] == "done"


def test_only_end_and_error_are_terminal() -> None:
    assert [event.type for event in EVENTS if event.terminal] == ["end", "error"]


def test_usage_and_timings_add_up_over_rounds() -> None:
    one = Usage(prompt_tokens=5, reused_tokens=3, completion_tokens=2, rounds=1)
    assert one + one == Usage(prompt_tokens=10, reused_tokens=6, completion_tokens=4, rounds=2)
    first = Timings(queue_ms=1, prefill_ms=2, first_token_ms=4, decode_ms=8)
    assert first + Timings(queue_ms=1, first_token_ms=9) == Timings(
        queue_ms=2, prefill_ms=2, first_token_ms=4, decode_ms=8
    )
