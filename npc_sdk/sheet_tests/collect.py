"""Finds what there is to play: the sheets' own tests and those of suites, filtered by tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npc_sdk.errors import NoTests
from npc_sdk.sheet_tests.plan import DEFAULT_RUNS, OWN, Case, Sheet, has_tag, make_case
from npc_sdk.sheet_tests.suite_file import read_suite, shipped_suites
from npc_sdk.sheet_tests.suites import suite_for


@dataclass(frozen=True, slots=True)
class Collected:
    """What there is to play, and notes about what there is not, for people."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...]


def collect(
    sheets: Sequence[Sheet],
    suites: Sequence[str] = (OWN,),
    *,
    tags: Sequence[str] = (),
    runs: int = DEFAULT_RUNS,
    seed: int = 0,
    may_be_empty: bool = False,
) -> Collected:
    """The tests of sheets, sheet by sheet.

    Args:
        sheets: whom to test.
        suites: `sheet` for the sheets' own tests, names of ready-made suites, paths of suite files, or `all`.
        tags: only tests that have one of these; all if empty.
        runs: how often each is played, if it does not say itself.
        seed: another one draws other lines.
        may_be_empty: whether nothing to play is no error.

    Raises:
        NoTests: nothing is left to play.
        UnknownSuite, SheetError: a suite is not there, or has faults.
    """
    everything = (OWN, *shipped_suites())
    wanted = list(dict.fromkeys(name for suite in suites for name in (everything if suite == "all" else (suite,))))
    files = {name: read_suite(name) for name in wanted if name != OWN}
    cases: list[Case] = []
    notes: list[str] = []
    for sheet in sheets:
        for name in wanted:
            if name == OWN:
                tests = sheet.character.tests
                if not tests:
                    notes.append(f"{sheet.path.name} has no tests")
            else:
                suite = suite_for(name, files[name], sheet.character)
                tests = suite.tests
                notes += [f"{sheet.path.name}: {note}" for note in suite.notes]
            cases += [make_case(sheet, name, test, runs=runs, seed=seed) for test in tests if has_tag(test, tags)]
    if not cases and not may_be_empty:
        told = f" with the tag {' or '.join(tags)}" if tags else ""
        raise NoTests(f"There is no test{told} in {', '.join(str(sheet.path) for sheet in sheets)}.")
    return Collected(tuple(cases), tuple(notes))
