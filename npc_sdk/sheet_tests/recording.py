"""Keeps the answers of a test run in a file, so that a changed sheet can be compared with what it said before."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from npc_sdk.errors import RecordingInvalid
from npc_sdk.sheet_base import SheetModel
from npc_sdk.sheet_test import SheetTest
from npc_sdk.sheet_tests.judge import call_words
from npc_sdk.sheet_tests.plan import Case, Sheet, make_case
from npc_sdk.sheet_tests.results import CaseResult, Played, Run


class RecordedRun(SheetModel):
    """The NPC's answers in one conversation: one text per step, with the tools that it called."""

    seed: int
    answers: tuple[str | None, ...] = Field(strict=False)


class RecordedTest(SheetModel):
    """A test as it was played."""

    character: str
    suite: str
    threshold: float
    test: SheetTest
    runs: tuple[RecordedRun, ...] = Field(strict=False)


class RecordedSheet(SheetModel):
    """Which sheet it was."""

    path: str
    sha256: str


class Recording(SheetModel):
    """All answers of one run of `npc test`."""

    format: Literal["npc-tests/1"]
    model: str
    sheets: dict[str, RecordedSheet]
    tests: tuple[RecordedTest, ...] = Field(strict=False)


@dataclass(frozen=True, slots=True)
class Change:
    """An answer that is not what it was.

    Args:
        case: the test.
        seed: of the run.
        step: which step of the conversation, from 0.
        text: what the player said, or what happened.
        before, after: the answers; empty where there was none.
    """

    case: Case
    seed: int
    step: int
    text: str
    before: str
    after: str

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        of = self.case
        where = {"character": of.sheet.character.id, "suite": of.suite, "name": of.test.name, "seed": self.seed}
        return {**where, "turn": self.step, "text": self.text, "before": self.before, "after": self.after}


def record(results: Sequence[CaseResult], model: str) -> Recording:
    """The answers of these results.

    Args:
        results: what was played.
        model: the backend's label.
    """
    sheets = {
        result.case.sheet.character.id: RecordedSheet(
            path=str(result.case.sheet.path), sha256=result.case.sheet.digest
        )
        for result in results
    }
    tests = tuple(
        RecordedTest(
            character=result.case.sheet.character.id,
            suite=result.case.suite,
            threshold=result.case.threshold,
            test=result.case.test,
            runs=tuple(RecordedRun(seed=run.seed, answers=_answers(run)) for run in result.runs),
        )
        for result in results
    )
    return Recording(format="npc-tests/1", model=model, sheets=sheets, tests=tests)


def recording_text(recording: Recording) -> str:
    """A recording as JSON, newline at its end."""
    return recording.model_dump_json(indent=1, exclude_unset=True) + "\n"


def read_recording(path: Path) -> Recording:
    """Reads a file of `recording_text`.

    Raises:
        RecordingInvalid: the file is not there, or is no recording of this version.
    """
    try:
        return Recording.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise RecordingInvalid(f"{path} was not read: {exc.strerror}.") from exc
    except (ValidationError, UnicodeDecodeError) as exc:
        first = exc.errors()[0] if isinstance(exc, ValidationError) else None
        where = f" ({'.'.join(map(str, first['loc']))}: {first['msg']})" if first else ""
        raise RecordingInvalid(f"{path} is not a recording of this version{where}.") from exc


def replayed(recording: Recording, sheets: Iterable[Sheet], current: Iterable[Case]) -> tuple[list[Case], list[str]]:
    """What to play so that the same lines meet the changed sheets.

    The lines and seeds are the recording's. The expectations are those of the test as it stands now, or of the
    recording where the test is gone or has other lines.

    Args:
        recording: what was said before.
        sheets: the sheets as they are now.
        current: the tests as they are now.

    Returns:
        the cases, and notes for people.

    Raises:
        RecordingInvalid: none of the recorded characters is among the sheets.
    """
    by_id = {sheet.character.id: sheet for sheet in sheets}
    now = {(case.sheet.character.id, case.suite, case.test.name): case for case in current}
    cases, notes = [], []
    for old in recording.tests:
        if old.character not in by_id:
            continue
        seeds = tuple(run.seed for run in old.runs)
        case = now.pop((old.character, old.suite, old.test.name), None)
        if case is not None and _lines(case.test) == _lines(old.test):
            cases.append(replace(case, seeds=seeds))
            continue
        if case is not None:
            notes.append(
                f"{old.character}: the lines of {old.test.name!r} have changed, the recorded ones are played"
            )
        made = make_case(by_id[old.character], old.suite, old.test)
        cases.append(replace(made, seeds=seeds, threshold=old.threshold))
    if not cases:
        raise RecordingInvalid(
            f"The recording is of {', '.join(recording.sheets) or 'nobody'}, the sheets are {', '.join(by_id)}.",
            hint="Give the sheets that were recorded.",
        )
    notes += [f"{key[0]}: {key[2]!r} is not in the recording and is not played" for key in now]
    gone = sorted(recording.sheets.keys() - by_id.keys())
    notes += [f"{name} is recorded, but its sheet was not given" for name in gone]
    return cases, notes


def changes(recording: Recording, results: Sequence[CaseResult]) -> tuple[list[Change], int]:
    """The answers that differ from the recorded ones, and how many were compared."""
    before = {
        (old.character, old.suite, old.test.name, run.seed): run.answers
        for old in recording.tests
        for run in old.runs
    }
    found, compared = [], 0
    for result in results:
        case = result.case
        for run in result.runs:
            old = before[case.sheet.character.id, case.suite, case.test.name, run.seed]
            new = _answers(run)
            for step in range(max(len(old), len(new))):
                was, is_now = (answers[step] if step < len(answers) else None for answers in (old, new))
                compared += was is not None or is_now is not None
                if was != is_now:
                    text = run.played[step].text if step < len(run.played) else ""
                    found.append(Change(case, run.seed, step, text, was or "", is_now or ""))
    return found, compared


def word_diff(before: str, after: str) -> list[tuple[str, str]]:
    """What happened to the words: pairs of `=`, `-` or `+` and text."""
    old, new = before.split(), after.split()
    parts: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("=", " ".join(old[a:b])))
            continue
        parts += [("-", " ".join(old[a:b]))] if a < b else []
        parts += [("+", " ".join(new[c:d]))] if c < d else []
    return parts


def _answers(run: Run) -> tuple[str | None, ...]:
    return tuple(_answer(step) for step in run.played)


def _answer(step: Played) -> str | None:
    if step.answer is None:
        return None
    calls = [f"[{call_words(call)}]" for call in step.answer.calls]
    return " ".join(filter(None, [*calls, step.answer.text]))


def _lines(test: SheetTest) -> object:
    """All of a test that the NPC hears: other expectations leave the answers comparable."""
    turns = [(turn.player, turn.event, turn.state, turn.objects, bool(turn.expect)) for turn in test.turns]
    return test.player, test.tool_results, turns
