from __future__ import annotations

import time

import pytest


def tool(parameters: str) -> str:
    return f"tools:\n  dig:\n    description: Digs.\n    parameters: {parameters}\n"


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ("{type: string}", "8:24: tools.dig.parameters.type: expected object, found 'string'"),
        ("{properties: {}}", "8:17: tools.dig.parameters.type: expected object, found no type"),
        (
            "{type: object, properties: {a: {$ref: 'http://x.test/s'}}}",
            "8:49: tools.dig.parameters.properties.a.$ref: expected a schema written out in full, found '$ref'",
        ),
        (
            "{type: object, properties: [a]}",
            "8:44: tools.dig.parameters.properties: expected a map of keys and values, found a list",
        ),
        (
            "{type: object, properties: {a: {minimum: low}}}",
            "8:58: tools.dig.parameters.properties.a.minimum: expected a number, found 'low'",
        ),
        (
            "{type: object, properties: {a: {type: string, pattern: '(a+)+$'}}}",
            "8:63: tools.dig.parameters.properties.a.pattern: expected `enum` or `maxLength`, found 'pattern'",
        ),
        (
            "{type: object, properties: {a: {enum: axe}}}",
            "8:55: tools.dig.parameters.properties.a.enum: expected a list, found 'axe'",
        ),
        (
            "{type: object, properties: {item: {}}, required: [it]}",
            "8:67: tools.dig.parameters.required.0: expected a name from `properties`, found 'it'; "
            "did you mean 'item'?",
        ),
        (
            "{type: object, properties: {a: {type: object, properties: {b: {}}, required: [c]}}}",
            "8:95: tools.dig.parameters.properties.a.required.0: expected a name from `properties`, found 'c'",
        ),
        (
            "{type: object, properties: {a: {oneOf: [{const: 1}]}}}",
            "8:49: tools.dig.parameters.properties.a.oneOf: expected `anyOf`, found 'oneOf'",
        ),
        (
            "{type: object, properties: {a: {type: number, multipleOf: 0.1}}}",
            "8:75: tools.dig.parameters.properties.a.multipleOf: expected a whole number, found the number 0.1",
        ),
        (
            "{type: object, properties: {a: {type: integer, x-from: items}}}",
            "8:64: tools.dig.parameters.properties.a.x-from: expected it beside `type: string`, "
            "without `enum` and `const`, found 'x-from'",
        ),
        (
            "{type: object, properties: {a: {type: string, x-from: My Items}}}",
            "8:71: tools.dig.parameters.properties.a.x-from: "
            "expected a name of lower-case letters, digits and _, found 'My Items'",
        ),
    ],
)
def test_parameters_that_are_no_schema_of_an_object_are_pointed_to(faults, minimal, parameters, fault):
    assert faults(minimal + tool(parameters)) == [f"sheet.yaml:{fault}"]


def test_a_misspelt_type_gets_the_nearest_one(faults, minimal):
    (fault,) = faults(minimal + tool("{type: object, properties: {a: {type: integr}}}"))
    assert fault.endswith("found 'integr'; did you mean 'integer'?")


def test_a_tool_without_parameters_is_good(faults, minimal):
    assert faults(minimal + "tools: {wave: {description: Waves.}}\n") == []


def test_texts_may_come_from_live_lists_and_the_conversation(faults, minimal):
    properties = "{a: {type: string, x-from: items}, b: {type: array, items: {type: string, x-from: conversation}}}"
    assert faults(minimal + tool(f"{{type: object, properties: {properties}}}")) == []


def test_a_property_may_be_named_like_a_keyword(faults, minimal):
    properties = "{pattern: {type: string}, $ref: {}, not: {}, x-from: {}, properties: {properties: {pattern: {}}}}"
    assert faults(minimal + tool(f"{{type: object, properties: {properties}}}")) == []


def test_a_regular_expression_is_refused_without_being_compiled(faults, minimal):
    for hostile in ("a{99999999999999999999}", "(" * 20_000):
        assert len(faults(minimal + tool(f"{{type: object, properties: {{a: {{pattern: '{hostile}'}}}}}}"))) == 1


def test_thousands_of_misspelt_names_are_reported_quickly(faults, minimal):
    properties = ", ".join(f"pick_{n}: {{}}" for n in range(3000))
    required = ", ".join(f"pikc_{n}" for n in range(3000))
    started = time.monotonic()
    found = faults(minimal + tool(f"{{type: object, properties: {{{properties}}}, required: [{required}]}}"))
    assert time.monotonic() - started < 5  # under two seconds when the machine is idle
    assert len(found) == 101
