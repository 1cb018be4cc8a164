"""Dialogues on the real engine and the demo model: what they keep, and that they stay apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.character import Character
from npc_sdk.dialogue import Dialogue
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.load import open_engine
from npc_sdk.events import End, EndReason, Event
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
    new_text = "How are you today?"
    second = await line(dialogue, new_text)
    codec = engine.codec
    with_new = len(codec.encode(Prompt(messages=(Message(Role.USER, new_text),))))
    new_tokens = with_new - (len(codec.encode(Prompt())) - codec.count("<extra_id_1>Assistant\n"))
    assert second.usage.reused_tokens == second.usage.prompt_tokens - new_tokens
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
