"""A conversation as people read it, with the failed expectations under the answers that failed them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from npc_sdk.sheet_tests.judge import call_words
from npc_sdk.sheet_tests.plan import Case
from npc_sdk.sheet_tests.results import CaseResult, Run

_ENDED = {"length": "cut short", "cancelled": "stopped", "deadline": "out of time"}


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line of a transcript.

    Args:
        kind: `player`, `npc`, `game` or `fault`.
        text: the line.
    """

    kind: str
    text: str


def transcript(case: Case, run: Run) -> Iterator[TranscriptLine]:
    """The lines of one conversation."""
    name = case.sheet.character.name
    player = case.test.player or "Player"
    for step in run.played:
        told = {"player": f"{player}: {step.text}", "event": f"*{step.text}*", "state": f"({step.text})"}
        yield TranscriptLine("player" if step.kind == "player" else "game", told[step.kind])
        if step.answer is not None:
            for call in step.answer.calls:
                yield TranscriptLine("game", f"[{name} calls {call_words(call)}]")
            remark = " (fallback line)" if step.answer.fallback else ""
            if step.answer.ended in _ENDED:
                remark += f" [{_ENDED[step.answer.ended]}]"
            if step.answer.text or not step.answer.calls:
                yield TranscriptLine("npc", f"{name}: {step.answer.text or '(nothing)'}{remark}")
        for miss in step.misses:
            yield TranscriptLine("fault", f"x {miss.expectation}: {miss.why}")
            yield TranscriptLine("fault", f"  wanted {miss.wanted}")
    if run.trouble is not None:
        yield TranscriptLine("fault", f"x the line failed: {run.trouble.code}: {run.trouble.message}")


def headline(result: CaseResult) -> str:
    """Which test, and how it went: `corvin.yaml, price of the mirror: 2 of 5 runs passed, 4 needed`."""
    case = result.case
    of = "" if case.suite == "sheet" else f"{case.suite}: "
    count = len(result.runs)
    told = f"{result.passed} of {count} run{'s' if count != 1 else ''} passed, {result.needed} needed"
    return f"{case.sheet.path.name}, {of}{case.test.name}: {told}"


def transcript_text(result: CaseResult, run: Run) -> str:
    """A transcript as plain text, its seed first."""
    lines = [f"seed {run.seed}", *(line.text for line in transcript(result.case, run))]
    return "\n".join(lines)
