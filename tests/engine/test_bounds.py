"""Bounded schemas admit less than the schemas they are made of, never more."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from npc_sdk.engine.bounds import (
    MAX_ARGUMENT_CHARS,
    MAX_ARGUMENT_ITEMS,
    MAX_INTEGER,
    MAX_NUMBER,
    bounded,
    longest_close,
)


def admits(schema: Any, value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(bounded(schema)).is_valid(value))


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string"}, "x" * MAX_ARGUMENT_CHARS, "x" * (MAX_ARGUMENT_CHARS + 1)),
        ({"type": "string", "maxLength": 3}, "abc", "abcd"),
        ({"type": "string"}, "2 > 1", "<toolcall>"),
        ({"type": "string"}, "é", "a\nb"),
        ({"type": "string"}, "a b", " a"),
        ({"type": "string", "minLength": 2, "maxLength": 2}, "ab", "a"),
        ({"type": "string", "maxLength": 0}, "", "a"),
        ({"type": "string", "minLength": 300}, "x" * 300, "x" * 301),
        ({"type": "string", "pattern": "^a"}, "ab", "b"),
        ({"type": "string"}, "", " "),
        ({"type": "integer"}, MAX_INTEGER, MAX_INTEGER + 1),
        ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 6.5}, 6, 3),
        ({"type": "integer", "minimum": 2.5}, 3, 2),
        ({"type": "number"}, MAX_NUMBER, MAX_NUMBER + 1),
        ({"type": "number", "exclusiveMinimum": 0}, 0.5, 0),
        ({"type": "number", "minimum": 5 * MAX_NUMBER}, 5 * MAX_NUMBER, MAX_NUMBER),
        ({"type": "array"}, [1, "a", None], [1] * (MAX_ARGUMENT_ITEMS + 1)),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 40}, [True] * 40, [True] * 41),
        ({"type": "array", "prefixItems": [{"const": 1}], "items": False}, [1], [1, 2]),
        ({"type": "object", "properties": {"a": {}}}, {"a": 1}, {"b": 1}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a_b": 1}, {"<x>": 1}),
        ({"properties": {"a": {}}, "required": ["a"]}, {"a": "x"}, "x"),
        ({"type": ["integer", "null"]}, None, 2**60),
        ({}, True, [1]),
        (True, "a", {}),
        (False, ..., 1),
        ({"enum": ["a", 2], "description": "x"}, 2, 3),
        ({"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 2}]}, "ab", "abc"),
    ],
)
def test_what_is_admitted_and_what_is_not(schema: Any, good: Any, bad: Any) -> None:
    assert good is ... or admits(schema, good)
    assert not admits(schema, bad)


def test_annotations_are_left_out_and_the_schema_stays_as_it_is() -> None:
    schema = {"type": "string", "description": "d", "default": "x", "title": "t"}
    assert not bounded(schema).keys() & {"description", "default", "title"}
    assert schema == {"type": "string", "description": "d", "default": "x", "title": "t"}


@pytest.mark.parametrize(
    ("schema", "least"),
    [
        ({"const": "é"}, 4),
        ({"enum": ["a", "long name"]}, 11),
        ({"type": "array", "items": {"const": 10}, "minItems": 5}, 20),
        ({"type": "object", "properties": {"abc": {"type": "string", "minLength": 9}}}, 48),
        ({"anyOf": [{"const": 1}, {"const": "abc"}]}, 5),
    ],
)
def test_the_bytes_to_the_end_are_not_underrated(schema: Any, least: int) -> None:
    assert longest_close(bounded(schema)) >= least
