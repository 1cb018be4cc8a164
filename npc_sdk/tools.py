"""Tool calls: read from the model's text, validated against the sheet, answered by the game."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema

from npc_sdk.backend import CallSchema
from npc_sdk.chat_format import neutralise_json
from npc_sdk.errors import ToolCallInvalid, ToolResultInvalid

MAX_RESULT_CHARS = 1_500
"""Longest tool result as JSON, in characters."""

MAX_RESULT_TOKENS = 400
"""Longest tool result as JSON, in tokens: what the history must be able to hold."""

_QUOTED_CHARS = 200  # of what a model wrote, in a message about it


@dataclass(frozen=True, slots=True)
class Call:
    """A valid call: `arguments` fit the tool's JSON Schema."""

    name: str
    arguments: Mapping[str, Any]


def parse_call(text: str, offered: Iterable[CallSchema]) -> Call:
    """Reads the JSON between a call's tags.

    Args:
        text: the model's JSON object with `name` and `arguments`.
        offered: the tools that may be called now.

    Raises:
        ToolCallInvalid: says what is wrong in words that the model can act on.
    """
    call = _read_json(text)
    name = call["name"]
    tools = {tool.name: tool.parameters for tool in offered}
    if name not in tools:
        near = difflib.get_close_matches(name, tools, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        known = ", ".join(tools) or "none"
        raise ToolCallInvalid(f"There is no tool {name[:_QUOTED_CHARS]!r}.{meant} The tools are: {known}.")
    fault = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(tools[name]).iter_errors(call["arguments"])
    )
    if fault is not None:
        where = ".".join(str(step) for step in fault.absolute_path)[:_QUOTED_CHARS] or "arguments"
        raise ToolCallInvalid(f"The call of {name} is wrong at {where}: {fault.message[:_QUOTED_CHARS]}")
    return Call(name, call["arguments"])


def result_text(result: Any) -> str:
    """A tool result as the JSON text of a Tool turn, neutralised.

    Args:
        result: any JSON value.

    Raises:
        ToolResultInvalid: if it is not JSON, or longer than `MAX_RESULT_CHARS`.
    """
    try:
        text = json.dumps(neutralise_json(result), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as exc:
        raise ToolResultInvalid(f"The tool result is not JSON: {exc}") from exc
    if len(text) > MAX_RESULT_CHARS:
        raise ToolResultInvalid(f"The tool result has {len(text)} characters, the limit is {MAX_RESULT_CHARS}.")
    return text


def _read_json(text: str) -> dict[str, Any]:
    try:
        call = json.loads(text)
        # NaN, 1e999 and escaped lone surrogates are read, and could be sent to no game.
        json.dumps(call, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as exc:
        raise ToolCallInvalid(f"The call is not valid JSON: {exc}") from exc
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise ToolCallInvalid('The call must be one JSON object like {"name": "...", "arguments": {...}}.')
    arguments = call.setdefault("arguments", {})
    if not isinstance(arguments, dict):
        raise ToolCallInvalid(f"The arguments must be a JSON object, found {type(arguments).__name__}.")
    return call
