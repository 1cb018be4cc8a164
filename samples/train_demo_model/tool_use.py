"""Tools as one character has them: named, with a JSON Schema, and requests that use them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npc_sdk.character import Tool
from train_demo_model.english import number_word, plural
from train_demo_model.slots import KINDS, draw, kind_of
from train_demo_model.split import Split, phrasings
from train_demo_model.template import Template
from train_demo_model.tool_bank import Parameter, Request, ToolKind
from train_demo_model.words import Words

_WHOLE = frozenset({"n", "age", "year"})
_DESCRIBED = 0.6  # share of parameters with a description
_MAX_AMOUNT = 40


@dataclass(frozen=True, slots=True)
class Argument:
    """A value as the call has it and as the player says it."""

    value: Any
    said: str


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
class BoundParameter:
    """A parameter under the name that this character's schema gives it."""

    kind: Parameter
    name: str
    schema: Mapping[str, Any]
    wordings: Mapping[str, tuple[str, ...]]
    inner: tuple[BoundParameter, ...] = ()

    def draw(self, words: Words) -> Argument:
        """A random value."""
        spec = self.kind.spec
        if self.wordings:
            value = words.pick(tuple(self.wordings))
            return Argument(value, words.pick(self.wordings[value]))
        if "list" in spec:
            items = [draw(spec["list"], words) for _ in range(words.rng.randint(1, int(spec.get("of", 3))))]
            said = items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
            return Argument(items, said)
        if "flag" in spec:
            return Argument(words.rng.random() < 0.5, "")
        if kind_of(spec["slot"]) in _WHOLE:
            number = words.rng.randint(int(spec.get("min", 2)), int(spec.get("max", _MAX_AMOUNT)))
            spelt = number_word(number) if 0 <= number <= 20 and words.rng.random() < 0.25 else str(number)
            return Argument(number, spelt)
        value = draw(spec["slot"], words)
        return Argument(value, value)

    def implied(self, text: str) -> Any:
        """The value that a request's words imply, in its type."""
        if "flag" in self.kind.spec:
            return text.casefold() == "true"
        if kind_of(self.kind.spec.get("slot", "")) in _WHOLE:
            return int(text)
        return [text] if "list" in self.kind.spec else text.strip("\"'")


@dataclass(frozen=True, slots=True)
class BoundTool:
    """A tool of one character."""

    kind: ToolKind
    name: str
    tool: Tool
    parameters: tuple[BoundParameter, ...]

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
        for slot in request.text.slots - values.keys():
            if kind_of(slot) in KINDS:
                values[slot] = draw(slot, words)
        return Use(request.text, values, arguments, frozenset(many))

    def requests(self, split: Split) -> list[Request]:
        """What players say to have it used."""
        return phrasings(self.kind.asks, split, lambda request: request.text.text)

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
    parameters = tuple(_bind_parameter(parameter, words) for parameter in kind.parameters)
    return BoundTool(kind, words.pick(kind.names), Tool.model_construct(
        description=words.pick(kind.describe), parameters=_object_schema(parameters)
    ), parameters)  # fmt: skip


def _bind_parameter(kind: Parameter, words: Words) -> BoundParameter:
    spec = kind.spec
    inner: tuple[BoundParameter, ...] = ()
    wordings: dict[str, tuple[str, ...]] = {}
    if "object" in spec:
        inner = tuple(
            _bind_parameter(
                Parameter(key, tuple(part.get("names") or (key,)), tuple(part.get("describe") or ()), part,
                          bool(part.get("optional"))), words)  # fmt: skip
            for key, part in spec["object"].items()
        )
        schema = _object_schema(inner)
    elif "enum" in spec:
        wordings = _wordings(spec, words)
        schema = {"type": "string", "enum": list(wordings)}
    elif "list" in spec:
        schema = {"type": "array", "items": {"type": "string"}}
    elif "flag" in spec:
        schema = {"type": "boolean"}
    elif kind_of(spec["slot"]) in _WHOLE:
        limits = {"minimum": spec.get("min"), "maximum": spec.get("max")}
        schema = {"type": "integer", **{key: value for key, value in limits.items() if value is not None}}
    else:
        schema = {"type": "string"}
    if kind.describe and words.rng.random() < _DESCRIBED:
        schema["description"] = words.pick(kind.describe)
    return BoundParameter(kind, words.pick(kind.names), schema, wordings, inner)


def _wordings(spec: Mapping[str, Any], words: Words) -> dict[str, tuple[str, ...]]:
    options = spec["enum"]
    if isinstance(options, str):
        drawn = [draw(options, words) for _ in range(int(spec.get("of", 4)))]
        return {value: (value,) for value in drawn}
    pairs = options.items() if isinstance(options, Mapping) else ((value, value) for value in options)
    return {str(value): tuple(map(str, said if isinstance(said, list) else [said])) for value, said in pairs}


def _object_schema(parameters: tuple[BoundParameter, ...]) -> dict[str, Any]:
    required = [parameter.name for parameter in parameters if not parameter.kind.optional]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {parameter.name: dict(parameter.schema) for parameter in parameters},
    }
    return {**schema, "required": required} if required else schema


def _filled(value: Any, given: dict[str, str], words: Words) -> Any:
    if isinstance(value, dict):
        return {key: _filled(part, given, words) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, given, words) for part in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    template = Template(value)
    for slot in template.slots - given.keys():
        given[slot] = str(words.rng.randint(2, 99)) if kind_of(slot) in _WHOLE else draw(slot, words)
    text = template.fill(given)
    return int(text) if text.isdigit() and value.startswith("{") and value.endswith("}") else text


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        texts = [_spoken(part) for part in value]
        return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)
    return value if isinstance(value, str) else json.dumps(value)
