"""Dialogues on the real engine and the demo model: what they keep, and that they stay apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from npc_sdk.character import Character, Tool
from npc_sdk.dialogue import Dialogue
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.load import open_engine
from npc_sdk.events import End, EndReason, Event, Failed, Notice, ToolCall
from npc_sdk.sheets import load_character


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with open_engine(dtype="float32") as opened:
        yield opened


@pytest.fixture(scope="module")
def mira() -> Character:
    return load_character("mira")


async def line(dialogue: Dialogue, text: str) -> End:
    events: list[Event] = [event async for event in dialogue.say(text)]
    assert [event.terminal for event in events].count(True) == 1
    assert isinstance(events[-1], End)
    return events[-1]


async def test_the_second_turn_reuses_everything_before_the_new_text(engine: Engine, mira: Character) -> None:
    dialogue = Dialogue(mira, engine, seed=1)
    first = await line(dialogue, "Who are you?")
    assert first.reason is EndReason.DONE
    second = await line(dialogue, "How are you today?")
    assert second.usage.reused_tokens == first.usage.prompt_tokens + first.usage.completion_tokens - 1


async def test_another_dialogue_of_the_character_reuses_its_sheet(engine: Engine, mira: Character) -> None:
    await line(Dialogue(mira, engine, seed=1), "Who are you?")
    other = await line(Dialogue(mira, engine, seed=2), "Good morning.")
    sheet = len(engine.codec.encode(Dialogue(mira, engine).prompt)) - engine.codec.count("<extra_id_1>Assistant\n")
    assert other.usage.reused_tokens >= sheet


async def test_a_saved_dialogue_goes_on_as_the_living_one_does(engine: Engine, mira: Character) -> None:
    living = Dialogue(mira, engine, seed=5)
    await line(living, "My name is Aldo.")
    loaded = Dialogue.load(living.save(), mira, engine)
    assert engine.codec.render(loaded.prompt) == engine.codec.render(living.prompt)
    assert (await line(loaded, "What is my name?")).text == (await line(living, "What is my name?")).text


async def test_eight_dialogues_at_once_each_speak_a_whole_line(engine: Engine) -> None:
    characters = [load_character(id_) for id_ in "mira tobin fenna silas odile ysolde corvin hale".split()]
    dialogues = [Dialogue(character, engine, seed=3) for character in characters]
    ends = await asyncio.gather(*(line(dialogue, "Who are you?") for dialogue in dialogues))
    for end in ends:
        assert end.text
        assert end.delta_count > 0


def giver(mira: Character) -> Character:
    item = {"type": "string", "x-from": "items", "description": "Name of the item"}
    parameters = {"type": "object", "properties": {"item": item}, "required": ["item"]}
    tool = Tool(description="Gives an item to the player.", parameters=parameters)
    return mira.model_copy(update={"tools": {"give_item": tool}})


async def calls_of(dialogue: Dialogue, text: str, items: list[str]) -> list[ToolCall]:
    calls = []
    async for event in dialogue.say(text, objects={"items": items}):
        assert not isinstance(event, Failed | Notice)
        if isinstance(event, ToolCall):
            calls.append(event)
            dialogue.tool_result(event.call_id, {"ok": True})
    return calls


@pytest.mark.parametrize("item", ["rope", "lantern", "brindlewick"])
async def test_the_demo_model_gives_what_is_there(engine: Engine, mira: Character, item: str) -> None:
    there = ["rope", "lantern", "brindlewick", "iron bar"]
    calls = await calls_of(Dialogue(giver(mira), engine, seed=1), f"Give me the {item}, please.", there)
    assert [(call.name, call.arguments) for call in calls] == [("give_item", {"item": item})]


async def test_what_is_not_there_cannot_be_given(engine: Engine, mira: Character) -> None:
    for seed in range(3):
        assert await calls_of(Dialogue(giver(mira), engine, seed=seed), "Give me a rope.", []) == []
        for call in await calls_of(Dialogue(giver(mira), engine, seed=seed), "Give me a rope.", ["old map"]):
            assert call.arguments == {"item": "old map"}


async def test_new_live_names_leave_what_is_kept_valid(engine: Engine, mira: Character) -> None:
    dialogue = Dialogue(giver(mira), engine, seed=1)
    ends = []
    for items in (["rope"], ["lantern", "iron bar"]):
        async for event in dialogue.say("How are you?", objects={"items": items}):
            if isinstance(event, End):
                ends.append(event)
    assert ends[1].usage.reused_tokens >= ends[0].usage.prompt_tokens
