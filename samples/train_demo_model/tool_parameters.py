"""Parameters of a tool as one character has them: their JSON Schema, and values as they are said and called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from train_demo_model.english import number_word
from train_demo_model.slots import draw, kind_of
from train_demo_model.tool_bank import Parameter
from train_demo_model.words import Words

WHOLE = frozenset({"n", "age", "year"})
"""Slots whose arguments are whole numbers."""

_DESCRIBED = 0.6  # share of parameters with a description
_STOCKED = 0.6  # share of values of open parameters that the character has to do with anyway
_STOCK = (1, 2, 3)
_GOODS = frozenset("item product goods object good dish drink food potion medicine remedy weapon ware".split())
_MAX_AMOUNT = 40
_SPELT_TO = 20  # numbers that a player may say in words


@dataclass(frozen=True, slots=True)
class Argument:
    """A value as the call has it and as the player says it."""

    value: Any
    said: str


@dataclass(frozen=True, slots=True)
class BoundParameter:
    """A parameter under the name that this character's schema gives it."""

    kind: Parameter
    name: str
    schema: Mapping[str, Any]
    wordings: Mapping[str, tuple[str, ...]]
    inner: tuple[BoundParameter, ...] = ()
    stock: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, tuple[str, ...]]:
        """A kind of slot, and values of it that the character has to do with; facts may be about them."""
        options = self.kind.spec.get("enum")
        if isinstance(options, str):
            return kind_of(options), tuple(self.wordings)
        goods = self.wordings and not _GOODS.isdisjoint(self.kind.names)
        return ("item", tuple(self.wordings)) if goods else (kind_of(self.kind.spec.get("slot", "")), self.stock)

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
        if kind_of(spec["slot"]) in WHOLE:
            number = words.rng.randint(int(spec.get("min", 2)), int(spec.get("max", _MAX_AMOUNT)))
            spelt = number_word(number) if 0 <= number <= _SPELT_TO and words.rng.random() < 0.25 else str(number)
            return Argument(number, spelt)
        stocked = self.stock and words.rng.random() < _STOCKED
        value = words.pick(self.stock) if stocked else draw(spec["slot"], words)
        return Argument(value, value)

    def implied(self, text: str) -> Any:
        """The value that a request's words imply, in its type."""
        if "flag" in self.kind.spec:
            return text.casefold() == "true"
        if kind_of(self.kind.spec.get("slot", "")) in WHOLE:
            return int(text)
        return [text] if "list" in self.kind.spec else text.strip("\"'")


def bind_parameter(kind: Parameter, words: Words) -> BoundParameter:
    """The parameter under one of its names."""
    spec = kind.spec
    inner: tuple[BoundParameter, ...] = ()
    wordings: dict[str, tuple[str, ...]] = {}
    stock: tuple[str, ...] = ()
    if "object" in spec:
        inner = tuple(bind_parameter(part, words) for part in kind.parts)
        schema = object_schema(inner)
    elif "enum" in spec:
        wordings = _wordings(spec, words)
        schema = {"type": "string", "enum": list(wordings)}
    elif "list" in spec:
        schema = {"type": "array", "items": {"type": "string"}}
    elif "flag" in spec:
        schema = {"type": "boolean"}
    elif kind_of(spec["slot"]) in WHOLE:
        limits = {"minimum": spec.get("min"), "maximum": spec.get("max")}
        schema = {"type": "integer", **{key: value for key, value in limits.items() if value is not None}}
    else:
        schema = {"type": "string"}
        stock = tuple(draw(spec["slot"], words) for _ in range(words.rng.choice(_STOCK)))
    if kind.describe and words.rng.random() < _DESCRIBED:
        schema["description"] = words.pick(kind.describe)
    return BoundParameter(kind, words.pick(kind.names), schema, wordings, inner, stock)


def _wordings(spec: Mapping[str, Any], words: Words) -> dict[str, tuple[str, ...]]:
    options = spec["enum"]
    if isinstance(options, str):
        drawn = [draw(options, words) for _ in range(int(spec.get("of", 4)))]
        return {value: (value,) for value in drawn}
    pairs = options.items() if isinstance(options, Mapping) else ((value, value) for value in options)
    return {str(value): tuple(map(str, said if isinstance(said, list) else [said])) for value, said in pairs}


def object_schema(parameters: tuple[BoundParameter, ...]) -> dict[str, Any]:
    """The JSON Schema of an object with these parameters."""
    required = [parameter.name for parameter in parameters if not parameter.kind.optional]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {parameter.name: dict(parameter.schema) for parameter in parameters},
    }
    return {**schema, "required": required} if required else schema
