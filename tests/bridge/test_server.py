"""The server as any client sees it: raw frames over a real socket."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from npc_bridge.limits import MAX_FRAME_BYTES, Limits
from npc_bridge.wire import encode
from npc_sdk.errors import BridgeError, EngineFailed, QueueFull
from npc_sdk.testing import ScriptedBackend
from tests.bridge.support import CALL, LONG, MIRA, QUICK, WAIT_S, CountingBackend, eventually, raw, serving

STREAM = ("delta", "sentence", "tool_call", "notice")


def check_line(frames: list[dict[str, Any]], rq: str) -> dict[str, Any]:
    """The proof that a client can make: no gap, no loss, one terminal. Gives the terminal."""
    *stream, last = [frame for frame in frames if frame.get("rq") == rq]
    assert [frame["seq"] for frame in stream] == list(range(len(stream)))
    assert {frame["t"] for frame in stream} <= set(STREAM)
    assert last["n"] == len(stream)
    deltas = [frame["text"] for frame in stream if frame["t"] == "delta"]
    assert last["delta_count"] == len(deltas)
    if last["t"] == "end":
        assert last["text"] == "".join(deltas)
    return last


async def test_a_line_from_hello_to_bye(tmp_path: Path) -> None:
    async with serving(ScriptedBackend(["Well met. Sit down."]), tmp_path) as server, raw(server) as client:
        welcome = await client.hello()
        assert (welcome["v"], len(welcome["session"])) == (1, 32)
        await client.send("open", rq="1", character="mira", player="Ann", seed=7)
        opened = await client.expect("opened")
        assert opened == {"t": "opened", "rq": "1", "dialogue": "d1", "character": "mira", "name": "Mira Thorne"}
        await client.send("say", rq="2", dialogue="d1", text="Hi", credit=64)
        frames = await client.until("end")
        assert check_line(frames, "2")["reason"] == "done"
        assert [frame["text"] for frame in frames if frame["t"] == "sentence"] == ["Well met.", "Sit down."]
        assert server.session_count == 1
        await client.send("bye")
        await eventually(lambda: server.session_count == 0)


async def test_greetings_narration_state_and_info(tmp_path: Path) -> None:
    backend = ScriptedBackend(["Put that away!"])
    async with serving(backend, tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("greet", rq="1", dialogue=dialogue, credit=8)
        assert check_line(await client.until("end"), "1")["text"] == "Well met, traveler."
        await client.send("narrate", rq="2", dialogue=dialogue, event="It rains.", credit=0)
        assert (await client.expect("end"))["n"] == 0
        await client.send("state", rq="3", dialogue=dialogue, changes={"mood": "angry", "place": None})
        assert (await client.expect("result"))["data"] is None
        event = "The player draws a sword."
        await client.send("narrate", rq="4", dialogue=dialogue, event=event, respond="must", credit=64)
        assert check_line(await client.until("end"), "4")["text"] == "Put that away!"
        assert "draws a sword" in str(backend.requests[0].prompt)
        await client.send("info", rq="5")
        info = (await client.expect("result"))["data"]
        assert info == {
            "characters": [{"id": "mira", "name": MIRA.name, "role": "blacksmith"}],
            "model": "scripted",
        }


async def test_nothing_works_before_hello(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as client:
        await client.send("open", rq="1", character="mira")
        error = await client.expect("error")
        assert (error["code"], error["fatal"], error["rq"]) == ("need_hello", True, "1")
        await client.send("ping", x=3)
        assert (await client.expect("pong"))["x"] == 3
        await client.hello()
        await client.send("hello", v=[1], client="twice")
        assert (await client.expect("error"))["code"] == "bad_message"
        assert server.session_count == 1


async def test_versions_are_negotiated(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as client:
        await client.send("hello", v=[2, 3], client="later")
        error = await client.expect("error")
        assert (error["code"], error["fatal"]) == ("bad_version", True)
        await client.send("hello", v=[2, 1], client="both", later_field=True)
        assert (await client.expect("welcome"))["v"] == 1


@pytest.mark.parametrize(
    ("message", "code", "rq"),
    [
        ({"t": "open", "rq": "1", "character": "mira_"}, "unknown_character", "1"),
        ({"t": "say", "rq": "1", "dialogue": "d9", "text": "x", "credit": 1}, "unknown_dialogue", "1"),
        ({"t": "say", "rq": "1", "dialogue": "d1", "text": "x", "credit": 999}, "bad_message", "1"),
        ({"t": "say", "rq": "no spaces", "dialogue": "d1", "text": "x", "credit": 1}, "bad_message", None),
        ({"t": "sya", "rq": "1"}, "unknown_type", None),
        ({"rq": "1"}, "bad_message", None),
        ({"t": "say", "rq": "1", "dialogue": "d1", "text": " ", "credit": 1}, "text_empty", "1"),
        ({"t": "say", "rq": "1", "dialogue": "d1", "text": "x" * 5_000, "credit": 1}, "text_too_long", "1"),
        ({"t": "open", "rq": "1", "character": "mira", "player": " "}, "text_empty", "1"),
        ({"t": "tool_result", "rq": "1", "dialogue": "d1", "call": "c", "result": 1}, "tool_call_unknown", "1"),
        ({"t": "state", "rq": "1", "dialogue": "d1", "changes": {"BAD KEY": "x"}}, "text_invalid", "1"),
        ({"t": "load", "rq": "1", "character": "mira", "data": "{"}, "save_invalid", "1"),
        ({"t": "load", "rq": "1", "character": "mira", "data": "[]"}, "save_invalid", "1"),
        ({"t": "load", "rq": "1", "character": "mira", "data": "[" * 200_000}, "save_invalid", "1"),
        ({"t": "load", "rq": "1", "character": "mira", "data": "{}"}, "save_invalid", "1"),
        ({"t": "credit", "rq": "1", "n": 0}, "bad_message", None),
    ],
)
async def test_refusals_have_codes_and_the_session_goes_on(
    tmp_path: Path, message: dict[str, Any], code: str, rq: str | None
) -> None:
    async with serving(ScriptedBackend(["Still here."]), tmp_path) as server, raw(server) as client:
        await client.open()
        await client.send_bytes(encode(message))
        error = await client.expect("error")
        assert (error["code"], error.get("rq"), error["fatal"]) == (code, rq, False)
        assert error["message"]
        assert error["hint"]
        await client.send("say", rq="after", dialogue="d1", text="Hi", credit=64)
        assert check_line(await client.until("end"), "after")["text"] == "Still here."


async def test_an_unknown_character_tells_the_nearest(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as client:
        await client.hello()
        await client.send("open", rq="1", character="mria")
        assert "did you mean 'mira'?" in (await client.expect("error"))["message"]


async def test_backend_errors_end_the_line_with_their_code(tmp_path: Path) -> None:
    backend = ScriptedBackend([EngineFailed("a step failed"), QueueFull("full"), "Fine."])
    async with serving(backend, tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        for rq, code in (("1", "engine_failed"), ("2", "queue_full")):
            await client.send("say", rq=rq, dialogue=dialogue, text="Hi", credit=64)
            last = check_line(await client.until("error"), rq)
            assert (last["code"], last["retryable"]) == (code, True)
            assert last["line"]
        await client.send("say", rq="3", dialogue=dialogue, text="Hi", credit=64)
        assert check_line(await client.until("end"), "3")["text"] == "Fine."


async def test_a_bug_in_a_backend_is_internal_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=64)
        assert (await client.expect("error"))["code"] == "internal"
        assert "the script has only 0 lines" in caplog.text
        await client.send("ping", x=1)
        await client.expect("pong")


async def test_a_line_pauses_without_credit_and_only_that_line(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([LONG, "Short."]), tmp_path) as server, raw(server) as client:
        first = await client.open()
        await client.send("say", rq="a", dialogue=first, text="Hi", credit=3)
        assert [(await client.receive())["seq"] for _ in range(3)] == [0, 1, 2]
        await client.hear_nothing()
        await client.send("open", rq="o2", character="mira")
        second = (await client.expect("opened"))["dialogue"]
        await client.send("say", rq="b", dialogue=second, text="Hi", credit=64)
        assert check_line(await client.until("end"), "b")["text"] == "Short."
        await client.send("credit", rq="a", n=2)
        assert [(await client.receive())["seq"] for _ in range(2)] == [3, 4]
        await client.hear_nothing()


async def test_the_terminal_needs_no_credit(tmp_path: Path) -> None:
    async with serving(ScriptedBackend(["abcd", LONG]), tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=2)  # one delta, one sentence
        assert check_line(await client.until("end"), "1")["n"] == 2
        await client.send("say", rq="2", dialogue=dialogue, text="Hi", credit=0)
        await client.hear_nothing()
        await client.send("cancel", rq="2")
        assert check_line(await client.until("end"), "2")["reason"] == "cancelled"


async def test_too_much_credit_is_refused_and_the_line_lives(tmp_path: Path) -> None:
    backend = ScriptedBackend(["Yes."], pause_s=0.2)
    async with serving(backend, tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=256)
        await client.send("credit", rq="1", n=256)
        error = await client.expect("error")
        assert (error["code"], error.get("rq")) == ("credit_overflow", None)
        assert check_line(await client.until("end"), "1")["text"] == "Yes."


async def test_a_line_that_nobody_reads_ends(tmp_path: Path) -> None:
    backend = CountingBackend([LONG])
    async with serving(backend, tmp_path, limits=QUICK) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=1)
        frames = await client.until("error")
        last = check_line([frame for frame in frames if frame["t"] != "ping"], "1")
        assert (last["code"], last["n"]) == ("slow_reader", 1)
        await eventually(lambda: backend.open_streams == 0)


async def test_cancel_leaves_exactly_one_terminal(tmp_path: Path) -> None:
    backend = CountingBackend([LONG, "Again."], pause_s=0.005)
    async with serving(backend, tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=256)
        await client.expect("delta")
        for _ in range(3):
            await client.send("cancel", rq="1")
        last = (await client.until("end"))[-1]
        assert last["reason"] == "cancelled"
        await client.send("cancel", rq="1")
        await client.send("credit", rq="1", n=1)
        await client.send("cancel", rq="never")
        await client.hear_nothing()
        assert backend.cancels
        assert backend.open_streams == 0
        await client.send("say", rq="2", dialogue=dialogue, text="Hi", credit=64)
        assert check_line(await client.until("end"), "2")["text"] == "Again."


async def test_a_line_can_follow_a_cancel_at_once(tmp_path: Path) -> None:
    backend = ScriptedBackend([LONG, "New."], pause_s=0.005)
    async with serving(backend, tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=256)
        await client.expect("delta")
        await client.send("cancel", rq="1")
        await client.send("say", rq="2", dialogue=dialogue, text="Wait", credit=256)
        await client.send("cancel", rq="2")
        await client.send("say", rq="3", dialogue=dialogue, text="Go on", credit=256)
        frames = await client.until("end", "3")
        ends = [(frame["rq"], frame["reason"]) for frame in frames if frame["t"] == "end"]
        assert ends == [("1", "cancelled"), ("2", "cancelled"), ("3", "done")]
        assert check_line(frames, "3")["text"] == "New."


async def test_a_second_line_is_busy_and_the_first_goes_on(tmp_path: Path) -> None:
    backend = ScriptedBackend(["One two three."], pause_s=0.02)
    async with serving(backend, tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=64)
        await client.send("say", rq="2", dialogue=dialogue, text="Hi again", credit=64)
        await client.send("cancel", rq="2")
        frames = await client.until("end", "1")
        assert [frame["code"] for frame in frames if frame["t"] == "error"] == ["dialogue_busy"]
        assert check_line([frame for frame in frames if frame.get("rq") == "1"], "1")["text"] == "One two three."


async def test_a_request_id_in_use_is_a_conflict_that_ends_nothing(tmp_path: Path) -> None:
    backend = ScriptedBackend(["One two three."], pause_s=0.02)
    async with serving(backend, tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=64)
        await client.send("save", rq="1", dialogue=dialogue)
        await client.send("save", rq="1", dialogue=3)  # broken, too: its error must not look like the line's end
        frames = await client.until("end")
        errors = [(frame["code"], frame.get("rq")) for frame in frames if frame["t"] == "error"]
        assert errors == [("rq_conflict", None), ("bad_message", None)]
        await client.send("save", rq="1", dialogue=dialogue)
        assert (await client.expect("result"))["rq"] == "1"


async def test_tool_calls_cross_the_wire(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([CALL, "It is open."]), tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Open!", credit=64)
        call = await client.expect("tool_call")
        assert (call["name"], call["arguments"], call["seq"]) == ("open_shop", {}, 0)
        await client.send("tool_result", rq="2", dialogue=dialogue, call="call-99", result=1)
        assert (await client.expect("error"))["code"] == "tool_call_unknown"
        await client.send("tool_result", rq="3", dialogue=dialogue, call=call["call"], result={"x": "y" * 60_000})
        assert (await client.expect("error"))["code"] == "tool_result_invalid"
        await client.send("tool_result", rq="4", dialogue=dialogue, call=call["call"], result={"ok": True})
        await client.send("tool_result", rq="5", dialogue=dialogue, call=call["call"], result={"ok": True})
        frames = [call, *(await client.until("end"))]
        assert check_line([frame for frame in frames if frame.get("rq") == "1"], "1")["text"] == "It is open."
        answers = {frame["rq"]: frame.get("code") for frame in frames if frame.get("rq") in {"4", "5"}}
        assert answers == {"4": None, "5": "tool_call_unknown"}


async def test_a_tool_result_that_is_too_late_is_refused(tmp_path: Path) -> None:
    backend = ScriptedBackend([CALL, "Never mind."])
    async with serving(backend, tmp_path, tool_timeout_s=0.1) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Open!", credit=64)
        call = await client.expect("tool_call")
        await client.until("end")
        await client.send("tool_result", rq="2", dialogue=dialogue, call=call["call"], result=None)
        assert (await client.expect("error"))["code"] == "tool_call_unknown"


async def test_a_saved_dialogue_is_loaded_by_another_server(tmp_path: Path) -> None:
    async with serving(ScriptedBackend(["I am Mira — the smith. 🔨"]), tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Who are you?", credit=64)
        await client.until("end")
        await client.send("save", rq="2", dialogue=dialogue)
        data = (await client.expect("result"))["data"]
    backend = ScriptedBackend(["As I said."])
    async with serving(backend, tmp_path) as server, raw(server) as client:
        await client.hello()
        await client.send("load", rq="1", character="mira", data=data)
        dialogue = (await client.expect("opened"))["dialogue"]
        await client.send("say", rq="2", dialogue=dialogue, text="Who?", credit=64)
        await client.until("end")
        said = [message.content for message in backend.requests[0].prompt.messages]
        assert "I am Mira — the smith. 🔨" in said


async def test_closing_ends_the_line_and_the_dialogue(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([LONG], pause_s=0.005), tmp_path) as server, raw(server) as client:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=256)
        await client.expect("delta")
        await client.send("close", rq="2", dialogue=dialogue)
        frames = await client.until("end")
        assert frames[-1]["reason"] == "cancelled"
        await client.send("save", rq="3", dialogue=dialogue)
        assert (await client.expect("error"))["code"] == "unknown_dialogue"


async def test_sessions_dialogues_and_lines_are_bounded(tmp_path: Path) -> None:
    limits = Limits(max_sessions=1, max_dialogues=2, max_lines=1)
    async with (
        serving(ScriptedBackend([LONG], pause_s=0.01), tmp_path, limits=limits) as server,
        raw(server) as client,
        raw(server) as other,
    ):
        await client.open()
        await client.send("open", rq="2", character="mira")
        await client.expect("opened")
        await client.send("open", rq="3", character="mira")
        assert (await client.expect("error"))["code"] == "limit_reached"
        await client.send("say", rq="4", dialogue="d1", text="Hi", credit=1)
        await client.send("say", rq="5", dialogue="d2", text="Hi", credit=1)
        assert (await client.until("error"))[-1]["code"] == "limit_reached"
        await other.send("hello", v=[1], client="one too many")
        error = await other.expect("error")
        assert (error["code"], error["retryable"], error["fatal"]) == ("limit_reached", True, True)


async def test_sessions_do_not_see_each_other(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as one, raw(server) as two:
        await one.open()
        await two.hello()
        await two.send("save", rq="1", dialogue="d1")
        assert (await two.expect("error"))["code"] == "unknown_dialogue"


async def test_garbage_gets_errors_and_then_the_kick(tmp_path: Path) -> None:
    backend = CountingBackend([LONG], pause_s=0.01)
    async with serving(backend, tmp_path) as server, raw(server) as client, raw(server) as bystander:
        dialogue = await client.open()
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=0)
        await bystander.hello()
        garbage = [
            b"",
            b"\xc1",
            b"\x91\x01",
            b"\x81\xa1x\xc4\x01a",
            b"\x80",
            b"\xff" * 300,
            b"\x81\x01\x02",
            b"\x81\xa1t\xc0",
        ]
        for frame in garbage:
            await client.send_bytes(frame)
        *errors, bye = await client.until("bye")
        codes = [frame["code"] for frame in errors if frame["t"] == "error" and "rq" not in frame]
        assert len(codes) == len(garbage)
        assert set(codes) == {"bad_msgpack", "bad_message"}
        assert bye["why"] == "kicked"
        await eventually(lambda: backend.open_streams == 0)
        await client.send("hello", v=[1], client="again")
        await client.hear_nothing()
        await bystander.send("ping", x=1)
        await bystander.expect("pong")


async def test_more_than_one_frame_is_refused(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as client:
        await client.hello()
        ping = encode({"t": "ping", "x": 1})
        await client.send_bytes(ping, ping)
        assert (await client.expect("error"))["code"] == "bad_frame"
        await client.send_bytes(b"", ping)
        assert (await client.expect("error"))["code"] == "bad_frame"


async def test_unknown_messages_do_not_get_a_client_kicked(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as client:
        await client.hello()
        for _ in range(20):
            await client.send("typing")
            assert (await client.expect("error"))["code"] == "unknown_type"
        await client.send("ping", x=1)
        await client.expect("pong")


async def test_frames_over_the_limit(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, raw(server) as client:
        await client.hello()
        await client.send_bytes(bytes(MAX_FRAME_BYTES + 1))
        assert (await client.expect("error"))["code"] == "too_large"
        # libzmq closes the connection of a far larger one and connects anew: a peer without a session.
        await client.send_bytes(bytes(2 * MAX_FRAME_BYTES))
        async with asyncio.timeout(WAIT_S):
            await client.send("info", rq="1")
            while not await client.has_mail():
                await client.send("info", rq="1")
        assert (await client.until("error"))[-1]["code"] == "need_hello"


async def test_silent_sessions_are_pinged_and_then_freed(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path, limits=QUICK) as server, raw(server) as client:
        await client.hello()
        ping = await client.expect("ping")
        await client.send("pong", x=ping["x"])
        frames = await client.until("bye")
        assert frames[-1]["why"] == "idle"
        assert server.session_count == 0
        await client.hello()
        assert server.session_count == 1


async def test_a_client_that_is_gone_is_noticed(tmp_path: Path) -> None:
    backend = CountingBackend([LONG], pause_s=0.01)
    limits = Limits(ping_s=0.1, silence_s=60.0)
    async with serving(backend, tmp_path, limits=limits) as server:
        async with raw(server) as client, raw(server) as quiet:
            dialogue = await client.open()
            await quiet.open()
            await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=256)
            await client.expect("delta")
        await eventually(lambda: server.session_count == 0)
        await eventually(lambda: backend.open_streams == 0)
        assert backend.cancels
        assert not server._peers


async def test_a_client_that_does_not_read_holds_up_nobody(tmp_path: Path) -> None:
    limits = Limits(outbox_bytes=20_000)
    async with (
        serving(ScriptedBackend(["Fine."]), tmp_path, limits=limits) as server,
        raw(server) as deaf,
        raw(server) as client,
    ):
        await deaf.hello()
        dialogue = await client.open()
        big = encode({"t": "x" * 60_000})  # each is answered, and no answer is read
        flood = asyncio.create_task(_flood(deaf, big))
        await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=64)
        assert check_line(await client.until("end"), "1")["text"] == "Fine."
        flood.cancel()


async def _flood(client: Any, frame: bytes) -> None:
    while True:
        await client.send_bytes(frame)
        await asyncio.sleep(0)


async def test_stopping_ends_every_open_line_once(tmp_path: Path) -> None:
    async with AsyncExitStack() as clients:
        async with serving(ScriptedBackend([LONG] * 3, pause_s=0.01), tmp_path) as server:
            client = await clients.enter_async_context(raw(server))
            await client.open()
            for number in (2, 3):
                await client.send("open", rq=f"o{number}", character="mira")
                await client.expect("opened")
            for number, credit in ((1, 256), (2, 256), (3, 0)):
                await client.send("say", rq=str(number), dialogue=f"d{number}", text="Hi", credit=credit)
            await client.expect("delta")
        frames = await client.until("bye")
        assert frames[-1]["why"] == "shutdown"
        terminals = [(frame["rq"], frame["reason"]) for frame in frames if frame["t"] == "end"]
        assert sorted(terminals) == [("1", "cancelled"), ("2", "cancelled"), ("3", "cancelled")]
        await client.hear_nothing()


class HangingBackend(ScriptedBackend):
    """Answers nothing and hears no cancel."""

    def cancel(self, request_id: str) -> None:
        """Does nothing."""


async def test_stopping_does_not_wait_for_a_line_that_hangs(tmp_path: Path) -> None:
    limits = Limits(stop_s=0.2)
    async with AsyncExitStack() as clients:
        async with serving(HangingBackend(["abcdefgh"], pause_s=3_600), tmp_path, limits=limits) as server:
            client = await clients.enter_async_context(raw(server))
            dialogue = await client.open()
            await client.send("say", rq="1", dialogue=dialogue, text="Hi", credit=256)
            await eventually(lambda: server._house.tasks)
        frames = await client.until("bye")
        assert [frame.get("reason") or frame["code"] for frame in frames if frame.get("rq") == "1"] == [
            "shutting_down"
        ]


async def test_run_serves_until_it_is_told(tmp_path: Path) -> None:
    stop = asyncio.Event()
    async with serving(ScriptedBackend([]), tmp_path) as server:
        running = asyncio.create_task(server.run(stop))
        async with raw(server) as client:
            await client.hello()
        assert not running.done()
        stop.set()
        await running
    with pytest.raises(BridgeError, match="not open"):
        _ = server.endpoint


async def test_a_server_opens_once(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server:
        with pytest.raises(BridgeError, match="opened before"):
            await server.__aenter__()
    with pytest.raises(BridgeError, match="opened before"):
        await server.__aenter__()
