from __future__ import annotations

import pytest

from npc_sdk.sheet_test import MAX_RUNS
from npc_sdk.sheets import load_character

TOOLS = "tools: {give_item: {description: Gives., parameters: {type: object, properties: {item: {type: string}}}}}\n"


def with_test(minimal, test):
    return f"{minimal}{TOOLS}tests:\n  - {test}\n"


GOOD = """tests:
  - name: everything
    tags: [fact]
    runs: 5
    threshold: 0.8
    player: Aldo
    turns:
      - player: How much?
        objects: {items: [rope, lamp], people: Bo}
        expect:
          contains: "12"
          contains_any: [a, "$12"]
          not_contains: [b]
          regex: 'a|b'
          tool: {name: give_item, arguments: {item: rope}}
          max_sentences: 2
          in_character: true
          knows: The rope costs 12 dollars.
          does_not_know: false
          keeps_secret: [crown, well]
      - event: The alarm goes off.
      - event: A dog barks.
        expect: {no_tool: true, keeps_secret: Ada hid the crown.}
      - state: {mood: angry, place: null}
      - player: Well?
        expect: {tool: give_item}
    tool_results: {give_item: {ok: false}}
"""


def test_a_test_may_say_all_of_this(write, minimal):
    (test,) = load_character(write("ada.yaml", minimal + TOOLS + GOOD)).tests
    first, _, barks, state, last = test.turns
    assert first.expect is not None
    assert first.expect.contains == ("12",)
    assert first.expect.keeps_secret is not None
    assert (first.expect.keeps_secret.words, first.expect.keeps_secret.text) == (("crown", "well"), None)
    assert first.objects == {"items": ("rope", "lamp"), "people": ("Bo",)}
    assert barks.expect is not None
    assert barks.expect.keeps_secret is not None
    assert barks.expect.keeps_secret.text == "Ada hid the crown."
    assert state.state == {"mood": "angry", "place": None}
    assert last.expect is not None
    assert last.expect.tool is not None
    assert (last.expect.tool.name, last.expect.tool.arguments) == ("give_item", {})
    assert test.tool_results == {"give_item": {"ok": False}}


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("{name: a, turns: [{player: x, expect: {contain: y}}]}", "expect.contain: expected a known key"),
        ("{name: a, turns: [{player: x, expect: {contains: 12}}]}", "expected text in quotes, found the number 12"),
        (
            "{name: a, turns: [{player: x, expect: {contains: []}}]}",
            "expected at least one text, found an empty list",
        ),
        ("{name: a, turns: [{player: x, expect: {regex: 'a('}}]}", "expected a regular expression, found 'a('"),
        ("{name: a, turns: [{player: x, expect: {regex: [a, '[']}}]}", "expected a regular expression, found '['"),
        ("{name: a, turns: [{player: x, expect: {tool: giv_item}}]}", "did you mean 'give_item'?"),
        (
            "{name: a, turns: [{player: x, expect: {tool: {name: give_item, arguments: {itm: y}}}}]}",
            "tool.arguments.itm: expected an argument of the tool, found 'itm'; did you mean 'item'?",
        ),
        (
            "{name: a, turns: [{player: x, expect: {tool: give_item, no_tool: true}}]}",
            "`tool` or `no_tool`, found both",
        ),
        ("{name: a, turns: [{player: x, expect: {}}]}", "expected at least one expectation, found none"),
        ("{name: a, turns: [{player: x}]}", "at least one turn with `expect`"),
        ("{name: a, turns: []}", "at least one turn with `expect`"),
        ("{name: a, turns: [{player: x, event: y, expect: {no_tool: true}}]}", "found player and event"),
        ("{name: a, turns: [{expect: {no_tool: true}}]}", "exactly one of player, event, state, found none of them"),
        ("{name: a, turns: [{state: {mood: x}, expect: {no_tool: true}}]}", "expected no `expect` beside `state`"),
        (
            "{name: a, turns: [{state: {mood: x}, objects: {items: [y]}}, {player: x, expect: {no_tool: true}}]}",
            "expected `objects` beside `player` or `event`",
        ),
        ("{name: a, runs: 0, turns: [{player: x, expect: {no_tool: true}}]}", "runs: expected 1 or more"),
        (f"{{name: a, runs: {MAX_RUNS + 1}, turns: [{{player: x, expect: {{no_tool: true}}}}]}}", "100 or less"),
        (
            "{name: a, threshold: 1.5, turns: [{player: x, expect: {no_tool: true}}]}",
            "threshold: expected 1.0 or less",
        ),
        ("{name: a, tool_results: {take: 1}, turns: [{player: x, expect: {no_tool: true}}]}", "tool_results.take"),
        ("{turns: [{player: x, expect: {no_tool: true}}]}", "expected the key 'name'"),
    ],
)
def test_a_fault_is_told_with_its_place(faults, minimal, test, fault):
    (told,) = faults(with_test(minimal, test))
    assert fault in told
    assert told.startswith("sheet.yaml:7:")


def test_a_name_is_used_once_and_the_first_line_is_told(faults, minimal):
    test = "{name: a, turns: [{player: x, expect: {no_tool: true}}]}"
    (told,) = faults(with_test(minimal, f"{test}\n  - {test}"))
    assert told == "sheet.yaml:8:12: tests.1.name: expected a name of its own, found 'a', as in line 7"


def test_a_sheet_takes_over_the_tests_of_its_archetype(write, minimal):
    write("base.yaml", "schema: npc/1\ntests: [{name: a, turns: [{player: x, expect: {no_tool: true}}]}]\n")
    sheet = load_character(write("ada.yaml", f"{minimal}extends: base.yaml\n"))
    assert [test.name for test in sheet.tests] == ["a"]
