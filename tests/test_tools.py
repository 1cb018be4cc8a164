"""A call is valid for its tool or refused in words that the model can act on; a result is JSON under its limit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from npc_sdk.backend import CallSchema
from npc_sdk.errors import ToolCallInvalid, ToolResultInvalid
from npc_sdk.tools import MAX_RESULT_CHARS, Call, parse_call, result_text

TOOLS = (
    CallSchema(
        "give_item",
        {
            "type": "object",
            "properties": {"item": {"enum": ["nail", "sword"]}, "count": {"type": "number"}},
            "required": ["item"],
        },
    ),
    CallSchema("wave", {"type": "object", "properties": {}}),
)


def test_a_valid_call_is_read() -> None:
    text = '{"name": "give_item", "arguments": {"item": "nail", "count": 2}}'
    assert parse_call(text, TOOLS) == Call("give_item", {"item": "nail", "count": 2})
    assert parse_call('{"name": "wave"}', TOOLS) == Call("wave", {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("wave", "not valid JSON"),
        ("[1]", "one JSON object"),
        ('{"name": 3}', "one JSON object"),
        ('{"name": "wave", "arguments": null}', "must be a JSON object, found NoneType"),
        ('{"name": "give_itm", "arguments": {}}', "Did you mean give_item"),
        ('{"name": "give_item", "arguments": {}}', "'item' is a required property"),
        ('{"name": "give_item", "arguments": {"item": "axe"}}', "wrong at item"),
        ('{"name": "give_item", "arguments": {"item": "nail", "count": NaN}}', "not valid JSON"),
        ('{"name": "wave", "arguments": {"a": "\\ud800"}}', "not valid JSON"),
    ],
)
def test_a_bad_call_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ToolCallInvalid) as caught:
        parse_call(text, TOOLS)
    assert says in caught.value.message


def test_messages_about_a_call_are_short_enough_for_a_result() -> None:
    for text in (json.dumps({"name": "x" * 8_000}), "[" * 8_000):
        with pytest.raises(ToolCallInvalid) as caught:
            parse_call(text, TOOLS)
        assert result_text({"error": caught.value.message})


@pytest.mark.parametrize("result", [None, True, 3, "ok", [1, {"a": None}], {"a": (1, 2)}])
def test_any_json_value_is_a_result(result: Any) -> None:
    assert json.loads(result_text(result)) == json.loads(json.dumps(result))


@pytest.mark.parametrize(
    "result", [{1}, float("nan"), float("-inf"), object(), b"x", "\udfff", "x" * MAX_RESULT_CHARS]
)
def test_what_is_not_json_or_too_long_is_refused(result: Any) -> None:
    with pytest.raises(ToolResultInvalid):
        result_text(result)
