"""Random tools, and random ways to write a call of one."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import jsonschema
import torch

from npc_sdk.backend import CallSchema
from npc_sdk.engine.open_call import OpenCall, unpacked
from npc_sdk.engine.vocabulary import Vocabulary

CPU = torch.device("cpu")
_NAMES = ["item", "count", "to", "where", "a b", "é", "flag", "list", "x1", "name", "arguments"]
_WORDS = ["rope", "iron bar", "élan", 'x"y', "a, b", "", "C:\\dir", "}}", "12", "two\nlines"]


class Tools:
    """Draws tools. Everything that a sheet's schema may hold can come.

    Args:
        seed: same seed, same tools.
    """

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def some(self) -> list[CallSchema]:
        return [CallSchema(f"tool_{index}", self._object(0)) for index in range(self._dice.randint(1, 3))]

    def _object(self, depth: int) -> dict[str, Any]:
        names = self._dice.sample(_NAMES, self._dice.randint(0, 4))
        required = [name for name in names if self._dice.random() < 0.6]
        found: dict[str, Any] = {"type": "object", "properties": {name: self._value(depth) for name in names}}
        if self._dice.random() < 0.8:
            found["additionalProperties"] = False
        return found | ({"required": required} if required else {})

    def _value(self, depth: int) -> dict[str, Any]:
        kind = self._dice.random()
        if depth < 3 and kind < 0.25:
            return self._object(depth + 1)
        if depth < 3 and kind < 0.45:
            least = self._dice.randint(0, 3)
            bounds = {"minItems": least, "maxItems": least + self._dice.randint(0, 3)}
            return {"type": "array", "items": self._value(depth + 1)} | (bounds if self._dice.random() < 0.8 else {})
        if kind < 0.5:
            return {"type": "object", "additionalProperties": self._scalar(), "maxProperties": 3}
        return {"anyOf": [self._scalar(), self._scalar()]} if kind < 0.6 else self._scalar()

    def _scalar(self) -> dict[str, Any]:
        dice = self._dice
        low, width = dice.randint(-500, 500), dice.randint(0, 1000)
        some = round(dice.uniform(-50, 50), dice.randint(0, 4))
        shortest = dice.randint(0, 5)
        return dice.choice(
            [
                {"enum": dice.sample(_WORDS, dice.randint(1, 4))},
                {"type": "integer", "minimum": low, "maximum": low + width},
                {"type": "integer", dice.choice(["minimum", "exclusiveMinimum", "exclusiveMaximum"]): low},
                {"type": "integer", "minimum": 0, "maximum": 12, "multipleOf": 3},
                {"type": "number"},
                {"type": "number", "minimum": some, "maximum": some + dice.choice([0.5, 2, 30])},
                {"type": "number", "exclusiveMinimum": some, "exclusiveMaximum": some + 2},
                {"type": "boolean"},
                {"const": dice.choice([1, "now", True, None, 2.5])},
                {"type": "string", "minLength": shortest, "maxLength": shortest + dice.randint(0, 300)},
                {"type": "string"},
                {"type": ["integer", "null"]},
            ]
        )


class Scores:
    """Random scores, cut out of one long row of them: drawing new ones would take most of the tests' time."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._row = torch.randn(1 << 20, generator=torch.Generator().manual_seed(seed))

    def next(self, count: int) -> torch.Tensor:
        start = self._dice.randrange(len(self._row) - count)
        return self._row[start : start + count]


def write(call: OpenCall, vocabulary: Vocabulary, left: int, scores: Scores) -> list[int]:
    """The tokens of a call, each the best by random scores that favour quotes and brackets: else texts go on and on.

    Args:
        call: at its start.
        vocabulary: of the model.
        left: most tokens.
        scores: of the tokens.
    """
    size = len(vocabulary.sizes)
    favours = torch.zeros(size)
    favours[vocabulary.quotes] = 6.0
    favours[vocabulary.brackets] = 3.0
    ids: list[int] = []
    while not call.is_over:
        assert len(ids) < left, "the call was cut off"
        bits = call.mask()
        assert bits is not None
        drawn = (scores.next(size) + favours).masked_fill(~unpacked(bits, CPU)[:size], -torch.inf)
        token = call.fitting(int(drawn.argmax()), left - len(ids))
        call.note(token)
        ids.append(token)
    return ids


def require_valid(text: str, tools: Sequence[CallSchema]) -> dict[str, Any]:
    """The call in the text between the tags: JSON as `json.dumps` writes it, and valid for its tool."""
    assert text.startswith(" ")
    assert text.endswith(" ")
    call: dict[str, Any] = json.loads(text)
    assert list(call) == ["name", "arguments"]
    if not any(digit in text for digit in "0123456789"):  # 1.50 is a number that json.dumps writes in another way
        assert text == f" {json.dumps(call, ensure_ascii=False)} "
    (schema,) = [tool.parameters for tool in tools if tool.name == call["name"]]
    jsonschema.Draft202012Validator(schema).validate(call["arguments"])
    json.dumps(call, allow_nan=False).encode()
    return call
