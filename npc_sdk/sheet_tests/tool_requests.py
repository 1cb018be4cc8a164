"""Makes requests from what a sheet says of its tools: their descriptions, enums and limits."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from npc_sdk.character import Character, Tool
from npc_sdk.sheet_test import Expect, ScriptTurn, SheetTest, WantedCall
from npc_sdk.sheet_tests.fact_questions import base_form

MAX_PER_TOOL = 4
"""Most requests for one tool."""

_ANY_THING = ("item", "object", "thing", "goods", "quest")
"""Parameters whose value stands for the thing of the description, whatever that calls it."""

_OWN_DOING = re.compile(r"\b(?:the npc|the character|its face|own face|emotion|mood|expression)\b", re.IGNORECASE)


def tool_tests(character: Character) -> tuple[list[SheetTest], list[str]]:
    """Requests that call for a tool, and notes of the tools that no request could be made for."""
    tests: list[SheetTest] = []
    notes = []
    for name, tool in character.tools.items():
        asked = _imperative(tool.description)
        made = _arguments(tool, character) if asked else []
        if asked is None:
            notes.append(f"no request could be made for {name}: its description is not something to ask for")
        elif not made:
            notes.append(f"no request could be made for {name}: its arguments are free, and no fact names any")
        for arguments in made[:MAX_PER_TOOL]:
            shown = ", ".join(str(value) for value in arguments.values())
            text = f"Please {_filled(asked or '', arguments)}."
            wanted = WantedCall(name=name, arguments=dict(arguments))
            turn = ScriptTurn(player=text, expect=Expect(tool=wanted))
            tests.append(SheetTest(name=f"{name}({shown})", tags=("tool",), turns=(turn,)))
    return tests, notes


def _imperative(description: str) -> str | None:
    """ "Opens the shop for the player." -> "open the shop for me"; None if it is not for the player to ask for."""
    match = re.match(r"([A-Z][a-z]+s) (.+?)\.?$", description)
    if match is None or _OWN_DOING.search(description):
        return None
    rest = re.sub(r"\b[Tt]he player's\b", "my", match[2])
    rest = re.sub(r"\b[Tt]he player\b", "me", rest)
    rest = re.sub(r"\b(and|or) ([a-z]+s)\b", lambda also: f"{also[1]} {base_form(also[2])}", rest)
    return f"{base_form(match[1].lower())} {rest}"


def _filled(asked: str, arguments: Mapping[str, Any]) -> str:
    """The request with its arguments: "give an item to me" -> "give the rope to me: quantity 2"."""
    rest = []
    for name, value in arguments.items():
        thing = re.search(r"\ban? (\w+)\b", asked)
        if isinstance(value, str) and thing and name in (thing[1], *_ANY_THING):
            named = f'the {thing[1]} "{value}"' if value[:1].isupper() else f"the {value}"
            asked = asked[: thing.start()] + named + asked[thing.end() :]
        elif isinstance(value, str):
            rest.append(value)
        else:
            rest.append(f"{value} {name}" if name.endswith("s") else f"{name} {value}")
    return f"{asked}: {', '.join(rest)}" if rest else asked


def _arguments(tool: Tool, character: Character) -> list[Mapping[str, Any]]:
    """What to ask for: the required arguments, in as many ways as enums and facts give."""
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    choices = []
    for name in tool.parameters.get("required", ()):
        values = _values(properties.get(name, {}), character)
        if not values:
            return []
        choices.append([(name, value) for value in values])
    return [dict(chosen) for chosen in itertools.islice(_spread(choices), MAX_PER_TOOL)]


def _spread(choices: list[list[tuple[str, Any]]]) -> list[tuple[tuple[str, Any], ...]]:
    """Each value of the longest list once, the others in turn: no product of all."""
    longest = max((len(values) for values in choices), default=1)
    return [tuple(values[index % len(values)] for values in choices) for index in range(longest)]


def _values(schema: Mapping[str, Any], character: Character) -> list[Any]:
    if "enum" in schema:
        return list(schema["enum"])
    match schema.get("type"):
        case "integer" | "number":
            low, high = schema.get("minimum", 1), schema.get("maximum", 9)
            return [min(max(low, 2), high)]
        case "string":
            priced = (re.match(r"(?:An? |The )?(.+?) costs? ", fact) for fact in character.knowledge.facts)
            return [match[1] if match[1][0].islower() else match[1].lower() for match in priced if match]
        case _:
            return []
