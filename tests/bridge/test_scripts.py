"""bridge/vectors/scripts.json: the Python client against a server that plays a script, as every client must pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import zmq
import zmq.asyncio

from npc_bridge.auth import Gate, PlainToken, arm_server
from npc_bridge.client import BridgeClient
from npc_bridge.messages import CLIENT_MESSAGES, SERVER_MESSAGES
from npc_bridge.wire import decode, encode
from npc_sdk.errors import ProtocolError
from npc_sdk.events import Delta, End, Event, Failed, ToolCall
from tests.bridge.support import WAIT_S, by_name, vectors

SCRIPTS = {each["name"]: each for each in vectors("scripts.json")}


@asynccontextmanager
async def playing(script: dict[str, Any], token_file: Path) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """A server that expects the script's client frames, in order, and sends its own between them."""
    context = zmq.asyncio.Context()
    gate = Gate(context, PlainToken(token_file))
    gate.open()
    socket = context.socket(zmq.ROUTER)
    arm_server(socket, PlainToken(token_file))
    socket.bind("tcp://127.0.0.1:0")
    task = asyncio.create_task(play(socket, script["steps"]))
    try:
        yield socket.getsockopt_string(zmq.LAST_ENDPOINT), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        gate.close()
        socket.close(linger=0)
        context.term()


async def play(socket: zmq.asyncio.Socket, steps: list[dict[str, Any]]) -> None:
    names: dict[str, str] = {}
    peer = b""
    for step in steps:
        message = decode(bytes.fromhex(step["hex"]))
        assert message == step["message"]
        if step["from"] == "server":
            rq = message.get("rq")
            await socket.send_multipart([peer, encode(message | ({"rq": names[rq]} if rq else {}))])
            continue
        peer, frame = await next_of(socket, message["t"])
        sent = decode(frame)
        if "rq" in message:
            names.setdefault(message["rq"], sent["rq"])
        kind = CLIENT_MESSAGES[message["t"]]
        wanted = kind.read(message) | {"client": sent.get("client"), "rq": sent.get("rq"), "priority": None}
        found = kind.read(sent) | {"client": sent.get("client"), "rq": sent.get("rq"), "priority": None}
        assert found == wanted


async def next_of(socket: zmq.asyncio.Socket, kind: str) -> list[bytes]:
    """Skips what a client may send at any time."""
    while True:
        frames = await socket.recv_multipart()
        if decode(frames[1])["t"] in {kind} - {"ping", "credit"}:
            return frames


async def converse(client: BridgeClient, script: dict[str, Any], player: asyncio.Task[None]) -> list[Event]:
    dialogue = await client.open("mira")
    if "say" not in script["about"]:
        await player
        return []
    events = []
    async for event in dialogue.say("Hi"):
        events.append(event)
        if isinstance(event, ToolCall):
            await dialogue.tool_result(event.call_id, {"ok": True})
        if isinstance(event, Delta) and "cancel" in script["about"]:
            await dialogue.cancel()
    await player
    return events


async def run_script(script: dict[str, Any], folder: Path) -> list[Event]:
    token_file = folder / "bridge.token"
    async with (
        asyncio.timeout(WAIT_S),
        playing(script, token_file) as (endpoint, player),
        BridgeClient.connect(endpoint, token_file=token_file) as client,
    ):
        return await converse(client, script, player)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=by_name)
async def test_every_script_ends_in_exactly_one_terminal(tmp_path: Path, script: dict[str, Any]) -> None:
    events = await run_script(script, tmp_path)
    if events:
        assert [event.terminal for event in events] == [False] * (len(events) - 1) + [True]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("line", "Well met."),
        ("unknown_fields_and_messages", "Well"),
        ("tool", "Open."),
        ("cancel", "Well"),
        ("untied_error", "Well"),
    ],
)
async def test_lines_that_end_well(tmp_path: Path, name: str, text: str) -> None:
    last = (await run_script(SCRIPTS[name], tmp_path))[-1]
    assert isinstance(last, End)
    assert last.text == text
    assert last.usage.reused_tokens == 30


@pytest.mark.parametrize(
    ("name", "code", "deltas"),
    [
        ("failed", "engine_failed", 1),
        ("refused", "text_empty", 0),
        ("gap", "bad_message", 0),
        ("short", "bad_message", 1),
        ("bye", "disconnected", 1),
    ],
)
async def test_lines_that_fail(tmp_path: Path, name: str, code: str, deltas: int) -> None:
    last = (await run_script(SCRIPTS[name], tmp_path))[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.delta_count) == (code, deltas)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=by_name)
def test_every_frame_is_a_valid_message(script: dict[str, Any]) -> None:
    known = {"client": CLIENT_MESSAGES, "server": SERVER_MESSAGES}
    for step in script["steps"]:
        name = step["message"]["t"]
        assert encode(step["message"]).hex() == step["hex"]
        if name in known[step["from"]]:
            known[step["from"]][name].read(step["message"])
        else:
            assert name == "later"


async def test_a_server_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    script = {"steps": SCRIPTS["line"]["steps"][:5]}
    token_file = tmp_path / "bridge.token"
    async with (
        asyncio.timeout(WAIT_S),
        playing(script, token_file) as (endpoint, _),
        BridgeClient.connect(endpoint, token_file=token_file, silence_s=0.4) as client,
    ):
        dialogue = await client.open("mira")
        (last,) = [event async for event in dialogue.say("Hi")]
        assert isinstance(last, Failed)
        assert last.code == "disconnected"
        assert "silent" in last.message


async def test_a_server_that_sends_garbage_is_given_up(tmp_path: Path) -> None:
    broken = {"t": "delta", "rq": "2", "seq": "first", "text": "Well"}
    steps = [*SCRIPTS["line"]["steps"][:5], {"from": "server", "message": broken, "hex": encode(broken).hex()}]
    (last,) = await run_script({"about": "open, say", "steps": steps}, tmp_path)
    assert isinstance(last, Failed)
    assert last.code == ProtocolError.code
