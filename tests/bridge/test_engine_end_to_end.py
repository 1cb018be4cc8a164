"""The whole path: shipped sheets, the demo model, the engine, the server and the client."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from npc_bridge.auth import PlainToken
from npc_bridge.client import BridgeClient
from npc_bridge.server import Server
from npc_sdk.engine.load import open_engine
from npc_sdk.events import End, EndReason
from npc_sdk.sheets import load_character
from tests.bridge.support import collect

pytestmark = pytest.mark.slow
MODEL_WAIT_S = 120.0
"""Longest wait for lines of the demo model on a machine that does other things as well."""


async def test_eight_dialogues_with_the_demo_model(tmp_path: Path) -> None:
    engine = await asyncio.to_thread(open_engine, "demo", device="cpu")
    async with (
        asyncio.timeout(MODEL_WAIT_S),
        engine,
        Server({"mira": load_character("mira")}, engine, security=PlainToken(tmp_path / "bridge.token")) as server,
        BridgeClient.connect(server.endpoint, token_file=server.token_file) as client,
    ):
        dialogues = [await client.open("mira", seed=number) for number in range(8)]
        spoken = await asyncio.gather(*(collect(dialogue.say("Who are you?")) for dialogue in dialogues))
        for events in spoken:
            assert isinstance(events[-1], End)
            assert events[-1].usage.completion_tokens > 0


async def test_cancelling_a_line_of_the_demo_model(tmp_path: Path) -> None:
    engine = await asyncio.to_thread(open_engine, "demo", device="cpu")
    async with (
        asyncio.timeout(MODEL_WAIT_S),
        engine,
        Server({"mira": load_character("mira")}, engine, security=PlainToken(tmp_path / "bridge.token")) as server,
        BridgeClient.connect(server.endpoint, token_file=server.token_file) as client,
    ):
        dialogue = await client.open("mira", seed=1)
        events = []
        async for event in dialogue.say("Tell me a very long story about the mill."):
            events.append(event)
            await dialogue.cancel()
        assert [event.terminal for event in events].count(True) == 1
        assert isinstance(events[-1], End)
        assert events[-1].reason in (EndReason.CANCELLED, EndReason.DONE)
        again = await collect(dialogue.say("Hello?"))
        assert isinstance(again[-1], End)
