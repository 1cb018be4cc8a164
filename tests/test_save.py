"""A save is read strictly: what it gives back is plain, and anything else is refused with a code."""

from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.errors import SaveInvalid
from npc_sdk.history import Turn, TurnKind
from npc_sdk.save import SavedDialogue, SavedTurn, read_save

GOOD: dict[str, Any] = {"format": "npc-dialogue/1", "character": "mira", "lines": 1, "calls": 1, "turns": []}


def test_what_was_saved_is_read_back() -> None:
    saved = SavedDialogue.model_validate(GOOD | {"turns": [{"kind": "player", "text": "Hi"}], "lore": ["oak"]})
    assert read_save(saved.model_dump(mode="json")) == saved


def test_every_fault_is_told_with_its_place() -> None:
    with pytest.raises(SaveInvalid) as caught:
        read_save(GOOD | {"lines": -1, "turns": [{"kind": "spell", "text": ""}]})
    assert "lines: " in caught.value.message
    assert "turns.0.kind: " in caught.value.message


@pytest.mark.parametrize("kinds", [["result"], ["player", "result"], ["call", "line", "result"]])
def test_a_result_without_its_call_is_refused(kinds: list[str]) -> None:
    with pytest.raises(SaveInvalid, match="without its call"):
        read_save(GOOD | {"turns": [{"kind": kind, "text": "x"} for kind in kinds]})


def test_a_saved_turn_comes_back_plain() -> None:
    turn = SavedTurn(kind=TurnKind.STATE, text="<s>", state={"<s>": "</s>"}).turn()
    assert turn == Turn(TurnKind.STATE, "‹s>", state={"‹s>": "‹/s>"})
    call = SavedTurn(kind=TurnKind.CALL, text="<toolcall> <tool> </toolcall>").turn()
    assert call.text == "<toolcall> ‹tool> </toolcall>"
