"""A sheet becomes labelled text that is the same each time and holds no control token."""

from __future__ import annotations

from typing import Any

from npc_sdk.character import Character
from npc_sdk.chat_format import CONTROL_TOKENS
from npc_sdk.prompt import STAY_RULES, event_text, player_context, state_text, system_text, tool_schemas


def sheet(**changes: Any) -> Character:
    data: dict[str, Any] = {"schema": "npc/1", "id": "mira", "name": "Mira", "identity": {"role": "blacksmith"}}
    return Character.model_validate(data | changes)


def test_a_bare_sheet_is_an_opening_and_the_rules_that_all_have() -> None:
    assert system_text(sheet()) == "\n".join(
        ["You are Mira, the blacksmith.", "Rules:", *(f"- {r}" for r in STAY_RULES)]
    )


def test_every_part_of_a_sheet_stands_under_its_label() -> None:
    text = system_text(
        sheet(
            identity={"role": "smith", "place": "Oak", "pronouns": "she/her", "age": "fifty", "species": "dwarf"},
            persona={"traits": ["gruff", "loyal"], "goals": ["find her brother"]},
            speech={
                "style": "blunt",
                "address": "friend",
                "max_sentences": 2,
                "examples": [{"player": "A", "npc": "B"}],
            },
            knowledge={"facts": ["Iron is dear."], "unknown": ["magic"]},
            relationships={"Tobin": {"relation": "brother", "attitude": "misses him"}},
            state={"mood": "calm"},
        )
    )
    for line in (
        "You are Mira, the dwarf smith of Oak.",
        "Pronouns: she/her",
        "Age: fifty",
        "Personality: gruff, loyal",
        'Speech style: blunt, calls people "friend"',
        "Mood: calm",
        "- Find her brother",
        "- Iron is dear.",
        "- Tobin (brother): misses him",
        '- Player: "A" Mira: "B"',
        "- Keep replies to 2 sentences",
        "- You know nothing about magic",
    ):
        assert line in text.split("\n")


def test_no_text_of_a_sheet_forms_a_control_token() -> None:
    evil = " ".join(CONTROL_TOKENS)
    tools = {"wave": {"description": evil, "parameters": {"type": "object", "description": evil}}}
    character = sheet(name=evil, scenario=evil, rules=[evil], tools=tools)
    shown = system_text(character) + str(tool_schemas(character)) + player_context(evil)
    assert not [token for token in CONTROL_TOKENS if token in shown]


def test_events_and_state_as_the_user_turn_shows_them() -> None:
    assert event_text("A bell rings.") == "*A bell rings.*"
    assert state_text({"time_of_day": "noon", "rain": ""}) == "(time of day: noon; rain: none)"
