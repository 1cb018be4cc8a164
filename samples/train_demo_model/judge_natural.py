"""The hand-written sheets with their tests, played greedily through the SDK's own dialogues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from npc_sdk.backend import Backend
from npc_sdk.character import Generation
from npc_sdk.sheet_tests.collect import collect
from npc_sdk.sheet_tests.plan import Case, Sheet
from npc_sdk.sheet_tests.play import play_all
from npc_sdk.sheet_tests.results import CaseResult
from npc_sdk.sheets import find_sheets, load_character
from train_demo_model.item import first_of_each
from train_demo_model.judge_items import Verdict

COLUMN = "natural"


def natural_cases(folder: Path, limit: int | None = None) -> list[Case]:
    """The tests of all sheets in `folder`; their first tag is their row.

    Args:
        folder: where the sheets lie.
        limit: most tests of a row; None for all.
    """
    sheets = []
    for path in find_sheets([folder]):
        character = load_character(path)
        greedy = Generation.model_validate(character.generation.model_dump() | {"temperature": 0.0})
        sheets.append(Sheet(path, character.model_copy(update={"generation": greedy})))
    return list(first_of_each(collect(sheets).cases, lambda case: case.test.tags[0], limit))


async def play_natural(
    cases: Sequence[Case], backend: Backend, on_one: Callable[[], None] = lambda: None
) -> list[Verdict]:
    """Plays and judges all cases.

    Args:
        cases: what to play.
        backend: continues prompts; it stays open.
        on_one: is told of each conversation.
    """
    results = await play_all(cases, backend, on_run=lambda case, run: on_one())
    return [_verdict(result) for result in results]


def _verdict(result: CaseResult) -> Verdict:
    case, run = result.case, result.runs[0]
    why = [miss.why for step in run.played for miss in step.misses]
    if run.trouble is not None:
        why.append(f"{run.trouble.code}: {run.trouble.message}")
    asked, said = "", ""
    if run.played:
        asked, answer = run.played[-1].text, run.played[-1].answer
        said = f"{answer.text} {list(answer.calls) or ''}".strip() if answer else ""
    return Verdict(
        id=f"{case.sheet.path.stem}: {case.test.name}",
        row=case.test.tags[0],
        column=COLUMN,
        tokens=0,
        why=tuple(why),
        asked=asked,
        said=said,
    )
