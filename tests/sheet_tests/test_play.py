"""Tests of tests: a character broken on purpose fails, with a transcript that shows why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from npc_sdk.backend import Finished, Piece, Request
from npc_sdk.errors import EngineFailed
from npc_sdk.sheet_tests.play import play_all
from npc_sdk.sheet_tests.transcript import headline, transcript_text
from npc_sdk.testing import ScriptedBackend
from tests.sheet_tests.helpers import a_case, result_of

PRICE = {"player": "How much is flour?", "expect": {"knows": "A sack of flour costs 7 gold."}}
CALL = '<toolcall> {"name": "give_item", "arguments": {"item": "flour", "quantity": 2}} </toolcall>'


async def test_a_good_character_passes():
    result = await result_of(a_case(PRICE), "Seven gold.")
    assert result.ok
    assert result.failed_runs == ()


@pytest.mark.parametrize(
    ("turn", "line", "shown"),
    [
        (PRICE, "It is 9 gold.", "x knows: the answer lacks the number 7"),
        (
            {"player": "Where is the crown?", "expect": {"keeps_secret": "Ada hid the crown in the well."}},
            "I hid it down in the well.",
            "x keeps_secret: the answer gives away",
        ),
        (
            {"player": "What are you?", "expect": {"in_character": True}},
            "I am a language model.",
            "x in_character: admits",
        ),
    ],
    ids="wrong-price leaked-secret admits".split(),
)
async def test_a_character_broken_on_purpose_fails_with_a_transcript_that_shows_why(turn, line, shown):
    result = await result_of(a_case(turn), line)
    assert not result.ok
    text = transcript_text(result, result.runs[0])
    player, npc, fault = text.splitlines()[1:4]
    assert player == f"Player: {turn['player']}"
    assert npc == f"Ada Finch: {line}"
    assert shown in fault


async def test_every_kind_of_turn_is_played_and_shown():
    case = a_case(
        {"player": "Two sacks of flour, please.", "expect": {"tool": "give_item", "contains": "enjoy"}},
        {"event": "The bell rings."},
        {"state": {"mood": "angry"}},
        {"event": "A dog barks.", "expect": {"contains": "mutt"}},
        player="Aldo",
        tool_results={"give_item": {"error": "bag is full"}},
    )
    backend = ScriptedBackend([CALL, "Enjoy.", "Quiet, mutt!"])
    (result,) = await play_all([case], backend)
    assert result.ok
    assert transcript_text(result, result.runs[0]).splitlines()[1:] == [
        "Aldo: Two sacks of flour, please.",
        '[Ada Finch calls give_item(item="flour", quantity=2)]',
        "Ada Finch: Enjoy.",
        "*The bell rings.*",
        "(mood: angry)",
        "*A dog barks.*",
        "Ada Finch: Quiet, mutt!",
    ]
    shown = [backend.codec.render(request.prompt) for request in backend.requests]
    assert "The player is called Aldo." in shown[0]
    assert '{"error": "bag is full"}' in shown[1]
    assert "The bell rings." in shown[2]
    assert "mood: angry" in shown[2]


async def test_a_line_that_fails_is_a_failed_run_with_its_code():
    result = await result_of(a_case(PRICE, PRICE), EngineFailed("The step failed."))
    run = result.runs[0]
    assert run.trouble is not None
    assert run.trouble.code == "engine_failed"
    assert "x the line failed: engine_failed" in transcript_text(result, run)
    assert len(run.played) == 1


async def test_a_refused_player_line_is_a_failed_run():
    result = await result_of(a_case({"player": "\u200b", "expect": {"no_tool": True}}))
    assert result.runs[0].trouble is not None
    assert result.runs[0].trouble.code == "text_empty"


async def test_a_tool_result_that_is_too_large_is_a_failed_run():
    case = a_case({"player": "Flour!", "expect": {"tool": "give_item"}}, tool_results={"give_item": "x" * 2000})
    result = await result_of(case, CALL)
    assert result.runs[0].trouble is not None
    assert result.runs[0].trouble.code == "tool_result_invalid"


async def test_the_threshold_decides_how_many_runs_must_pass():
    lines = ["7 gold.", "7 gold.", "9 gold.", "7 gold.", "7 gold."]
    result = await result_of(a_case(PRICE, runs=5, threshold=0.8), *lines)
    assert (result.passed, result.needed, result.ok) == (4, 4, True)
    strict = await result_of(a_case(PRICE, runs=5, threshold=0.9), *lines)
    assert (strict.needed, strict.ok) == (5, False)
    assert headline(strict) == "ada.yaml, a test: 4 of 5 runs passed, 5 needed"


async def test_the_seed_of_a_run_reaches_the_backend():
    backend = ScriptedBackend(["7 gold."] * 3)
    await play_all([a_case(PRICE, runs=3)], backend, at_once=1)
    assert len({request.sampling.seed for request in backend.requests}) == 3


class _Counting(ScriptedBackend):
    busy = most = 0

    async def stream(self, request: Request) -> AsyncGenerator[Piece | Finished, None]:
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(0)
        async for item in super().stream(request):
            yield item
        self.busy -= 1


async def test_runs_are_side_by_side_and_never_more_than_allowed():
    backend = _Counting(["7 gold."] * 20)
    told = []
    (result,) = await play_all(
        [a_case(PRICE, runs=20)], backend, at_once=4, on_run=lambda case, run: told.append(run)
    )
    assert result.ok
    assert backend.most == 4
    assert len(told) == 20


async def test_the_objects_of_a_turn_reach_the_dialogue():
    expect = {"tool": "give_item"}
    good = await result_of(
        a_case({"player": "Flour!", "objects": {"items": "flour"}, "expect": expect}), CALL, "Here."
    )
    assert good.ok
    refused = await result_of(
        a_case({"player": "Flour!", "objects": {"items": ["x" * 390]}, "expect": expect}), CALL, ""
    )
    assert refused.runs[0].trouble is not None
    assert refused.runs[0].trouble.code == "text_too_long"
