"""Checks that the `parameters` of every tool are a JSON Schema. The border of jsonschema's errors."""

from __future__ import annotations

from itertools import islice, takewhile

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from npc_sdk.call_schemas import LIST_NAME, LIVE_KEY
from npc_sdk.sheets.report import MAX_FAULTS, Report, describe, nearest, quote
from npc_sdk.sheets.tree import Key, Node

REFUSED = {
    "$ref": "a schema written out in full",
    "$dynamicRef": "a schema written out in full",
    "pattern": "`enum` or `maxLength`",
    "patternProperties": "`properties`",
    "propertyNames": "`properties`",
    "unevaluatedProperties": "`additionalProperties`",
    "unevaluatedItems": "`items`",
    "oneOf": "`anyOf`",
    "allOf": "one schema with all of it",
    "not": "what it may be, with `enum` or `anyOf`",
    "if": "`anyOf`",
    "then": "`anyOf`",
    "else": "`anyOf`",
    "dependentRequired": "`required`, or two tools",
    "dependentSchemas": "`anyOf`, or two tools",
    "contains": "`items`",
    "uniqueItems": "`items` and `maxItems`",
}
"""Keywords that a tool's schema must not use, each with what stands in for it. Nothing is fetched, so references have
no use; a regular expression can take for ever on what a model writes; the rest is what a grammar cannot hold, so that
a model could write calls that the schema refuses."""

_META_SCHEMA = Draft202012Validator(Draft202012Validator.META_SCHEMA)
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


def check_tools(tree: Node, report: Report) -> None:
    """Note every tool of a sheet whose `parameters` are no JSON Schema (draft 2020-12) of an object."""
    tools = tree.child("tools")
    for name, tool in tools.fields().items() if tools else ():
        parameters = tool.child("parameters")
        if parameters and isinstance(parameters.value, dict):
            _check_schema(parameters, ("tools", name, "parameters"), report)


def _check_schema(parameters: Node, key: Key, report: Report) -> None:
    kind = parameters.child("type")
    if kind is None or kind.value != "object":
        report.add((kind or parameters).place, (*key, "type"), "object", describe(kind) if kind else "no type")
    for below, node in parameters.walk():
        wanted = REFUSED.get(str(below[-1])) if below and not _names_property(below) else None
        if wanted:
            report.add(node.key_place, (*key, *below), wanted, quote(str(below[-1])))
        elif below and not _names_property(below):
            _check_keyword(parameters.nearest(below[:-1]), node, (*key, *below), report)
        if not below or below[-1] == "items" or _names_property(below):
            _check_required(node, (*key, *below), report)
    for error in islice(_META_SCHEMA.iter_errors(parameters.plain()), MAX_FAULTS):
        below = tuple(error.absolute_path)
        node = parameters.nearest(below)
        report.add(node.place, (*key, *below), *_schema_words(error, node))


def _check_keyword(schema: Node, node: Node, key: Key, report: Report) -> None:
    if key[-1] == "multipleOf" and isinstance(node.value, float) and not node.value.is_integer():
        # Whether 0.3 is a multiple of 0.1 depends on who asks: binary fractions have no such numbers.
        report.add(node.place, key, "a whole number", describe(node))
    if key[-1] == LIVE_KEY:
        kind = schema.child("type")
        if kind is None or kind.value != "string" or schema.child("enum") or schema.child("const"):
            report.add(node.key_place, key, "it beside `type: string`, without `enum` and `const`", quote(LIVE_KEY))
        if not isinstance(node.value, str) or not LIST_NAME.fullmatch(node.value):
            report.add(node.place, key, "a name of lower-case letters, digits and _", describe(node))


def _names_property(key: Key) -> bool:
    """Whether the last part is a name that the schema's author chose, and no keyword."""
    above = [*takewhile(lambda part: part == "properties", reversed(key[:-1]))]
    return len(above) % 2 == 1


def _schema_words(error: ValidationError, node: Node) -> tuple[str, str, str | None]:
    if error.absolute_path and error.absolute_path[-1] == "type":
        return f"one of {', '.join(_TYPES)}", describe(node), nearest(str(node.value), _TYPES)
    words = {
        "object": "a map of keys and values",
        "array": "a list",
        "string": "text",
        "boolean": "true or false",
        "integer": "a whole number",
        "number": "a number",
    }
    wanted = error.validator_value if isinstance(error.validator_value, str) else ""
    return words.get(wanted, "valid JSON Schema"), describe(node), None


def _check_required(parameters: Node, key: Key, report: Report) -> None:
    required, properties = parameters.child("required"), parameters.child("properties")
    known = properties.fields() if properties else {}
    for index, item in enumerate(required.items() if required else ()):
        if isinstance(item.value, str) and item.value not in known:
            meant = report.nearest(item.value, known)
            report.add(item.place, (*key, "required", index), "a name from `properties`", quote(item.value), meant)
