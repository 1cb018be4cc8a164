"""What will be played: tests of a character, with their runs, seeds and thresholds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from npc_sdk.character import Character
from npc_sdk.sheet_test import SheetTest

OWN = "sheet"
"""The name of the tests that stand in the sheet itself, among the names of suites."""

DEFAULT_RUNS = 5
DEFAULT_THRESHOLD = 0.8
"""Share of runs that must pass when lines are drawn at random; every run must at temperature 0 and for secrets."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A character and where its sheet lies."""

    path: Path
    character: Character

    @property
    def digest(self) -> str:
        """SHA-256 of all that the answers depend on: the sheet with its archetypes and lore, without its tests."""
        return hashlib.sha256(self.character.model_dump_json(exclude={"tests", "meta"}).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Case:
    """One test of one character.

    Args:
        sheet: whom it tests.
        suite: where the test is from; `OWN` for the sheet itself.
        test: what is played.
        seeds: one per run.
        threshold: share of the runs that must pass.
    """

    sheet: Sheet
    suite: str
    test: SheetTest
    seeds: tuple[int, ...]
    threshold: float


def make_case(sheet: Sheet, suite: str, test: SheetTest, *, runs: int = DEFAULT_RUNS, seed: int = 0) -> Case:
    """A case with its seeds.

    Args:
        sheet, suite, test: as in `Case`.
        runs: how often, if the test does not say. At temperature 0 all runs are the same, so one is enough.
        seed: another one draws other lines.
    """
    greedy = sheet.character.generation.temperature == 0
    count = test.runs or (1 if greedy else runs)
    seeds = tuple(run_seed(seed, sheet.character.id, suite, test.name, run) for run in range(count))
    return Case(sheet, suite, test, seeds, test.threshold or _threshold(test, greedy))


def run_seed(seed: int, *parts: str | int) -> int:
    """A seed that depends on these parts alone, so that neither order nor other tests change a line."""
    digest = hashlib.sha256("\0".join(map(str, (seed, *parts))).encode()).digest()
    return int.from_bytes(digest[:7], "big")


def has_tag(test: SheetTest, tags: Iterable[str]) -> bool:
    """Whether a test has one of the tags; all have if none are asked for."""
    wanted = {tag.casefold() for tag in tags}
    return not wanted or not wanted.isdisjoint(tag.casefold() for tag in test.tags)


def _threshold(test: SheetTest, greedy: bool) -> float:
    guards_secret = any(turn.expect and turn.expect.keeps_secret for turn in test.turns)
    return 1.0 if greedy or guards_secret else DEFAULT_THRESHOLD
