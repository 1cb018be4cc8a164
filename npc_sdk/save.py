"""A dialogue as JSON: versioned, read strictly, free of anything that depends on a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from npc_sdk.chat_format import neutralise, neutralise_line
from npc_sdk.errors import SaveInvalid
from npc_sdk.history import Turn, TurnKind

MAX_SAVED_TURNS = 2_000
"""Most turns of a saved dialogue; a 4,096-token window holds far fewer."""


class SavedTurn(BaseModel):
    """One turn of a saved dialogue; ids are not saved, they are the model's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: TurnKind
    text: str = Field(max_length=20_000)
    state: dict[str, str] = Field(default_factory=dict)

    def turn(self) -> Turn:
        """The turn that was saved; its text is neutralised again, for a save lies where players can edit it."""
        clean = neutralise_line if self.kind is TurnKind.CALL else neutralise
        state = {neutralise(key): neutralise(value) for key, value in self.state.items()}
        return Turn(self.kind, clean(self.text), state=state)


class SavedDialogue(BaseModel):
    """A saved dialogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["npc-dialogue/1"] = "npc-dialogue/1"
    character: str
    player: str | None = None
    seed: int | None = None
    lines: int = Field(ge=0)
    calls: int = Field(ge=0)
    state: dict[str, str] = Field(default_factory=dict)
    lore: tuple[str, ...] = ()
    summary: str = Field(default="", max_length=4_000)
    turns: tuple[SavedTurn, ...] = Field(max_length=MAX_SAVED_TURNS)

    @model_validator(mode="after")
    def _results_follow_calls(self) -> SavedDialogue:
        kinds = [turn.kind for turn in self.turns]
        for before, kind in zip([None, *kinds], kinds, strict=False):
            if kind is TurnKind.RESULT and before not in (TurnKind.CALL, TurnKind.RESULT):
                raise ValueError("a tool result stands without its call")
        return self


def read_save(data: Mapping[str, Any]) -> SavedDialogue:
    """Reads what `Dialogue.save` gave.

    Raises:
        SaveInvalid: if it is not a dialogue of this version; lists what is wrong.
    """
    try:
        return SavedDialogue.model_validate(data)
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors()[:5])
        raise SaveInvalid(f"The saved dialogue cannot be read: {faults}") from exc
