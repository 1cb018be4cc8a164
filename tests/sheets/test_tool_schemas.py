from __future__ import annotations

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
            "{type: object, properties: {a: {type: string, pattern: '('}}}",
            "8:72: tools.dig.parameters.properties.a.pattern: expected valid JSON Schema, found '('",
        ),
        (
            "{type: object, properties: {item: {}}, required: [it]}",
            "8:67: tools.dig.parameters.required.0: expected a name from `properties`, found 'it'; "
            "did you mean 'item'?",
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
