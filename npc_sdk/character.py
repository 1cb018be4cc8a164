"""What a character sheet and a lore book hold: the pydantic models behind the YAML and the JSON Schema.

Field descriptions are what a writer's editor shows. A field stands here only if the prompt, the dialogue or the
engine reads it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from npc_sdk.sheet_base import MAX_LIST_ITEMS, Identifier, Line, Lines, SheetModel, Text
from npc_sdk.sheet_test import SheetTest


class Identity(SheetModel):
    """Who the character is."""

    role: Line
    """Trade or standing, such as "blacksmith"."""
    place: Line | None = None
    """Where the character lives and is met, such as "Oakbridge"."""
    age: Line | None = None
    """Age in words or numbers, such as "about fifty"."""
    pronouns: Line | None = None
    """Such as "she/her"."""
    species: Line | None = None
    """Such as "dwarf"; leave out for a human."""
    appearance: Text | None = None
    """What the player sees."""


class Persona(SheetModel):
    """What the character is like inside."""

    traits: Lines = ()
    """Single words or short phrases, such as "gruff", "loyal to a fault"."""
    background: Text | None = None
    """The story so far, in a few sentences."""
    goals: Lines = ()
    """What the character wants, each beginning with a verb: "find her brother"."""


class Example(SheetModel):
    """One exchange that shows how the character talks."""

    player: Line
    npc: Line


class Speech(SheetModel):
    """How the character talks."""

    style: Line | None = None
    """Manner of speech, such as "short, blunt sentences, talks of iron and fire"."""
    address: Line | None = None
    """What the character calls the player, such as "traveler"."""
    catchphrase: Line | None = None
    """A saying that comes up now and then."""
    max_sentences: Annotated[int, Field(ge=1, le=10)] | None = None
    """Most sentences in one line."""
    examples: Annotated[tuple[Example, ...], Field(max_length=8, strict=False)] = ()
    """Exchanges that show the manner of speech. They cost tokens in every prompt."""


class Knowledge(SheetModel):
    """What the character knows by heart and what it cannot know."""

    facts: Lines = ()
    """Facts that are always in the prompt, one sentence each. Shared facts belong into a lore book."""
    unknown: Lines = ()
    """Subjects that the character knows nothing about, such as "modern technology"."""


class Relationship(SheetModel):
    """What another person is to the character."""

    relation: Line
    """Such as "brother", "rival", "old friend"."""
    attitude: Line | None = None
    """What the character feels or thinks of them, such as "owes him a debt"."""


class Tool(SheetModel):
    """Something that the character can do in the game."""

    description: Line
    """What happens in the game, as one sentence for the model."""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema of the arguments: its `type` is `object`, and it has no `$ref` and no `pattern`. Text with
    `x-from: items` is one of the names that the game passes as `items` with the turn; with `x-from: conversation` it
    is words that stand in the conversation."""


class LoreEntry(SheetModel):
    """A piece of the world, told when one of its keys comes up."""

    id: Identifier
    keys: Annotated[tuple[Line, ...], Field(max_length=40, strict=False)] = ()
    """Words or phrases, matched as whole words, upper or lower case."""
    text: Text
    always: bool = False
    """Told from the first line on, keys or not."""
    priority: Annotated[int, Field(ge=0, le=100)] = 10
    """When the budget is short, higher goes first."""


class LoreUse(SheetModel):
    """What the character knows of the world."""

    books: Annotated[tuple[Line, ...], Field(max_length=32, strict=False)] = ()
    """Paths of lore books, relative to the sheet."""
    entries: Annotated[tuple[LoreEntry, ...], Field(max_length=2000, strict=False)] = ()
    """Entries of this character's own; the loader adds those of the books."""
    budget_tokens: Annotated[int, Field(ge=0, le=2048)] = 256
    """Most tokens of lore in one prompt."""
    scan_turns: Annotated[int, Field(ge=1, le=20)] = 2
    """How many of the last turns are searched for keys."""


class Generation(SheetModel):
    """How lines are drawn."""

    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.7
    """0 always takes the likeliest word; higher is more varied."""
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 0.9
    """Keep only the likeliest tokens that together reach this probability."""
    top_k: Annotated[int, Field(ge=0, le=1000)] = 0
    """Keep only so many tokens; 0 keeps all."""
    min_p: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """Keep only tokens at least this share as likely as the likeliest."""
    repetition_penalty: Annotated[float, Field(ge=1.0, le=2.0)] = 1.0
    """Above 1, words already said become less likely."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    """Same seed, same line. Leave out for a new line each time."""
    max_tokens: Annotated[int, Field(ge=8, le=1024)] = 160
    """Most tokens in one line; so many are kept free in the window."""


class Fallback(SheetModel):
    """Lines spoken when the model cannot: never an error text in the player's face."""

    confused: Lines = ("I lost my thread. Say that again?",)
    """After calls that stayed malformed, or an empty line."""
    busy: Lines = ("One moment.",)
    """When the engine has no room or the deadline passed."""
    broken: Lines = ("I cannot talk now.",)
    """When anything else failed."""


class History(SheetModel):
    """How much of the conversation must fit."""

    min_turns: Annotated[int, Field(ge=1, le=100)] = 6
    """`npc check` fails when fewer typical turns fit beside the sheet."""


class Character(SheetModel):
    """A character sheet."""

    format: Literal["npc/1"] = Field(alias="schema")
    """The version of this format: always `npc/1`."""
    id: Identifier
    """Names the character in the game and in saves; never change it later."""
    name: Line
    """The name that the character goes by."""
    identity: Identity
    persona: Persona = Persona()
    speech: Speech = Speech()
    scenario: Text | None = None
    """What is going on when the player walks up."""
    greetings: Lines = ()
    """First lines, spoken without the model; one is drawn."""
    knowledge: Knowledge = Knowledge()
    relationships: Annotated[dict[Line, Relationship], Field(max_length=40)] = Field(default_factory=dict)
    """Other people by name."""
    rules: Lines = ()
    """What the character always or never does, one rule each."""
    tools: Annotated[dict[Identifier, Tool], Field(max_length=32)] = Field(default_factory=dict)
    """Tools by name."""
    lore: LoreUse = LoreUse()
    state: Annotated[dict[Identifier, Line], Field(max_length=32)] = Field(default_factory=dict)
    """How things stand at first: `mood`, `time`, `weather`; the game changes them as it runs."""
    generation: Generation = Generation()
    fallback: Fallback = Fallback()
    history: History = History()
    tests: Annotated[tuple[SheetTest, ...], Field(max_length=MAX_LIST_ITEMS, strict=False)] = ()
    """Conversations with expectations; `npc test` plays them. They cost no tokens."""
    meta: dict[Line, Any] = Field(default_factory=dict)
    """Anything for people: author, notes, tags. Nothing reads it."""


class LoreBook(SheetModel):
    """A file of lore entries that characters share."""

    format: Literal["lore/1"] = Field(alias="schema")
    """The version of this format: always `lore/1`."""
    id: Identifier
    entries: Annotated[tuple[LoreEntry, ...], Field(max_length=2000, strict=False)]
