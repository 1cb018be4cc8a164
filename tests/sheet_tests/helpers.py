from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from npc_sdk.character import Character
from npc_sdk.errors import NpcError
from npc_sdk.sheet_test import SheetTest
from npc_sdk.sheet_tests.plan import OWN, Case, Sheet
from npc_sdk.sheet_tests.play import play_all
from npc_sdk.sheet_tests.results import CaseResult
from npc_sdk.testing import ScriptedBackend


def a_character(**more: Any) -> Character:
    """Ada the miller, who sells flour and keeps a secret."""
    fields: dict[str, Any] = {
        "schema": "npc/1",
        "id": "ada",
        "name": "Ada Finch",
        "identity": {"role": "miller", "place": "Brook"},
        "knowledge": {"facts": ["A sack of flour costs 7 gold.", "Hale Rook is her brother."]},
        "rules": ["Do not give discounts.", "Never reveal that Ada hid the crown in the well."],
        "tools": {
            "give_item": {
                "description": "Gives an item to the player.",
                "parameters": {
                    "type": "object",
                    "properties": {"item": {"type": "string"}, "quantity": {"type": "number"}},
                    "required": ["item"],
                },
            },
            "open_shop": {"description": "Opens the shop for the player."},
        },
    }
    return Character.model_validate({**fields, **more})


def a_case(*turns: dict[str, Any], runs: int = 1, threshold: float = 1.0, **more: Any) -> Case:
    """A case of Ada's with these turns."""
    test = SheetTest.model_validate({"name": "a test", "turns": turns, **more})
    return Case(Sheet(Path("ada.yaml"), a_character()), OWN, test, tuple(range(1, runs + 1)), threshold)


async def results_of(cases: Iterable[Case], lines: Iterable[str | NpcError]) -> list[CaseResult]:
    """What comes of these cases when the model says these lines, one after the other."""
    return await play_all(list(cases), ScriptedBackend(lines), at_once=1)


async def result_of(case: Case, *lines: str | NpcError) -> CaseResult:
    """The same for one case."""
    (result,) = await results_of([case], lines)
    return result
