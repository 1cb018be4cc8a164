"""Whole conversations to be read."""

from __future__ import annotations

import asyncio

from train_demo_model.converse import MOST_TURNS, SHEETS, conversations, counts, failed_share

from npc_sdk.sheet_tests.play import play
from npc_sdk.sheet_tests.results import CaseResult
from npc_sdk.testing import ScriptedBackend


def test_every_sheet_and_suite_is_one_conversation_of_bounded_length() -> None:
    cases = conversations(SHEETS, 1)
    names = [case.test.name for case in cases]
    assert len(set(names)) == len(names) > 8
    assert all(0 < len(case.test.turns) <= MOST_TURNS and len(case.seeds) == 1 for case in cases)


def test_the_share_of_failed_answers_is_of_the_judged_ones_and_a_broken_line_counts() -> None:
    case = next(case for case in conversations(SHEETS, 1) if case.test.name == "corvin, sheet")
    judged = sum(turn.expect is not None for turn in case.test.turns)

    async def played(backend: ScriptedBackend) -> CaseResult:
        return CaseResult(case, (await play(case, 1, backend),))

    async def closed() -> CaseResult:
        backend = ScriptedBackend([])
        await backend.aclose()
        return await played(backend)

    silly = asyncio.run(played(ScriptedBackend(["Cabbage."] * 40)))
    assert counts(silly)[0] == judged
    assert 0 < failed_share(silly) <= 1
    broken = asyncio.run(closed())
    assert broken.runs[0].trouble is not None
    assert counts(broken)[1] >= 1
