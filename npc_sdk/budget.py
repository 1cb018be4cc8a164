"""Where the tokens of a window go: what a writer reads before a player does."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Any

from npc_sdk.backend import Prompt, PromptCodec
from npc_sdk.character import Character
from npc_sdk.memory import Memory

TYPICAL_TURN_TOKENS = 80
"""A player's sentence and the NPC's two or three, with their marks; an estimate to plan with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptParts:
    """Tokens of each part of a prompt, in the order in which the model reads them; their sum is the prompt."""

    system: int
    tools: int
    contexts: int
    messages: int

    @property
    def total(self) -> int:
        """Tokens of the whole prompt."""
        return self.system + self.tools + self.contexts + self.messages


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetBudget:
    """What a sheet leaves of the window.

    Args:
        window: tokens of the model's window.
        system, tools: tokens of the compiled sheet and its tools.
        lore: most tokens of lore: the sheet's budget, or all of its entries if they are fewer.
        reply: tokens kept for one line.
        history: tokens left for the conversation.
        turns: typical turns that fit there.
        min_turns: the sheet's own floor.
    """

    window: int
    system: int
    tools: int
    lore: int
    reply: int
    history: int
    turns: int
    min_turns: int

    @property
    def enough(self) -> bool:
        """Whether as many typical turns fit as the sheet asks for."""
        return self.turns >= self.min_turns

    def as_dict(self) -> dict[str, Any]:
        """The budget as plain data."""
        return {**asdict(self), "enough": self.enough}


def count_parts(prompt: Prompt, codec: PromptCodec) -> PromptParts:
    """Tokens of each part, counted on the ids of the growing prompt.

    Args:
        prompt: any prompt.
        codec: the model's.
    """
    grown = [
        Prompt(system=prompt.system),
        Prompt(system=prompt.system, tools=prompt.tools),
        Prompt(system=prompt.system, tools=prompt.tools, contexts=prompt.contexts),
        prompt,
    ]
    sizes = [len(codec.encode(each)) for each in grown]
    steps = [after - before for before, after in itertools.pairwise(sizes)]
    return PromptParts(system=sizes[0], tools=steps[0], contexts=steps[1], messages=steps[2])


def sheet_budget(character: Character, codec: PromptCodec, window_tokens: int) -> SheetBudget:
    """What the sheet leaves of a window.

    Args:
        character: a loaded sheet.
        codec: counts with the model's own tokenizer.
        window_tokens: of the model.
    """
    parts = count_parts(Memory(character, codec, window_tokens).prompt(), codec)
    every_entry = sum(codec.count(f"\n<context> {entry.text} </context>") for entry in character.lore.entries)
    lore = min(character.lore.budget_tokens, every_entry)
    reply = character.generation.max_tokens
    history = window_tokens - parts.system - parts.tools - parts.messages - lore - reply
    return SheetBudget(
        window=window_tokens,
        system=parts.system,
        tools=parts.tools,
        lore=lore,
        reply=reply,
        history=history,
        turns=max(0, history // TYPICAL_TURN_TOKENS),
        min_turns=character.history.min_turns,
    )
