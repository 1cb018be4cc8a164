"""The Python client against the real server, in one process."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from npc_bridge.auth import PlainToken
from npc_bridge.client import BridgeClient, Info, ServedCharacter
from npc_bridge.limits import Limits
from npc_bridge.server import Server
from npc_sdk.backend import Priority
from npc_sdk.character import Character
from npc_sdk.dialogue import Dialogue, Respond
from npc_sdk.errors import (
    BridgeError,
    Disconnected,
    EngineFailed,
    RequestRefused,
    SaveInvalid,
    SaveTooLarge,
    ToolResultInvalid,
)
from npc_sdk.events import Delta, End, EndReason, Failed, Sentence, ToolCall
from npc_sdk.testing import ScriptedBackend
from tests.bridge.support import CALL, LONG, MIRA, QUICK, CountingBackend, collect, eventually, serving


def connect(server: Server, **options: Any) -> AbstractAsyncContextManager[BridgeClient]:
    return BridgeClient.connect(server.endpoint, token_file=server.token_file, **options)


@pytest.mark.parametrize("window", [2, 3, 64, 256])
async def test_eight_dialogues_at_once_are_each_complete(tmp_path: Path, window: int) -> None:
    lines = [f"This is line {number}. " + "And it goes on. " * number for number in range(8)]
    async with (
        serving(ScriptedBackend(lines, pause_s=0.001), tmp_path) as server,
        connect(server, credit_window=window) as client,
    ):
        dialogues = [await client.open("mira") for _ in range(8)]
        spoken = await asyncio.gather(*(collect(dialogue.say("Hello.")) for dialogue in dialogues))
        ends = [events[-1] for events in spoken]
        assert all(isinstance(end, End) and end.reason is EndReason.DONE for end in ends)
        assert sorted(end.text for end in ends) == sorted(line.strip() for line in lines)


async def test_events_are_those_of_a_dialogue_at_home(tmp_path: Path) -> None:
    script = ["Well met. Sit down!", CALL, "It is open."]
    async with serving(ScriptedBackend(script), tmp_path) as server, connect(server) as client:
        there = await client.open("mira", player="Ann", seed=3)
        here = Dialogue(MIRA, ScriptedBackend(script), player="Ann", seed=3)
        assert await collect(there.greet()) == await collect(here.greet())
        assert await collect(there.say("Hello.")) == await collect(here.say("Hello."))
        for dialogue in (there, here):
            answered = []
            async for event in dialogue.say("Open!", deadline_s=60.0, priority=Priority.NEARBY):
                answered.append(event)
                if isinstance(event, ToolCall):
                    done = dialogue.tool_result(event.call_id, {"ok": True})
                    if done is not None:
                        await done
            assert [type(event) for event in answered[:2]] == [ToolCall, Delta]
        await there.set_state({"mood": "merry"})
        here.set_state({"mood": "merry"})
        assert await collect(there.narrate("It rains.")) == await collect(here.narrate("It rains."))
        assert await there.save() == here.save()


async def test_live_names_cross_the_bridge(tmp_path: Path) -> None:
    pick = {"type": "object", "properties": {"item": {"type": "string", "x-from": "items"}}, "required": ["item"]}
    tool = {"description": "Gives an item.", "parameters": pick}
    mira = Character.model_validate({**MIRA.model_dump(by_alias=True), "tools": {"give": tool}})
    backend = ScriptedBackend(
        ['<toolcall> {"name": "give", "arguments": {"item": "corde"}} </toolcall>', "Here.", "No."]
    )
    server = Server({"mira": mira}, backend, security=PlainToken(tmp_path / "bridge.token"))
    async with server, connect(server) as client:
        dialogue = await client.open("mira")
        async for event in dialogue.say("A rope?", objects={"items": ["lanterne", "corde"], "quests": []}):
            if isinstance(event, ToolCall):
                assert event.arguments == {"item": "corde"}
                await dialogue.tool_result(event.call_id, "given")
        await collect(dialogue.narrate("The bag falls.", respond="must", objects={"items": []}))
        (refused,) = await collect(dialogue.say("A rope?", objects={"items": ["x" * 101]}))
        (broken,) = await collect(dialogue.say("A rope?", objects={"items": [1]}))  # type: ignore[list-item]
    one, two, three = [request.calls for request in backend.requests]
    assert one == two
    assert one is not None
    assert one[0].parameters["properties"]["item"]["enum"] == ["lanterne", "corde"]
    assert three == ()
    assert isinstance(refused, Failed)
    assert refused.code == "text_too_long"
    assert isinstance(broken, Failed)
    assert broken.code == "bad_message"


async def test_info_and_ping(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, connect(server) as client:
        assert await client.info() == Info((ServedCharacter("mira", MIRA.name, "blacksmith"),), "scripted")
        assert await client.ping() > 0


async def test_cancel_ends_the_line_once_and_the_next_can_follow(tmp_path: Path) -> None:
    backend = CountingBackend([LONG, "Next."], pause_s=0.002)
    async with serving(backend, tmp_path) as server, connect(server) as client:
        dialogue = await client.open("mira")
        await dialogue.cancel()  # nothing is open
        events = []
        async for event in dialogue.say("Hi"):
            events.append(event)
            if len(events) == 3:
                await dialogue.cancel()
                await dialogue.cancel()
        assert [event.terminal for event in events].count(True) == 1
        assert isinstance(events[-1], End)
        assert events[-1].reason is EndReason.CANCELLED
        assert backend.cancels
        assert (await collect(dialogue.say("And?")))[-1].text == "Next."


async def test_leaving_a_line_early_cancels_it(tmp_path: Path) -> None:
    backend = CountingBackend([LONG, "Next."], pause_s=0.002)
    async with serving(backend, tmp_path) as server, connect(server, credit_window=4) as client:
        dialogue = await client.open("mira")
        events = dialogue.say("Hi")
        await anext(events)
        await events.aclose()
        assert (await collect(dialogue.say("And?")))[-1].text == "Next."
        assert backend.cancels
        assert backend.open_streams == 0


async def test_a_slow_reader_gets_everything(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([LONG[:150]]), tmp_path) as server, connect(server, credit_window=4) as client:
        dialogue = await client.open("mira")
        texts = []
        async for event in dialogue.say("Hi"):
            await asyncio.sleep(0.001)
            if isinstance(event, Delta):
                texts.append(event.text)
        assert isinstance(event, End)
        assert event.text == "".join(texts) == LONG[:150].strip()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        ("x" * 5_000, "text_too_long"),
        ("x" * 1_000_000, "text_too_long"),
        ("\ud800", "text_invalid"),
        (7, "text_invalid"),
    ],
)
async def test_refused_text_is_a_failed_event_and_the_dialogue_goes_on(tmp_path: Path, text: str, code: str) -> None:
    async with serving(ScriptedBackend(["Fine."]), tmp_path) as server, connect(server) as client:
        dialogue = await client.open("mira")
        for line in (dialogue.say(text), dialogue.narrate(text, respond=Respond.MUST)):
            (event,) = await collect(line)
            assert isinstance(event, Failed)
            assert event.code == code
            assert event.hint
        assert (await collect(dialogue.say("Hi")))[-1].text == "Fine."


@pytest.mark.parametrize("text", ["<extra_id_1>Assistant", "a\x00b", "🗝️ é \u202e"])
async def test_odd_text_is_spoken_to_all_the_same(tmp_path: Path, text: str) -> None:
    async with serving(ScriptedBackend(["Hm."]), tmp_path) as server, connect(server) as client:
        dialogue = await client.open("mira")
        assert (await collect(dialogue.say(text)))[-1].text == "Hm."


async def test_a_deadline_of_nonsense_is_a_failed_event(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, connect(server) as client:
        dialogue = await client.open("mira")
        (event,) = await collect(dialogue.say("Hi", deadline_s=-1.0))
        assert isinstance(event, Failed)
        assert "deadline_ms" in event.message


async def test_failed_lines_bring_the_fallback(tmp_path: Path) -> None:
    backend = ScriptedBackend([EngineFailed("a step failed")])
    async with serving(backend, tmp_path) as server, connect(server) as client:
        (event,) = await collect((await client.open("mira")).say("Hi"))
        assert isinstance(event, Failed)
        assert (event.code, event.retryable, event.line) == ("engine_failed", True, MIRA.fallback.broken[0])


@pytest.mark.parametrize("result", [object(), {1: 2}, float("nan"), "\ud800", b"x", "y" * 300_000], ids=type)
async def test_a_result_that_cannot_be_sent_leaves_the_call_open(tmp_path: Path, result: object) -> None:
    async with serving(ScriptedBackend([CALL, "It is open."]), tmp_path) as server, connect(server) as client:
        dialogue = await client.open("mira")
        async for event in dialogue.say("Open!"):
            if isinstance(event, ToolCall):
                with pytest.raises(ToolResultInvalid):
                    await dialogue.tool_result(event.call_id, result)
                with pytest.raises(RequestRefused, match="call-77") as caught:
                    await dialogue.tool_result("call-77", None)
                assert caught.value.code == "tool_call_unknown"
                await dialogue.tool_result(event.call_id, [1, None, {"deep": "é"}])
                with pytest.raises(RequestRefused):
                    await dialogue.tool_result(event.call_id, 1)
        assert isinstance(event, End)
        assert event.text == "It is open."


async def test_refusals_carry_the_servers_words(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, connect(server) as client:
        with pytest.raises(RequestRefused, match="did you mean 'mira'") as caught:
            await client.open("mirra")
        assert caught.value.code == "unknown_character"
        dialogue = await client.open("mira")
        with pytest.raises(RequestRefused) as caught:
            await dialogue.set_state({"mood": " "})
        assert caught.value.code == "text_empty"
        await dialogue.close()
        with pytest.raises(RequestRefused) as caught:
            await dialogue.close()
        assert caught.value.code == "unknown_dialogue"


async def test_saves_that_cannot_be_loaded(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, connect(server) as client:
        with pytest.raises(SaveInvalid):
            await client.load({"x": object()}, "mira")
        with pytest.raises(SaveTooLarge):
            await client.load({"x": "y" * 300_000}, "mira")
        with pytest.raises(RequestRefused) as caught:
            await client.load({"format": "npc-dialogue/99"}, "mira")
        assert caught.value.code == "save_invalid"


async def test_a_dialogue_moves_between_home_and_server(tmp_path: Path) -> None:
    here = Dialogue(MIRA, ScriptedBackend(["I forged it."]))
    await collect(here.say("Whose blade is that?"))
    async with serving(ScriptedBackend(["As I said."]), tmp_path) as server, connect(server) as client:
        there = await client.load(here.save(), "mira")
        assert await there.save() == here.save()
        await collect(there.say("Whose?"))
        assert Dialogue.load(await there.save(), MIRA, ScriptedBackend([])).history[-1].text == "As I said."


async def test_nobody_there_is_disconnected(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server:
        endpoint, token_file = server.endpoint, server.token_file
    with pytest.raises(Disconnected, match=r"within 0\.3 s"):
        async with BridgeClient.connect(endpoint, token_file=token_file, timeout_s=0.3):
            raise AssertionError("connected")


@pytest.mark.parametrize("endpoint", ["", "nonsense", "tcp://", "http://127.0.0.1:1"])
async def test_a_malformed_endpoint_is_said_so(tmp_path: Path, endpoint: str) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server:
        token_file = server.token_file
    with pytest.raises(BridgeError, match="Cannot connect"):
        async with BridgeClient.connect(endpoint, token_file=token_file):
            raise AssertionError("connected")


async def test_a_window_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="2 to 256"):
        async with BridgeClient.connect("tcp://127.0.0.1:1", credit_window=1):
            raise AssertionError("connected")


async def test_a_full_server_refuses_the_session(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path, limits=Limits(max_sessions=1)) as server, connect(server):
        with pytest.raises(RequestRefused) as caught:
            async with connect(server):
                raise AssertionError("connected")
        assert (caught.value.code, caught.value.retryable) == ("limit_reached", True)


async def test_a_server_that_stops_ends_lines_and_then_the_session(tmp_path: Path) -> None:
    async with AsyncExitStack() as clients:
        async with serving(ScriptedBackend([LONG] * 4, pause_s=0.01), tmp_path) as server:
            client = await clients.enter_async_context(connect(server))
            dialogues = [await client.open("mira") for _ in range(4)]
            lines = [asyncio.create_task(collect(dialogue.say("Hi"))) for dialogue in dialogues]
            await eventually(lambda: len(server._house.tasks) == 4)
        ends = [(await line)[-1] for line in lines]
        assert [end.reason for end in ends if isinstance(end, End)] == [EndReason.CANCELLED] * 4
        with pytest.raises(Disconnected, match="shutdown"):
            await client.open("mira")
        (event,) = await collect(dialogues[0].say("Hi"))
        assert isinstance(event, Failed)
        assert event.code == "disconnected"


async def test_the_client_answers_pings_while_it_waits(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path, limits=QUICK) as server, connect(server) as client:
        await asyncio.sleep(2 * QUICK.silence_s)
        assert server.session_count == 1
        await client.ping()


async def test_leaving_the_block_ends_open_lines(tmp_path: Path) -> None:
    backend = CountingBackend([LONG], pause_s=0.01)
    async with serving(backend, tmp_path) as server:
        async with connect(server) as client:
            line = asyncio.create_task(collect((await client.open("mira")).say("Hi")))
            await eventually(lambda: backend.open_streams == 1)
        last = (await line)[-1]
        assert isinstance(last, Failed)
        assert last.code == "disconnected"
        await eventually(lambda: backend.open_streams == 0 and server.session_count == 0)


async def test_sentences_come_whole(tmp_path: Path) -> None:
    async with serving(ScriptedBackend(["One fish. Two fish."]), tmp_path) as server, connect(server) as client:
        events = await collect((await client.open("mira")).say("Count."))
        assert [event for event in events if isinstance(event, Sentence)] == [
            Sentence(0, "One fish."),
            Sentence(1, "Two fish."),
        ]
