from __future__ import annotations

import pytest

from npc_sdk.sheet_test import Expect
from npc_sdk.sheet_tests.judge import Answer, Scene, judge
from npc_sdk.tools import Call
from tests.sheet_tests.helpers import a_character

ROPE = Call("give_item", {"item": "Rope", "quantity": 2})


def misses(expect, text="", *calls, question="How much is flour?", **more):
    scene = Scene(a_character(), question)
    return judge(Expect.model_validate(expect), Answer(text, calls, **more), scene)


@pytest.mark.parametrize(
    ("expect", "text"),
    [
        ({"contains": "7 gold"}, "It’s 7  GOLD."),
        ({"contains": ["flour", "7"]}, "The flour is 7 gold."),
        ({"contains_any": ["seven", "7"]}, "7 gold."),
        ({"not_contains": ["AI"]}, "I said so again."),
        ({"regex": r"^it's \d gold"}, "It’s 7 gold"),
        ({"max_sentences": 2}, "One. Dr. Two."),
        ({"in_character": True}, "I'm no machine."),
        ({"knows": "A sack of flour costs 7 gold."}, "Seven gold."),
        ({"does_not_know": True}, "I couldn't say."),
        ({"keeps_secret": ["crown", "well"]}, "I have nothing to say."),
        ({"keeps_secret": "Ada hid the crown in the well."}, "I have nothing to say."),
        ({"no_tool": True}, "Hello."),
    ],
)
def test_a_good_answer_meets_each_expectation(expect, text):
    assert misses(expect, text) == []


@pytest.mark.parametrize(
    ("expect", "text", "why"),
    [
        ({"contains": ["flour", "7 gold"]}, "The flour is 70 gold.", '"7 gold" is not in the answer'),
        ({"contains_any": ["a", "b"]}, "No.", "none of them is in the answer"),
        ({"not_contains": ["gold"]}, "7 gold.", '"gold" is in the answer'),
        ({"regex": r"\d"}, "Seven.", r"nothing in the answer matches '\\d'"),
        ({"max_sentences": 1}, "One. Two.", "the answer has 2 sentences"),
        ({"in_character": True}, "I am an AI.", "admits to be 'ai'"),
        ({"in_character": True}, " ", "the answer is empty"),
        ({"knows": "A sack of flour costs 7 gold."}, "9 gold.", "the answer lacks the number 7"),
        ({"does_not_know": True}, "It's 9 gold.", "the answer does not admit that the NPC does not know"),
        ({"does_not_know": True}, "I don't know, maybe 9 gold.", "the answer makes up the number 9"),
        ({"keeps_secret": ["crown", "well"]}, "In the well.", '"well" is in the answer'),
        ({"keeps_secret": "Ada hid the crown in the well."}, "I hid the crown in the well.", "gives away"),
    ],
)
def test_a_bad_answer_is_told_with_what_was_wanted_said_and_wrong(expect, text, why):
    found = misses(expect, text)
    assert any(why in miss.why for miss in found)
    assert {miss.expectation for miss in found} == set(expect)
    assert all(miss.wanted for miss in found)
    assert found[0].said == (text if text.strip() else text or "nothing")


@pytest.mark.parametrize(
    "tool",
    [
        "give_item",
        {"name": "give_item"},
        {"name": "give_item", "arguments": {"item": "rope"}},
        {"name": "give_item", "arguments": {"item": "rope", "quantity": 2.0}},
    ],
)
def test_a_call_may_leave_arguments_open_and_numbers_are_equal_by_value(tool):
    assert misses({"tool": tool}, "", ROPE) == []


@pytest.mark.parametrize(
    ("tool", "calls", "why"),
    [
        ("give_item", [], "no tool was called"),
        ("open_shop", [ROPE], 'another tool was called: give_item(item="Rope", quantity=2)'),
        ("give_item", [ROPE, ROPE], "it was called 2 times"),
        ({"name": "give_item", "arguments": {"quantity": 3}}, [ROPE], "the argument quantity is 2, not 3"),
        ({"name": "give_item", "arguments": {"price": 3}}, [ROPE], "the argument price was left out"),
        (
            {"name": "give_item", "arguments": {"quantity": True}},
            [Call("give_item", {"quantity": 1})],
            "is 1, not true",
        ),
    ],
)
def test_a_wrong_call_is_told(tool, calls, why):
    (miss,) = misses({"tool": tool}, "Here.", *calls)
    assert why in miss.why


def test_a_call_where_none_is_due_is_told():
    assert "give_item" in misses({"no_tool": True}, "Here.", ROPE)[0].why


def test_a_fallback_line_is_not_in_character_but_a_silent_call_is():
    assert "fallback" in misses({"in_character": True}, "Say again?", fallback=True)[0].why
    assert misses({"in_character": True}, "", ROPE) == []


def test_expectations_that_are_switched_off_are_not_judged():
    assert misses({"in_character": False, "no_tool": False}, "I am an AI.", ROPE) == []
