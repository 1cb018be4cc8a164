"""Prints whole conversations of the shipped characters, some drawn by seed and the worst, to be read by people.

    python samples/train_demo_model/converse.py --model /tmp/run/model --seed 1 --random 10 --worst 10

A conversation is all tests of one suite (or of the sheet itself) after one another, at the sheet's own temperature:
five to thirty turns in one dialogue. The worst are those in which the greatest share of the judged answers fail.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

from npc_sdk.engine.load import open_engine
from npc_sdk.models import DEFAULT_MODEL
from npc_sdk.sheet_test import ScriptTurn, SheetTest
from npc_sdk.sheet_tests.collect import collect
from npc_sdk.sheet_tests.plan import Case, Sheet, make_case
from npc_sdk.sheet_tests.play import play_all
from npc_sdk.sheet_tests.results import CaseResult, Played
from npc_sdk.sheet_tests.transcript import transcript_text
from npc_sdk.sheets import find_sheets, load_character

MOST_TURNS = 12
"""Turns of a conversation; a suite may have more."""
SHEETS = Path(__file__).resolve().parents[2] / "characters"


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--model", default=DEFAULT_MODEL, help="demo, or a model folder (default %(default)s)")
    command.add_argument("--seed", type=int, default=1, help="of the lines and of the draw (default %(default)s)")
    command.add_argument("--random", type=int, default=10, help="how many drawn by seed (default %(default)s)")
    command.add_argument("--worst", type=int, default=10, help="how many of the worst (default %(default)s)")
    options = command.parse_args(arguments)
    results = asyncio.run(played(conversations(SHEETS, options.seed), options.model))
    drawn = random.Random(options.seed).sample(results, min(options.random, len(results)))
    worst = sorted((result for result in results if result not in drawn), key=failed_share, reverse=True)
    for title, chosen in (("Drawn by seed", drawn), ("The worst of the others", worst[: options.worst])):
        print(f"# {title}\n")
        for result in chosen:
            judged, failed = counts(result)
            print(f"## {result.case.test.name}: {failed} of {judged} judged answers failed\n")
            print(f"{transcript_text(result, result.runs[0])}\n")
    return 0


def conversations(folder: Path, seed: int) -> list[Case]:
    """For every sheet and suite one conversation of all its tests."""
    sheets = [Sheet(path, load_character(path)) for path in find_sheets([folder])]
    cases = collect(sheets, ("all",)).cases
    return [
        make_case(group[0].sheet, suite, chained(f"{name}, {suite}", group), runs=1, seed=seed)
        for (name, suite), found in groupby(cases, key=lambda case: (case.sheet.path.stem, case.suite))
        if (group := list(found))
    ]


def chained(name: str, cases: Sequence[Case]) -> SheetTest:
    """One test with the turns of all of `cases`, and what the game answers in any of them."""
    tests = [case.test for case in cases]
    turns = tuple(islice((turn for test in tests for turn in test.turns), MOST_TURNS))
    results = {tool: answer for test in tests for tool, answer in test.tool_results.items()}
    player = next((test.player for test in tests if test.player), None)
    return SheetTest(name=name, turns=turns, tool_results=results, player=player)


async def played(cases: Sequence[Case], model: str) -> list[CaseResult]:
    """Plays all of them on a model."""
    async with open_engine(model) as engine:
        return await play_all(cases, engine)


def failed_share(result: CaseResult) -> float:
    """Share of the judged answers that fail."""
    judged, failed = counts(result)
    return failed / max(1, judged)


def counts(result: CaseResult) -> tuple[int, int]:
    """How many answers were judged, and how many of them failed."""
    misses = [len(step.misses) for turn, step in _steps(result) if turn.expect is not None]
    broken = result.runs[0].trouble is not None  # the answer at which a line failed has no misses
    return len(misses), sum(map(bool, misses)) + broken


def _steps(result: CaseResult) -> Iterator[tuple[ScriptTurn, Played]]:
    return zip(result.case.test.turns, result.runs[0].played, strict=False)  # a line that failed ends a run early


if __name__ == "__main__":
    sys.exit(main())
