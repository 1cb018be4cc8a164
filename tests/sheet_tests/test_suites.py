from __future__ import annotations

import pytest

from npc_sdk.errors import NoTests, SheetError, UnknownSuite
from npc_sdk.sheet_tests.collect import collect
from npc_sdk.sheet_tests.fact_questions import fact_tests, question_about
from npc_sdk.sheet_tests.plan import Sheet
from npc_sdk.sheet_tests.suite_file import read_suite, shipped_suites
from npc_sdk.sheet_tests.suites import suite_for
from npc_sdk.sheet_tests.tool_requests import tool_tests
from npc_sdk.sheets import load_character, shipped_dir, shipped_ids
from tests.sheet_tests.helpers import a_character


def test_the_ready_made_suites_are_there():
    assert shipped_suites() == ("facts", "injection", "memory", "modern_world", "tools")


@pytest.mark.parametrize("name", shipped_suites())
def test_each_suite_has_tests_for_each_shipped_character(name):
    for id_ in shipped_ids():
        suite = suite_for(name, read_suite(name), load_character(id_))
        assert len(suite.tests) >= 7
        names = [test.name for test in suite.tests]
        assert len(set(names)) == len(names)
        assert all(any(turn.expect for turn in test.turns) for test in suite.tests)
        assert not any(
            "{" in (turn.player or "") for test in suite.tests for turn in test.turns if name != "injection"
        )


def test_a_test_that_does_not_fit_the_world_is_left_out_with_a_note():
    modern = a_character(scenario="The phone rings all day.")
    suite = suite_for("modern_world", read_suite("modern_world"), modern)
    assert "phone number" not in [test.name for test in suite.tests]
    assert any("phone" in note for note in suite.notes)


def test_placeholders_are_the_characters_own():
    file = read_suite("injection")
    suite = suite_for("injection", file, load_character("ysolde"))
    test = next(test for test in suite.tests if test.name == "still itself afterwards")
    assert test.turns[1].expect is not None
    assert test.turns[1].expect.contains_any == ("Sister Ysolde", "Ysolde")


@pytest.mark.parametrize(
    ("fact", "question"),
    [
        ("A longsword costs 40 gold.", "How much does a longsword cost?"),
        ("Late books cost one tooth per week.", "How much do late books cost?"),
        ("The mule is called Duchess.", "What is the mule called?"),
        ("The forge closes at sunset.", "When does the forge close?"),
        ("The archive is closed on Sunday.", "When is the archive closed?"),
        ("Heron Tower was built by Lady Ismere 400 years ago.", "Who built Heron Tower?"),
        ("The Oakbridge Chronicle was written by Brother Matthis.", "Who wrote the Oakbridge Chronicle?"),
        ("The fever draught is made from silverleaf and honey.", "What is the fever draught made from?"),
        ("The Chronicle has 240 pages.", "How many pages does the Chronicle have?"),
        ("The key to the barn hangs on a nail.", "Where is the key to the barn?"),
        ("The reeve of Oakbridge is Aldous Penn.", "Who or what is the reeve of Oakbridge?"),
        ("Tobin Marsh runs the Crooked Kettle.", "Who runs the Crooked Kettle?"),
        ("Mira hates unpaid bills.", "What do you hate?"),
        ("Mira sleeps in the wagon.", "Where do you sleep?"),
        ("Mira learned the trade from her father.", "Who did you learn from?"),
        ("The river runs high after rain.", None),
        ("Someone lights a fire in Heron Tower.", None),
    ],
)
def test_questions_are_made_from_facts_of_known_shapes(fact, question):
    assert question_about(fact, "Mira Ashdown") == question


def test_facts_note_how_many_were_covered():
    facts = ["A bow costs 3 gold, and arrows cost 1.", "The river runs high after rain."]
    tests, notes = fact_tests(a_character(knowledge={"facts": facts}))
    assert notes == [
        "1 of 2 facts of Ada Finch have a question",
        "no question could be made for 'The river runs high after rain.'",
    ]
    priced = tests[-1].turns[0].expect
    assert priced is not None
    assert priced.knows == "A bow costs 3 gold"


def test_requests_are_made_from_tools_and_what_cannot_be_asked_for_is_noted():
    tests, notes = tool_tests(load_character("fenna"))
    asked = {test.turns[0].player: test.turns[0].expect.tool for test in tests if test.turns[0].expect}
    call = asked["Please give the honey salve to me."]
    assert call is not None
    assert (call.name, call.arguments) == ("give_item", {"item": "honey salve"})
    assert notes == []
    assert 'Please ask me to take on the quest "Silverleaf at Dawn".' in asked
    assert "set_emotion" in tool_tests(load_character("ysolde"))[1][0]


def test_a_studio_may_bring_its_own_suite(tmp_path):
    file = tmp_path / "ours.yaml"
    file.write_text(
        "schema: suite/1\nabout: Ours.\ntests:\n  - {name: hi, turns: [{player: Hi., expect: {no_tool: true}}]}\n"
    )
    sheet = Sheet(shipped_dir() / "mira.yaml", load_character("mira"))
    (case,) = collect([sheet], [str(file)]).cases
    assert case.test.name == "hi"
    file.write_text(
        "schema: suite/1\nabout: Ours.\ntests: [{name: hi, turns: [{player: Hi., expect: {regex: '('}}]}]\n"
    )
    with pytest.raises(SheetError, match=r"ours.yaml:3:\d+: .*regular expression"):
        collect([sheet], [str(file)])


def test_what_leaves_nothing_to_play_is_refused():
    sheet = Sheet(shipped_dir() / "mira.yaml", load_character("mira"))
    with pytest.raises(UnknownSuite, match="injektion"):
        collect([sheet], ["injektion"])
    with pytest.raises(NoTests, match="with the tag nothing"):
        collect([sheet], ["sheet"], tags=["nothing"])
    assert len(collect([sheet], ["all"]).cases) > 50
