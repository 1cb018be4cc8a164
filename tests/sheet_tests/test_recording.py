from __future__ import annotations

from dataclasses import replace

import pytest

from npc_sdk.errors import RecordingInvalid
from npc_sdk.sheet_tests.recording import changes, read_recording, record, recording_text, replayed, word_diff
from tests.sheet_tests.helpers import a_case, result_of

TURNS = (
    {"player": "How much is flour?", "expect": {"knows": "A sack of flour costs 7 gold."}},
    {"state": {"mood": None}},
    {"player": "And two?", "expect": {"keeps_secret": ["x"], "tool": {"name": "give_item"}}},
)
LINES = ("7 gold.", "14 gold.")


async def recorded(tmp_path):
    result = await result_of(a_case(*TURNS), *LINES)
    file = tmp_path / "rec.json"
    file.write_text(recording_text(record([result], "scripted")), encoding="utf-8")
    return result, read_recording(file)


async def test_a_recording_holds_model_sheet_seeds_and_answers(tmp_path):
    result, read = await recorded(tmp_path)
    assert read == record([result], "scripted")
    assert read.model == "scripted"
    assert read.sheets["ada"].sha256 == result.case.sheet.digest
    assert read.tests[0].runs[0].seed == 1
    assert read.tests[0].runs[0].answers == ("7 gold.", None, "14 gold.")
    assert read.tests[0].test == result.case.test


async def test_a_replay_shows_what_changed_and_nothing_else(tmp_path):
    _, read = await recorded(tmp_path)
    now = a_case(*TURNS)
    cases, notes = replayed(read, [now.sheet], [now])
    assert (cases, notes) == ([now], [])
    found, compared = changes(read, [await result_of(cases[0], "7 gold.", "15 gold.")])
    assert compared == 2
    (change,) = found
    assert (change.step, change.text, change.before, change.after) == (2, "And two?", "14 gold.", "15 gold.")
    assert changes(read, [await result_of(cases[0], *LINES)]) == ([], 2)


async def test_new_expectations_count_but_the_recorded_lines_and_seeds_are_played(tmp_path):
    _, read = await recorded(tmp_path)
    softer = a_case(*TURNS[:2], {**TURNS[2], "expect": {"no_tool": True}}, runs=9)
    (case,), notes = replayed(read, [softer.sheet], [softer])
    assert case.test == softer.test
    assert case.seeds == (1,)
    other = a_case({**TURNS[0], "player": "What does flour cost?"})
    (case,), notes = replayed(read, [other.sheet], [other])
    assert case.test.turns[0].player == "How much is flour?"
    assert "have changed" in notes[0]


async def test_new_tests_are_noted_and_other_characters_refused(tmp_path):
    _, read = await recorded(tmp_path)
    now = a_case(*TURNS)
    new = replace(now, test=now.test.model_copy(update={"name": "new"}))
    _, notes = replayed(read, [now.sheet], [now, new])
    assert notes == ["ada: 'new' is not in the recording and is not played"]
    with pytest.raises(RecordingInvalid, match="recording is of ada"):
        replayed(read, [], [])


@pytest.mark.parametrize("text", [None, "", "{}", '{"format": "npc-tests/2"}', "\ud800"])
def test_a_file_that_is_no_recording_is_a_coded_error(tmp_path, text):
    file = tmp_path / "rec.json"
    if text is not None:
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RecordingInvalid, match=r"rec\.json"):
        read_recording(file)


def test_a_diff_is_by_words():
    assert word_diff("It is 7 gold.", "It was 7 gold, friend.") == [
        ("=", "It"), ("-", "is"), ("+", "was"), ("=", "7"), ("-", "gold."), ("+", "gold, friend."),
    ]  # fmt: skip
