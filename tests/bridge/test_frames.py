from __future__ import annotations

import pytest

from npc_bridge.frames import end_message, error_message, event_of, failed_message, failed_of, stream_message
from npc_bridge.limits import MAX_TEXT_BYTES
from npc_bridge.messages import SERVER_MESSAGES
from npc_bridge.wire import decode, encode
from npc_sdk.errors import EngineFailed, ProtocolError
from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, Sentence, Timings, ToolCall, Usage

STREAM = [
    Delta("Ünd 🗝️"),
    Sentence(3, "Whole."),
    ToolCall("call-1", "open_shop", {"till": ["dusk", 1, None]}),
    Notice("history_cut", "Two turns were dropped."),
]
END = End(
    reason=EndReason.LENGTH,
    text="Ünd",
    delta_count=1,
    fallback=True,
    usage=Usage(prompt_tokens=9, reused_tokens=4, completion_tokens=3, rounds=2),
    timings=Timings(queue_ms=0.5, prefill_ms=1.25, first_token_ms=2.0, decode_ms=9.0),
)
FAILED = Failed(code="engine_failed", message="m", hint="h", retryable=True, line="Hm?", delta_count=1)


def across(message: dict[str, object]) -> Event:
    found = decode(encode(message))
    return event_of(found["t"], SERVER_MESSAGES[found["t"]].read(found))


@pytest.mark.parametrize("event", STREAM, ids=lambda event: event.type)
def test_stream_events_cross_unchanged(event: Event) -> None:
    message = stream_message(event, "r1", 7)
    assert (message["rq"], message["seq"]) == ("r1", 7)
    assert across(message) == event


def test_terminals_cross_unchanged() -> None:
    assert across(end_message(END, "r1", count=2, delta_count=1)) == END
    assert across(failed_message(FAILED, "r1", count=2, delta_count=1)) == FAILED


def test_a_terminal_is_no_stream_frame() -> None:
    with pytest.raises(ProtocolError):
        stream_message(END, "r1", 0)


def test_only_frames_of_lines_are_events() -> None:
    with pytest.raises(ProtocolError, match="'pong'"):
        event_of("pong", {"x": 1})


def test_errors_are_built_from_their_class() -> None:
    error = EngineFailed("a step failed")
    message = error_message(error, rq=None, fatal=False)
    assert {name: message[name] for name in ("code", "message", "hint", "retryable")} == error.as_dict()
    assert "rq" not in message
    assert failed_of(error).code == "engine_failed"


def test_an_error_that_quotes_too_much_or_no_text_still_crosses() -> None:
    for words in ("é" * MAX_TEXT_BYTES, "\ud800" * 10):
        message = decode(encode(error_message(EngineFailed(words), rq="r1", fatal=False)))
        assert message["code"] == "engine_failed"
        assert len(message["message"].encode()) <= MAX_TEXT_BYTES
