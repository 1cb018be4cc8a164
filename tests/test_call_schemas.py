"""What a tool may be called with in a turn."""

from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.call_schemas import (
    MAX_CONVERSATION_WORDS,
    MAX_LIVE_CHARS,
    MAX_LIVE_LISTS,
    MAX_LIVE_NAMES,
    MAX_RUN_WORDS,
    admit_objects,
    call_schemas,
    shown_schema,
    word_runs,
)
from npc_sdk.character import Tool
from npc_sdk.errors import InputError, TextEmpty, TextInvalid, TextTooLong

ITEM = {"type": "string", "x-from": "items"}


def fields(*, required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def filled(parameters: dict[str, Any], objects: Any = None, *texts: str) -> Any:
    """The parameters as they are offered, None if the tool is not."""
    found = call_schemas({"give": Tool(description="Gives.", parameters=parameters)}, objects or {}, texts)
    return found[0].parameters if found else None


def test_a_live_list_becomes_the_choice() -> None:
    schema = filled(fields(item={**ITEM, "maxLength": 5}, note={"type": "string"}), {"items": ["rope", "lantern"]})
    assert schema["properties"]["item"] == {"type": "string", "maxLength": 5, "enum": ["rope"]}
    assert schema["properties"]["note"] == {"type": "string"}


def test_a_list_that_was_not_passed_leaves_plain_text() -> None:
    assert filled(fields(item=ITEM), {"quests": ["q"]})["properties"] == {"item": {"type": "string"}}


def test_an_empty_list_takes_away_the_tool_or_the_choice_in_it() -> None:
    assert filled(fields(item=ITEM, required=("item",)), {"items": []}) is None
    assert filled(fields(item=ITEM, count={}, required=("count",)), {"items": []})["properties"] == {"count": {}}
    deep = fields(bag=fields(item=ITEM, required=("item",)), required=("bag",))
    assert filled(deep, {"items": []}) is None


@pytest.mark.parametrize(
    "wrap",
    [
        lambda schema: {"type": "array", "items": schema},
        lambda schema: {"anyOf": [schema, {"type": "null"}]},
        lambda schema: {"type": "object", "additionalProperties": schema},
        lambda schema: {"type": "object", "properties": {"x-from": schema}},
        lambda schema: {"type": "array", "prefixItems": [schema]},
    ],
)
def test_live_names_are_found_and_hidden_wherever_a_schema_stands(wrap: Any) -> None:
    parameters = fields(thing=wrap(ITEM))
    assert filled(parameters, {"items": ["rope"]}) == fields(thing=wrap({"type": "string", "enum": ["rope"]}))
    assert shown_schema(parameters) == fields(thing=wrap({"type": "string"}))


def test_words_of_the_conversation_become_the_choice() -> None:
    said = filled(fields(name={"type": "string", "x-from": "conversation"}), {}, "Ask the baker, Nan O'Dell!")
    assert set(said["properties"]["name"]["enum"]) >= {"baker", "Ask the baker", "Nan O'Dell", "O'Dell"}
    assert "baker, Nan" not in said["properties"]["name"]["enum"]
    assert filled(fields(name={"type": "string", "x-from": "conversation"}, required=("name",))) is None


def test_word_runs_are_whole_words_within_bounds() -> None:
    text = " ".join(f"w{index}" for index in range(MAX_CONVERSATION_WORDS + 50))
    runs = word_runs([text, "older words"])
    assert max(len(run.split()) for run in runs) == MAX_RUN_WORDS
    assert all(f" {run} " in f" {text} " for run in runs)
    assert "w0 w1 w2 w3 w4 w5 w6 w7" in runs
    assert f"w{MAX_CONVERSATION_WORDS}" not in runs
    assert "older" not in runs
    assert word_runs(["… -- !", "x" * 50]) == []


def test_the_conversation_is_not_read_for_nothing() -> None:
    def texts() -> Any:
        raise AssertionError("nobody asked for it")
        yield ""

    tool = Tool(description="Gives.", parameters=fields(item=ITEM))
    assert call_schemas({"give": tool}, {"items": ["rope"]}, texts())


def test_names_are_made_plain_and_stand_once() -> None:
    assert admit_objects({"items": [" iron \n bar", "iron bar", "<toolcall>x"]}) == {
        "items": ("iron bar", "‹toolcall>x")
    }
    assert admit_objects(None) == {}


@pytest.mark.parametrize(
    ("objects", "error"),
    [
        (["rope"], TextInvalid),
        ({"items": "rope"}, TextInvalid),
        ({"items": [1]}, TextInvalid),
        ({"items": [" "]}, TextEmpty),
        ({"My items": []}, TextInvalid),
        ({"conversation": []}, TextInvalid),
        ({3: []}, TextInvalid),
        ({"items": ["x" * (MAX_LIVE_CHARS + 1)]}, TextTooLong),
        ({"items": ["x"] * (MAX_LIVE_NAMES + 1)}, TextTooLong),
        ({f"l{index}": [] for index in range(MAX_LIVE_LISTS + 1)}, TextTooLong),
    ],
)
def test_objects_out_of_bounds_are_refused(objects: Any, error: type[InputError]) -> None:
    with pytest.raises(error):
        admit_objects(objects)
