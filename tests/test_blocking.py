"""The synchronous face: same events as the dialogue's, from any thread, and nothing that outlives its block."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from npc_sdk.blocking import BlockingDialogue, BlockingLine, LoopThread
from npc_sdk.character import Character
from npc_sdk.dialogue import Respond
from npc_sdk.errors import EngineClosed, OutOfMemory, TextInvalid, ToolCallUnknown
from npc_sdk.events import Delta, End, EndReason, Event, Failed, ToolCall
from npc_sdk.testing import ScriptedBackend

WAIT_S = 20.0
CALL = '<toolcall> {"name": "open_shop", "arguments": {}} </toolcall>'
MIRA = Character.model_validate(
    {
        "schema": "npc/1",
        "id": "mira",
        "name": "Mira Thorne",
        "identity": {"role": "blacksmith"},
        "greetings": ["Well met."],
        "tools": {"open_shop": {"description": "Opens the shop."}},
        "fallback": {"broken": ["Come back later."]},
    }
)
WORDY = MIRA.model_copy(update={"generation": MIRA.generation.model_copy(update={"max_tokens": 4_000})})


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    with LoopThread() as made:
        yield made
    assert all(other.name != "npc-dialogues" for other in threading.enumerate())


def end_of(line: BlockingLine) -> Event:
    """The one terminal event, which equals the deltas before it."""
    events = list(line)
    assert [event.terminal for event in events] == [False] * (len(events) - 1) + [True]
    if isinstance(events[-1], End):
        deltas = [event.text for event in events if isinstance(event, Delta)]
        assert (events[-1].text, events[-1].delta_count) == ("".join(deltas), len(deltas))
    return events[-1]


def text_of(line: BlockingLine) -> str:
    end = end_of(line)
    assert isinstance(end, End), end
    return end.text


def test_a_line_is_iterated_to_its_one_terminal_event(thread: LoopThread) -> None:
    mira = BlockingDialogue(MIRA, ScriptedBackend(["Well met, traveler.", "Aye."]), thread=thread)
    line = mira.say("Hello.")
    assert text_of(line) == "Well met, traveler."
    assert line.over
    assert list(line) == []
    assert mira.say_text("Again.") == "Aye."


def test_all_verbs_reach_the_dialogue(thread: LoopThread) -> None:
    backend = ScriptedBackend(["Put that away!", "Aye."])
    mira = BlockingDialogue(MIRA, backend, thread=thread, player="Ada", seed=3)
    assert text_of(mira.greet()) == "Well met."
    assert text_of(mira.narrate("It rains.")) == ""
    assert text_of(mira.narrate("The player draws a sword.", respond=Respond.MUST)) == "Put that away!"
    mira.set_state({"mood": "angry"})
    saved = mira.save()
    assert saved["state"] == {"mood": "angry"}
    assert saved["player"] == "Ada"
    again = BlockingDialogue(MIRA, backend, thread=thread, saved=saved)
    assert again.save() == saved
    assert again.say_text("Well?") == "Aye."


def test_a_tool_call_is_answered_between_two_events(thread: LoopThread) -> None:
    mira = BlockingDialogue(MIRA, ScriptedBackend([CALL, "Have a look."]), thread=thread)
    names = []
    for event in mira.say("Show me."):
        if isinstance(event, ToolCall):
            names.append(event.name)
            mira.tool_result(event.call_id, {"ok": True})
        last = event
    assert names == ["open_shop"]
    assert isinstance(last, End)
    assert last.text == "Have a look."


def test_errors_are_raised_in_the_thread_that_asked(thread: LoopThread) -> None:
    mira = BlockingDialogue(MIRA, ScriptedBackend([]), thread=thread)
    with pytest.raises(ToolCallUnknown):
        mira.tool_result("c1", {})
    with pytest.raises(TextInvalid):
        mira.set_state({"No Such": "x"})
    with pytest.raises(AssertionError, match="script has only"):
        list(mira.say("Hello."))
    refused = end_of(mira.say(""))
    assert isinstance(refused, Failed)
    assert refused.code == "text_empty"


def test_a_failed_line_gives_the_fallback(thread: LoopThread) -> None:
    mira = BlockingDialogue(MIRA, ScriptedBackend([OutOfMemory("Too little memory.")]), thread=thread)
    assert mira.say_text("Hello.") == "Come back later."


def test_cancel_from_another_thread_ends_the_line(thread: LoopThread) -> None:
    mira = BlockingDialogue(WORDY, ScriptedBackend(["word " * 800], pause_s=0.01), thread=thread)
    line = mira.say("Hello.")
    assert isinstance(next(line), Delta)
    timer = threading.Timer(0.05, mira.cancel)
    timer.start()
    rest = list(line)
    timer.join(WAIT_S)
    assert isinstance(rest[-1], End)
    assert rest[-1].reason is EndReason.CANCELLED
    assert sum(event.terminal for event in rest) == 1


def test_a_line_that_was_left_makes_room_for_the_next(thread: LoopThread) -> None:
    backend = ScriptedBackend(["word " * 800, "Aye."], pause_s=0.01)
    mira = BlockingDialogue(WORDY, backend, thread=thread)
    left = mira.say("Hello.")
    next(left)
    assert mira.say_text("Well?") == "Aye."
    rest = list(left)
    assert isinstance(rest[-1], End)
    assert rest[-1].reason is EndReason.CANCELLED


def test_an_unread_line_is_read_no_further_than_its_bound(
    thread: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npc_sdk.blocking_line.MAX_WAITING", 5)
    backend = ScriptedBackend(["x" * 400])
    mira = BlockingDialogue(WORDY, backend, thread=thread)
    line = mira.say("Hello.")
    time.sleep(0.2)
    assert len(line.poll()) == 5
    assert text_of_rest(line).endswith("x" * 300)


def text_of_rest(line: BlockingLine) -> str:
    last = list(line)[-1]
    assert isinstance(last, End)
    return last.text


def test_poll_never_waits(thread: LoopThread) -> None:
    mira = BlockingDialogue(MIRA, ScriptedBackend(["Well met."], pause_s=0.3), thread=thread)
    line = mira.say("Hello.")
    began = time.monotonic()
    assert line.poll() == []
    assert time.monotonic() - began < 0.3
    events: list[Event] = []
    while not line.over and time.monotonic() - began < WAIT_S:
        events += line.poll()
        time.sleep(0.01)
    assert isinstance(events[-1], End)
    assert events[-1].text == "Well met."


def test_dialogues_that_share_a_thread_speak_at_once(thread: LoopThread) -> None:
    backend = ScriptedBackend(["a" * 80] * 3, pause_s=0.02)
    began = time.monotonic()
    lines = [BlockingDialogue(MIRA, backend, thread=thread).say("Hello.") for _ in range(3)]
    assert [text_of(line) for line in lines] == ["a" * 80] * 3
    assert time.monotonic() - began < 3 * 20 * 0.02


def test_closing_ends_the_open_line_and_the_thread() -> None:
    mira = BlockingDialogue(WORDY, ScriptedBackend(["word " * 800], pause_s=0.01))
    with mira:
        line = mira.say("Hello.")
        next(line)
    assert all(other.name != "npc-dialogues" for other in threading.enumerate())
    last = list(line)[-1]
    assert isinstance(last, End)
    assert last.reason is EndReason.CANCELLED
    with pytest.raises(EngineClosed):
        mira.say("Hello?")
    mira.close()
    line.close()


def test_importing_it_loads_no_model_library() -> None:
    code = "import sys, npc_sdk.blocking; sys.exit(any(name in sys.modules for name in ('torch', 'zmq', 'msgpack')))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=WAIT_S)
