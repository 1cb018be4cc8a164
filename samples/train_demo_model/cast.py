"""A character: its sheet, its manner of speech, and what it knows in a form that questions can be drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from npc_sdk.character import Character
from train_demo_model.frames import Frame
from train_demo_model.sheet_banks import RelationKind, SecretKind, StateKind, UnknownKind
from train_demo_model.styles import Style
from train_demo_model.tool_use import BoundTool


@dataclass(frozen=True, slots=True)
class Fact:
    """A frame with its slots filled.

    Args:
        frame: the kind.
        values: of its slots, and of the character's own.
        text: the statement as the prompt has it.
        part: where it stands: `facts`, `context` or a part of the sheet such as `likes`.
    """

    frame: Frame
    values: Mapping[str, str]
    text: str
    part: str


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Somebody whom the character knows."""

    name: str
    relation: str
    kind: RelationKind | None
    attitude: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that the character keeps.

    Args:
        kind: what it is about.
        values: of its slots.
        by_rule: whether a rule of the sheet tells it ("Never reveal that ...") and no fact does.
    """

    kind: SecretKind
    values: Mapping[str, str]
    by_rule: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the sheet says the character knows nothing about."""

    kind: UnknownKind
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A character, and all that a dialogue with it can be about."""

    character: Character
    style: Style
    facts: tuple[Fact, ...] = ()
    people: tuple[Acquaintance, ...] = ()
    secrets: tuple[Secret, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    states: Mapping[str, StateKind] = field(default_factory=dict)
    tools: tuple[BoundTool, ...] = ()
    contexts: tuple[str, ...] = ()
    player: str | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    end_phrase: str = ""
    must_address: bool = False
    favorite: str = ""

    @property
    def own(self) -> dict[str, str]:
        """The values that the character brings into templates."""
        who = self.character.identity
        values = {"me": self.character.name, "name": self.character.name, "role": who.role}
        return {**values, "place": who.place} if who.place else values

    @property
    def text(self) -> str:
        """All facts that stand in the prompt, for looking whether a name occurs there."""
        return "\n".join([fact.text for fact in self.facts] + [person.name for person in self.people])
