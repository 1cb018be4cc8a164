"""What came of playing tests."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from npc_sdk.sheet_tests.judge import Answer, Miss
from npc_sdk.sheet_tests.plan import Case


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that ended a run: those of the NpcError."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Played:
    """One step of a conversation.

    Args:
        kind: `player`, `event` or `state`.
        text: what was said, or happened.
        answer: the NPC's; None where it was not to speak.
        misses: the expectations that the answer fails.
    """

    kind: str
    text: str
    answer: Answer | None = None
    misses: tuple[Miss, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The step as plain data."""
        step: dict[str, Any] = {"kind": self.kind, "text": self.text}
        if self.answer is not None:
            calls = [{"name": call.name, "arguments": dict(call.arguments)} for call in self.answer.calls]
            step |= {"answer": self.answer.text, "calls": calls, "ended": self.answer.ended}
            step |= {"fallback": True} if self.answer.fallback else {}
        if self.misses:
            step["failures"] = [miss.as_dict() for miss in self.misses]
        return step


@dataclass(frozen=True, slots=True)
class Run:
    """One conversation.

    Args:
        seed: of its lines.
        played: its steps, up to the one that failed.
        trouble: the error that ended it, if one did.
        began_s: when it began, by `time.monotonic`.
        time_s: how long it took, in seconds.
    """

    seed: int
    played: tuple[Played, ...]
    trouble: Trouble | None
    began_s: float
    time_s: float

    @property
    def ok(self) -> bool:
        """Whether every expectation was met."""
        return self.trouble is None and not any(step.misses for step in self.played)

    def as_dict(self) -> dict[str, Any]:
        """The run as plain data."""
        return {
            "seed": self.seed,
            "ok": self.ok,
            "time_s": round(self.time_s, 3),
            "error": asdict(self.trouble) if self.trouble else None,
            "turns": [step.as_dict() for step in self.played],
        }


@dataclass(frozen=True, slots=True)
class CaseResult:
    """All runs of one test."""

    case: Case
    runs: tuple[Run, ...]

    @property
    def passed(self) -> int:
        """How many runs met every expectation."""
        return sum(run.ok for run in self.runs)

    @property
    def needed(self) -> int:
        """How many runs must, so that the test passes."""
        return math.ceil(self.case.threshold * len(self.runs) - 1e-9)

    @property
    def ok(self) -> bool:
        """Whether the test passed."""
        return self.passed >= self.needed

    @property
    def time_s(self) -> float:
        """Seconds from the beginning of its first run to the end of its last; other tests ran beside them."""
        return max(run.began_s + run.time_s for run in self.runs) - min(run.began_s for run in self.runs)

    @property
    def failed_runs(self) -> tuple[Run, ...]:
        """The runs that failed."""
        return tuple(run for run in self.runs if not run.ok)

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "sheet": str(self.case.sheet.path),
            "character": self.case.sheet.character.id,
            "suite": self.case.suite,
            "name": self.case.test.name,
            "tags": list(self.case.test.tags),
            "ok": self.ok,
            "passed": self.passed,
            "runs": len(self.runs),
            "threshold": self.case.threshold,
            "time_s": round(self.time_s, 3),
            "results": [run.as_dict() for run in self.runs],
        }
