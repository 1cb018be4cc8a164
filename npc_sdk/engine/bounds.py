"""JSON Schemas made finite: what a model writes by them is short, plain, and fits every game engine's numbers.

A bounded schema admits only values that the schema itself admits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

MAX_ARGUMENT_CHARS = 240
"""Longest free text in a call, in characters, whatever the schema allows."""

MAX_ARGUMENT_ITEMS = 32
"""Most items of a list in a call, whatever the schema allows."""

MAX_MAP_ENTRIES = 8
"""Most entries of a map with free names."""

MAX_INTEGER = 2**53 - 1
"""Largest whole number where the schema sets no bound: the largest that every JSON reader keeps."""

MAX_NUMBER = 10**12
"""Largest number where the schema sets no bound."""

NUMBER_STEP = 1e-6
"""Numbers have six decimals: else a model could write digits for ever."""

# No angles, so that no control token is spelled, and no space first, which models like to put behind a quote.
_FIRST_CHAR, _CHAR = r"[^\x00-\x20\x7f<＜﹤]", r"[^\x00-\x1f\x7f<＜﹤]"
_LEAST_CHARS = (
    "x-least-chars"  # where a bounded schema notes it for `longest_close`; grammars skip what begins with x-
)
_FREE_NAME = "^[A-Za-z0-9_ ]{1,32}$"
_SCALAR = ("string", "number", "boolean", "null")
_FORMATS = frozenset("date-time time date duration email hostname ipv4 ipv6 uuid".split())
_KEPT = frozenset(
    "type enum const anyOf oneOf allOf minLength maxLength pattern format minimum maximum exclusiveMinimum "
    "exclusiveMaximum multipleOf properties required additionalProperties minProperties maxProperties items "
    "prefixItems minItems maxItems patternProperties uniqueItems not if then else contains dependentRequired "
    "dependentSchemas propertyNames".split()
)
_TYPE_OF = {
    "properties": "object",
    "required": "object",
    "additionalProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "maxItems": "array",
    "minLength": "string",
    "maxLength": "string",
    "pattern": "string",
    "format": "string",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "number",
}


def bounded(schema: Any) -> dict[str, Any]:
    """The schema with bounds where it has none, objects closed, and annotations left out.

    Args:
        schema: a JSON Schema; `true` and `{}` stand for any single value.
    """
    if not isinstance(schema, Mapping):
        return {"type": list(_SCALAR)} if schema else {"not": {}}
    found = {key: value for key, value in schema.items() if key in _KEPT}
    for key in ("anyOf", "oneOf"):
        if key in found:
            found[key] = [bounded(each) for each in found[key]]
    if found.keys() & {"enum", "const", "anyOf", "oneOf", "allOf"}:
        return found
    types = _types(found)
    found["type"] = types[0] if len(types) == 1 else types
    if "string" in types:
        _bound_text(found)
    if "number" in types or "integer" in types:
        _bound_number(found, whole="number" not in types)
    if "array" in types:
        _bound_list(found)
    if "object" in types:
        _bound_object(found)
    return found


def longest_close(schema: Mapping[str, Any]) -> int:
    """Most bytes that it can take to finish a value of a bounded schema from wherever it stands."""
    if "const" in schema:
        return _size(schema["const"])
    if "enum" in schema:
        return max(map(_size, schema["enum"]), default=0)
    branches = [longest_close(each) for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, ())]
    return max([*branches, *(_close_of_type(schema, kind) for kind in _types(schema))])


def most_growth(schema: Mapping[str, Any]) -> int:
    """Most bytes by which one sign (a quote, comma or bracket) can put off the end of a value of a bounded schema.

    It can begin an item, a field that may be left out, or one of several forms, each of which must be finished then.
    """
    if schema.keys() & {"const", "enum"}:
        return longest_close(schema)
    forms = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, ())]
    items = [*schema.get("prefixItems", ()), *([schema["items"]] if schema.get("items") else [])]
    free = [*schema.get("patternProperties", {}).values()]
    fields = schema.get("properties", {})
    begun = [longest_close(each) + 40 for each in (*forms, *items, *free)]
    for name, each in fields.items():
        put_off = 0 if name in schema.get("required", ()) else longest_close(each)
        begun += [_size(name) + 4 + put_off, most_growth(each)]
    scalar = [_close_of_type(schema, kind) for kind in _types(schema) if kind not in ("array", "object")]
    return max([2, *begun, *scalar, *map(most_growth, (*forms, *items, *free))])


def _close_of_type(schema: Mapping[str, Any], kind: str) -> int:
    if kind == "string":
        return 48 + 4 * int(schema.get(_LEAST_CHARS, 0))
    if kind == "array":
        items = [*schema.get("prefixItems", ()), *[schema.get("items") or {}] * max(1, schema.get("minItems", 0))]
        return 2 + sum(2 + longest_close(item) for item in items)
    if kind == "object":
        fields = [*schema.get("properties", {}).items()]
        free = [("x" * 32, each) for each in schema.get("patternProperties", {}).values()]
        fields += free * max(1, schema.get("minProperties", 0))
        return 2 + sum(_size(name) + 4 + longest_close(each) for name, each in fields)
    return 32


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _types(schema: Mapping[str, Any]) -> list[str]:
    given = schema.get("type")
    if given is not None:
        return [given] if isinstance(given, str) else list(given)
    # A schema of a value of one type seldom means to admit all others.
    told = next((_TYPE_OF[key] for key in schema if key in _TYPE_OF), None)
    return [told] if told else list(_SCALAR)


def _bound_text(schema: dict[str, Any]) -> None:
    if schema.get("format") in _FORMATS:
        return
    schema.pop("format", None)  # elsewhere a format is a remark
    # The lengths stand in the pattern: of a pattern beside lengths llguidance may not see whether any text fits both.
    least = int(schema.pop("minLength", 0))
    most = max(least, min(int(schema.pop("maxLength", MAX_ARGUMENT_CHARS)), MAX_ARGUMENT_CHARS))
    schema[_LEAST_CHARS] = least
    free = f"{_FIRST_CHAR}{_CHAR}{{{max(least - 1, 0)},{most - 1}}}" if most else ""
    pattern = f"^({free})$" if least else f"^({free})?$"
    if "pattern" in schema:
        schema["allOf"] = [{"pattern": schema.pop("pattern")}, {"pattern": pattern}]
    else:
        schema["pattern"] = pattern


def _bound_number(schema: dict[str, Any], *, whole: bool) -> None:
    step = schema.get("multipleOf", 1 if whole else NUMBER_STEP)
    most = MAX_INTEGER if whole else MAX_NUMBER
    # Exclusive bounds are moved by a step: llguidance 1.9 lets the bound itself through for numbers.
    lows = [schema["minimum"]] if "minimum" in schema else []
    highs = [schema["maximum"]] if "maximum" in schema else []
    if "exclusiveMinimum" in schema:
        low = schema.pop("exclusiveMinimum")
        lows.append(math.floor(low) + 1 if whole else low + NUMBER_STEP)
    if "exclusiveMaximum" in schema:
        high = schema.pop("exclusiveMaximum")
        highs.append(math.ceil(high) - 1 if whole else high - NUMBER_STEP)
    low = max(lows, default=min(-most, *highs, 0))
    high = min(highs, default=max(most, low))
    schema["minimum"], schema["maximum"] = (math.ceil(low), math.floor(high)) if whole else (low, high)
    if not whole and high - low >= 1000 * NUMBER_STEP:
        schema["multipleOf"] = step


def _bound_list(schema: dict[str, Any]) -> None:
    most = min(schema.get("maxItems", MAX_ARGUMENT_ITEMS), MAX_ARGUMENT_ITEMS)
    schema["maxItems"] = max(schema.get("minItems", 0), most)
    if "prefixItems" in schema:
        schema["prefixItems"] = [bounded(each) for each in schema["prefixItems"]]
    if schema.get("items", True) is False:
        schema["maxItems"] = min(schema["maxItems"], len(schema.get("prefixItems", ())))
    else:
        schema["items"] = bounded(schema.get("items", True))


def _bound_object(schema: dict[str, Any]) -> None:
    fields: Mapping[str, Any] = schema.get("properties", {})
    if fields:
        schema["properties"] = {name: bounded(each) for name, each in fields.items()}
    rest = schema.get("additionalProperties", False)
    schema["additionalProperties"] = False
    if isinstance(rest, Mapping) and not fields and "patternProperties" not in schema:
        least = schema.get("minProperties", 0)
        schema["patternProperties"] = {_FREE_NAME: bounded(rest)}
        schema["maxProperties"] = max(least, min(schema.get("maxProperties", MAX_MAP_ENTRIES), MAX_MAP_ENTRIES))
