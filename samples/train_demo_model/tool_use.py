"""Tools as one character has them: named, with a JSON Schema, and requests that use them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npc_sdk.character import Tool
from train_demo_model.content import content
from train_demo_model.english import plural
from train_demo_model.slots import KINDS, draw, kind_of
from train_demo_model.split import Split, phrasings
from train_demo_model.template import Template
from train_demo_model.tool_bank import Request, ToolKind
from train_demo_model.tool_parameters import WHOLE, BoundParameter, bind_parameter, object_schema
from train_demo_model.words import Words


@dataclass(frozen=True, slots=True)
class Use:
    """One request for a tool.

    Args:
        text: what the player says, as a template.
        values: of its slots.
        arguments: of the call it asks for.
        many: slots that are said in the plural; lines about what was done leave them out.
    """

    text: Template
    values: Mapping[str, str]
    arguments: Mapping[str, Any]
    many: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BoundTool:
    """A tool of one character."""

    kind: ToolKind
    name: str
    tool: Tool
    parameters: tuple[BoundParameter, ...]

    @property
    def words(self) -> frozenset[str]:
        """What it is about."""
        options = " ".join(said for each in self.parameters for texts in each.wordings.values() for said in texts)
        return content(f"{self.name.replace('_', ' ')} {self.tool.description} {options}")

    @property
    def things(self) -> dict[str, tuple[str, ...]]:
        """Values of its parameters that the character has to do with, by kind of slot."""
        found: dict[str, tuple[str, ...]] = {}
        for parameter in self.parameters:
            kind, values = parameter.known
            if values:
                found[kind] = (*found.get(kind, ()), *values)
        return found

    def use(self, request: Request, words: Words) -> Use:
        """A request with random values, and the arguments that it asks for."""
        values: dict[str, str] = {}
        arguments: dict[str, Any] = {}
        many: set[str] = set()
        for parameter in self.parameters:
            key = parameter.kind.key
            if parameter.inner:
                nested = {}
                for inner in parameter.inner:
                    slot = f"{key}.{inner.kind.key}"
                    if slot in request.text.slots:
                        drawn = inner.draw(words)
                        values[slot], nested[inner.name] = drawn.said, drawn.value
                if nested:
                    arguments[parameter.name] = nested
            elif key in request.implied:
                arguments[parameter.name] = parameter.implied(request.implied[key])
            elif key in request.text.slots:
                drawn = parameter.draw(words)
                values[key] = drawn.said
                arguments[parameter.name] = drawn.value
                if f"{{{key}:s}}" in request.text.text:
                    arguments[parameter.name] = plural(drawn.value)
                    many.add(key)
        for slot in sorted(request.text.slots - values.keys()):
            if kind_of(slot) in KINDS:
                values[slot] = draw(slot, words)
        return Use(request.text, values, arguments, frozenset(many))

    def requests(self, split: Split) -> list[Request]:
        """What players say to have it used."""
        return phrasings(self.kind.asks, split, lambda request: request.text.key)

    def result(self, use: Use, words: Words) -> Any:
        """What the game answers when it went well."""
        given = {**use.values}
        return _filled(words.rng.choice(self.kind.results), given, words)

    def done(self, use: Use, result: Any) -> list[tuple[Template, dict[str, str]]]:
        """What can be said after `result`, with the values of the slots."""
        values = {slot: value for slot, value in use.values.items() if slot not in use.many}
        if isinstance(result, dict):
            values |= {f"r.{key}": _spoken(value) for key, value in result.items()}
        return [(line, values) for line in self.kind.done if line.slots <= values.keys()]


def bind(kind: ToolKind, words: Words) -> BoundTool:
    """The tool under one of its names, with one of its descriptions."""
    parameters = tuple(bind_parameter(parameter, words) for parameter in kind.parameters)
    tool = Tool(description=words.pick(kind.describe), parameters=object_schema(parameters))
    return BoundTool(kind, words.pick(kind.names), tool, parameters)


def _filled(value: Any, given: dict[str, str], words: Words) -> Any:
    if isinstance(value, dict):
        return {key: _filled(part, given, words) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, given, words) for part in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    template = Template(value)
    for slot in sorted(template.slots - given.keys()):
        given[slot] = str(words.rng.randint(2, 99)) if kind_of(slot) in WHOLE else draw(slot, words)
    text = template.fill(given)
    return int(text) if text.isdigit() and value.startswith("{") and value.endswith("}") else text


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        texts = [_spoken(part) for part in value]
        return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)
    return value if isinstance(value, str) else json.dumps(value)
